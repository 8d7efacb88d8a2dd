"""Which operations a batch will have, worked out before any of them is carried out."""

from collections.abc import Iterator

from dllab.build.blocks import Constant
from dllab.build.module import Step
from dllab.training.session import Session

PHASES = ("initialise", "batch", "forward", "loss", "zero_grad", "backward", "clip", "update", "stop")
"""In their order; "initialise" comes once before the first batch, "stop" once after the last one of every epoch."""

Place = tuple[str, str]
"""Phase and node; the node is empty where a phase belongs to none."""


def course(session: Session) -> tuple[Place, ...]:
    """The operations of the next batch of a session that stands between two steps."""
    return tuple(_places(session))


def end(session: Session, kind: str) -> str:
    """The first node of a kind, as that at which data comes in ("input")."""
    found = ((name, node.layer) for name, node in session.check.nodes.items())
    return next(name for name, layer in found if layer is not None and layer.kind == kind)


def weighty(session: Session) -> list[Step]:
    """The calls of the plan that have weights."""
    return [step for step in session.network.plan if any(True for _weight in step.module.parameters())]


def _places(session: Session) -> Iterator[Place]:
    plan = session.network.plan
    if session.step == 0:
        yield from (("initialise", step.node) for step in weighty(session))
    yield "batch", end(session, "input")
    yield from (("forward", step.node) for step in plan)
    ends = [goal.node for goal in session.aims.goals]
    yield from (("loss", node) for node in ends)
    back = _backward(session)
    if not session.held.kept:
        yield "zero_grad", ""
    if session.held.renewed(session.step):
        yield from (("backward", node) for node in (*ends, *back))
        if session.update.touches:
            yield "clip", ""
    yield from (("update", step.node) for step in plan if step.node in back and _learns(step))
    if _ends_epoch(session):
        yield "stop", ""


def _ends_epoch(session: Session) -> bool:
    left = len(session.prepared.train.x) - session.cursor - session.batch_size
    return left <= 0 or (session.drops_last and left < session.batch_size)


def _learns(step: Step) -> bool:
    return any(weight.requires_grad for weight in step.module.parameters())


def _backward(session: Session) -> list[str]:
    """The nodes that gradients come to, from behind."""
    asking: set[int] = set()
    for step in session.network.plan:
        if _learns(step) or (asking & set(step.inputs) and not isinstance(step.module, Constant)):
            asking |= set(step.outputs)
    reached, found = set(session.network.results), []
    for step in reversed(session.network.plan):
        if reached & asking & set(step.outputs):
            found.append(step.node)
            # A constant takes nothing of its input but the number of samples.
            reached |= set() if isinstance(step.module, Constant) else set(step.inputs)
    return found
