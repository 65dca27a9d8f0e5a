"""Models whose differences between scenarios are known."""

from pathlib import Path

from sim.model.declarations import Study
from sim.model.load import load

KNOWN = """\
model: known
clock: {start: 2025-01-06, step: 1 week, horizon: 2 weeks}
parameters:
  strength: {prior: "gamma(0.8, 0.1, max=0.7)", source: expert judgement}
  turn: {prior: "normal(0.05, 0.05)", source: expert judgement}
levers:
  shift: {value: 0, range: [-9, 9]}
  push: {value: 0, range: [0, 1]}
  swing: {value: 0, range: [0, 1]}
draws:
  luck: {draw: "uniform(0, 1)", every: trajectory}
  other: {draw: "uniform(0, 1)", every: trajectory}
  noise: {draw: "normal(0, 1)", every: trajectory}
derived:
  hit: luck < 0.2 + push*strength + swing*turn
  level: strength + noise + shift
  bent: noise*(1 + push) + swing*turn
phases:
  mood:
    values: [calm, angry]
    initial: calm
    moves: [calm -> angry: {when: hit}]
outcomes:
  struck: {when: hit}
  spared: otherwise
questions:
  struck_now: {asks: Is it struck?, at_end: hit}
  struck_if: {asks: And if the other thing happens?, at_end: hit, given: other < 0.5 + 0.2*push}
  height: {asks: Where is the level?, value: level, by: 2025-01-20, bins: [0, 1]}
measures: [level, bent, mood]
scenarios:
  shifted: {set: {shift: 1.25}}
  pushed: {set: {push: 1}}
  swung: {set: {swing: 1}}
  again: {title: The baseline once more}
"""

FAILING = """\
model: failing
clock: {start: 2025-01-06, step: 1 week, horizon: 4 weeks}
levers: {edge: {value: 0.002, range: [0, 1]}}
draws: {u: "uniform(0, 1)"}
derived: {inverse: 1/(u > edge)}
states: {x: {initial: 0, change: inverse/week}}
outcomes: {high: {when: x > 1}, low: otherwise}
scenarios: {riskier: {set: {edge: 0.004}}}
"""


def study(folder: Path, text: str = KNOWN, n: int = 3000, seed: int = 11) -> Study:
    """A study of a model that is written into a folder."""
    (folder / "model.yaml").write_text(text)
    path = folder / "study.yaml"
    path.write_text(f"study: known_study\nmodel: model.yaml\ntrajectories: {n}\nseed: {seed}\n")
    return load(path)
