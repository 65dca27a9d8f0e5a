"""The page: what a session knows, as controls and pictures. It decides nothing and computes nothing."""

import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from nicegui import Client, run, ui
from starlette.requests import Request

from sim.app import rows
from sim.app.charts import measure_chart, measure_choices, measure_words
from sim.app.explorer import Explorer, Superseded
from sim.app.session import QUICK, Answer, Session
from sim.app.state import number
from sim.errors import CrossroadsError
from sim.output.story import story

STYLE = Path(__file__).parent / "style.css"
MOST_DRIVERS = 10
MOST_FOUND = 12
FREE = ""  # of a forced decision: as the scenario has it


def make_page(explorer: Explorer, folder: Path, token: str = "") -> Callable[[Request], None]:
    """The function that builds the page for each reader; studies are saved in ``folder``."""

    def page(request: Request) -> None:
        Page(explorer, folder, token, request).build()

    return page


class Page:
    """One reader's page."""

    def __init__(self, explorer: Explorer, folder: Path, token: str, request: Request) -> None:
        pairs = request.query_params.multi_items()
        self.explorer, self.folder, self.token = explorer, folder, token
        self.session = Session(explorer, pairs)
        given, targets, measures = dict(pairs), rows.indicator_names(explorer), list(measure_choices(explorer))
        asked = given.get("outcome", "")
        self.target = asked if asked in targets else explorer.open_target(self.session.state.scenario)
        self.measure = next((m for m in (given.get("measure"), *measures) if m in measures), "")
        story_number = number(given.get("story", "0")) or 0
        self.trajectory = int(story_number) % explorer.settings.n if story_number >= 0 else 0
        self.search, self.turn = "", 0
        self.answer: Answer | None = None
        self.client: Client | None = None

    # -- the parts

    def build(self) -> None:
        self.client = ui.context.client
        ui.add_css(STYLE)
        with ui.element("header").classes("x-top"):
            self._heading("h1", self.explorer.study.title or self.explorer.study.name)
            self.status = ui.label("").classes("x-status").mark("status")
            ui.button("Undo", on_click=self.undo).props("flat dense no-caps").mark("undo")
            ui.button("Drop changes", on_click=self.reset).props("flat dense no-caps").mark("reset")
            ui.button("Copy link", on_click=self.copy_link).props("flat dense no-caps")
            ui.button("Save as study", on_click=self.ask_name).props("unelevated dense no-caps").mark("save")
        with ui.element("div").classes("x-page"):
            with ui.element("aside").classes("x-left"):
                self.controls()
            with ui.element("main").classes("x-right"):
                self._right()
        for notice in self.session.notices:
            ui.notify(notice, type="warning", timeout=8000)
        ui.timer(0.05, self.begin, once=True)

    def _heading(self, tag: str, text: str) -> None:
        with ui.element(tag):
            ui.label(text)

    def _right(self) -> None:
        self.trail()
        with ui.element("section").classes("x-card"):
            with ui.element("div").classes("x-bar"):
                self._heading("h2", "Outcomes")
                self.legend = ui.html("", sanitize=False).mark("legend")
            self.outcomes = ui.html("", sanitize=False).mark("outcomes")
        with ui.element("section").classes("x-card"):
            with ui.element("div").classes("x-bar"):
                self._heading("h2", "Over time")
                choices = measure_choices(self.explorer)
                ui.select(choices, value=self.measure or None, with_input=True, on_change=self.choose_measure).props(
                    "dense outlined options-dense"
                ).style("width: 340px").mark("measure")
            self.words = ui.label("").classes("x-hint")
            self.chart = ui.echart({"series": []}).style("height: 330px; width: 100%").mark("chart")
        with ui.element("section").classes("x-card"):
            self._heading("h2", "When things first happen")
            ui.label("Bars: the middle 80% of first dates, with the median; below, what it is compared with.").classes(
                "x-hint"
            )
            self.events = ui.html("", sanitize=False).mark("events")
        with ui.element("section").classes("x-card"):
            with ui.element("div").classes("x-bar"):
                self._heading("h2", "One sampled future")
                self.story_name = ui.label("").classes("x-hint")
                ui.button("Another one", on_click=self.another).props("flat dense no-caps").mark("another")
            self.story = ui.html("", sanitize=False).mark("story")

    @ui.refreshable_method
    def trail(self) -> None:
        """What was changed, in order."""
        with ui.element("div").classes("x-trail"):
            written = f"{rows.as_written(self.explorer.model, self.session.state)}; move a slider to change it"
            ui.label("Changed:" if self.session.trail else written).classes("x-hint")
            for move in self.session.trail[-30:]:
                ui.label(move.text).classes("x-chip")

    @ui.refreshable_method
    def controls(self) -> None:
        """Everything that can be changed."""
        session, model = self.session, self.explorer.model
        names = {s.name: rows.title_of(model, s.name) for s in model.scenarios}
        ui.select(names, value=session.state.scenario, label="Scenario", on_change=self.choose).props(
            "dense outlined options-dense"
        ).mark("scenario")
        ui.select(names, value=session.state.against, label="Compared with", on_change=self.compare_with).props(
            "dense outlined options-dense"
        ).style("margin-top: 10px").mark("against")
        if model.levers:
            self._heading("h2", "Levers")
            for lever in model.levers:
                self._lever(lever.name)
        self._heading("h2", "Parameters")
        targets = {t: t.replace("_", " ") for t in rows.indicator_names(self.explorer)}
        ui.select(targets, value=self.target, label="that drive", on_change=self.choose_target).props(
            "dense outlined options-dense"
        ).mark("target")
        self.parameters()
        ui.input(placeholder="search all parameters", value=self.search, on_change=self.find).props(
            "dense outlined clearable debounce=250"
        ).style("margin-top: 10px").mark("search")
        self.found()
        if model.decisions:
            self._heading("h2", "Decisions, forced throughout")
            for decision in model.decisions:
                self._decision(decision.name, decision.asks)

    @ui.refreshable_method
    def parameters(self) -> None:
        """What was changed, and what drives the outcome."""
        changed = [name for name, _ in self.session.state.values if name in self.explorer.parameters]
        driving = dict(self.explorer.drivers(self.session.state.scenario, self.target)[:MOST_DRIVERS])
        for name in (*(n for n in changed if n not in driving), *driving):
            share = driving.get(name)
            self._parameter(name, f"explains {100 * share:.1f}% of the variance" if share is not None else "")
        if not driving:
            ui.label("No parameter stands out.").classes("x-hint")

    @ui.refreshable_method
    def found(self) -> None:
        """Parameters whose name or description has the words."""
        words = self.search.lower().split()
        if not words:
            return
        hits = [
            p.name for p in self.explorer.model.parameters
            if all(word in f"{p.name} {p.name.replace('_', ' ')} {p.about}".lower() for word in words)
        ]  # fmt: skip
        for name in hits[:MOST_FOUND]:
            self._parameter(name, "")
        rest = len(hits) - MOST_FOUND
        ui.label(f"and {rest} more" if rest > 0 else "" if hits else "Nothing is called so.").classes("x-hint")

    def _parameter(self, name: str, note: str) -> None:
        parameter = self.explorer.parameters[name]
        span = self.explorer.spans(self.session.state.scenario)[name]
        usual = f"{span.middle:.4g}" if span.is_fixed else f"uncertain, about {span.middle:.3g}"
        hint = " ".join(part for part in (parameter.about, f"As it is: {usual} {parameter.unit}.", note) if part)
        self._slider(name, span.low, span.high, span.middle, hint)

    def _lever(self, name: str) -> None:
        lever = self.explorer.levers[name]
        given, told = rows.lever_course(self.explorer, self.session.state.scenario, lever)
        hint = f"{lever.about} As it is: {told}.".strip()
        if lever.choices:
            value = self.session.state.value(name)
            with ui.element("div").classes("x-control"):
                ui.select(
                    {None: "as in the scenario", **{c: f"{c:g}" for c in lever.choices}}, value=value, label=name,
                    on_change=lambda e: self.set(name, e.value),
                ).props("dense outlined options-dense").tooltip(hint)  # fmt: skip
            return
        low = lever.low if lever.low is not None else given - max(abs(given), 1.0)
        high = lever.high if lever.high is not None else given + max(abs(given), 1.0)
        self._slider(name, low, high, given, hint)

    def _slider(self, name: str, low: float, high: float, usual: float, hint: str) -> None:
        value = self.session.state.value(name)
        shown = usual if value is None else value
        step = _round((high - low) / 200)
        with ui.element("div").classes("x-control").classes("x-free" if value is None else "x-set") as control:
            with ui.element("div").classes("x-label"):
                with ui.element("span"):
                    ui.label(name.replace("_", " ")).tooltip(hint)
                field = ui.input(value=f"{shown:.6g}").props("dense borderless").mark(f"number:{name}")
                free = ui.button(icon="close", on_click=lambda: self.set(name, None, rebuild=True))
                free.props("flat dense round size=xs").tooltip("as in the scenario").mark(f"free:{name}")
                free.set_visibility(value is not None)
            slider = ui.slider(min=min(low, shown), max=max(high, shown), step=step, value=shown)
            slider.props("dense label").mark(f"slider:{name}")

        async def moved(wanted: float | None) -> None:
            if wanted is None:
                ui.notify("a number is expected", type="warning")
                return
            wanted = float(f"{wanted:.6g}")
            field.set_value(f"{wanted:.6g}")
            slider.set_value(wanted)
            control.classes(add="x-set", remove="x-free")
            free.set_visibility(True)
            await self.set(name, wanted)

        slider.on("change", lambda e: moved(_sent(e.args)))
        field.on("change", lambda: moved(number(str(field.value))))

    def _decision(self, name: str, asks: str) -> None:
        options = {o: o.replace("_", " ") for o in self.explorer.options[name]}
        given = self.explorer.scenarios[self.session.state.scenario].force.get(name)
        free = "as the scenario forces it" if given else "free"
        ui.select(
            {FREE: free, **options}, value=self.session.state.option(name) or FREE, label=name.replace("_", " "),
            on_change=lambda e: self.force(name, e.value or None),
        ).props("dense outlined options-dense").style("margin-top: 8px").mark(f"force:{name}").tooltip(
            asks or name
        )  # fmt: skip

    # -- what a reader does

    async def set(self, name: str, value: float | None, rebuild: bool = False) -> None:
        await self._do(lambda: self.session.set(name, value), rebuild)

    async def force(self, name: str, option: str | None) -> None:
        await self._do(lambda: self.session.force(name, option))

    async def choose(self, event: Any) -> None:
        await self._do(lambda: self.session.choose(event.value), rebuild=True)

    async def compare_with(self, event: Any) -> None:
        await self._do(lambda: self.session.compare_with(event.value))

    async def reset(self) -> None:
        await self._do(self.session.reset, rebuild=True)

    async def undo(self) -> None:
        await self._do(self.session.undo, rebuild=True)

    def choose_target(self, event: Any) -> None:
        self.target = event.value
        self.parameters.refresh()
        self._link()
        self._show_outcomes()

    def choose_measure(self, event: Any) -> None:
        self.measure = event.value or self.measure
        self._link()
        self._show_measure()

    def find(self, event: Any) -> None:
        self.search = event.value or ""
        self.found.refresh()

    async def another(self) -> None:
        settings = self.explorer.settings
        self.trajectory = (self.trajectory + settings.replicates + 1) % settings.n
        self._link()
        await self._tell()

    async def _do(self, change: Callable[[], object], rebuild: bool = False) -> None:
        try:
            change()
        except CrossroadsError as error:
            ui.notify(str(error), type="warning")
            return
        self.trail.refresh()
        self._link()
        await self._repaint(rebuild)

    # -- painting

    async def begin(self) -> None:
        await self._repaint(rebuild=False)
        await self._tell()

    async def _repaint(self, rebuild: bool) -> None:
        """First a quick answer, then the whole one; a later change ends both."""
        self.turn += 1
        turn, session, state = self.turn, self.session, self.session.state
        self.status.classes(add="x-busy")
        is_known = self.explorer.knows(state)
        try:
            for n in (None,) if is_known else (QUICK, None):
                answer = await run.io_bound(session.answer, n, lambda: self.turn == turn)
                if self.turn != turn or answer is None:
                    return
                self._show(answer)
                if answer.is_final:
                    break
        except Superseded:
            return
        if rebuild:
            await run.io_bound(self.explorer.drivers, state.scenario, self.target)
            if self.turn == turn:
                self.controls.refresh()
        self.status.classes(remove="x-busy")

    def _show(self, answer: Answer) -> None:
        self.answer = answer
        failures = answer.found.result.failures
        failed = f", {failures:,} failed" if failures else ""
        self.status.set_text(f"{answer.n:,} trajectories{failed}" + ("" if answer.is_final else ", more to come"))
        self._show_outcomes()
        self._show_measure()
        now, before = self._titles(answer)
        self.events.set_content(rows.events_html(self.explorer, answer, now, before))

    def _titles(self, answer: Answer) -> tuple[str, str]:
        model = self.explorer.model
        return rows.state_title(model, answer.state), rows.title_of(model, answer.state.against)

    def _show_outcomes(self) -> None:
        if self.answer is not None:
            now, before = (escape(title) for title in self._titles(self.answer))
            self.legend.set_content(
                f'<small><i class="x-key"></i>{now}<i class="x-key x-key-ref"></i>compared with: {before}</small>'
            )
            self.outcomes.set_content(rows.outcomes_html(self.explorer, self.answer, self.target))

    def _show_measure(self) -> None:
        if self.answer is not None and self.measure:
            self.words.set_text(measure_words(self.explorer, self.answer, self.measure))
            self.chart.options.clear()
            self.chart.options.update(measure_chart(self.explorer, self.answer, self.measure))
            self.chart.update()

    async def _tell(self) -> None:
        state, trajectory = self.session.state, self.trajectory
        self.story_name.set_text("telling ...")
        told = await run.io_bound(self.explorer.story, state, trajectory)
        if told is not None:
            self.story.set_content(rows.story_html(story(told)))
            self.story_name.set_text(f"number {trajectory:,} of {rows.state_title(self.explorer.model, state)}")

    # -- links and files

    def _query(self) -> str:
        more = [("outcome", self.target), ("measure", self.measure), ("story", str(self.trajectory))]
        more += [("token", self.token)] if self.token else []
        return self.session.state.query(tuple(more))

    def _link(self) -> None:
        ui.navigate.history.replace(f"/?{self._query()}")

    def copy_link(self) -> None:
        ui.run_javascript(f"navigator.clipboard.writeText(location.origin + {json.dumps('/?' + self._query())})")
        ui.notify("The link restores what you see.")

    def ask_name(self) -> None:
        """A name for the study, and what will be written."""
        with ui.dialog() as dialog, ui.card().style("min-width: 560px; max-width: 90vw"):
            ui.label("Save as a study")
            name = ui.input("Name", value="explored").props("dense outlined").mark("study name")
            said = ui.label("").classes("x-hint").mark("saved")
            text = ui.label("").classes("x-yaml").style("width: 100%")

            def preview() -> None:
                try:
                    text.set_text(self.session.study_text(name.value or "", self.folder))
                    said.set_text(f"will be {self.folder / f'{name.value}.yaml'}")
                except CrossroadsError as error:
                    said.set_text(str(error))

            def save() -> None:
                try:
                    path, command = self.session.save(name.value or "", self.folder)
                    said.set_text(f"{path} is written. The same numbers: {command}")
                except CrossroadsError as error:
                    said.set_text(str(error))

            name.on_value_change(preview)
            preview()
            with ui.element("div").classes("x-bar"):
                ui.button("Save", on_click=save).props("unelevated dense no-caps").mark("save now")
                ui.button("Close", on_click=dialog.close).props("flat dense no-caps")
        dialog.open()


def _sent(args: Any) -> float | None:
    """The value that an event of a slider carries."""
    return number(str(args[0] if isinstance(args, (list, tuple)) else args))


def _round(step: float) -> float:
    return float(f"{step:.1g}") or 1e-9
