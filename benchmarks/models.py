"""Synthetic models of any size, in the project's language: what a crisis model does, with numbers that mean nothing.

    python -m benchmarks.models [STATEMENTS] > model.yaml

Of 144 statements 45 are states, 30 derived values, 28 events (logistic, exponential and linear hazards), 11 phases, 4
decisions among four options, 16 draws a step (normal, Poisson, gamma) and 10 uncertain parameters: 60 things carried
from step to step, and 48 draws a step with those of events and decisions.
"""

import random
import sys

WHOLE = 144
SHARES = {"x": 45, "a": 30, "e": 28, "w": 11, "c": 4, "z": 12, "n": 2, "g": 2, "p": 10}


class _Writer:
    def __init__(self, statements: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.n = {kind: max(1, round(share * statements / WHOLE)) for kind, share in SHARES.items()}

    def number(self, low: float, high: float) -> str:
        return f"{self.random.uniform(low, high):.4f}"

    def one(self, kind: str) -> str:
        return f"{kind}{self.random.randrange(self.n[kind])}"

    def value(self, before: int | None = None) -> str:
        """A state or, half of the time, one of the twelve derived values before this one."""
        last = self.n["a"] if before is None else before
        if last and self.random.random() < 0.5:
            return f"a{self.random.randrange(max(0, last - 12), last)}"
        return self.one("x")

    def text(self) -> str:
        lines = [
            "model: synthetic",
            "title: A model of numbers that mean nothing, to measure by",
            "clock: {start: 2025-01-06, step: 1 week, horizon: 104 weeks}",
        ]
        sections = {
            "parameters": [f'p{i}: {{prior: "lognormal(p5=0.6, p95=1.6)"}}' for i in range(self.n["p"])],
            "draws": self.draws(),
            "derived": [f"a{i}: {self.derived(i)}" for i in range(self.n["a"])],
            "events": [f'e{i}: {{rate: "{self.rate(i)}"}}' for i in range(self.n["e"])],
            "phases": [self.phase(i) for i in range(self.n["w"])],
            "decisions": [self.decision(i) for i in range(self.n["c"])],
            "states": [self.state(i) for i in range(self.n["x"])],
            "outcomes": ["hot: {when: x0 > 0.5}", "cold: otherwise"],
        }
        for title, entries in sections.items():
            lines += [f"{title}:", *(f"  {entry}" for entry in entries)]
        lines.append("actors: {actor: {precision: 1.5, inertia: 0.3}}")
        measures = [f"x{i}" for i in range(0, min(40, self.n["x"]), 4)]
        measures += [f"a{i}" for i in range(0, min(30, self.n["a"]), 3)]
        return "\n".join([*lines, f"measures: [{', '.join(measures)}]", ""])

    def draws(self) -> list[str]:
        kinds = {"z": "normal(0, 1)", "n": "poisson(0.5)", "g": "gamma(2, 1)"}
        return [f"{kind}{i}: {law}" for kind, law in kinds.items() for i in range(self.n[kind])]

    def derived(self, i: int) -> str:
        c, v = self.number, lambda: self.value(i)
        match i % 6:
            case 0:
                return f"{c(0.1, 0.6)}*{v()} + {c(0.1, 0.6)}*{v()} - {c(0, 0.3)}*{v()}"
            case 1:
                return f"max({v()} - {c(0.2, 0.6)}, 0)*{c(0.5, 1.5)} + min({v()}, {c(0.4, 0.9)})"
            case 2:
                one = v()
                return f"{one}*{one}/({c(0.3, 0.9)} + {one}*{one})"
            case 3:
                one = v()
                return f"({one} if {self.one('w')}.hot else {c(0.3, 1)}*{one}) + {c(0.05, 0.2)}*{self.one('w')}.cold"
            case 4:
                return f"log(1 + {c(0.5, 2)}*{self.one('x')})*{c(0.3, 0.9)}"
        return f"({v()} - {v()})*({v()} - {c(0.2, 0.5)}) + {c(0.1, 0.4)}"

    def rate(self, i: int) -> str:
        c, v, p = self.number, self.value, self.one("p")
        kind = i % 7
        if kind < 4:
            shift = f"{c(0.5, 2)}*{v()} - {c(0.2, 1)}*{v()} + {c(0.2, 1)}*{self.one('w')}.hot"
            return f"{c(0.03, 0.12)}*{p}*logistic({shift} - {c(1.5, 3.5)})/week"
        if kind == 4:
            return f"{c(0.005, 0.03)}*exp({c(0.2, 1)}*{v()} - {c(0.2, 1)}*{v()})/week"
        return f"max({c(0, 0.02)} + {c(0.005, 0.03)}*{v()} + {c(0.01, 0.05)}*{self.one('w')}.hot, 0)/week"

    def phase(self, i: int) -> str:
        moves = [f"any -> cold: {{on: {self.one('e')}}}", f"cold -> warm: {{on: {self.one('e')}}}"]
        moves.append(f"{{from: [cold, warm], to: hot, on: {self.one('e')}}}")
        return f"w{i}: {{values: [cold, warm, hot], initial: cold, moves: [{', '.join(moves)}]}}"

    def decision(self, i: int) -> str:
        c, v = self.number, self.value
        options = [
            f"o{k}: {c(-1, 0.2)} + {c(0, 0.8)}*{v()} - {c(0, 0.8)}*{v()}" if k else "o0: 0" for k in range(4)
        ]
        return f"actor.c{i}: {{initial: o0, options: {{{', '.join(options)}}}}}"

    def state(self, i: int) -> str:
        c, v, x = self.number, self.value, f"x{i}"
        jump = f"on: {{{self.one('e')}: {self.random.choice('+-')}= {c(0.02, 0.2)}}}"
        kind = i % 45
        if kind < 12:
            following = f"{x} + {c(0.02, 0.1)}*({c(0.2, 0.8)} - {x}) + {c(0.01, 0.05)}*z{i % self.n['z']}"
        elif kind < 16:
            following = f"{x}*exp({c(-0.02, 0.02)} + {c(0, 0.03)}*{v()} - {c(0, 0.03)}*{v()})"
        elif kind < 20:
            following = f"{x}*{c(0.9, 0.97)} + {c(0.01, 0.05)}*{'n' if kind < 18 else 'g'}{i % 2 % self.n['n']}"
        else:
            following = f"{x} + {c(0.02, 0.1)}*({c(0.3, 1)}*{v()} - {x})"
        if kind % 9 == 8:
            following += f" + 0.02*actor.{self.one('c')}.o{self.random.randrange(1, 4)}"
        return f"{x}: {{initial: {c(0.1, 0.9)}, next: {following}, min: 0, max: 2, {jump}}}"


def synthetic(statements: int = WHOLE, seed: int = 7) -> str:
    """The text of a model with about so many statements; the same for the same arguments."""
    return _Writer(statements, seed).text()


if __name__ == "__main__":
    print(synthetic(int(sys.argv[1]) if len(sys.argv) > 1 else WHOLE), end="")
