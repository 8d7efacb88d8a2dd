"""Through the time of a run: snapshots while it trains, and back to any step of it while it does not."""

import time

from dllab.stepping.fault import Fault, find_fault
from dllab.stepping.timeline import BUDGET, Snapshot, Timeline, restore, size, snapshot
from dllab.training.changes import Change
from dllab.training.session import Session

_EVERY_S = 0.05
_SHARE = 400
"""Snapshots take at most a four-hundredth of the time: after one that took t the next comes 400 t later."""


class Travel:
    """The past of one session. While the session stands in it, `end` is how it was when it left the present."""

    def __init__(self, session: Session, budget: int = BUDGET) -> None:
        self.session = session
        self.timeline = Timeline(session, budget)
        session.past = self.timeline
        self.end: Snapshot | None = None
        self.target: int | None = None
        """The step that is on the way."""
        self._held: list[Change] = []
        """Changes that were made while the session stood in its past."""
        self._due = 0.0
        # The optimiser's state, which comes with the first step, is as large again or twice.
        self.keeps = 4 * size(session) <= budget
        """Whether there is room for a past: without two snapshots there is none."""
        self.record()

    @property
    def away(self) -> bool:
        """Whether the session stands in its past, or is on the way."""
        return self.end is not None

    @property
    def span(self) -> tuple[int, int]:
        """The first step that can be reached, and the last."""
        last = self.end.step if self.end is not None else self.session.step
        return (self.timeline.steps[0] if self.keeps else last), last

    def record(self) -> None:
        """Take a snapshot, if it is time for one."""
        began = time.perf_counter()
        if self.keeps and began >= self._due:
            self.timeline.keep()
            took = time.perf_counter() - began
            self._due = began + took + max(_EVERY_S, _SHARE * took)

    def seek(self, step: int) -> None:
        """Set out for a step; `move` goes there. Beyond the last step is the present, exactly as it was left."""
        first, last = self.span
        if self.end is None:
            self.end = snapshot(self.session)
        if step >= last:
            self.come_back()
            return
        self.target = max(step, first)
        self.timeline.approach(self.target)

    def move(self, until: float) -> bool:
        """Go on towards the target until this time; whether it is reached."""
        while self.target is not None and self.session.step < self.target:
            if time.perf_counter() > until:
                return False
            self.timeline.advance()
            self.record()
        self.target = None
        return True

    def retrace(self) -> None:
        """Take the last step once more, for what is to be known of it; everything is as it was afterwards."""
        session = self.session
        if not self.timeline.reaches(session.step - 1):
            return
        here, before = snapshot(session), session.update.before
        try:
            self.timeline.go_to(session.step - 1)
            self.timeline.advance()
            before = session.update.before
        finally:
            restore(session, here)
            session.update.before = before

    def find_fault(self, step: int) -> Fault | None:
        """What made the loss of `step` no number. The present is before that step then, as if it had not been tried."""
        return find_fault(self.session, self.timeline, step) if self.keeps else None

    def come_back(self) -> None:
        """Stand in the present again."""
        if self.end is not None:
            restore(self.session, self.end)
        self._settle()

    def branch(self) -> None:
        """What followed on the place where the session stands is forgotten: it goes on from here another way."""
        self.timeline.forget_after(self.session.step)
        self.timeline.drop_changes()
        self._settle()

    def overtake(self, goes_on: bool) -> None:
        """Walked by hand beyond its last step the session is in the present again; what has ended does not go on."""
        if self.end is not None and self.session.step > self.end.step:
            if goes_on:
                self._settle()
            else:
                self.come_back()

    def change(self, change: Change) -> None:
        """Change how the run goes on: now, or as soon as it is about to."""
        if self.away:
            self._held.append(change)
        else:
            self.timeline.change(change)

    def _settle(self) -> None:
        self.end = self.target = None
        held, self._held = self._held, []
        for change in held:
            self.timeline.change(change)
