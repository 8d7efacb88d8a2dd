"""The files that were open lately, newest first."""

from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal

LIMIT = 15


class Recent(QObject):
    """A short list in the settings; files that have gone stay in it, because they may come back."""

    changed = Signal()

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    @property
    def paths(self) -> list[Path]:
        """Newest first."""
        value = self._settings.value("recent", [])
        texts = value if isinstance(value, list) else [value]
        return [Path(str(text)) for text in texts if text][:LIMIT]

    def add(self, path: Path) -> None:
        """This one was opened or saved just now."""
        own = path.absolute()
        self._write([own, *(other for other in self.paths if other != own)])

    def remove(self, path: Path) -> None:
        """Leave it out."""
        self._write([other for other in self.paths if other != path])

    def clear(self) -> None:
        """Forget all."""
        self._write([])

    def _write(self, paths: list[Path]) -> None:
        self._settings.setValue("recent", [str(path) for path in paths[:LIMIT]])
        self._settings.sync()
        self.changed.emit()
