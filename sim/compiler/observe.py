"""What is seen at a record time: measures, questions, outcomes, and which trajectories stop."""

from sim.compiler.frame import Frame
from sim.compiler.program import Record, Results
from sim.language.tree import Apply, Node, Read
from sim.model.declarations import Question

STILL = ("state", "parameter", "is", "level", "ever", "count")  # what stands still once a trajectory has stopped


def lower_observations(frame: Frame) -> tuple[Results, int]:
    """Lower measures, questions and outcomes; returns where the results are and the truth that the step goes on."""
    b = frame.builder
    running = b.op("gt", frame.load("end"), b.op("record"))
    frame.active = running
    for name in [d.name for d in frame.model.derived]:
        frame.read(Read("derived", name))
    for draw in frame.model.draws:
        if draw.every == "step":
            frame.read(Read("draw", draw.name))
    for state in frame.model.states:
        frame.check(state.name, frame.load("state", state.name))
    _measures(frame)
    answers = tuple(_question(frame, question, running) for question in frame.model.questions)
    active = _outcomes(frame, running)
    results = Results(
        outcome=frame.slots["outcome",],
        end=frame.slots["end",],
        failed=frame.slots["failed",],
        answers=tuple(answer for answer, _ in answers),
        given=tuple(given for _, given in answers),
    )
    return results, active


def _measures(frame: Frame) -> None:
    row = 0
    for measure in frame.model.measures:
        if measure.value is not None:
            frame.subject = measure.name
            value = frame.expressions.real(measure.value)
            frame.check(measure.name, value, frame.unbounded(measure.value))
            frame.note(value, "measure", measure.name)
            frame.records.append(Record(row, value))
            row += 1
    for name, _ in frame.layout.machines:
        frame.records.append(Record(row, frame.load("machine", name)))
        row += 1


def _outcomes(frame: Frame, running: int) -> int:
    """Decide who stops here, as what; the trajectories that fail stop with no outcome."""
    b, model = frame.builder, frame.model
    record = b.op("record")
    sound = frame.take_checks()
    failing = b.op("and", running, b.op("not", sound))
    held = []
    for outcome in model.outcomes:
        frame.subject = outcome.name
        given = [node for node in (outcome.ends_when, outcome.when) if node is not None]
        held.append((outcome, [frame.expressions.truth(node) for node in given]))
    endings = [conditions[0] for outcome, conditions in held if outcome.ends_when is not None]
    last = b.op("ge", record, b.const(model.clock.n_steps))
    stops = b.any(last, *endings)
    classified = b.op("and", running, stops)
    position = b.const(max(len(held) - 1, 0))
    for number in reversed(range(len(held) - 1)):
        position = b.op("select", b.any(*held[number][1]), b.const(number), position)
    frame.store(b.op("choose", classified, position, frame.load("outcome")), "outcome")
    ended = b.any(classified, failing)
    frame.store(b.op("select", ended, record, frame.load("end")), "end")
    frame.failing = failing
    frame.note(failing, "failing")
    return b.op("and", running, b.op("not", ended))


def _question(frame: Frame, question: Question, running: int) -> tuple[int, int]:
    """The slots of a question's answer and of whether it counts."""
    b = frame.builder
    frame.subject = question.name
    record = b.op("record")
    inside = b.op("and", b.op("ge", record, b.const(question.first)), b.op("le", record, b.const(question.last)))
    value = frame.expressions.value(question.condition)
    if question.kind == "value":
        frame.check(question.name, b.real(value), frame.unbounded(question.condition))
    seen = _carried(frame, question.name, "condition", question.condition, b.real(value), running)
    answer = ("answer", question.name)
    old = frame.load(*answer)
    if question.kind == "ever":
        hit = _ever(frame, question, b.op("and", inside, b.truth(seen)), running)
        frame.store(b.op("select", hit, b.const(1), old), *answer)
    elif question.kind == "always":
        broken = b.op("and", inside, b.op("not", b.truth(seen)))
        frame.store(b.op("select", broken, b.const(0), old), *answer)
    else:
        at_last = b.op("eq", record, b.const(question.last))
        answered = seen if question.kind == "value" else b.real(b.truth(seen))
        frame.store(b.op("select", at_last, answered, old), *answer)
    if question.given is None:
        return frame.slots[answer], -1
    held = _condition(frame, question.name, "given", question.given, running)
    counted = b.op("select", b.op("and", inside, held), b.const(1), frame.load("given", question.name))
    frame.store(counted, "given", question.name)
    return frame.slots[answer], frame.slots["given", question.name]


def _ever(frame: Frame, question: Question, holds: int, running: int) -> int:
    """The truth that a stretch of ``hold`` steps ends here, having begun before the first ``before``."""
    b = frame.builder
    hit = holds
    if question.hold:
        length = b.op("select", holds, b.op("add", frame.load("run", question.name), b.const(1)), b.const(0))
        frame.store(length, "run", question.name)
        hit = b.op("ge", length, b.const(question.hold + 1))
    if question.before is not None:
        barrier = _condition(frame, question.name, "before", question.before, running)
        first = frame.load("barrier", question.name)
        first = b.op("select", barrier, b.op("at_most", b.op("record"), first), first)
        frame.store(first, "barrier", question.name)
        hit = b.op("and", hit, b.op("lt", b.op("sub", b.op("record"), b.const(question.hold)), first))
    return hit


def _condition(frame: Frame, name: str, part: str, node: Node, running: int) -> int:
    value = frame.builder.real(frame.expressions.truth(node))
    return frame.builder.truth(_carried(frame, name, part, node, value, running))


def _carried(frame: Frame, name: str, part: str, node: Node, value: int, running: int) -> int:
    """The value, or for a trajectory that has stopped the one it had then."""
    if _stands_still(frame, node):
        return value
    b = frame.builder
    kept = b.op("select", running, value, frame.load(part, name))
    frame.store(kept, part, name)
    return kept


def _stands_still(frame: Frame, node: Node) -> bool:
    match node:
        case Read("derived", of):
            return _stands_still(frame, frame.derived[of].value)
        case Read("draw", of):
            return frame.draws[of].every == "trajectory"
        case Read(what):
            return what in STILL
        case Apply(_, arguments):
            return all(_stands_still(frame, a) for a in arguments)
    return True
