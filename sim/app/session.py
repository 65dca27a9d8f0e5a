"""What one reader has done: the state, the way to it and back, the numbers of it. None of it needs a page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim.app import saving
from sim.app.explorer import Explorer, Found, IsWanted
from sim.app.state import State, changes_in
from sim.errors import UsageError

QUICK = 1_000  # trajectories of the first answer


@dataclass(frozen=True, slots=True)
class Move:
    """A step of the trail: what was changed, and the state before it."""

    what: str  # scenario, against, or the name of what was changed
    text: str
    before: State


@dataclass(frozen=True)
class Answer:
    """Numbers of a state and of what it is compared with, of as many trajectories."""

    state: State
    found: Found
    reference: Found
    is_final: bool

    @property
    def n(self) -> int:
        return self.found.n


class Session:
    """One reader's exploration."""

    def __init__(self, explorer: Explorer, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self.explorer = explorer
        self.notices: list[str] = []  # what of a link could not be followed
        self.state = self._from_link(pairs)
        self.trail: list[Move] = []

    def _from_link(self, pairs: Sequence[tuple[str, str]]) -> State:
        """The state of a link, without what this model does not have."""
        state = self.explorer.first_state()
        given = dict(pairs)
        values, forced = changes_in(pairs)
        state = self._take(replace(state, scenario=given.get("scenario", state.scenario)), state)
        state = self._take(replace(state, against=given.get("against", state.against)), state)
        for name, value in values:
            state = self._take(state.setting(name, value), state)
        for name, option in forced:
            state = self._take(state.forcing(name, option), state)
        return state

    def _take(self, wanted: State, otherwise: State) -> State:
        problem = self.explorer.problem(wanted)
        if problem:
            self.notices.append(f"the link: {problem}")
        return otherwise if problem else wanted

    # -- changes

    def choose(self, scenario: str) -> None:
        """Another scenario, with the same changes."""
        self._go("scenario", replace(self.state, scenario=scenario), f"scenario {scenario}")

    def compare_with(self, scenario: str) -> None:
        self._go("against", replace(self.state, against=scenario), f"against {scenario}")

    def set(self, name: str, value: float | None) -> None:
        """A parameter or lever; None: as the scenario has it."""
        text = f"{name} = {value:g}" if value is not None else f"{name} as in the scenario"
        self._go(name, self.state.setting(name, value), text)

    def force(self, name: str, option: str | None) -> None:
        """A decision, from the start to the end; None: as the scenario has it."""
        text = f"{name}: {option}" if option is not None else f"{name} as in the scenario"
        self._go(name, self.state.forcing(name, option), text)

    def reset(self) -> None:
        """The scenario as it is."""
        self._go("all", State(self.state.scenario, self.state.against), "all changes dropped")

    def undo(self) -> bool:
        """Back before the last step; whether there was one."""
        if self.trail:
            self.state = self.trail.pop().before
            return True
        return False

    def _go(self, what: str, state: State, text: str) -> None:
        problem = self.explorer.problem(state)
        if problem:
            raise UsageError(problem)
        if state != self.state:
            self.trail.append(Move(what, text, self.state))
            self.state = state

    # -- numbers

    def answer(self, n: int | None = None, is_wanted: IsWanted = lambda: True) -> Answer:
        """The numbers of the present state (``n`` None: of all trajectories)."""
        state, explorer = self.state, self.explorer
        is_final = n is None or n >= explorer.settings.n
        found = explorer.find(state, n, is_wanted)
        return Answer(state, found, explorer.reference(state, n, is_wanted), is_final)

    # -- saving

    def study_text(self, name: str, folder: Path) -> str:
        """The state as a study."""
        saving.check_study_name(name)
        settings = self.explorer.settings
        return saving.study_text(self.explorer.study, self.state, name, folder, settings.n, settings.seed)

    def save(self, name: str, folder: Path) -> tuple[Path, str]:
        """Write the study; its file, and the command that gives the numbers shown."""
        path = saving.save_study(self.study_text(name, folder), name, folder)
        study, settings = self.explorer.study, self.explorer.settings
        both = (saving.reference_name(study, self.state), saving.scenario_name(name, study))
        words = ["crossroads", "run", path.name, *(f"--scenario {scenario}" for scenario in both)]
        words += [] if settings.replicates == 10 else [f"--replicates {settings.replicates}"]
        words += [] if settings.design == "random" else [f"--design {settings.design}"]
        return path, " ".join(words)
