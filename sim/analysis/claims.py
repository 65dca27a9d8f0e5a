"""Claims as contrasts: what a study says should differ between two scenarios.

A study's ``claims:`` block::

    claims:
      claim: H6
      says: A tripwire force sharply raises the risk of miscalculation.
      carried_by: In words, which mechanism of the model carries it.
      contrasts:
        - a: tripwire_force
          b: talks_collapse
          claimed:      # what the claim says of a - b
            - {title: NATO and Russia fight a limited war, question: nato_war, expect: higher}
          qualified:    # what speaks against the claim, or limits it
            - {title: Ukraine collapses, outcome: ukrainian_collapse, expect: lower}
          mechanism:    # shown, with an expectation or without
            - {title: Tension after a year, measure: nuclear.crisis_tension, date: 2026-04-06}

A metric is one ``outcome``, ``question`` (with ``answer``; default ``yes``), ``event``, ``measure`` (``of: mean``, the
default, or ``median``) or ``state`` (``coalition.aid.step_up``), at a ``date`` (default: the last). ``expect`` is
``higher``, ``lower``, or ``same`` with the margin ``within``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.errors import UsageError
from sim.model.declarations import Study

ROLES = ("claimed", "qualified", "mechanism")
EXPECTATIONS = ("higher", "lower", "same")
KINDS = ("outcome", "question", "event", "measure", "state")


@dataclass(frozen=True, slots=True)
class Metric:
    """Something to be compared; ``expect`` says how a - b should come out, or nothing."""

    role: str
    title: str
    kind: str
    what: str
    aspect: str
    date: str  # empty: the last there is
    expect: str
    within: float


@dataclass(frozen=True, slots=True)
class Contrast:
    a: str
    b: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a study claims; ``carried_by`` is the mechanism in words."""

    study: Study
    name: str
    says: str
    carried_by: str
    contrasts: tuple[Contrast, ...]


def claim_of(study: Study) -> Claim:
    """The claim of a study.

    Raises:
        UsageError: where its block is missing or not as described above.
    """
    if "claims" not in study.blocks:
        raise UsageError(f"{study.path} has no `claims:` to judge")
    part = _Part(f"{study.path}: claims", study.blocks["claims"], ("claim", "says", "carried_by", "contrasts"))
    contrasts = tuple(_contrast(item) for item in part.parts("contrasts", ("a", "b", *ROLES)))
    if not any(m.role == "claimed" for c in contrasts for m in c.metrics):
        raise UsageError(f"{part.place}: nothing stands under claimed")
    return Claim(study, part.text("claim"), part.text("says"), part.text("carried_by"), contrasts)


def contrasts_of(study: Study) -> list[tuple[str, str]]:
    """The pairs of scenarios that a study compares: those of its ``compare:`` block, or of its claims."""
    block: Any = study.blocks.get("compare")
    if block is None:
        return [(c.a, c.b) for c in claim_of(study).contrasts] if "claims" in study.blocks else []
    listed = block if isinstance(block, list) else [block]
    pairs: list[Any] = listed if all(isinstance(item, list) for item in listed) else [listed]
    if not all(len(pair) == 2 and all(isinstance(name, str) for name in pair) for pair in pairs):
        raise UsageError(f"{study.path}: compare: a pair of scenarios, [talks_collapse, baseline], or a list of pairs")
    return [(a, b) for a, b in pairs]


def _contrast(part: "_Part") -> Contrast:
    fields = ("title", *KINDS, "of", "answer", "date", "expect", "within")
    metrics = [_metric(role, item) for role in ROLES if role in part for item in part.parts(role, fields)]
    return Contrast(part.text("a"), part.text("b"), tuple(metrics))


def _metric(role: str, part: "_Part") -> Metric:
    kinds = [kind for kind in KINDS if kind in part]
    if len(kinds) != 1:
        raise UsageError(f"{part.place}: one of {', '.join(KINDS)} is expected")
    kind, what, aspect = kinds[0], part.text(kinds[0]), "share"
    if kind == "measure":
        aspect = part.text("of", "mean")
    elif kind == "question":
        aspect = part.text("answer", "yes")
    elif kind == "state":
        what, _, aspect = what.rpartition(".")
    expect = part.text("expect", "")
    if (expect or role != "mechanism") and expect not in EXPECTATIONS:
        raise UsageError(f"{part.place}: expect is one of {', '.join(EXPECTATIONS)}")
    if (expect == "same") != ("within" in part):
        raise UsageError(f"{part.place}: within, a number, goes with expect: same")
    within = part.number("within") if "within" in part else float("nan")
    return Metric(role, part.text("title"), kind, what, aspect, part.text("date", ""), expect, within)


class _Part:
    """A mapping within a block, that says where it is not as expected."""

    def __init__(self, place: str, value: Any, known: Sequence[str]) -> None:
        if not isinstance(value, Mapping):
            raise UsageError(f"{place}: a mapping is expected, of {', '.join(known)}")
        for key in value:
            if key not in known:
                raise UsageError(f"{place}: {key!r} is not known here; there are: {', '.join(known)}")
        self.place, self.value = place, value

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def text(self, key: str, default: str | None = None) -> str:
        found = self.value.get(key, default)
        if found is None or isinstance(found, list | Mapping | bool):
            raise UsageError(f"{self.place}: {key} is missing, or no text")
        return str(found).strip()

    def number(self, key: str) -> float:
        found = self.value.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise UsageError(f"{self.place}: {key} is a number")
        return float(found)

    def parts(self, key: str, known: Sequence[str]) -> "list[_Part]":
        """The mappings of a list."""
        found = self.value.get(key)
        if not isinstance(found, list) or not found:
            raise UsageError(f"{self.place}: {key} is missing, or no list")
        return [_Part(f"{self.place}: {key} {number}", item, known) for number, item in enumerate(found, start=1)]
