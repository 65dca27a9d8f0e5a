"""What a report shows of sweeps: a small model, really swept."""

import json
import re
from pathlib import Path

import pytest

from sim.output.report import write_report
from tests.analysis.test_sweep import MODEL, run_cli
from tests.output.test_report import Page

PACE = "pace: {from: 0.01, to: 0.3, steps: 4}"


@pytest.fixture
def swept(tmp_path, monkeypatch):
    """The sweep section of a report, as text, and its charts."""
    monkeypatch.chdir(tmp_path)
    Path("war.yaml").write_text(MODEL)

    def made(*over, more=""):
        varied = "".join(f"    {line}\n" for line in over)
        Path("s.yaml").write_text(
            f"study: s\nmodel: war.yaml\ntrajectories: 100\nsweep:\n  tables: [outcomes]\n{more}  over:\n{varied}"
        )
        assert run_cli("sweep", "s.yaml", "-o", "s", "-q") == 0
        text = write_report([Path("s")], Path("report.html")).read_text(encoding="utf-8")
        section = re.search(r'<section id="sweep".*?</section>', text, re.DOTALL)[0]
        specs = re.findall(r'class="spec">(.*?)</script>', section, re.DOTALL)
        return Page(text).sections["sweep"], [json.loads(spec) for spec in specs]

    return made


def test_one_number_gives_curves(swept):
    text, (chart,) = swept(PACE)
    assert "Probability of the outcomes along Pace" in text
    assert [panel["title"] for panel in chart["panels"]] == ["Baseline", "Calm"]
    assert all(len(panel["traces"]) == 2 * 3 for panel in chart["panels"])
    rows = Path("s/outcomes.csv").read_text().splitlines()[1:]
    p = next(float(row.split(",")[5]) for row in rows if row.startswith("3,baseline,peace"))
    assert f"{p:.1%}" in text


def test_few_values_of_something_else_give_panels(swept):
    _, (chart,) = swept(PACE, "war: [fighting, over]")
    titles = [panel["title"] for panel in chart["panels"]]
    assert sorted(titles) == [f"{s} · War {w}" for s in ("Baseline", "Calm") for w in ("fighting", "over")]


def test_a_grid_of_two_numbers_gives_a_map_for_every_scenario(swept):
    text, charts = swept(PACE, "aid: [0, 1, 4]")
    assert len(charts) == 2
    assert "over the grid, “Calm”" in text
    cells = charts[0]["panels"][0]["traces"][0]
    assert len(cells["text"]) == len(cells["marker"]["color"]) == 12
    assert charts[0]["panels"][0]["x"]["ticktext"][-1] == "0.3"


def test_scattered_points_give_clouds(swept):
    ends = ("pace: {from: 0.01, to: 0.3}", "aid: {from: 0, to: 4}")
    text, (chart,) = swept(*ends, more="  design: lhs\n  points: 15\n  common_random_numbers: false\n")
    assert "at every point, “Baseline”" in text
    assert "share their random numbers" not in text
    assert [len(panel["traces"]) for panel in chart["panels"]] == [2, 2]


def test_without_numbers_there_is_the_table(swept):
    text, charts = swept("war: [fighting, over]")
    assert charts == []
    assert "The points of the sweep" in text


def page_of(*commands):
    """The page of a run or a sweep, or of both."""
    Path("war.yaml").write_text(MODEL)
    Path("s.yaml").write_text(f"study: s\nmodel: war.yaml\ntrajectories: 100\nsweep: {{over: {{{PACE}}}}}\n")
    assert [run_cli(command, "s.yaml", "-o", command, "-q") for command in commands] == [0] * len(commands)
    return Page(write_report([Path(c) for c in commands], Path("report.html")).read_text(encoding="utf-8"))


def test_a_report_of_sweeps_alone_has_no_sections_of_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = page_of("sweep")
    wanted = ["answer", "sweep", "guide", "provenance"]
    assert [section["id"] for section in page.of("section")] == wanted
    assert [a["href"] for a in page.of("a")][1:5] == [f"#{name}" for name in wanted]
    assert not any("holds no" in text or "one scenario only" in text for text in page.sections.values())
    assert all(f"{table}.csv" in page.sections["sweep"] for table in ("questions", "events", "measures", "states"))


def test_a_run_beside_a_sweep_keeps_its_sections(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = page_of("run", "sweep")
    assert {"outcomes", "measures", "sweep"} <= set(page.sections)
    assert "The other tables" not in page.sections["sweep"]
