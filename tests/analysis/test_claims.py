"""Claims: how they are read, judged, written, and that the shipped ones speak of things that exist."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from sim.analysis.claims import Metric, claim_of, contrasts_of
from sim.analysis.compare import Difference, compare
from sim.analysis.verdicts import judge, verdict_of
from sim.cli import main
from sim.errors import UsageError
from sim.model.load import load
from sim.output.claims import PAGE_MARK, RULES, claims_page, claims_table, sentence
from sim.output.text_file import refuse_taken

CONFIGS = Path(__file__).parents[2] / "configs"
SHIPPED = sorted(CONFIGS.glob("h*.yaml"))

BLOCK = {
    "claim": "K1",
    "says": "A push strikes more often.",
    "carried_by": "The push adds to the chance.",
    "contrasts": [
        {
            "a": "pushed",
            "b": "baseline",
            "claimed": [{"title": "Struck", "outcome": "struck", "expect": "higher"}],
            "qualified": [{"title": "Level", "measure": "level", "of": "median", "expect": "same", "within": 0.5}],
            "mechanism": [{"title": "Angry", "state": "mood.angry", "date": "2025-01-13"}],
        }
    ],
}


def with_claim(study, block):
    return replace(study, blocks={"claims": block})


def changed(**fields):
    """The block with other fields in its only claimed metric."""
    metric = {**BLOCK["contrasts"][0]["claimed"][0], **fields}
    kept = {key: value for key, value in metric.items() if value is not None}
    return {**BLOCK, "contrasts": [{**BLOCK["contrasts"][0], "claimed": [kept]}]}


@pytest.fixture(scope="module")
def pushed(known):
    return compare(known, "pushed", "baseline", n=2000)


def judged(study, block, comparison):
    return judge(claim_of(with_claim(study, block)), [comparison])


def test_a_claim_that_the_model_supports(known, pushed):
    judgement = judged(known, BLOCK, pushed)
    assert [f.verdict for f in judgement.findings] == ["supported", "supported", ""]
    assert judgement.verdict == "supported"
    assert judgement.findings[0].expected_share > 0.9
    assert math.isnan(judgement.findings[2].expected_share)
    assert judgement.findings[2].row.date == "2025-01-13"


def test_a_claim_that_the_model_reverses(known, pushed):
    judgement = judged(known, changed(expect="lower"), pushed)
    assert judgement.verdict == judgement.findings[0].verdict == "reversed"
    assert judgement.findings[0].expected_share < 0.1


def test_a_claim_that_is_only_half_right_is_not_supported(known, pushed):
    wrong = {"title": "Spared", "outcome": "spared", "expect": "higher"}
    contrast = {**BLOCK["contrasts"][0], "claimed": [*BLOCK["contrasts"][0]["claimed"], wrong]}
    judgement = judged(known, {**BLOCK, "contrasts": [contrast]}, pushed)
    assert [f.verdict for f in judgement.under("claimed")] == ["supported", "reversed"]
    assert (judgement.verdict, judgement.n_supported) == ("not supported", 1)


@pytest.mark.parametrize(
    ("expect", "low", "high", "verdict"),
    [
        ("higher", 0.1, 0.3, "supported"), ("higher", -0.1, 0.3, "not supported"), ("higher", -0.3, -0.1, "reversed"),
        ("lower", 0.1, 0.3, "reversed"), ("lower", -0.3, -0.1, "supported"), ("higher", 0.0, 0.2, "not supported"),
        ("same", -0.1, 0.2, "supported"), ("same", -0.1, 0.3, "not supported"), ("same", 0.3, 0.4, "reversed"),
        ("higher", math.nan, math.nan, "not supported"), ("same", math.nan, math.nan, "not supported"),
        ("", 1.0, 2.0, ""),
    ],
)  # fmt: skip
def test_the_interval_decides(expect, low, high, verdict):
    middle = (low + high) / 2
    row = Difference("measure", "x", "mean", "", "2025-01-06", middle, 0.0, middle, low, high, (low, high), 1.0)
    assert verdict_of(row, Metric("claimed", "X", "measure", "x", "mean", "", expect, 0.25)) == verdict


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (None, "a mapping is expected"),
        ({**BLOCK, "more": 1}, "'more' is not known here"),
        ({**BLOCK, "says": None}, "says is missing"),
        ({**BLOCK, "contrasts": []}, "contrasts is missing, or no list"),
        ({**BLOCK, "contrasts": [{"a": "pushed", "b": "baseline"}]}, "nothing stands under claimed"),
        (changed(expect="more"), "contrasts 1: claimed 1: expect is one of higher, lower, same"),
        (changed(expect=None), "expect is one of"),
        (changed(question="struck_now"), "one of outcome, question, event, measure, state is expected"),
        (changed(expect="same"), "within, a number, goes with expect: same"),
        (changed(within=0.1), "within, a number, goes with expect: same"),
        (changed(expect="same", within="wide"), "within is a number"),
        (changed(title=["a"]), "title is missing, or no text"),
    ],
)
def test_what_is_wrong_with_a_claim_is_said(known, block, message):
    with pytest.raises(UsageError, match=message):
        claim_of(with_claim(known, block))


def test_a_study_without_claims_is_refused(known):
    with pytest.raises(UsageError, match=r"study\.yaml has no `claims:` to judge"):
        claim_of(replace(known, blocks={}))


def test_a_metric_that_is_not_there_is_named(known, pushed):
    with pytest.raises(UsageError, match="claim K1: there is no outcome strock share to compare"):
        judged(known, changed(outcome="strock"), pushed)


@pytest.mark.parametrize(
    ("blocks", "pairs"),
    [
        ({}, []),
        ({"compare": ["a", "b"]}, [("a", "b")]),
        ({"compare": [["a", "b"], ["c", "b"]]}, [("a", "b"), ("c", "b")]),
        ({"claims": BLOCK}, [("pushed", "baseline")]),
    ],
)
def test_the_pairs_of_a_study(known, blocks, pairs):
    assert contrasts_of(replace(known, blocks=blocks)) == pairs


@pytest.mark.parametrize("block", [["a"], [["a", "b", "c"]], "a", {"a": "b"}, [1, 2]])
def test_pairs_that_are_none(known, block):
    with pytest.raises(UsageError, match="a pair of scenarios"):
        contrasts_of(replace(known, blocks={"compare": block}))


def test_the_table_has_a_row_for_each_metric(known, pushed):
    frame = claims_table([judged(known, BLOCK, pushed)]).frame()
    assert list(frame["role"]) == ["claimed", "qualified", "mechanism"]
    assert set(frame["claim_verdict"]) == {"supported"}
    assert list(frame["verdict"]) == ["supported", "supported", ""]


def test_the_page_says_it_in_words(known, pushed):
    judgement = judged(known, BLOCK, pushed)
    page = claims_page([judgement])
    assert "A push strikes more often." in page
    assert "What carries it: The push adds to the chance." in page
    assert "**Supported.**" in page
    said = sentence(judgement.findings[0])
    row = judgement.findings[0].row
    assert said.startswith(f"Struck: {100 * row.a:.0f}% under pushed, {100 * row.b:.0f}% under baseline; a difference")
    assert "points (95% interval +" in said


def test_the_page_says_of_itself_only_what_is_so(known, pushed):
    judgement = judged(known, BLOCK, pushed)
    page = claims_page([judgement])
    of_pushed = "2,000 trajectories of each scenario, 10 for each draw of the parameters, seed 11"
    assert f"Written by `crossroads claims`: 1 claim, {of_pushed}.\n" in page
    assert not re.search("ten claims|essay|make claims|At this size|was written", page)
    assert f"## {known.title or 'K1'}\n" in page
    fewer = replace(judgement, settings=replace(judgement.settings, n=500))
    assert f"2 claims, {of_pushed} or 500 trajectories of each" in claims_page([judgement, fewer])
    assert "## K1\n" in claims_page([replace(judgement, claim=replace(judgement.claim, study=untitled(known)))])


def untitled(study):
    return replace(study, title="")


def test_the_shipped_page_is_as_the_code_would_write_it():
    page = (CONFIGS.parent / "docs" / "claims.md").read_text(encoding="utf-8")
    assert page.startswith(f"{PAGE_MARK}\n\n# What the model says of the claims\n\nWritten by `crossroads claims`: 10 ")
    assert RULES in page


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_claims_speak_of_things_that_exist(path):
    study = load(path)
    claim, model = claim_of(study), study.model
    scenarios = {s.name for s in study.scenarios}
    known = {
        "outcome": {o.name for o in model.outcomes},
        "question": {q.name for q in model.questions},
        "event": {e.name for e in model.events},
        "measure": {m.name for m in model.measures if m.value is not None},
        "state": {m.name for m in model.measures if m.value is None},
    }
    values = {p.name: p.values for p in model.phases} | {d.name: [o.name for o in d.options] for d in model.decisions}
    kinds = ("parameters", "levers", "derived", "states", "events", "phases", "decisions")
    names = {d.name.split("[")[0] for kind in kinds for d in getattr(model, kind)}
    assert set(re.findall(r"[a-z_]+\.[a-z_]+", claim.carried_by)) <= names
    dates = {model.clock.date_of(record).isoformat() for record in range(model.clock.n_records)}
    for contrast in claim.contrasts:
        assert {contrast.a, contrast.b} <= scenarios
        for metric in contrast.metrics:
            assert metric.what in known[metric.kind], metric
            assert metric.kind != "state" or metric.aspect in values[metric.what], metric
            assert metric.date in {"", *dates}, metric
    assert study.trajectories >= 20_000


def test_there_are_ten_claims():
    assert [path.stem[:3] for path in SHIPPED] == [f"h{i:02d}" for i in range(1, 11)]


STUDY = """\
study: pushes
model: {model}
trajectories: 600
claims: {block}
"""


@pytest.fixture
def claims(known, tmp_path, monkeypatch, capsys):
    """Calls the command on a study of one claim: its status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    path = Path(known.path).with_name("pushes.yaml")
    path.write_text(STUDY.format(model="model.yaml", block=json.dumps(BLOCK)))

    def run(*words):
        with pytest.raises(SystemExit) as leaving:
            main(["claims", str(path), *words])
        return leaving.value.code, *capsys.readouterr()

    return run


def test_the_command_writes_a_table_and_a_page(claims):
    status, out, _ = claims("-o", "out/claims.csv", "--page", "out/claims.md", "--json")
    assert status == 0
    assert json.loads(out)["verdicts"] == {"K1": "supported"}
    assert Path("out/claims.csv").read_text().count("\n") == 4
    assert "# What the model says" in Path("out/claims.md").read_text()
    assert sorted(file.name for file in Path("out").iterdir()) == ["claims.csv", "claims.md"]
    assert claims("-o", "out/claims.csv", "--page", "out/claims.md", "-q") == (0, "", "")


@pytest.mark.parametrize("option", ["-o", "--page"])
def test_the_command_replaces_only_what_it_wrote(claims, option):
    Path("mine.yaml").write_text("model: mine\n")
    status, out, err = claims(option, "mine.yaml")
    assert (status, out) == (4, "")
    assert "mine.yaml exists and was not written by this command" in err
    assert Path("mine.yaml").read_text() == "model: mine\n"


def test_the_shipped_page_can_be_written_again():
    refuse_taken(CONFIGS.parent / "docs" / "claims.md", PAGE_MARK)
