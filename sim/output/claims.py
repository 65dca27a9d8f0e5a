"""What the model says of claims: a table, and a page in plain words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import floor, log10
from typing import TYPE_CHECKING, Any

from sim.analysis.claims import ROLES
from sim.analysis.compare import Difference
from sim.analysis.verdicts import Finding, Judgement
from sim.output.columns import Column
from sim.output.tables import Table

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = (
    Column("claim", "", "Name of the claim."),
    Column("claim_verdict", "", "Verdict on the claim: supported if all its claimed rows are, reversed if some are "
           "reversed and none is supported, else not supported."),
    Column("scenario_a", "", "Scenario a."),
    Column("scenario_b", "", "Scenario b."),
    Column("role", "", "claimed; qualified: what speaks against the claim or limits it; mechanism: what carries it."),
    Column("measure", "", "What is compared, in words."),
    Column("kind", "", "outcome, question, event, measure or state."),
    Column("what", "", "Its name."),
    Column("aspect", "", "As in compare.csv."),
    Column("unit", "", "Unit of a measure; empty: dimensionless, or a probability."),
    Column("date", "date", "Date of the record time."),
    Column("a", "that of the row", "In scenario a."),
    Column("b", "that of the row", "In scenario b."),
    Column("difference", "that of the row", "a - b."),
    Column("low", "that of the row", "Lower end of its 95% interval, Monte Carlo error only."),
    Column("high", "that of the row", "Upper end of the same."),
    Column("epistemic_p05", "that of the row", "5% quantile over parameter draws of the difference, chance removed."),
    Column("epistemic_p95", "that of the row", "95% quantile of the same."),
    Column("expected", "", "The difference expected: higher (above 0), lower, or same (within a margin)."),
    Column("expected_share", "share", "Share of parameter draws whose difference has the expected sign."),
    Column("verdict", "", "supported: the interval lies on the expected side; reversed: on the other; else not "
           "supported."),
)  # fmt: skip

PAGE_MARK = "<!-- written by crossroads claims -->"  # the first line of a page of ours

RULES = """\
Each claim is one or more contrasts of two scenarios on the same random numbers: the same parameters and the same luck,
trajectory by trajectory. A difference is the first scenario less the second. The 95% interval is Monte Carlo error
alone; the 90% band is over what is not known (the parameters), with chance removed. With many trajectories even small
differences are clear of Monte Carlo error, so the verdict speaks of the model's direction; whether a difference matters
is for its size and its band to say. No band is given where the spread between draws of the parameters cannot be told
from chance.

A metric is **supported** where the whole interval lies on the expected side of zero (or, where no change is expected,
within the margin), **reversed** where it lies on the other side, and **not supported** otherwise. A claim is supported
if all its metrics are, reversed if some are reversed and none is supported, and not supported otherwise. What qualifies
a claim, and what is shown of its mechanism, does not count. The verdicts take the model as it stands; a claim that it
does not support stays unsupported. A model may have been written with its claims in mind, and its coefficients may be
expert judgement: where the two agree, the claim follows from the model's assumptions, which does not make it true.
"""


def claims_table(judgements: Iterable[Judgement]) -> Table:
    rows = (_row(judgement, finding) for judgement in judgements for finding in judgement.findings)
    return Table.of_rows("claims", COLUMNS, rows)


def _row(judgement: Judgement, finding: Finding) -> Sequence[Any]:
    c, m, r = finding.contrast, finding.metric, finding.row
    numbers = (r.a, r.b, r.difference, r.low, r.high, *r.band)
    return (
        judgement.claim.name, judgement.verdict, c.a, c.b, m.role, m.title, r.kind, r.what, r.aspect, r.unit, r.date,
        *numbers, m.expect, finding.expected_share, finding.verdict,
    )  # fmt: skip


def claims_page(judgements: Sequence[Judgement]) -> str:
    """The page, as Markdown."""
    n, sizes = len(judgements), list(dict.fromkeys(_size(j) for j in judgements))
    opening = [
        PAGE_MARK, "",
        "# What the model says of the claims", "",
        f"Written by `crossroads claims`: {n} claim{'s' if n > 1 else ''}, {' or '.join(sizes)}.", "",
        RULES,
        "| claim | verdict | metrics as claimed |", "| --- | --- | --- |",
        *(f"| {_title(j)} | **{j.verdict}** | {j.n_supported} of {len(j.under('claimed'))} |" for j in judgements),
        "",
    ]  # fmt: skip
    return "\n".join([*opening, *(line for judgement in judgements for line in _section(judgement))]).rstrip() + "\n"


def _size(judgement: Judgement) -> str:
    s = judgement.settings
    return f"{s.n:,} trajectories of each scenario, {s.replicates} for each draw of the parameters, seed {s.seed}"


def _title(judgement: Judgement) -> str:
    """What a claim is called: by the title of its study, or by its name."""
    return judgement.claim.study.title or judgement.claim.name


HEADINGS = {"claimed": "", "qualified": "What qualifies it:", "mechanism": "What the model shows of it:"}


def _section(judgement: Judgement) -> Iterator[str]:
    claim = judgement.claim
    yield from (f"## {_title(judgement)}", "", f"*{claim.says}* **{judgement.verdict.capitalize()}.**", "")
    for role in ROLES:
        if role == "mechanism":
            yield from (f"What carries it: {claim.carried_by}", "")
        findings = judgement.under(role)
        if findings and HEADINGS[role]:
            yield from (HEADINGS[role], "")
        for finding in findings:
            yield f"- {sentence(finding)}"
        if findings:
            yield ""
    if judgement.failures:
        yield from (f"{judgement.failures} trajectories failed and are left out.", "")


def sentence(finding: Finding) -> str:
    """A finding in words."""
    row, contrast = finding.row, finding.contrast
    level, change = _writers(row)
    unit = "%" if row.kind != "measure" else f" {row.unit.replace('_', ' ')}".rstrip()
    where = f" ({row.aspect}, {row.date})" if row.kind == "measure" else ""
    verdict = f" **{finding.verdict.capitalize()}.**" if finding.verdict else ""
    return (
        f"{finding.metric.title}{where}: {level(row.a)}{unit} under {contrast.a}, {level(row.b)}{unit} under "
        f"{contrast.b}; {_change(finding, change)}.{verdict}"
    )


def _change(finding: Finding, write: "Writer") -> str:
    """The difference and how sure it is."""
    row, expect = finding.row, finding.metric.expect
    about = []
    if row.low == row.low:
        about.append(f"95% interval {write(row.low)} to {write(row.high)}")
    if row.band[0] < row.band[1]:
        about.append(f"90% band {write(row.band[0])} to {write(row.band[1])}")
    share = finding.expected_share
    if share == share:
        percent = "more than 99" if share > 0.99 else "less than 1" if share < 0.01 else f"{100 * share:.0f}"
        about.append(f"{expect} in {percent}% of the parameter draws")
    unit = " points" if row.kind != "measure" else ""
    found = f"a difference of {write(row.difference)}{unit}"
    return f"{found} ({'; '.join(about)})" if about else found


Writer = Callable[[float], str]


def _writers(row: Difference) -> tuple[Writer, Writer]:
    """Write the levels and the differences of a row to the first digit in doubt; shares as percent."""
    factor = 1.0 if row.kind == "measure" else 100.0
    half = factor * (row.high - row.low) / 2
    size = half if half > 0 else factor * abs(row.difference) / 10
    decimals = min(-floor(log10(size)), 6) if size > 0 else 2
    shown = max(decimals, 0)
    return (
        lambda value: f"{round(factor * value, decimals) + 0.0:,.{shown}f}",
        lambda value: f"{round(factor * value, decimals) + 0.0:+,.{shown}f}",
    )


def claims_document(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """The same as one JSON document."""
    table = claims_table(judgements)
    names = [column.name for column in table.columns]
    rows = [
        {name: None if value != value else value for name, value in zip(names, row, strict=True)}
        for row in zip(*table.data, strict=True)
    ]
    settings = judgements[0].settings
    verdicts = {j.claim.name: j.verdict for j in judgements}
    return {"n": settings.n, "seed": settings.seed, "verdicts": verdicts, "claims": rows}


def show_claims(judgements: Sequence[Judgement], console: "Console") -> None:
    """The verdicts on the terminal, with whatever is not as claimed."""
    for judgement in judgements:
        title, n = _title(judgement), len(judgement.under("claimed"))
        verdict = f"{judgement.verdict} ({judgement.n_supported} of {n})"
        console.print(f"{title}: {verdict}", markup=False, soft_wrap=True)
        for finding in judgement.under("claimed"):
            if finding.verdict != "supported":
                console.print(f"  {sentence(finding).replace('*', '')}", markup=False, soft_wrap=True)
