"""The training thread: owns the session, takes commands between two batches, and shows what is looked at."""

# long: the one thread that owns the session; every command ends here, and each is a few lines
import gc
import logging
import math
import queue
import threading
import time
from pathlib import Path

import msgspec
import torch

from dllab.build import custom
from dllab.checking import check
from dllab.document.format import from_text
from dllab.engine import protocol
from dllab.engine.clustering import PATIENCE_S, Jobs
from dllab.engine.keeping import Keeping
from dllab.engine.outbox import Outbox, Points
from dllab.engine.pictures import Pictures
from dllab.engine.progress import Meter
from dllab.engine.summary import summarise
from dllab.engine.travel import Travel
from dllab.engine.trouble import Trouble, explain, explain_end, explain_non_finite
from dllab.engine.walking import Walking
from dllab.stepping import Passed, Unreachable
from dllab.stepping.fault import Fault
from dllab.text import N_, _
from dllab.training import changes, checkpoint
from dllab.training.session import NonFinite, Session

log = logging.getLogger(__name__)

_LOOKING = (
    protocol.Walk, protocol.Explain, protocol.Subscribe, protocol.Unsubscribe, protocol.Look, protocol.Credit,
)  # fmt: skip
"""What may be asked in the middle of a batch."""
_AT_REST = frozenset({"paused", "stopped", "done", "non-finite"})
_REFUSED = {
    protocol.Walk: ("walk", N_("No run is paused: there is nothing to go through step by step.")),
    protocol.Seek: ("seek", N_("A run can only be looked back at while it is paused or has ended.")),
    protocol.Branch: ("branch", N_("The run stands at its end: there is no earlier step to go on from.")),
}
"""What is said where these can't be done now; whoever asked waits for an answer."""
_FLUSH_S = 1 / 30
_BURST_S = 0.008


# long: the one thread that owns the session; every command ends here, and each is a few lines
class Worker(threading.Thread):
    """Takes commands from `inbox`; everything it reports goes through the outbox."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__(name="training")
        self.inbox: queue.SimpleQueue[protocol.Command] = queue.SimpleQueue()
        self._outbox = outbox
        self._session: Session | None = None
        self._run = ""
        self._keeping = Keeping()
        self._state = "idle"
        self._pace = "run"
        self._quitting = False
        self._walking: Walking | None = None
        self._fault: Fault | None = None
        self._pictures = Pictures(outbox)
        self._travel: Travel | None = None
        self._clustering = Jobs(outbox, self._pictures)
        self._points = Points()
        self._flushed = 0.0
        self._meter = Meter()
        self._closed: protocol.Epoch | None = None
        """The newest closed epoch that has not been reported."""

    def run(self) -> None:
        """Until Quit."""
        while not self._quitting:
            self._take_commands()
            try:
                self._go_on()
                self._report()
            except Exception as error:
                # What it raised would end the thread, and with it all that is asked for later.
                log.exception("the run could not go on")
                self._fail(explain(error, self._session))
        self._clustering.close()
        self._pictures.close()
        self._keep()

    def _go_on(self) -> None:
        if self._clustering.busy:
            if (ending := self._clustering.look()) is not None:
                self._enter(*ending)
        elif self._state == "running":
            self._burst()
        elif self._waits():
            assert self._travel is not None
            self._move(self._travel)

    # --- commands ---------------------------------------------------------------------------------------------------

    def _take_commands(self) -> None:
        wait = self._clustering.busy or (self._state != "running" and not self._waits())
        wait = wait and not self._pictures.due(self._session, self._run, self._walking is not None)
        while True:
            try:
                patience = PATIENCE_S if self._clustering.busy else self._pictures.patience(self._session, self._run)
                command = self.inbox.get(wait, timeout=patience)
            except queue.Empty:
                return
            wait = False
            try:
                self._obey(command)
            except Exception as error:
                # The training thread must outlive whatever goes wrong in one command.
                log.exception("%s", command)
                self._complain("failed", explain(error, self._session).text)
            if self._quitting:
                return

    def _obey(self, command: protocol.Command) -> None:
        if not isinstance(command, _LOOKING):
            self._stop_walking()
        match command:
            case protocol.Walk(way="fault") if self._fault is not None and self._state in ("non-finite", "paused"):
                self._walk_to(self._fault)
            case protocol.Walk() if self._session is not None and self._may_walk():
                self._walk(self._session, command)
            case protocol.Explain() if self._walking is not None:
                self._outbox.control(self._walking.tell(command))
            case protocol.Train():
                self._train(command)
            case protocol.Pause() if self._state == "running" and not self._clustering.busy:
                self._enter("paused")
                self._keep()
            case protocol.Resume() if self._session is not None:
                self._resume(self._session, command)
            case protocol.Stop() if self._state in ("running", "paused"):
                self._end_run()
            case protocol.Reset():
                self._begin("")
                self._enter("idle")
            case protocol.Change() if self._travel is not None:
                self._change(self._travel, command)
            case protocol.Seek() if self._travel is not None and self._state in _AT_REST:
                self._seek(self._travel, command.step)
            case protocol.Branch() if self._travel is not None and self._travel.away:
                self._branch(self._travel, command)
            case protocol.Subscribe():
                self._pictures.look(command)
            case protocol.Unsubscribe():
                self._pictures.forget(command.id)
            case protocol.Look():
                self._outbox.control(summarise(command))
            case protocol.OpenTest() if self._session is not None:
                self._open_test(self._session)
            case protocol.Quit():
                self._quitting = True
            case protocol.Walk() | protocol.Seek() | protocol.Branch() if self._state != "failed":
                self._refuse(command)

    def _refuse(self, command: protocol.Command) -> None:
        code, text = _REFUSED[type(command)]
        self._complain(code, _(text))

    def _end_run(self) -> None:
        self._clustering.end()
        self._come_back()
        self._enter("stopped")
        self._keep()

    def _open_test(self, session: Session) -> None:
        self._outbox.control(protocol.TestScore(self._run, session.open_test(), session.opened))

    def _walk(self, session: Session, command: protocol.Walk) -> None:
        assert self._travel is not None
        if self._walking is None:
            travel = self._travel
            if travel.target is not None:
                # What is walked through is the step that was asked for, not where its replay has come to.
                travel.move(math.inf)
                self._say_where(travel)
            made = travel.timeline.changes if travel.away else ()
            self._walking, self._pace = Walking(session, travel.span[1], made), "run"
        walking, complaint = self._walking, None
        try:
            walking.move(command, lambda: not self.inbox.empty())
        except Unreachable:
            complaint = (
                "unreachable",
                _("A step of this run has no such operation: choose another layer, or press Next."),
            )
        except NonFinite as trouble:
            complaint = ("non-finite", explain_non_finite(session, trouble).text)
        for passed in walking.take_passed():
            if self._state == "paused":
                self._count(session, passed)
        self._flush()
        self._outbox.control(msgspec.structs.replace(walking.where(), run=self._run))
        if complaint:
            self._complain(*complaint)
        if walking.ended:
            self._stop_walking()

    def _walk_to(self, fault: Fault) -> None:
        """Pause at the operation that made the first number that is not finite."""
        assert self._travel is not None
        session = self._travel.session
        self._stop_walking()
        self._come_back()
        session.show_last()
        if fault.batch < session.step:
            self._travel.seek(fault.batch)
            self._travel.move(math.inf)
            self._say_where(self._travel)
        self._enter("paused")
        self._walk(session, protocol.Walk("next", count=fault.taken))

    def _may_walk(self) -> bool:
        # A run that has ended can be walked through in its past; beyond its end it would train on.
        away = self._travel is not None and self._travel.away
        return self._state == "paused" or (self._state in _AT_REST and away)

    def _stop_walking(self) -> None:
        if self._walking is None or self._travel is None:
            return
        walking, self._walking = self._walking, None
        goes_on = self._state == "paused"
        finished = walking.leave(self._travel, goes_on)
        if goes_on and walking.went_on:
            self._say_where(self._travel)
        if finished and goes_on:
            self._end(self._travel.session, finished)

    def _end(self, session: Session, finished: str) -> None:
        """The last operation of a run has been walked past; of its past alone, it is left."""
        if self._travel is not None and self._travel.away:
            self._come_back()
        else:
            self._finish(session, finished)

    def _train(self, command: protocol.Train) -> None:
        if self._state in ("running", "paused"):
            self._enter("stopped")
            self._keep()
        self._begin(command.run)
        self._enter("starting")
        try:
            experiment = from_text(command.experiment).experiment
            if check(experiment).fits_only:
                self._clustering.begin(experiment, self._run)
                self._enter("running")
                return
            custom.trust(command.trusted)
            session = Session(experiment, command.device)
            if command.resume and command.checkpoint:
                checkpoint.load(session, Path(command.checkpoint))
            self._keeping.begin(command.checkpoint, experiment)
            travel = Travel(session)
        except Exception as error:
            log.exception("the run could not start")
            self._fail(explain(error, None))
            return
        self._session, self._travel = session, travel
        # What is built stays: the collector need not look at it again between steps.
        gc.collect()
        gc.freeze()
        self._go(session, command.pace)

    def _begin(self, run: str) -> None:
        """Nothing is left of what was there before."""
        self._clustering.end()
        self._session = self._travel = self._fault = None
        self._pictures.begin()
        self._keeping.begin()
        self._run = run

    def _resume(self, session: Session, command: protocol.Resume) -> None:
        if command.more_epochs <= 0 and self._state != "paused":
            return
        self._come_back()
        if command.more_epochs > 0:
            assert self._travel is not None
            session.show_last()
            self._travel.change(changes.more_epochs(command.more_epochs))
        self._go(session, command.pace)

    def _go(self, session: Session, pace: str) -> None:
        if pace == "hold":
            self._enter("paused")
            return
        self._pace, self._fault = pace, None
        self._meter.start(session.step, time.perf_counter())
        self._enter("running")

    def _change(self, travel: Travel, command: protocol.Change) -> None:
        if command.name == "learning_rate" and 0 < command.value <= 1e6:
            travel.change(changes.learning_rate(command.value))
        elif command.name == "batch_size" and 1 <= command.value <= 1_000_000:
            travel.change(changes.batch_size(int(command.value)))
        else:
            self._complain(
                "change", _("{name} can't be set to {value}.").format(name=command.name, value=command.value)
            )

    # --- through its past -------------------------------------------------------------------------------------------

    def _seek(self, travel: Travel, step: int) -> None:
        if not travel.keeps:
            self._complain("seek", _("The network is too large for its past to be kept."))
        else:
            travel.seek(step)
        self._move(travel)

    def _move(self, travel: Travel) -> None:
        if travel.move(time.perf_counter() + _BURST_S):
            self._pictures.hurry()
            self._say_where(travel)

    def _say_where(self, travel: Travel) -> None:
        session = travel.session
        self._outbox.control(protocol.Stands(self._run, session.step, session.epoch, *travel.span))

    def _come_back(self) -> None:
        if self._travel is not None and self._travel.away:
            self._travel.come_back()
            self._say_where(self._travel)

    def _branch(self, travel: Travel, command: protocol.Branch) -> None:
        travel.move(math.inf)
        session, end = travel.session, travel.end
        assert end is not None
        if self._state == "paused":
            self._outbox.control(protocol.State(self._run, "stopped", end.step, end.facts["epoch"]))
        self._keeping.begin(command.checkpoint, session.experiment)
        self._run = command.run
        travel.branch()
        self._go(session, command.pace)

    # --- training ---------------------------------------------------------------------------------------------------

    def _burst(self) -> None:
        """Train for a few milliseconds, or one batch if that takes longer; a waiting command ends it."""
        session = self._session
        assert session is not None
        until = time.perf_counter() + _BURST_S
        try:
            while self._state == "running":
                outcome = session.advance()
                self._count(session, Passed(session.step, outcome, session.learning_rate, session.update.norm))
                if outcome.finished:
                    self._finish(session, outcome.finished)
                elif self._pace == "step":
                    self._enter("paused")
                elif outcome.metrics is not None and self._pace == "epoch":
                    self._enter("paused")
                    self._keep()
                if not self.inbox.empty() or time.perf_counter() > until:
                    return
        except NonFinite as trouble:
            self._stop_non_finite(session, trouble)
        except Exception as error:
            log.exception("step %d", session.step)
            self._fail(explain(error, session))

    def _count(self, session: Session, passed: Passed) -> None:
        """Points of one batch, and the epoch that it closed."""
        step, metrics, update = passed.step, passed.outcome.metrics, session.update
        self._points.add("train_loss", step, passed.outcome.loss)
        # Points about the update itself, where anything but the optimiser has a hand in it.
        if update.moves or metrics is not None:
            self._points.add("learning_rate", step, passed.rate)
        if passed.norm is not None:
            self._points.add("gradient_norm", step, passed.norm)
        if metrics is not None:
            metrics |= self._pictures.following(session).scores(bool(passed.outcome.finished))
            self._points.add_epoch(step, metrics)
            self._closed = protocol.Epoch(self._run, session.epoch, step, metrics)

    def _finish(self, session: Session, reason: str) -> None:
        self._keep()
        session.show_best()
        self._enter("done", explain_end(session, reason))

    def _stop_non_finite(self, session: Session, trouble: NonFinite) -> None:
        assert self._travel is not None
        try:
            self._fault = self._travel.find_fault(session.step)
        except Exception:
            # The run has ended all the same: only where is not known.
            log.exception("the operation at fault was not found")
            self._fault = None
            self._come_back()
        found = explain_non_finite(session, trouble, self._fault)
        if session.best.weights:
            session.show_best()
        self._enter("non-finite", found)

    def _fail(self, trouble: Trouble) -> None:
        if trouble.code == "memory":
            self._session = self._travel = None
            self._pictures.begin()
        elif self._travel is not None:
            self._travel.target = None
        self._enter("failed", trouble)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _waits(self) -> bool:
        """Whether a step of the past is on the way."""
        return self._travel is not None and self._travel.target is not None

    # --- reports ----------------------------------------------------------------------------------------------------

    def _enter(self, state: str, trouble: Trouble | None = None) -> None:
        self._state = state
        self._flush()
        step, epoch = (self._session.step, self._session.epoch) if self._session else (0, 0)
        found = trouble or Trouble("", "")
        self._outbox.control(
            protocol.State(self._run, state, step, epoch, found.code, found.text, found.node, found.phase)
        )

    def _complain(self, code: str, text: str) -> None:
        self._outbox.control(protocol.Complaint(code, text))

    def _report(self) -> None:
        now = time.perf_counter()
        if self._state == "running" and now - self._flushed > _FLUSH_S:
            self._flush()
        if self._state == "running" and self._keeping.due:
            self._keep()
        if self._travel is not None and self._state == "running":
            self._travel.record()
        if self._waits():
            return
        if self._session is not None and self._pictures.watch(self._session) and self._state in _AT_REST:
            self._retrace()
        for look in self._pictures.due(self._session, self._run, self._walking is not None):
            self._pictures.show(self._session, self._run, look)
            if self._travel is not None and self._travel.away and not self.inbox.empty():
                return

    def _retrace(self) -> None:
        """A run at rest takes no step that would tell what the last one did."""
        if self._travel is None or self._walking is not None:
            return
        try:
            self._travel.retrace()
        except Exception:
            # Code of one's own may break at any time; the run stands where it stood all the same.
            log.exception("the last step could not be taken again")

    def _flush(self) -> None:
        self._flushed = time.perf_counter()
        self._outbox.scalars(self._run, self._points.series)
        self._points = Points()
        if self._closed is not None:
            self._outbox.latest(self._closed)
            self._closed = None
        if self._session is not None and self._travel is not None and not self._travel.away:
            self._outbox.latest(self._meter.read(self._run, self._session, self._flushed))

    def _keep(self) -> None:
        """Write a checkpoint, but never of a run that only looks back."""
        if self._travel is not None and not self._travel.away:
            trouble = self._keeping.keep(self._session)
            if trouble:
                self._complain("checkpoint", trouble)
