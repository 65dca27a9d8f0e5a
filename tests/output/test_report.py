"""What a report says: every section, from whatever tables there are."""

import html
import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sim.output.report import write_report
from sim.output.report.answer import likelihood
from sim.output.report.charts import room_beside
from sim.output.report.contents import band_of
from sim.output.report.sections import SECTIONS
from tests.output.report_runs import DATES, MEASURES, OUTCOMES, PARAMETERS, TABLES, make_run

TEN = ["baseline", *(f"scenario_{i}" for i in range(1, 10))]
LIKELIHOOD = re.compile(r"\b(?:un)?likely\b|\bchance\b|\bprobab|\balmost certain\b", re.IGNORECASE)
HOSTILE = [
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "\"'><svg onload=alert(1)>",
    "a\u202eb\u2066c", "{{ 7*7 }}{% raw %}", "%{customdata}", "x" * 10_000, "<!--", "&lt;b&gt;",
    "\x07bell", "]]>", "$x^2$",
]  # fmt: skip


class Page(HTMLParser):
    """The text of a page by section, and what could be loaded or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._stack: list[str] = []
        self._section = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._stack.append(tag)
        if tag == "section":
            self._section = dict(attrs)["id"] or ""

    def handle_endtag(self, tag: str) -> None:
        while self._stack and self._stack.pop() != tag:
            pass
        self._section = "" if tag == "section" else self._section

    def handle_data(self, data: str) -> None:
        if "script" not in self._stack and "style" not in self._stack:
            self.sections[self._section] = self.sections.get(self._section, "") + data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def report(folder: Path, *runs: Path, **options: object) -> Page:
    return Page(write_report(runs, folder / "report.html", **options).read_text(encoding="utf-8"))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("report")
    return report(folder, make_run(folder / "run", keep=40))


def test_sections_stand_in_their_order(page):
    wanted = [section.name for section in SECTIONS if section.name != "sweep"]
    assert [attributes["id"] for attributes in page.of("section")] == wanted
    links = [a["href"] for a in page.of("a") if str(a["href"]).startswith("#")]
    assert [f"#{name}" for name in wanted] == links[1 : 1 + len(wanted)]


def test_the_answer_keeps_likelihood_and_confidence_apart(page):
    text = page.sections["answer"]
    first, second, third = re.split("What to expect|What changes|How sure we are", text)[1:]
    assert "“Protracted war”: likely (56%)" in first
    assert "from unlikely (21.9%) to very unlikely (14.0%), minus 7.9 percentage points" in second
    third = third.split("Likelihood in the words")[0]
    assert "Confidence in these figures is" in third
    for sentence in re.split(r"(?<=[.:;]) ", " ".join(text.split())):
        assert not ("onfidence" in sentence and LIKELIHOOD.search(sentence)), sentence


def test_one_precision_in_a_sentence():
    row = {"p": 0.73, "epistemic_p05": 0.49, "epistemic_p95": 0.944, "phrase": "roughly even chance to very likely"}
    told = "likely (73.0%), and roughly even chance to very likely (49.0% to 94.4%)"
    assert likelihood(row).startswith(told)
    assert likelihood(row | {"epistemic_p95": 0.88}).startswith(told.replace(".0%", "%").replace("94.4%", "88%"))
    assert likelihood({"p": 0.73}) == "likely (73%)"


def test_tables_hold_the_numbers_without_script(page):
    assert "21.9%" in page.sections["outcomes"]
    assert "21.3–22.4%" in page.sections["outcomes"]
    assert "−7.9" in page.sections["changes"]
    for day in (DATES[0], DATES[26], DATES[-1]):
        assert day in page.sections["measures"]
    assert "Carry on" in page.sections["states"]
    assert "0.0% (never)" in page.sections["events"]
    assert "20.0%" in page.sections["questions"]
    assert all(name in page.sections["assumptions"] for name in PARAMETERS)
    assert "12,800" in page.sections["convergence"]
    assert "20250407" in page.sections["provenance"]
    assert "crossroads run talks.yaml" in page.sections["provenance"]


def test_drivers_of_low_confidence_come_first(page):
    shown = [str(span["class"]).split()[-1] for span in page.of("span") if "confidence" in str(span.get("class"))]
    assert len(shown) == len(PARAMETERS)
    assert shown == sorted(shown, key=["low", "moderate", "high"].index)


def test_the_source_of_an_assumption_stands_under_it(page):
    text = " ".join(page.sections["assumptions"].split())
    assert "front.rate Source: expert judgementlow" in text
    assert text.count("Source: ") == len(PARAMETERS)


@pytest.mark.parametrize(("low", "high", "digits"), [(0.9e6, 2.2e6, 9), (0.0, 1.0, 3), (-0.25, 0.62, 4)])
def test_labels_of_an_axis_have_room_beside_its_unit(low, high, digits):
    assert room_beside(low, high, with_unit=True) >= 6.5 * digits + 30
    assert room_beside(5.0, 5.0, with_unit=False) == 56


def test_five_stories_with_dates(page):
    text = page.sections["stories"]
    assert text.count("Stands for") == 5
    assert len(re.findall(r"--trajectory \d+", text)) == 5
    assert re.search(r"\d+ (?:April|May|June|July|August|September|October|November|December) 2025", text)


def test_nothing_is_loaded(page):
    assert not page.of("link")[1:]
    assert page.of("link")[0]["href"] == "data:,"
    assert not any("src" in attributes or "style" in attributes for _, attributes in page.tags)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    hrefs = {str(a["href"]) for a in page.of("a")}
    assert all(h.startswith("#") or re.fullmatch(r"run/[a-z]+\.csv", h) for h in hrefs), hrefs


def test_a_policy_allows_only_what_is_there(page):
    policy = next(m["content"] for m in page.of("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_source_map_and_no_address_that_is_asked_for(tmp_path):
    text = write_report([make_run(tmp_path / "run")], tmp_path / "report.html").read_text()
    assert "sourceMappingURL" not in text
    assert "cdn." not in text
    assert not re.search(r"@import|url\(", text.split("</style>")[0])


def test_one_scenario_with_nothing_to_compare(tmp_path):
    page = report(tmp_path, make_run(tmp_path / "run", ["baseline"]))
    assert "Next comes “Frozen conflict”: unlikely (25%)" in page.sections["answer"]
    assert "What comes next" in page.sections["answer"]
    assert "What changes" not in page.sections["answer"]
    assert re.search(r"One scenario: Baseline\s*20,000 trajectories\s*7 April", page.sections[""])
    assert "nothing to compare" in page.sections["changes"]
    assert "--keep" in page.sections["stories"]


def test_one_scenario_of_several_does_not_promise_what_the_study_asks(tmp_path):
    command = ["crossroads", "run", "talks.yaml", "--scenario", "baseline"]
    told = {"about": "Now against then.", "model_about": "A toy."}
    page = report(tmp_path, make_run(tmp_path / "run", ["baseline"], command=command, **told))
    assert "Now against then." not in page.sections[""]
    assert "A toy." in page.sections["guide"]


def test_what_manifests_tell_is_shown(tmp_path):
    told = {"about": "Why now?", "model_about": "A toy.", "scenario_titles": {"talks_collapse": "No talks"}}
    first = make_run(tmp_path / "first", scenario_abouts={"talks_collapse": "They fail."}, **told)
    page = report(tmp_path, first)
    assert "Why now?" in page.sections[""]
    assert "A toy." in page.sections["guide"]
    assert re.search(r"No talks\s+They fail\.", page.sections["guide"])
    assert "“No talks”" in page.sections["answer"]
    both = report(tmp_path, first, make_run(tmp_path / "second", about="", model_about="A toy."))
    assert "Why now?" not in both.sections[""]
    assert "A toy." in both.sections["guide"]
    assert "No talks (first)" in both.sections["outcomes"]


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_is_named(tmp_path, table):
    page = report(tmp_path, make_run(tmp_path / "run", without=[table], keep=6))
    if table != "columns":
        assert any(f"{table}.csv" in text and "holds no" in text for text in page.sections.values())


def test_outcomes_alone_make_a_report(tmp_path):
    page = report(tmp_path, make_run(tmp_path / "run", without=TABLES))
    assert "“Protracted war”: likely (56%)" in page.sections["answer"]
    assert "Nothing in the run tells how good its basis is" in page.sections["answer"]


def test_an_empty_table_is_as_good_as_none(tmp_path):
    header = ("scenario", "outcome", "n", "p", "p_low", "p_high")
    page = report(tmp_path, make_run(tmp_path / "run", extra={"convergence": (header, [])}))
    assert "no convergence.csv" in page.sections["convergence"]


def test_ten_scenarios_stay_small(tmp_path):
    page_of_ten = write_report([make_run(tmp_path / "run", TEN, keep=20)], tmp_path / "report.html")
    assert page_of_ten.stat().st_size < 3_000_000
    page = Page(page_of_ten.read_text())
    assert "Of the nine other scenarios “Scenario 9” changes most" in page.sections["answer"]


def test_several_directories_make_one_report(tmp_path):
    runs = [make_run(tmp_path / name) for name in ("first", "second")]
    page = report(tmp_path, *runs, title="Both")
    assert "Baseline (first)" in page.sections["outcomes"]
    assert "Baseline (second)" in page.sections["outcomes"]
    assert "Talks collapse (second)" in page.sections["outcomes"]
    assert "first/outcomes.csv" in page.sections["outcomes"]
    assert "Both" in page.sections[""]


def test_a_comparison_brings_pairs_and_flows(tmp_path):
    columns = (
        "scenario_a", "scenario_b", "kind", "what", "aspect", "unit", "date", "a", "b", "difference", "low", "high",
        "epistemic_p05", "epistemic_p95", "sign_share", "paired",
    )  # fmt: skip
    pair = ("talks_collapse", "baseline")
    ends = (0.05, 0.15, 0.0, 0.2, 1, "yes")
    rows = [
        (*pair, "outcome", name, "share", "", DATES[-1], 0.3, 0.2 + i / 50, 0.1 - i / 50, *ends)
        for i, name in enumerate(OUTCOMES)
    ]
    rows += [
        (*pair, "measure", "oil.brent", "mean", "USD/bbl", day, 70, 68, 2, 1.5, 2.5, "", "", "", "yes") for day in DATES
    ]
    moves = [(*pair, a, b, 100 if a == b else 5, 120, 0.1) for a in OUTCOMES for b in OUTCOMES]
    extra = {
        "compare": (columns, rows),
        "transitions": (("scenario_a", "scenario_b", "from", "to", "k", "n", "share"), moves),
    }
    everything = (*TABLES, "outcomes")
    page = report(tmp_path, make_run(tmp_path / "run", without=everything, extra=extra, kind="compare"))
    assert "“Talks collapse” less “Baseline”: outcomes" in page.sections["changes"]
    assert "from “Baseline” to “Talks collapse”" in page.sections["changes"]
    assert "Under “Talks collapse”" in page.sections["answer"]


def test_every_pair_has_its_own_flow(tmp_path):
    stay = {("collapse", "baseline"): 30, ("baseline", "relief"): 90, ("relief", "collapse"): 60}
    moves = [
        (*pair, a, b, k if a == b else 100 - k, 100, 0.5)
        for pair, k in stay.items() for a in OUTCOMES[:2] for b in OUTCOMES[:2]
    ]  # fmt: skip
    columns = ("scenario_a", "scenario_b", "from", "to", "k", "n", "share")
    run = make_run(tmp_path / "run", ["baseline", "collapse", "relief"], extra={"transitions": (columns, moves)})
    flows = report(tmp_path, run).sections["changes"].split("Where the futures go: ")[1:]
    told = [(re.match(r"from “(.*?)” to “(.*?)”", flow), re.search(r"(\d+)\.0% of them end", flow)) for flow in flows]
    assert all("Share of all trajectories" in flow and "kept" not in flow for flow in flows)
    assert [(*title.groups(), share[1]) for title, share in told if title and share] == [
        ("Baseline", "Collapse", "30"), ("Baseline", "Relief", "90"), ("Relief", "Collapse", "60"),
    ]  # fmt: skip


def test_a_flow_of_kept_futures_says_how_few_they_are(tmp_path):
    text = report(tmp_path, make_run(tmp_path / "run", keep=100)).sections["changes"]
    assert "Where the 100 kept futures go: from “Baseline”" in text
    assert "Only the kept futures are drawn: their shares are rough, by ±10 points or more" in text
    assert "Share of the 100 kept futures by both outcomes" in text
    assert "Share of all trajectories" not in text


def test_a_sweep_shows_its_points(tmp_path):
    rows = [(i, "baseline", o, 10, 100, 0.1 * i / 2, 0.0, 0.3) for i in range(5) for o in OUTCOMES]
    extra = {
        "points": (("point", "us.patience"), [(i, 0.1 * i) for i in range(5)]),
        "outcomes": (("point", "scenario", "outcome", "k", "n", "p", "p_low", "p_high"), rows),
    }
    page = report(tmp_path, make_run(tmp_path / "run", without=TABLES, extra=extra, kind="sweep"))
    assert "Probability of the outcomes along Patience (US)" in page.sections["sweep"]
    assert "This is a sweep" in page.sections["answer"]
    assert "15.0%" in page.sections["sweep"]


def test_measures_can_be_chosen(tmp_path):
    run = make_run(tmp_path / "run")
    page = report(tmp_path, run, measures=["oil.brent", "talks.channel"])
    assert "oil.brent" in page.sections["measures"]
    assert "front.occupied" not in page.sections["measures"]
    assert "talks.channel" in page.sections["states"]
    assert "kremlin.terms" not in page.sections["states"]
    assert set(MEASURES) > {"oil.brent"}


def test_failed_trajectories_are_not_hidden(tmp_path):
    run = make_run(tmp_path / "run", failures={"talks_collapse": {"count": 3}})
    assert "3 trajectories of “Talks collapse” failed" in report(tmp_path, run).sections[""]


def of_name(folder: Path, name: str) -> Path:
    """A run in which nearly everything is called the same."""
    renamed = ("settlement", "oil.brent", "nuclear.test", "front.rate", "armistice.war", "carry_on", "expert judgement")
    names = dict.fromkeys((*renamed, "Will anyone use a bomb?"), name)
    return make_run(folder, ["baseline", name], names=names, title=name, study=name, keep=6)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("harmless")
    return report(folder, of_name(folder / "run", "harmless"))


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_stay_text(tmp_path, harmless, evil):
    text = write_report([of_name(tmp_path / "run", evil)], tmp_path / "report.html", title=evil).read_text("utf-8")
    page = Page(text)
    assert [tag for tag, _ in page.tags if tag != "wbr"] == [tag for tag, _ in harmless.tags if tag != "wbr"]
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not re.search("[\x00-\x08\u202a-\u202e\u2066-\u2069]", text)
    if len(evil) < 100 and evil.isprintable():
        assert html.escape(evil, quote=False) in text.replace("&#39;", "'").replace("&#34;", '"')


def test_the_same_run_gives_the_same_page(tmp_path):
    run = make_run(tmp_path / "run", keep=12)
    first, second = (write_report([run], tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_a_band_that_is_a_point_is_none():
    assert band_of({"epistemic_p05": 0.1, "epistemic_p95": 0.3}) == (0.1, 0.3)
    assert all(math.isnan(end) for end in band_of({"epistemic_p05": 0.1, "epistemic_p95": 0.1}))
    assert all(math.isnan(end) for end in band_of({"epistemic_p05": "", "epistemic_p95": ""}))
