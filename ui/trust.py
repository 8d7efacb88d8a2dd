"""Which code the person has said they trust: by its content, in the settings of this person, never in a document."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, QSettings, Signal

from dllab.document.code import codes, digest
from dllab.document.experiment import Experiment
from dllab.layers.custom import FIRST_CODE

_KEY = "trusted"
_KEPT = 2000


class Trust(QObject):
    """Code is run only in the engine, and the engine is told of what is trusted here and nothing else."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def knows(self, code: str) -> bool:
        """Whether this very text is trusted; what comes with the lab is."""
        return code == FIRST_CODE or digest(code) in self._kept()

    def missing(self, experiment: Experiment) -> dict[str, str]:
        """The code in an experiment that is not trusted, by the layer's id from the top."""
        return {node: code for node, code in codes(experiment).items() if not self.knows(code)}

    def digests(self, experiment: Experiment) -> tuple[str, ...]:
        """Of the code in an experiment what is trusted."""
        return tuple(digest(code) for code in codes(experiment).values() if self.knows(code))

    def add(self, texts: Iterable[str]) -> None:
        """Trust these texts from now on."""
        kept = dict.fromkeys([*self._kept(), *(digest(code) for code in texts)])
        self._settings.setValue(_KEY, " ".join(list(kept)[-_KEPT:]))
        self.changed.emit()

    def _kept(self) -> list[str]:
        return str(self._settings.value(_KEY, "") or "").split()
