"""Durations as whole steps, dates as times and record numbers."""

import datetime
from fractions import Fraction
from typing import Literal

from sim.model.declarations import Clock
from sim.model.document import Scalar
from sim.model.records import Record
from sim.model.scalars import duration_parts
from sim.model.source import Report

MOST_STEPS = 100_000
_DAYS = {"day": Fraction(1), "week": Fraction(7), "month": Fraction(1461, 48), "year": Fraction(1461, 4)}


def day(node: Scalar) -> datetime.date:
    return datetime.date.fromisoformat(node.text)


def read_clock(record: Record, report: Report) -> Clock | None:
    """The clock of a model, or None where it is faulty."""
    start, step = record["start"], record["step"]
    unit_and_step = _step(step, report) if step else None
    if "horizon" in record and "end" in record:
        report.add("E309", "`horizon` and `end` say the same: give one of them", record.key("end"))
        return None
    if "horizon" not in record and "end" not in record:
        report.add("E112", "the clock needs a `horizon` or an `end`", record, "such as `horizon: 104 weeks`")
    if not start or not unit_and_step:
        return None
    clock = Clock(day(start), *unit_and_step, n_steps=1)
    n_steps = _n_steps(record, clock, report)
    return None if n_steps is None else Clock(clock.start, clock.unit, clock.step, n_steps)


def _step(node: Scalar, report: Report) -> tuple[Literal["day", "week", "month"], int] | None:
    number, unit = duration_parts(node)
    if unit == "year" or (unit == "month" and number != "1") or not number.isdigit() or int(number) == 0:
        report.add("E312", "a step is `N days`, `N weeks` or `1 month`", node)
        return None
    if int(number) > MOST_STEPS:
        report.add("E313", f"a step of more than {MOST_STEPS} {unit}s is beyond the limit", node)
        return None
    return ("day" if unit == "day" else "week" if unit == "week" else "month"), int(number)


def _n_steps(record: Record, clock: Clock, report: Report) -> int | None:
    """The number of steps to the horizon, or to the last record time not after the end."""
    node = record["horizon"] or record["end"]
    if node is None:
        return None
    if record["horizon"]:
        n = steps(node, clock, report, at_least=1)
    elif day(node) <= clock.start:
        report.add("E313", "`end` is not after the start", node)
        return None
    else:
        n = last_record(clock, day(node))
        if n == 0:
            report.add("E313", "the first step ends after `end`", node)
            return None
    return n if n is not None and _is_possible(n, clock, node, report) else None


def _is_possible(n: int, clock: Clock, node: Scalar, report: Report) -> bool:
    if n > MOST_STEPS:
        report.add("E313", f"a horizon of {n:,} steps is beyond the limit of {MOST_STEPS:,}", node)
        return False
    try:
        clock.date_of(n + 1)
    except (OverflowError, ValueError):
        report.add("E313", "the horizon is beyond the year 9999, where the calendar ends", node)
        return False
    return True


def steps(node: Scalar, clock: Clock, report: Report, at_least: int = 0) -> int | None:
    """A duration as a whole number of steps."""
    number, unit = duration_parts(node)
    if clock.unit == "month":
        exact = Fraction(number) * (12 if unit == "year" else _DAYS[unit] / _DAYS["month"])
    else:
        exact = Fraction(number) * _DAYS[unit] / (_DAYS[clock.unit] * clock.step)
    if exact.denominator != 1:
        whole = f"{clock.step} {clock.unit}" + ("s" if clock.step > 1 else "")
        report.add("E312", f"`{node.text}` is not a whole number of steps of {whole}", node)
        return None
    if exact < at_least:
        report.add("E312", f"`{node.text}` is too short: at least {at_least} step is needed", node)
        return None
    return int(exact)


def time_of(clock: Clock, date: datetime.date) -> float:
    """A date as time since the start, in clock units; months count in proportion between record times."""
    if clock.unit != "month":
        return (date - clock.start).days / (7 if clock.unit == "week" else 1)
    before = last_record(clock, date)
    low, high = clock.date_of(before), clock.date_of(before + 1)
    return before + (date - low).days / (high - low).days


def last_record(clock: Clock, date: datetime.date) -> int:
    """The last record not after a date; negative before the start."""
    if clock.unit != "month":
        return (date - clock.start).days // (clock.step * (7 if clock.unit == "week" else 1))
    n = (date.year - clock.start.year) * 12 + date.month - clock.start.month
    return n if clock.date_of(n) <= date else n - 1


def first_record(clock: Clock, date: datetime.date) -> int:
    """The first record not before a date; negative before the start."""
    last = last_record(clock, date)
    return last if clock.date_of(last) == date else last + 1
