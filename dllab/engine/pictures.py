"""The pictures that are looked at: what is due when, and what the probes find, for the outbox."""

import logging
import time
from dataclasses import dataclass
from math import inf
from typing import Any

from dllab.clustering.chain import Clusterings
from dllab.engine import protocol
from dllab.engine.errands import Errand
from dllab.engine.outbox import Outbox
from dllab.engine.trouble import explain_view
from dllab.probes import (
    CLUSTER_PROBES,
    PROBES,
    SLOW,
    SLOW_OF_CLUSTERS,
    WATCHES,
    DoesNotApply,
    Shown,
    compute,
    compute_clusters,
)
from dllab.text import _
from dllab.training.clusters import Following, following
from dllab.training.session import Session

log = logging.getLogger(__name__)

_PICTURE_S = 0.12
_WATCH_S = 1.0
_WATCH_SHARE = 400
_PICTURE_SHARE = 0.1
"""All pictures together take at most a tenth of the time; what quick ones leave of it goes to the slow ones."""

Mark = tuple[str, int, bool]
"""(run, step, whether the best weights stand in); of clusterings (run, their number, False)."""


@dataclass
class Subscription:
    """A picture that is looked at."""

    id: int
    probe: str
    params: dict[str, Any]
    watch: bool = False
    due: float = 0.0
    shown: Mark = ("", -1, False)
    """Of the last picture."""
    took: float = 0.0
    """Seconds that the last one took."""

    @property
    def least(self) -> float:
        """Seconds from one picture to the next at least."""
        every = self.params.get("every", 0.0)
        return max(_PICTURE_S, float(every) if isinstance(every, int | float) else 0.0)


class Pictures:
    """Belongs to the training thread; a picture is made only when the last one has left and the run has moved on."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._looks: dict[int, Subscription] = {}
        self._errands: dict[int, Errand] = {}
        self.clusterings: Clusterings | None = None
        """What was clustered, for probes that look at that instead of a session."""
        self._following: Following | None = None

    def look(self, command: protocol.Subscribe) -> None:
        """Keep this picture coming; one that is slow comes once."""
        if command.probe in SLOW or command.probe in SLOW_OF_CLUSTERS:
            self.forget(command.id)
            self._errands[command.id] = Errand(command)
        else:
            self._looks[command.id] = Subscription(command.id, command.probe, command.params, command.watch)

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

    def begin(self) -> None:
        """Another run begins: nothing of the last one is held, and what is under way for it ends."""
        self.clusterings = self._following = None
        for errand in self._errands.values():
            errand.close()

    def hurry(self) -> None:
        """The run stands elsewhere and waits to be seen: make all of them now."""
        for look in self._looks.values():
            look.due = 0.0 if not look.watch else look.due

    def watch(self, session: Session) -> bool:
        """Let the run keep what is looked at of its last step; whether that is not known yet."""
        asked = [WATCHES[look.probe](session, look.params) for look in self._looks.values() if look.probe in WATCHES]
        session.update.watch(parameter for named in asked for parameter in named.values())
        return session.update.watches and not session.update.before

    def following(self, session: Session) -> Following:
        """The clusterings of what this network puts out."""
        if self._following is None or self._following.session is not session:
            self._following = following(session)
        return self._following

    def due(self, session: Session | None, run: str, walking: bool = False) -> list[Subscription | Errand]:
        """What can be made now; `walking` is in the middle of a step."""
        if session is None and self.clusterings is None:
            return []
        now = time.perf_counter()
        looks = [
            look
            for look in self._looks.values()
            if not (walking and look.watch)
            and look.shown != self._mark(look, session, run)
            and now >= look.due
            and self._outbox.wants_picture(look.id)
        ]
        return [*looks, *(errand for errand in self._ready(session) if now >= errand.due)]

    def patience(self, session: Session | None, run: str) -> float | None:
        """How long nothing can become due by itself; None: for ever."""
        anything = session is not None or self.clusterings is not None
        waiting = anything and any(look.shown != self._mark(look, session, run) for look in self._looks.values())
        errands = [errand.due - time.perf_counter() for errand in self._ready(session)]
        least = max(min(errands, default=inf), 0.0)
        return min(least, _PICTURE_S) if waiting else least if least < inf else None

    def _clusters(self, session: Session | None) -> bool:
        """Whether there is anything clustered to look at."""
        return self.clusterings is not None or (session is not None and bool(self.following(session).nodes))

    def _found(self, session: Session | None) -> Clusterings:
        """What was clustered, or what is found in the network as it stands. Raises DoesNotApply."""
        if session is not None and self.following(session).nodes:
            return self.following(session).now()
        if self.clusterings is None:
            raise DoesNotApply(_("Nothing has been clustered in this run."))
        return self.clusterings

    def _ready(self, session: Session | None) -> list[Errand]:
        """Errands whose subject is there."""
        return [
            errand
            for errand in self._errands.values()
            if (self._clusters(session) if errand.of_clusters else session is not None)
        ]

    def show(self, session: Session | None, run: str, look: Subscription | Errand) -> None:
        """Make one, or a piece of a slow one, and send it."""
        if isinstance(look, Errand):
            self._go_on(session, run, look)
            return
        began = time.perf_counter()
        arrays: dict[str, protocol.Array] = {}
        labels: dict[str, Any] = {}
        message = ""
        try:
            shown = self._compute(session, look)
            arrays = {name: protocol.pack(array) for name, array in shown.arrays.items()}
            labels = shown.labels
        except DoesNotApply as reason:
            message = str(reason)
        except Exception as error:
            log.exception("probe %s", look.probe)
            message = explain_view(error, session)
        took = look.took = time.perf_counter() - began
        pause = max(_WATCH_S, _WATCH_SHARE * took) if look.watch else max(look.least, took / self._fair_share())
        look.due = began + took + pause
        look.shown = self._mark(look, session, run)
        step = session.step if session is not None else 0
        self._outbox.latest(protocol.Picture(look.id, run, step, arrays, labels, message))

    def _fair_share(self) -> float:
        """The part of the time that one picture may take: those that need less leave the rest to the others."""
        wanted = sorted(look.took / look.least for look in self._looks.values() if not look.watch)
        left, fair = _PICTURE_SHARE, _PICTURE_SHARE
        for place, share in enumerate(wanted):
            fair = left / (len(wanted) - place)
            if share > fair:
                break
            left -= share
        return fair

    def _go_on(self, session: Session | None, run: str, errand: Errand) -> None:
        if errand.of_clusters and not errand.begun(run):
            try:
                found = self._found(session)
            except DoesNotApply as reason:
                self._outbox.latest(errand.refuse(session, run, str(reason)))
                return
            except Exception as error:
                log.exception("what errand %d is about could not be found", errand.id)
                self._outbox.latest(errand.refuse(session, run, explain_view(error, session)))
                return
            errand.begin(found, session, run)
        picture = errand.go_on(session, run)
        if picture is not None:
            self._outbox.latest(picture)

    def _compute(self, session: Session | None, look: Subscription) -> Shown:
        if _is_of_clusters(look, session):
            return compute_clusters(self._found(session), look.probe, look.params)
        if session is None:
            raise DoesNotApply(_("This experiment only clusters: there is no network to look into."))
        return compute(session, look.probe, look.params)

    def _mark(self, look: Subscription, session: Session | None, run: str) -> Mark:
        """Another one when another picture would show something else."""
        if _is_of_clusters(look, session) and session is None:
            return run, self.clusterings.number if self.clusterings else 0, False
        return (run, session.step, bool(session.last)) if session is not None else (run, 0, False)


def _is_of_clusters(look: Subscription, session: Session | None) -> bool:
    """Whether a probe looks at clusterings; where there are both sorts of that name, a session comes first."""
    return look.probe in CLUSTER_PROBES and (session is None or look.probe not in PROBES)
