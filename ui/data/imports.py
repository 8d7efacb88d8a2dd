"""From a file that was chosen or dropped to data in the experiment."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog
from shiboken6 import isValid

from dllab.data import DATASETS
from dllab.data.own.names import TABLES, TEXTS
from dllab.data.own.published import DOWNLOADS
from dllab.data.own.starting import starter
from dllab.document import edits
from dllab.document.experiment import Choice
from dllab.document.format import SUFFIX
from dllab.text import _

if TYPE_CHECKING:
    from ui.data.import_page import ImportPage
    from ui.data.paint_page import PaintPage
    from ui.shell.window import Window


class Imports(QObject):
    """The import commands of one window. The pages are loaded when one is asked for: the window must start quickly."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._pages: list[QDialog] = []

    def bring(self, kind: str) -> None:
        """Ask for what this kind of data is made from."""
        if kind == "images":
            self.choose_folder()
        elif kind == "painted":
            self.paint()
        else:
            self.choose()

    def choose(self) -> None:
        """Ask for a file and import it."""
        dialog = QFileDialog(self._window, _("Import data"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        known = " ".join(f"*{suffix}" for suffix in (*TABLES, *TEXTS, ".npz", "ubyte", "ubyte.gz", ".tar.gz"))
        dialog.setNameFilters([f"{_('Tables, texts and arrays')} ({known})", _("All files (*)")])
        self._ask(dialog)

    def choose_folder(self) -> None:
        """Ask for a folder of pictures and import it."""
        dialog = QFileDialog(self._window, _("Import a folder of pictures"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog)

    def _ask(self, dialog: QFileDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def paint(self) -> "PaintPage":
        """Show the page to paint on, with the points of the experiment if they were painted."""
        data = self._window.document.experiment.data
        into = not self._window.welcoming
        points = data.params.get("points", ()) if into and data.kind == "painted" else ()
        from ui.data.paint_page import PaintPage

        page = PaintPage([(float(x), float(y), int(number)) for x, y, number in points], into, self._window)
        page.taken.connect(self._on_taken)
        self._pages.append(page)
        page.open()
        return page

    def take(self, path: Path) -> None:
        """What was dropped on the window: an experiment is opened, anything else imported."""
        if path.suffix == SUFFIX:
            self._window.files.open(path)
        else:
            self.open(path)

    def download(self, kind: str) -> "ImportPage":
        """Fetch well-known pictures and show them on the import page."""
        from ui.data.import_page import ImportPage

        window = self._window
        page = ImportPage(Path(DOWNLOADS[kind].title), not window.welcoming, parent=window, fetched=kind)
        page.taken.connect(self._on_taken)
        page.other_wanted.connect(self.choose)
        self._pages.append(page)
        page.open()
        return page

    def open(self, path: Path) -> "ImportPage":
        """Show the import page of a file."""
        from ui.data.import_page import ImportPage

        page = ImportPage(path, not self._window.welcoming, parent=self._window)
        page.taken.connect(self._on_taken)
        page.other_wanted.connect(self.choose)
        self._pages.append(page)
        page.open()
        return page

    def close(self) -> None:
        """The window goes: nothing is read for it any more."""
        for page in self._pages:
            if isValid(page):
                page.reject()
        self._pages.clear()

    def _on_taken(self, choice: Choice, fresh: bool) -> None:
        dataset = DATASETS.make(choice.kind, choice.params)
        if fresh:
            self._window.files.begin(starter(dataset.name().rsplit(".", 1)[0], choice, dataset.spec()))
            return
        text = _("Use {name}").format(name=dataset.name())
        scaled = "standardise" if dataset.spec().task == "regression" else "none"
        self._window.document.apply(
            text, lambda e: edits.set_path(edits.set_path(e, "data", choice), "preparation.targets", scaled)
        )


def dropped_file(event: QDropEvent) -> Path | None:
    """The one local file or folder that is being dropped; the page says so if nothing can be made of it."""
    urls = event.mimeData().urls() if event.mimeData().hasUrls() else []
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and path.exists() else None
