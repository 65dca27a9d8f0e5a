"""The end of a step: states, memories and machines take their next values, all at once."""

from sim.compiler.frame import Frame
from sim.model.declarations import State


def lower_stores(frame: Frame, active: int) -> None:
    """The next value of everything that is carried."""
    b = frame.builder
    for state in frame.model.states:
        value = _next_state(frame, state)
        frame.store(b.op("select", active, value, frame.load("state", state.name)), "state", state.name)
    for name, value in frame.next_values.items():
        frame.store(b.op("select", active, value, frame.load("machine", name)), "machine", name)
    _failures(frame, active)
    _memories(frame)


def _next_state(frame: Frame, state: State) -> int:
    b, expressions = frame.builder, frame.expressions
    frame.subject = state.name
    present = frame.load("state", state.name)
    value = present
    if state.change is not None:
        value = b.op("add", present, b.op("mul", expressions.real(state.change), b.const(frame.model.clock.step)))
    elif state.next is not None:
        value = expressions.real(state.next)
    for jump in state.jumps:
        for thing in jump.on:
            with expressions.under(frame.happened[thing]):
                amount = expressions.real(jump.value)
            jumped = amount if jump.operator == "=" else b.op(JUMPS[jump.operator], value, amount)
            value = b.op("choose", frame.happened[thing], jumped, value)
    if state.low is not None:
        value = b.greatest(expressions.real(state.low), value)
    if state.high is not None:
        value = b.least(expressions.real(state.high), value)
    return value


JUMPS = {"+=": "add", "-=": "sub", "*=": "mul"}


def _failures(frame: Frame, active: int) -> None:
    """A trajectory fails where a number was NaN or infinite, as it was seen or as things happened."""
    b = frame.builder
    unsound = b.op("and", active, b.op("not", frame.take_checks()))
    failing = b.op("or", frame.failing, unsound)
    frame.note(failing, "failing")
    failed = frame.load("failed")
    frame.store(b.op("select", failing, b.op("at_most", b.op("record"), failed), failed), "failed")


def _memories(frame: Frame) -> None:
    """Counts and latest dates of the things that the model remembers."""
    b = frame.builder
    for key in list(frame.slots):
        if key[0] == "last":
            value = b.op("select", frame.happened[key[1]], frame.next_time(), frame.load(*key))
            frame.store(value, *key)
        elif key[0] == "count":
            more = b.op("number", frame.happened[key[1]])
            frame.store(b.op("add", frame.load(*key), more), *key)
