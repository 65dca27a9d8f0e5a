"""From the files of a model as read to a checked, flat model."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sim.model.calendar import read_clock
from sim.model.check_decisions import actors, decisions
from sim.model.check_events import events, phases
from sim.model.check_links import check_cycles, check_streams, correlations, history, warn_of_unused
from sim.model.check_outputs import default_measures, measures, outcomes, questions
from sim.model.check_values import derived, draws, levers, parameters, states
from sim.model.collect import File, collect
from sim.model.declarations import Actor, Clock, Measure, Model
from sim.model.source import Report
from sim.model.workshop import Workshop, text

T = TypeVar("T")


class Checked:
    """A model and the workshop in which it was checked, for what a study adds to it."""

    def __init__(self, files: list[File], sources: list[tuple[str, str]], report: Report) -> None:
        self.files, self.report = files, report
        self.root = files[0].record
        clock = read_clock(self.root["clock"], report) if self.root["clock"] else None
        self.shop = self._shop(clock)
        self.model = self._model(sources)

    def _shop(self, clock: Clock | None) -> Workshop:
        names, units = collect(self.files, clock or _STAND_IN, self.report)
        defaults = {file.namespace: file.record["defaults"] for file in self.files}
        return Workshop(names, clock or _STAND_IN, units, self.report, defaults, timeless=clock is None)

    def _each(self, kind: str, check: Callable[..., Iterator[T]], *more: Any) -> tuple[T, ...]:
        """Every element of every declaration of a kind."""
        entities = [entity for entity in self.shop.names.entities.values() if entity.kind == kind]
        return tuple(
            declared
            for entity in entities
            if entity.record is not None
            for declared in check(self.shop, entity, entity.record, *more)
        )

    def _model(self, sources: list[tuple[str, str]]) -> Model:
        shop, root = self.shop, self.files[0]
        who: tuple[Actor, ...] = tuple(actors(shop, root.entries("actors")))
        model = Model(
            name=text(self.root, "model"),
            title=text(self.root, "title"),
            about=text(self.root, "about"),
            clock=shop.clock,
            parameters=self._each("parameter", parameters),
            levers=self._each("lever", levers),
            draws=self._each("draw", draws),
            derived=self._each("derived", derived),
            states=self._each("state", states),
            events=self._each("event", events),
            phases=self._each("phase", phases),
            actors=who,
            decisions=self._each("decision", decisions, {actor.name: actor for actor in who}),
            outcomes=tuple(outcomes(shop, root.entries("outcomes"))),
            questions=tuple(
                question
                for file in self.files
                for entry in file.entries("questions")
                for question in questions(shop, file, entry)
            ),
            measures=self._measures(),
            correlations=tuple(correlations(shop, self.root["correlations"] or [])),
            history=tuple(history(shop, root.entries("history"))),
            modules=tuple((f.namespace, text(f.record, "title"), text(f.record, "about")) for f in self.files[1:]),
            sources=tuple(sources),
        )
        check_cycles(shop, model)
        check_streams(shop, model)
        return model

    def _measures(self) -> tuple[Measure, ...]:
        listed = [(f.namespace, f.record["measures"]) for f in self.files if f.record["measures"] is not None]
        return measures(self.shop, listed) if listed else tuple(default_measures(self.shop))

    def finish(self) -> None:
        """What can be said only when everything that reads has read."""
        warn_of_unused(self.shop)


def _stand_in() -> Clock:
    import datetime

    return Clock(datetime.date(2000, 1, 1), "day", 1, 1_000)


_STAND_IN = _stand_in()
