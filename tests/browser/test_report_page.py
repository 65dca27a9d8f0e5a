"""A report in a real browser: it asks for nothing, complains of nothing, draws what it should, and all can read it."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sim.output.report import write_report
from tests.browser.conftest import Visit
from tests.output.report_runs import EVENTS, MACHINES, MEASURES, OUTCOMES, PARAMETERS, TABLES, make_run

TEN = ["baseline", *(f"scenario_{i}" for i in range(1, 10))]
HOSTILE = (
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "\"'><svg onload=alert(1)>",
    "\u202eabc\u2066", "<b>bold</b><a href='javascript:alert(1)'>x</a>", "%{y} $x$ &lt;i&gt;", "W" * 10_000,
)  # fmt: skip
UNFOLD = "open => document.querySelectorAll('details').forEach(details => { details.open = open })"
BOXES = """selector => [...document.querySelectorAll(selector)].map(e => {
    const b = e.getBoundingClientRect(); return {x: b.x, y: b.y, width: b.width, height: b.height}})"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    return write_report([make_run(folder / "run", keep=40)], folder / "report.html")


@pytest.fixture(scope="module")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ten")
    return write_report([make_run(folder / "run", TEN, keep=20)], folder / "report.html")


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(BOXES, selector)
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_it_asks_for_nothing_and_complains_of_nothing(look, two, dark):
    opened = look(two, dark=dark)
    opened.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    opened.page.evaluate(UNFOLD, True)
    opened.page.wait_for_timeout(500)
    opened.page.evaluate(UNFOLD, False)
    assert opened.requests == [two.as_uri()]
    assert opened.complaints == []


def test_every_chart_has_marks_of_a_plausible_size(look, two):
    opened = look(two)
    for figure in opened.page.query_selector_all("figure.chart"):
        if not figure.evaluate("f => f.closest('details:not([open])') === null"):
            continue
        plot = figure.query_selector(".plot")
        assert plot is not None
        inside = plot.bounding_box()
        drawn = plot.query_selector(".main-svg").bounding_box()
        assert drawn["width"] == pytest.approx(inside["width"], abs=2)
        assert drawn["height"] > 50
        marks = plot.evaluate(
            "p => [...p.querySelectorAll('.trace path')].map(e => e.getBoundingClientRect())"
            ".filter(b => Math.max(b.width, b.height) > 4 && b.width <= p.clientWidth + 2).length"
        )
        assert marks >= 2, figure.get_attribute("id")


def test_the_mix_fills_its_bars(look, two):
    opened = look(two)
    bars = boxes(opened.page, "#outcomes-chart-1 .bars path")
    assert len(bars) == 2 * len(OUTCOMES)
    rows: dict[int, float] = {}
    for bar in bars:
        rows[round(bar["y"] / 10)] = rows.get(round(bar["y"] / 10), 0.0) + bar["width"]
    widths = list(rows.values())
    assert len(widths) == 2
    assert widths[0] == pytest.approx(widths[1], abs=4)
    assert widths[0] > 500
    largest = max(bar["width"] for bar in bars)
    assert largest / widths[1] == pytest.approx(0.558, abs=0.02)


def test_bands_are_wider_than_intervals(look, two):
    """The epistemic band (12 px high) and the Monte Carlo interval (5 px) of the last outcome are told apart."""
    opened = look(two)
    strokes = opened.page.evaluate(
        "() => [...document.querySelectorAll('#outcomes-chart-2 .js-line')].map(e => ({"
        "width: e.getBoundingClientRect().width, stroke: parseFloat(getComputedStyle(e).strokeWidth)}))"
    )
    assert {stroke["stroke"] for stroke in strokes} == {12.0, 5.0}
    pale = [s["width"] for s in strokes if s["stroke"] == 12]
    dark = [s["width"] for s in strokes if s["stroke"] == 5]
    assert max(pale) > max(dark)


def test_fans_are_fans(look, two):
    opened = look(two)
    bands = boxes(opened.page, "#measures-chart-1 .fills path")
    assert len(bands) == 4
    assert all(band["width"] > 200 and band["height"] > 20 for band in bands)


def test_a_scenario_has_one_colour(look, two):
    opened = look(two)
    swatch = opened.page.evaluate(
        "() => getComputedStyle(document.querySelector('#outcomes .group .swatch.s1')).backgroundColor"
    )
    line = "() => [...document.querySelectorAll('#measures-chart-1 .js-line')].map(e => getComputedStyle(e).stroke)"
    digits = [tuple(re.findall(r"\d+", colour)[:3]) for colour in opened.page.evaluate(line)]
    assert tuple(re.findall(r"\d+", swatch)) in digits


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_sticks_out(look, two, width):
    opened = look(two, width=width)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(box["x"] + box["width"] <= width + 1 for box in boxes(opened.page, ".plot .main-svg"))


def test_labels_have_room(look, two):
    """No label of an axis begins left of its chart, on a wide window and a narrow one."""
    for width in (360, 1280):
        outside = look(two, width=width).page.evaluate(
            "() => [...document.querySelectorAll('.plot')].flatMap(p => {"
            "const left = p.getBoundingClientRect().left;"
            "return [...p.querySelectorAll('.ytick text')].filter(t => t.getBoundingClientRect().left < left - 1)"
            ".map(t => t.textContent) })"
        )
        assert outside == []


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, False)])
def test_axe_finds_nothing_serious(look, two, width, dark):
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-playwright-python is not installed (it is in the extra dev)")
    source = next(Path(spec.origin).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    opened = look(two, width=width, dark=dark)
    opened.page.evaluate(source)
    found = opened.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    serious = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in serious] == []


def test_text_and_tables_need_no_script(visit, two):
    with visit(two, script=False) as opened:
        page = opened.page
        assert page.locator("noscript p").is_visible()
        assert page.get_by_text("the most probable outcome is").is_visible()
        assert page.locator("#outcomes table").first.is_visible()
        assert page.locator("#assumptions tbody tr").count() == len(PARAMETERS)
        assert not page.locator("#assumptions .search").is_visible()
        assert not any(plot.is_visible() for plot in page.query_selector_all(".plot"))
        page.locator("#measures details.numbers summary").first.click()
        assert page.locator("#measures table").first.is_visible()
        assert opened.complaints == []


def test_keys_are_enough(visit, two):
    with visit(two, drawn=False) as opened:
        page = opened.page
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.locator("#drivers details.more summary").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#drivers details.more .main-svg")


def test_assumptions_can_be_searched(look, two):
    page = look(two).page
    page.fill("#filter", "OIL low")
    assert page.locator("#filter-count").inner_text() == f"1 of {len(PARAMETERS)} shown"
    visible = [row for row in page.query_selector_all("#assumptions tbody tr") if row.is_visible()]
    assert ["oil.rate" in row.inner_text() for row in visible] == [True]
    page.fill("#filter", "")
    assert all(row.is_visible() for row in page.query_selector_all("#assumptions tbody tr"))


def test_the_contents_follow_the_reader(look, two):
    page = look(two).page
    page.evaluate("document.getElementById('stories').scrollIntoView({behavior: 'instant'})")
    page.wait_for_selector(".contents a[href='#stories'][aria-current]")
    assert -1 <= page.locator(".contents").bounding_box()["y"] <= 30


def test_dark_and_light(look, two):
    for dark in (False, True):
        page = look(two, dark=dark).page
        shade = "() => getComputedStyle(document.body).backgroundColor"
        ink = "() => getComputedStyle(document.querySelector('.annotation-text')).fill"
        levels = [int(re.findall(r"\d+", page.evaluate(what))[0]) for what in (shade, ink)]
        assert (levels[0] < levels[1]) == dark


def test_it_prints(visit, two):
    with visit(two, dark=True, drawn=False) as opened:
        printed = opened.page.pdf(format="A4", print_background=True)
        assert printed.startswith(b"%PDF")
        assert 6 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 30
        opened.page.emulate_media(media="print")
        opened.page.wait_for_timeout(800)
        assert all(box["width"] <= 640 for box in boxes(opened.page, ".plot .main-svg"))
        ink = opened.page.evaluate("() => getComputedStyle(document.querySelector('.annotation-text')).fill")
        assert int(re.findall(r"\d+", ink)[0]) < 100
        assert not opened.page.locator(".contents").is_visible()
        assert opened.complaints == []


def test_ten_scenarios_open_quickly_and_draw_it_all(visit, ten):
    """Within 2 s of the main thread's own time, so that a busy machine does not count, to the first charts."""
    assert ten.stat().st_size < 3_000_000
    with visit(ten, drawn=False) as opened:
        session = opened.page.context.new_cdp_session(opened.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        opened.page.reload(wait_until="commit")
        opened.page.wait_for_selector("#outcomes .main-svg", state="attached")
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        assert 0.01 < metrics["TaskDuration"] < 2.0
        opened.wait()
        assert opened.requests == [ten.as_uri()] * 2
        assert opened.complaints == []
        assert len(boxes(opened.page, "#outcomes-chart-1 .bars path")) == 10 * len(OUTCOMES)


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_names_stay_text(visit, tmp_path, evil):
    run = make_run(tmp_path / "run", ["baseline", evil], names={"settlement": evil}, title=evil, without=TABLES)
    with visit(write_report([run], tmp_path / "report.html", title=evil)) as opened:
        unharmed(opened)
        title = opened.page.locator("h1").inner_text()
        assert title[:20] == evil.replace("\u202e", "⟨202E⟩").replace("\u2066", "⟨2066⟩")[:20]
        ticks = " ".join(opened.page.locator("#changes-chart-1 .ytick").all_text_contents())
        assert "".join(evil.split())[:6].replace("\u202e", "⟨202E⟩")[:6] in "".join(ticks.split())


def test_hostile_names_stay_text_wherever_they_stand(visit, tmp_path):
    """All of them at once, as names of scenarios, outcomes, events, parameters, options, measures and phases."""
    options = [option for values in MACHINES.values() for option in values]
    kinds = (OUTCOMES, EVENTS, PARAMETERS, options, (*MEASURES, *MACHINES))
    names = {name: evil for kind in kinds for name, evil in zip(kind, HOSTILE, strict=False)}
    run = make_run(tmp_path / "run", ["baseline", *HOSTILE], names=names, keep=8)
    with visit(write_report([run], tmp_path / "report.html")) as opened:
        unharmed(opened)


def unharmed(opened: Visit) -> None:
    assert opened.complaints == []
    assert len(opened.requests) == 1
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert opened.page.locator("main a:not([href^='#']):not([href$='.csv'])").count() == 0
