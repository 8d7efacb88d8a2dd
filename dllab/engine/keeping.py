"""Where a run is kept on disk: the experiment once, a checkpoint from time to time."""

import logging
import time
from pathlib import Path

from dllab.document.experiment import Experiment
from dllab.document.format import save
from dllab.files import in_words
from dllab.text import _
from dllab.training import checkpoint
from dllab.training.session import Session

log = logging.getLogger(__name__)

_CHECKPOINT_S = 20.0


class Keeping:
    """The folder of the present run, if it has one."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._saved = 0.0

    def begin(self, folder: str = "", experiment: Experiment | None = None) -> None:
        """Another run, which is kept in this folder; with none it isn't kept. Raises OSError."""
        self._folder = Path(folder) if folder else None
        self._saved = time.perf_counter()
        if self._folder is not None and experiment is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            save(experiment, self._folder / "experiment.dllab")

    @property
    def due(self) -> bool:
        """Whether the last checkpoint is long ago."""
        return time.perf_counter() - self._saved > _CHECKPOINT_S

    def keep(self, session: Session | None) -> str:
        """Write a checkpoint, if there is a place for one and something to keep; what went wrong, for people."""
        self._saved = time.perf_counter()
        if session is None or self._folder is None or session.step == 0:
            return ""
        try:
            checkpoint.save(session, self._folder)
        except OSError as error:
            log.exception("checkpoint")
            return _("The checkpoint could not be written: {reason}").format(reason=in_words(error))
        return ""
