"""Numbers as pieces of a page: HTML in which every text of a model is escaped."""

import datetime
import math
from collections.abc import Iterator
from html import escape

from sim.app.explorer import Explorer, differences
from sim.app.session import Answer
from sim.app.state import State
from sim.engine.results import Share
from sim.model.declarations import Lever, Model, Question
from sim.output.phrases import phrase

MOST_EVENTS = 14
LEVELS = (0.1, 0.5, 0.9)


def outcomes_html(explorer: Explorer, answer: Answer, target: str) -> str:
    """Each outcome, and below each question: share, interval, words, difference."""
    model, found, reference = explorer.model, answer.found.result, answer.reference.result
    diffs = list(differences(answer.found, answer.reference))
    abouts = {outcome.name: outcome.about for outcome in model.outcomes}
    names = explorer.layout.outcomes
    rows = [
        _share_row(name, abouts.get(name, ""), a, b, diff, name == target)
        for name, a, b, diff in zip(names, found.outcomes, reference.outcomes, diffs[: len(names)], strict=True)
    ]
    asked = [
        _share_row(*_asked(model.questions[q], number), a, b, diff, model.questions[q].name == target)
        for (q, number, a), (_, _, b), diff in zip(
            found.questions, reference.questions, diffs[len(names) :], strict=True
        )
    ]
    parts = [f"<h3>How it ends</h3>{_SHARE_HEAD}{''.join(rows)}"]
    parts += [f"<h3>Questions</h3>{''.join(asked)}"] if asked else []
    return f'<div class="x-rows">{"".join(parts)}</div>'


_SHARE_HEAD = (
    '<div class="x-row x-head"><span>outcome</span><span class="x-scale"><i>0%</i><i>50%</i><i>100%</i></span>'
    "<span>now, 95% interval</span><span>difference, 95% interval</span></div>"
)


def _asked(question: Question, number: int) -> tuple[str, str]:
    """What is asked, with the answer and its unit where it is a number, and what else there is to say."""
    name = question.asks or question.name
    if question.kind == "value":
        name = f"{name}: {question.answer_label(number)} {question.unit}".rstrip()
    return name, f"{question.name}, by {question.by}"


def indicator_names(explorer: Explorer) -> list[str]:
    """Outcomes and yes-or-no questions, which parameters may drive."""
    return [*explorer.layout.outcomes, *(q.name for q in explorer.model.questions if q.kind != "value")]


def _share_row(
    name: str, about: str, now: Share, before: Share, diff: tuple[float, float, float], is_target: bool
) -> str:
    title = escape(f"{about}\n{_band_words(now)}".strip(), quote=True)
    bars = _span_bar("band", *now.band) + _span_bar("ci", now.low, now.high) + _tick("now", now.p)
    grey = _span_bar("ref", before.low, before.high) + _tick("before", before.p)
    numbers = f"<b>{percent(now.p)}</b> <small>{_between(now.low, now.high)}</small>"
    return (
        f'<div class="x-row{" x-target" if is_target else ""}" title="{title}"><span class="x-name">'
        f"{escape(name.replace('_', ' '))}<small>{escape(phrase(now.p, now.band))}</small></span>"
        f'<span class="x-track">{grey}{bars}</span><span class="x-n">{numbers}</span>'
        f'<span class="x-n">{_difference(diff)}</span></div>'
    )


def _band_words(share: Share) -> str:
    low, high = share.band
    if math.isnan(low):
        return ""
    return f"90% of parameter draws: {percent(low)} to {percent(high)}"


def _difference(diff: tuple[float, float, float]) -> str:
    d, low, high = diff
    if d != d:
        return ""
    if d == low == high == 0:
        return '<small class="x-same">the same</small>'
    sure = "" if low <= 0 <= high else " x-up" if d > 0 else " x-down"
    return f'<b class="x-d{sure}">{_points(d)}</b> <small>{_points(low)} to {_points(high)}</small>'


def _points(value: float) -> str:
    points = 100 * value
    digits = 2 if abs(points) < 1 else 1
    return f"{points:+.{digits}f}".replace("-", "−")


def percent(p: float) -> str:
    if p != p:
        return "–"
    digits = 0 if p in (0, 1) else 2 if min(p, 1 - p) < 0.01 else 1
    return f"{100 * p:.{digits}f}%"


def _between(low: float, high: float) -> str:
    return f"{percent(low)[:-1]} to {percent(high)}" if low == low else ""


def _span_bar(kind: str, low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return ""
    return f'<i class="x-{kind}" style="left:{100 * low:.2f}%;width:{max(100 * (high - low), 0):.2f}%"></i>'


def _tick(kind: str, p: float) -> str:
    return "" if p != p else f'<i class="x-{kind}" style="left:{100 * p:.2f}%"></i>'


# -- events


def events_html(explorer: Explorer, answer: Answer, now: str, before: str) -> str:
    """When events first happen, now and before: how often at all, and the middle 80% of first dates."""
    clock, layout = explorer.model.clock, explorer.layout
    rows = "".join(_event_rows(explorer, answer, now, before))
    end = layout.n_records - 1
    marks = "".join(f"<i>{clock.date_of(round(end * part)):%b %Y}</i>" for part in (0, 0.5, 1))
    head = (
        f'<div class="x-row x-head"><span>event</span><span class="x-scale">{marks}</span>'
        "<span>ever, 95% interval</span><span>first at (median)</span></div>"
    )
    return f'<div class="x-rows">{head}{rows or "<p>Nothing happens often enough.</p>"}</div>'


def _event_rows(explorer: Explorer, answer: Answer, now: str, before: str) -> Iterator[str]:
    clock, end = explorer.model.clock, max(explorer.layout.n_records - 1, 1)
    abouts = {event.name: event.about for event in explorer.model.events}
    for i in shown_events(explorer, answer):
        thing = explorer.layout.things[i]
        tracks, numbers, medians = [], [], []
        for found, kind, who in ((answer.reference, "before", before), (answer.found, "now", now)):
            share = found.result.things[i]
            dates = [quantile_record(found.result.first_dates[i].tolist(), level) for level in LEVELS]
            if None not in dates:
                low, middle, high = (record / end for record in dates if record is not None)
                tracks.append(_span_bar("ref" if kind == "before" else "ci", low, high) + _tick(kind, middle))
            numbers.append(
                f'<span class="x-{kind}-n" title="{escape(who, quote=True)}">{percent(share.p)} '
                f"<small>{_between(share.low, share.high)}</small></span>"
            )
            medians.append(f'<span class="x-{kind}-n">{_date(clock.date_of(dates[1])) if dates[1] else "–"}</span>')
        yield (
            f'<div class="x-row x-event" title="{escape(abouts.get(thing, ""), quote=True)}"><span class="x-name">'
            f'{escape(thing.replace("_", " "))}</span><span class="x-track">{"".join(tracks)}</span>'
            f'<span class="x-n">{"".join(reversed(numbers))}</span>'
            f'<span class="x-n">{"".join(reversed(medians))}</span></div>'
        )


def shown_events(explorer: Explorer, answer: Answer) -> list[int]:
    """The events about which most is open in what is compared with, in the order of their dates there."""
    events, reference = {event.name for event in explorer.model.events}, answer.reference.result
    open_: list[tuple[float, int]] = []
    for i, thing in enumerate(explorer.layout.things):
        p = max(reference.things[i].p, answer.found.result.things[i].p) if thing in events else 0.0
        if p > 0.005:
            spread = min(max(p * (1 - p), 0.0), 0.25)
            open_.append((-spread, i))
    chosen = [i for _, i in sorted(open_)[:MOST_EVENTS]]
    return sorted(chosen, key=lambda i: (quantile_record(reference.first_dates[i].tolist(), 0.5) or 10**9, i))


def quantile_record(counts: list[int], level: float) -> int | None:
    """The record at the lower nearest rank of a quantile, as in events.csv."""
    total, at, rank = sum(counts), 0, 0
    if not total:
        return None
    rank = int(level * (total - 1))
    for record, count in enumerate(counts):
        at += count
        if at > rank:
            return record
    return None


def _date(date: datetime.date) -> str:
    return f"{date.day} {date:%b %Y}"


# -- what was changed, and a story


def story_html(text: str) -> str:
    """A told trajectory: its dated lines as a list."""
    lines = text.strip().split("\n")
    parts = []
    for line in lines[1:]:
        date, two_spaces, rest = line.partition("  ")
        if two_spaces and len(date) == 10 and date[4] == "-":
            parts.append(f"<p><time>{escape(date)}</time><span>{escape(rest)}</span></p>")
        elif line.strip():
            parts.append(f'<p class="x-aside">{escape(line.strip())}</p>')
    return f'<div class="x-story">{"".join(parts)}</div>'


def title_of(model: Model, scenario: str) -> str:
    return next((s.title for s in model.scenarios if s.name == scenario and s.title), scenario.replace("_", " "))


def state_title(model: Model, state: State) -> str:
    n = state.n_changes
    return title_of(model, state.scenario) + (f" + {n} change{'s' if n > 1 else ''}" if n else "")


def lever_course(explorer: Explorer, scenario: str, lever: Lever) -> tuple[float, str]:
    """What a scenario makes of a lever: the first value that is not the usual one, and its whole course in words."""
    course, date_of = explorer.scenarios[scenario].levers.get(lever.name, (lever.value,)), explorer.model.clock.date_of
    values = [(record, v) for record, v in enumerate(course) if record == 0 or v != course[record - 1]]
    told = [f"{v:g} {lever.unit}".rstrip() + (f" from {date_of(r)}" if r else "") for r, v in values]
    return next((v for _, v in values if v != lever.value), lever.value), ", then ".join(told)


def as_written(model: Model, state: State) -> str:
    """What is explored before anything is changed on the page; a link may have brought changes."""
    return state_title(model, state) + ("" if state.n_changes else " as written")
