"""``crossroads claims``: what the model says of the claims of some studies."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.studies import load_study
from sim.commands.terminal import Terminal

if TYPE_CHECKING:
    from sim.analysis.verdicts import Judgement
    from sim.engine.runner import Progress
    from sim.model.declarations import Study

FAILED = 3


@dataclass(frozen=True, slots=True)
class ClaimsOptions:
    """The options of ``claims`` as they were given; None: those of the study."""

    n: int | None = None
    seed: int | None = None
    out: Path = Path("results/claims.csv")
    page: Path | None = None
    threads: int | None = None


def claims_command(paths: Sequence[Path], options: ClaimsOptions, terminal: Terminal) -> int:
    """Compare, judge, write, show; the exit status."""
    from sim.analysis.claims import claim_of
    from sim.output.claims import PAGE_MARK, claims_document, claims_page, claims_table, show_claims
    from sim.output.console import progress_bar
    from sim.output.csv_text import csv_text
    from sim.output.text_file import make_way, write_text

    studies = [load_study(path) for path in paths]
    for study in studies:
        claim_of(study)
    header = csv_text(claims_table([]))
    make_way(options.out, header)
    if options.page is not None:
        make_way(options.page, PAGE_MARK)
    judgements = []
    for study in studies:
        terminal.note(study.title)
        with progress_bar(wanted=not terminal.quiet) as progress:
            judgements.append(_judged(study, options, progress))
    write_text(options.out, csv_text(claims_table(judgements)), header)
    if options.page is not None:
        write_text(options.page, claims_page(judgements), PAGE_MARK)
    if terminal.as_json:
        terminal.document(claims_document(judgements))
    elif not terminal.quiet:
        show_claims(judgements, terminal.console())
    return _tell_failures(judgements)


def _judged(study: "Study", options: ClaimsOptions, progress: "Progress | None") -> "Judgement":
    from sim.analysis.claims import claim_of
    from sim.analysis.compare import compare_with
    from sim.analysis.verdicts import judge
    from sim.engine.run import settings_of

    claim = claim_of(study)
    settings = settings_of(study, n=options.n, seed=options.seed, threads=options.threads)
    return judge(claim, [compare_with(study, c.a, c.b, settings, progress) for c in claim.contrasts])


def _tell_failures(judgements: "Sequence[Judgement]") -> int:
    failed = [j for j in judgements if j.failures]
    for j in failed:
        sys.stderr.write(f"{j.claim.name}: {j.failures} trajectories failed, and are left out\n")
    return FAILED if failed else 0
