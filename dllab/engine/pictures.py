"""The pictures that are looked at: what is due when, and what the probes find, for the outbox."""

import logging
import time
from dataclasses import dataclass
from math import inf
from typing import Any

from dllab.engine import protocol
from dllab.engine.errands import Errand
from dllab.engine.outbox import Outbox
from dllab.engine.trouble import explain
from dllab.probes import SLOW, DoesNotApply, compute
from dllab.training.session import Session

log = logging.getLogger(__name__)

_PICTURE_S = 0.12
_PICTURE_SHARE = 10
"""All pictures together take at most a tenth of the time: one of n that took t is made again after 10 n t."""

Mark = tuple[str, int, bool]
"""(run, step, whether the best weights stand in)."""


@dataclass
class Subscription:
    """A picture that is looked at."""

    id: int
    probe: str
    params: dict[str, Any]
    due: float = 0.0
    shown: Mark = ("", -1, False)
    """Of the last picture."""


class Pictures:
    """Belongs to the training thread; a picture is made only when the last one has left and the run has moved on."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._looks: dict[int, Subscription] = {}
        self._errands: dict[int, Errand] = {}

    def look(self, command: protocol.Subscribe) -> None:
        """Keep this picture coming; one that is slow comes once."""
        if command.probe in SLOW:
            self.forget(command.id)
            self._errands[command.id] = Errand(command)
        else:
            self._looks[command.id] = Subscription(command.id, command.probe, command.params)

    def forget(self, number: int) -> None:
        """Nobody looks any more."""
        self._looks.pop(number, None)
        errand = self._errands.pop(number, None)
        if errand is not None:
            errand.close()
        self._outbox.forget_picture(number)

    def close(self) -> None:
        """Nobody looks at anything any more."""
        for number in [*self._looks, *self._errands]:
            self.forget(number)

    def hurry(self) -> None:
        """The run stands elsewhere and waits to be seen: make all of them now."""
        for look in self._looks.values():
            look.due = 0.0

    def due(self, session: Session | None, run: str) -> list[Subscription | Errand]:
        """What can be made now."""
        if session is None:
            return []
        now, mark = time.perf_counter(), _mark(session, run)
        looks = [
            look
            for look in self._looks.values()
            if look.shown != mark and now >= look.due and self._outbox.wants_picture(look.id)
        ]
        return [*looks, *(errand for errand in self._errands.values() if now >= errand.due)]

    def patience(self, session: Session | None, run: str) -> float | None:
        """How long nothing can become due by itself; None: for ever."""
        waiting = session is not None and any(look.shown != _mark(session, run) for look in self._looks.values())
        errands = [errand.due - time.perf_counter() for errand in self._errands.values() if session is not None]
        least = max(min(errands, default=inf), 0.0)
        return min(least, _PICTURE_S) if waiting else least if least < inf else None

    def show(self, session: Session, run: str, look: Subscription | Errand) -> None:
        """Make one, or a piece of a slow one, and send it."""
        if isinstance(look, Errand):
            picture = look.go_on(session, run)
            if picture is not None:
                self._outbox.latest(picture)
            return
        began = time.perf_counter()
        arrays: dict[str, protocol.Array] = {}
        labels: dict[str, Any] = {}
        message = ""
        try:
            shown = compute(session, look.probe, look.params)
            arrays = {name: protocol.pack(array) for name, array in shown.arrays.items()}
            labels = shown.labels
        except DoesNotApply as reason:
            message = str(reason)
        except Exception as error:
            log.exception("probe %s", look.probe)
            message = explain(error, session).text
        took = time.perf_counter() - began
        look.due = began + took + max(_PICTURE_S, _PICTURE_SHARE * len(self._looks) * took)
        look.shown = _mark(session, run)
        self._outbox.latest(protocol.Picture(look.id, run, session.step, arrays, labels, message))


def _mark(session: Session, run: str) -> Mark:
    return run, session.step, bool(session.last)
