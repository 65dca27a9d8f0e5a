"""What happens in a step: events fire, phases move, decisions are taken."""

from collections.abc import Sequence

from sim.compiler.frame import Frame
from sim.language.tree import Node
from sim.model.declarations import Decision, Event, Move, Phase


def lower_events(frame: Frame, active: int) -> None:
    """Every event and kind: the truth that it happens in this step."""
    for event in frame.model.events:
        frame.subject = event.name
        _event(frame, event, active)


def _event(frame: Frame, event: Event, active: int) -> None:
    b = frame.builder
    gate = b.all(active, *_gates(frame, event))
    assert gate is not None
    order = frame.schedule("fire", event.name)  # -1 suppressed, 0 free, 1 fired, 2 + k fired as kind k
    allowed = b.op("and", gate, b.op("ge", order, b.const(0)))
    natural = _roll(frame, event, allowed)
    ordered = b.op("and", active, b.op("gt", order, b.const(0)))
    fired = b.op("or", natural, ordered)
    _happens(frame, event.name, fired)
    if event.kinds:
        _kinds(frame, event, fired, order)


def _gates(frame: Frame, event: Event) -> list[int | None]:
    b = frame.builder
    conditions = [frame.expressions.optional(event.when)]
    if event.every > 1:
        conditions.append(_tick(frame, event.every))
    if event.cooldown:
        since = b.op("sub", frame.next_time(), frame.load("last", event.name))
        conditions.append(b.op("ge", since, b.const(event.cooldown * frame.model.clock.step)))
    if event.once:
        conditions.append(b.op("not", b.op("gt", frame.load("last", event.name), b.const(float("-inf")))))
    return conditions


def _tick(frame: Frame, every: int) -> int:
    b = frame.builder
    return b.op("eq", b.op("modulo", b.op("record"), b.const(every)), b.const(0))


def _roll(frame: Frame, event: Event, gate: int) -> int:
    """The truth that the event fires of itself: at once, with a probability, or by its hazard."""
    b = frame.builder
    if event.probability is not None:
        with frame.expressions.under(gate):
            probability = frame.expressions.real(event.probability)
        _check_where(frame, event.name, gate, probability)
        return b.op("also", gate, b.op("lt", frame.site(event.site, "uniform"), probability))
    if event.rate is not None:
        with frame.expressions.under(gate):
            rate = frame.expressions.real(event.rate)
        _check_where(frame, event.name, gate, rate)
        expected = frame.expected(rate, event.every)
    elif event.chance is not None:
        with frame.expressions.under(gate):
            expected, is_open = frame.hazard_of(event.chance)
        gate = gate if is_open is None else b.op("and", gate, is_open)
        _check_where(frame, event.name, gate, expected, unbounded=True)
    else:
        return gate
    return b.op("also", gate, b.op("lt", frame.site(event.site, "exponential"), expected))


def _check_where(frame: Frame, name: str, gate: int, value: int, unbounded: bool = False) -> None:
    b = frame.builder
    frame.check(name, b.op("choose", gate, value, b.const(0)), unbounded)


def _kinds(frame: Frame, event: Event, fired: int, order: int) -> None:
    b = frame.builder
    uniform = frame.site(f"{event.site} kind", "uniform")
    named = b.op("ge", order, b.const(2))
    is_open = b.op("and", fired, b.op("not", named))
    drawn = _weighted(frame, event.name, is_open, [weight for _, weight in event.kinds], uniform)
    kind = b.op("select", named, b.op("sub", order, b.const(2)), b.op("choose", is_open, drawn, b.const(0)))
    for number, (name, _) in enumerate(event.kinds):
        happens = b.op("and", fired, b.op("eq", kind, b.const(number)))
        _happens(frame, f"{event.name}.{name}", happens)


def _weighted(frame: Frame, name: str, gate: int, weights: Sequence[Node], uniform: int) -> int:
    """A position drawn in proportion to weights, those below zero being zero.

    No weight at all, or an infinite one, is a failure.
    """
    b = frame.builder
    with frame.expressions.under(gate):
        values = [b.greatest(b.const(0), frame.expressions.real(weight)) for weight in weights]
    total = b.chain("add", values)
    _check_where(frame, name, gate, b.op("div", total, total))
    return b.position(b.op("mul", uniform, total), values)


def _happens(frame: Frame, thing: str, truth: int) -> None:
    frame.happened[thing] = truth
    frame.mark(truth, "thing", thing)
    frame.note(truth, "happened", thing)


def lower_phases(frame: Frame, active: int) -> None:
    """The next value of every phase."""
    for phase in frame.model.phases:
        frame.subject = phase.name
        value = _moved(frame, phase, active)
        _change(frame, phase.name, phase.values, value, active)


def _change(frame: Frame, name: str, values: tuple[str, ...], value: int, active: int) -> None:
    """A machine takes a value: what is entered happens."""
    b = frame.builder
    changed = b.op("and", active, b.op("ne", value, frame.load("machine", name)))
    frame.next_values[name] = value
    frame.mark(changed, "machine", name)
    frame.note(changed, "changed", name)
    frame.note(value, "next", name)
    frame.happened[name] = changed
    for number, short in enumerate(values):
        frame.happened[f"{name}.{short}"] = b.op("and", changed, b.op("eq", value, b.const(number)))


def _moved(frame: Frame, phase: Phase, active: int) -> int:
    """Deterministic moves in the order written, then the hazards out of the present value."""
    b = frame.builder
    present = frame.load("machine", phase.name)
    value, free = present, active
    for move in phase.moves:
        if move.rate is None and move.chance is None:
            taken = b.all(free, _leaves(frame, move, present), _triggered(frame, move.on), _when(frame, move))
            assert taken is not None
            value = b.op("choose", taken, _target(frame, phase, move, taken), value)
            free = b.op("and", free, b.op("not", taken))
    hazards = [m for m in phase.moves if m.rate is not None or m.chance is not None]
    return _race(frame, phase, hazards, present, value, free) if hazards else value


def _race(frame: Frame, phase: Phase, moves: list[Move], present: int, value: int, free: int) -> int:
    """Competing hazards: one of them happens with 1 - exp(-sum), chosen in proportion."""
    b = frame.builder
    expected = [_expected(frame, phase, move, present, free) for move in moves]
    total = b.chain("add", expected)
    exponential = frame.site(phase.site, "exponential")
    happens = b.op("and", free, b.op("lt", exponential, total))
    targets = [_target(frame, phase, move, happens) for move in moves]
    chosen = targets[0]
    if len(moves) > 1:
        # Given that it happens, (1 - exp(-E)) / (1 - exp(-total)) is uniform again.
        share = b.op("div", _one_minus_exp(frame, exponential), _one_minus_exp(frame, total))
        position = b.position(b.op("mul", share, total), expected)
        for number, target in enumerate(targets[1:], start=1):
            chosen = b.op("select", b.op("eq", position, b.const(number)), target, chosen)
    return b.op("choose", happens, chosen, value)


def _one_minus_exp(frame: Frame, expected: int) -> int:
    b = frame.builder
    return b.op("neg", b.op("expm1", b.op("neg", expected)))


CERTAIN = 1e4  # expected number that stands for a chance of 1 among competing hazards


def _expected(frame: Frame, phase: Phase, move: Move, present: int, free: int) -> int:
    """Expected number of this move in the step, 0 where it is not open."""
    b = frame.builder
    is_open = b.all(free, _leaves(frame, move, present), _triggered(frame, move.on), _when(frame, move))
    assert is_open is not None
    if move.rate is not None:
        with frame.expressions.under(is_open):
            expected = frame.expected(frame.expressions.real(move.rate))
    else:
        assert move.chance is not None
        hazard, window = frame.hazard_of(move.chance)
        expected = b.op("select", b.op("lt", hazard, b.const(CERTAIN)), hazard, b.const(CERTAIN))
        expected = b.op("select", b.op("eq", hazard, hazard), expected, hazard)
        is_open = is_open if window is None else b.op("and", is_open, window)
    expected = b.op("choose", is_open, expected, b.const(0))
    frame.check(phase.name, expected)
    return b.greatest(b.const(0), expected)


def _leaves(frame: Frame, move: Move, present: int) -> int:
    """The truth that the phase has a value that the move leaves; it never moves to the value it has."""
    b = frame.builder
    stays = move.targets[0][0] if len(move.targets) == 1 else None
    sources = [source for source in move.sources if source != stays]
    return (
        b.any(*(b.op("eq", present, b.const(source)) for source in sources))
        if sources
        else b.op("truth_const", payload=0)
    )


def _triggered(frame: Frame, things: tuple[str, ...]) -> int | None:
    return frame.builder.any(*(frame.happened[thing] for thing in things)) if things else None


def _when(frame: Frame, move: Move) -> int | None:
    return frame.expressions.optional(move.when)


def _target(frame: Frame, phase: Phase, move: Move, taken: int) -> int:
    b = frame.builder
    if len(move.targets) == 1:
        return b.const(move.targets[0][0])
    weights = [weight for _, weight in move.targets if weight is not None]
    uniform = frame.site(f"{phase.site} branch", "uniform")
    position = _weighted(frame, phase.name, taken, weights, uniform)
    target = b.const(move.targets[0][0])
    for number, (value, _) in enumerate(move.targets[1:], start=1):
        target = b.op("select", b.op("eq", position, b.const(number)), b.const(value), target)
    return target


def lower_decisions(frame: Frame, active: int) -> None:
    """The next option of every decision: forced, chosen at a decision point, or the present one."""
    for decision in frame.model.decisions:
        frame.subject = decision.name
        b = frame.builder
        present = frame.load("machine", decision.name)
        forced = frame.schedule("force next", decision.name)
        is_forced = b.op("ge", forced, b.const(0))
        point = b.all(active, _points(frame, decision), frame.expressions.optional(decision.when))
        assert point is not None
        point = b.op("and", point, b.op("not", is_forced))
        frame.note(point, "point", decision.name)
        chosen = b.op("choose", point, _choice(frame, decision, present, point), present)
        value = b.op("select", is_forced, forced, chosen)
        _change(frame, decision.name, tuple(o.name for o in decision.options), value, active)


def _points(frame: Frame, decision: Decision) -> int | None:
    """The truth that this is a decision point: a tick, or one of ``on``; None: always."""
    points = [] if decision.every is None else [_tick(frame, decision.every)]
    points += [frame.happened[thing] for thing in decision.on]
    return frame.builder.any(*points) if points else None


def _choice(frame: Frame, decision: Decision, present: int, point: int) -> int:
    """Logit quantal response (McKelvey and Palfrey 1995) among the options that are open."""
    b = frame.builder
    precision = frame.expressions.real(decision.precision)
    inertia = frame.expressions.real(decision.inertia)
    values, openings = [], []
    for number, option in enumerate(decision.options):
        stays = b.op("select", b.op("eq", present, b.const(number)), inertia, b.const(0))
        with frame.expressions.under(point):
            is_open = frame.expressions.optional(option.when)
        counts = point if is_open is None else b.op("and", point, is_open)
        with frame.expressions.under(counts):
            value = b.op("add", b.op("mul", precision, frame.expressions.real(option.utility)), stays)
        _check_where(frame, decision.name, counts, value)
        openings.append(is_open)
        values.append(value if is_open is None else b.op("select", is_open, value, b.const(float("-inf"))))
    best = b.chain("maximum", values)
    weights = [b.op("exp", b.op("sub", value, best)) for value in values]
    weights = [w if o is None else b.op("select", o, w, b.const(0)) for w, o in zip(weights, openings, strict=True)]
    total = b.chain("add", weights)
    for option, weight in zip(decision.options, weights, strict=True):
        frame.note(b.op("div", weight, total), "probability", decision.name, option.name)
    position = b.position(b.op("mul", frame.site(decision.site, "uniform"), total), weights)
    if any(is_open is None for is_open in openings):
        return position
    available = b.any(*(is_open for is_open in openings if is_open is not None))
    return b.op("select", available, position, present)
