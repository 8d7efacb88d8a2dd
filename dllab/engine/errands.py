"""Slow pictures: computed once, on request, a piece at a time between the batches of training."""

import logging
import time
from math import inf

from dllab.clustering.chain import Clusterings
from dllab.engine import protocol
from dllab.engine.trouble import explain_view
from dllab.probes import SLOW, SLOW_OF_CLUSTERS, DoesNotApply
from dllab.probes.base import Shown, Work
from dllab.training.session import Session

log = logging.getLogger(__name__)

_PIECE_S = 0.008
"""As long as training works at a stretch: the two take turns."""
_TELL_S = 0.15
_NEARLY = 0.99
"""Only the last picture says that all is done."""


class Errand:
    """One slow picture under way. `due` is when going on makes sense; never again when it is finished."""

    def __init__(self, command: protocol.Subscribe) -> None:
        self.id, self._probe, self._params = command.id, command.probe, command.params
        self.due = 0.0
        self._told = 0.0
        self._step = 0
        self._session: Session | None = None
        self._run = ""
        self._work: Work | None = None

    @property
    def of_clusters(self) -> bool:
        """Whether it is about what was clustered, not about a session."""
        return self._probe in SLOW_OF_CLUSTERS

    def begun(self, run: str) -> bool:
        """Whether it is under way in this run: what is found later, while it trains, begins nothing anew."""
        return self._work is not None and self._run == run

    def begin(self, found: Clusterings, session: Session | None, run: str) -> None:
        """Look at these clusterings."""
        self.close()
        self._run, self._step = run, session.step if session is not None else 0
        self._work = SLOW_OF_CLUSTERS[self._probe](found, self._params)

    def refuse(self, session: Session | None, run: str, message: str) -> protocol.Picture:
        """There is nothing that it could be about: it ends with a sentence."""
        self._step = session.step if session is not None else 0
        return self._end(run, message=message)

    def close(self) -> None:
        """Give up what is not finished."""
        if self._work is not None:
            self._work.close()
        self._work = self._session = None

    def go_on(self, session: Session | None, run: str) -> protocol.Picture | None:
        """Compute one more piece; now and then, and at the end, what is known. A new session begins it anew."""
        if session is not None and not self.of_clusters and (self._session is not session or self._work is None):
            self.close()
            self._session, self._step = session, session.step
            self._work = SLOW[self._probe](session, self._params)
        assert self._work is not None
        try:
            return self._piece(self._work, run)
        except StopIteration as end:
            return self._end(run, end.value)
        except DoesNotApply as reason:
            return self._end(run, message=str(reason))
        except Exception as error:
            log.exception("probe %s", self._probe)
            return self._end(run, message=explain_view(error, session))

    def _piece(self, work: Work, run: str) -> protocol.Picture | None:
        until = time.perf_counter() + _PIECE_S
        while True:
            part = next(work)
            now = time.perf_counter()
            if part.pause or now > until:
                break
        self.due = now + part.pause
        if now - self._told < _TELL_S:
            return None
        self._told = now
        return self._picture(run, part.shown or Shown({}), min(part.share, _NEARLY))

    def _end(self, run: str, shown: Shown | None = None, message: str = "") -> protocol.Picture:
        self.due = inf
        self.close()
        return self._picture(run, shown or Shown({}), 1.0, message)

    def _picture(self, run: str, shown: Shown, share: float, message: str = "") -> protocol.Picture:
        arrays = {name: protocol.pack(array) for name, array in shown.arrays.items()}
        return protocol.Picture(self.id, run, self._step, arrays, {**shown.labels, "progress": share}, message)
