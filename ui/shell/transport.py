"""What the run buttons do in each state, and why one of them can't be pressed now."""

from typing import TYPE_CHECKING

from dllab.engine import protocol
from dllab.text import _
from ui.link.states import ALIVE, BUSY, ONLY_CLUSTERS, clusters

if TYPE_CHECKING:
    from ui.shell.window import Window


class Transport:
    """Train, pause, step, stop, reset: decisions only, the work is the lab's."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    @property
    def state(self) -> str:
        """The state of the lab."""
        return self._window.lab.state

    @property
    def clusters(self) -> bool:
        """Whether what is under way, or else the experiment, only clusters: there is nothing to pause or go on with."""
        return self._only_clusters if self._window.welcoming else clusters(self._window.lab)

    def train(self) -> None:
        """Start, pause or go on."""
        lab = self._window.lab
        if self.clusters:
            lab.train()
        elif self.state in BUSY:
            lab.pause()
        elif self.state == "paused":
            lab.resume()
        else:
            lab.train()

    def train_words(self) -> str:
        """What the button that starts and pauses says."""
        if self._window.welcoming:
            return _("Train")
        if self.clusters:
            return _("Cluster") if self._only_clusters else _("Train")
        if self.state in BUSY:
            return _("Pause")
        if self._window.lab.past.away and self.state == "paused":
            return _("Branch")
        return _("Resume") if self.state == "paused" else _("Train")

    def step(self, unit: str) -> None:
        """One batch ("step") or one pass over the data ("epoch")."""
        self._window.lab.step(unit)

    def show_fault(self) -> None:
        """Open the operation that made the first number that is not finite, step by step."""
        if not self.cannot_show_fault():
            self._window.layouts.show_or_use("stepper", "step")
            self._window.lab.stepping.halt()
            self._window.lab.link.send(protocol.Walk("fault"))

    def cannot_show_fault(self) -> str:
        """Why there is no such operation to open."""
        if self._window.welcoming:
            return self._nowhere()
        run = self._window.lab.runs.current
        stands = self.state in ("non-finite", "paused")
        found = stands and run is not None and run.trouble is not None and run.trouble.phase
        return "" if found else _("No run has stopped at a number that is not finite.")

    def cannot_train(self) -> str:
        """Why training can't start."""
        if self._window.welcoming:
            return self._nowhere()
        return "" if self.state in ALIVE and not self.clusters else self._problem()

    def cannot_step(self) -> str:
        """Why a single step can't be made."""
        return self.cannot_walk() or (
            _("Pause first.") if self.state in BUSY else self._no_batches(self._only_clusters)
        )

    def cannot_walk(self) -> str:
        """Why no operation of a batch can be carried out."""
        if self._window.welcoming:
            return self._nowhere()
        return self._no_batches(self.clusters) or self.cannot_train()

    def _no_batches(self, clusters: bool) -> str:
        if clusters and not self._only_clusters:
            return _("There are no batches in what is clustered now: stop it first.")
        return _(ONLY_CLUSTERS) if clusters else ""

    def cannot_stop(self) -> str:
        """Why there is nothing to stop."""
        nothing = _("Nothing is being clustered.") if self.clusters else _("Nothing is in training.")
        return self._nowhere() or ("" if self.state in ALIVE else nothing)

    def cannot_reset(self) -> str:
        """Why there is nothing to forget."""
        nothing = _("Nothing has been clustered yet.") if self.clusters else _("Nothing has been learned yet.")
        return self._nowhere() or (nothing if self.state in {"offline", "idle"} else "")

    def cannot_go_on(self) -> str:
        """Why the last run can't be trained further."""
        ended = _("This works after a run has trained to its end.")
        return self._nowhere() or ("" if self.state == "done" and not self._clustered else ended)

    def cannot_take_up(self) -> str:
        """Why there is no lost run to go on with."""
        if self._window.welcoming:
            return self._nowhere()
        lab = self._window.lab
        run = lab.runs.current
        if run is None or run.state != "lost":
            return _("No run was lost.")
        return "" if lab.checkpoint_folder(run).is_dir() else _("The run was lost before its first checkpoint.")

    def no_earlier_runs(self) -> str:
        """Why there are no curves to remove."""
        return self._nowhere() or ("" if len(self._window.lab.runs.all) > 1 else _("There is no earlier run."))

    def cannot_open_test(self) -> str:
        """Why the sealed test part stays sealed."""
        if nowhere := self._nowhere():
            return nowhere
        trained = self.state in {"done", "stopped"} and not self._clustered
        return "" if trained else _("Train a run to its end first.")

    @property
    def _only_clusters(self) -> bool:
        """Whether the experiment as it is now has no network to train."""
        return self._window.document.check.fits_only

    @property
    def _clustered(self) -> bool:
        """Whether the last run trained nothing."""
        run = self._window.lab.runs.current
        return run is not None and run.clusters

    def _nowhere(self) -> str:
        return _("Open an experiment first.") if self._window.welcoming else ""

    def _problem(self) -> str:
        errors = (p for p in self._window.document.check.problems if p.severity == "error")
        first = next(errors, None)
        return first.text if first else ""
