"""New, open, save, close: nothing unsaved is lost without a question, and every failure is one sentence."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from dllab.document.experiment import Experiment
from dllab.document.format import SUFFIX, FileProblem, load, save, to_text
from dllab.files import in_words
from dllab.templates import TEMPLATES, load_template
from dllab.text import _
from ui.document import Document
from ui.shell.question import Answer, Question
from ui.shell.recent import Recent

Then = Callable[[], object]


class Files(QObject):
    """The file commands of one window."""

    opened = Signal()
    """Another experiment is in the window."""
    left = Signal()
    """The experiment was closed: back to the welcome page."""
    notice = Signal(str, str)
    """(severity, sentence)"""

    def __init__(self, document: Document, recent: Recent, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._window = document, window
        self.recent = recent
        self._on_disk = b""
        """Digest of what we last read from or wrote to the file."""

    # --- opening ----------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Start with an empty canvas."""
        self.keep_first(lambda: self._show(Experiment()))

    def begin(self, experiment: Experiment) -> None:
        """Start with an experiment that belongs to no file yet."""
        self.keep_first(lambda: self._show(experiment))

    def new_window(self) -> None:
        """Open a second lab, a process of its own: neither can take the other down."""
        QProcess.startDetached(sys.executable, ["-m", "ui.app"])

    def open_template(self, template_id: str) -> None:
        """Open a copy of a template; it belongs to no file yet."""
        self.keep_first(lambda: self._show(load_template(template_id)))

    def choose(self) -> None:
        """Ask for a file and open it."""
        dialog = QFileDialog(self._window, _("Open experiment"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([_filter(), _("All files (*)")])
        self._ask(dialog, self.open)

    def open(self, path: Path) -> None:
        """Open a file, unless the person wants to keep what is there."""
        self.keep_first(lambda: self._open(path))

    def _open(self, path: Path) -> None:
        try:
            found = load(path)
            self._on_disk = _digest(path)
        except FileProblem as problem:
            self.notice.emit("error", _("{name} can't be opened. {reason}").format(name=path.name, reason=problem))
            return
        except OSError as error:
            text = _("{name} can't be opened: {reason}.")
            self.notice.emit("error", text.format(name=path.name, reason=in_words(error)))
            return
        self._show(found.experiment, path, found.newer)
        self.recent.add(path)
        if found.newer:
            text = _("{name} was made by a newer version of dllab. Look at it, or save it under another name.")
            self.notice.emit("warning", text.format(name=path.name))

    def _show(self, experiment: Experiment, path: Path | None = None, read_only: bool = False) -> None:
        self._document.open(experiment, path, read_only)
        self.opened.emit()

    # --- saving -----------------------------------------------------------------------------------------------------

    def save(self, then: Then | None = None) -> None:
        """Write to the file; ask for one if there is none, and before writing over what another program wrote."""
        path = self._document.path
        if path is None or self._document.read_only:
            self.save_as(then)
        elif self._changed_by_others(path):
            self._ask_about_others(path, then)
        else:
            self._write(path, then)

    def save_as(self, then: Then | None = None) -> None:
        """Ask for a file and write to it."""
        dialog = QFileDialog(self._window, _("Save experiment"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters([_filter()])
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.selectFile(self.suggested_name())
        self._ask(dialog, lambda path: self._write(path, then))

    def suggested_name(self) -> str:
        """A file name for what is in the window."""
        if self._document.path:
            return self._document.path.name
        title = self._document.experiment.title
        known = {_(template.title): template.id for template in TEMPLATES} | {t.title: t.id for t in TEMPLATES}
        stem = known.get(title) or "".join(c if c.isalnum() else "-" for c in title.lower()).strip("-")
        return f"{stem[:60] or 'experiment'}{SUFFIX}"

    def _write(self, path: Path, then: Then | None = None) -> bool:
        experiment = self._document.experiment
        try:
            save(experiment, path)
        except OSError as error:
            text = _("{name} could not be saved: {reason}. Your work is still here; save it somewhere else.")
            self.notice.emit("error", text.format(name=path.name, reason=in_words(error)))
            return False
        self._on_disk = hashlib.sha256(to_text(experiment).encode()).digest()
        self._document.read_only = False
        self._document.saved(path)
        self.recent.add(path)
        if then is not None:
            then()
        return True

    def _changed_by_others(self, path: Path) -> bool:
        try:
            return _digest(path) != self._on_disk
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def _ask_about_others(self, path: Path, then: Then | None) -> None:
        question = Question(
            self._window,
            _("{name} was changed by another program").format(name=path.name),
            _("Saving would write over what is in the file now."),
            [
                Answer(_("Save under another name…"), lambda: self.save_as(then), default=True),
                Answer(_("Write over it"), lambda: self._write(path, then)),
                Answer(_("Cancel"), None, cancel=True),
            ],
        )
        question.open()

    # --- leaving ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Leave the experiment and go to the welcome page."""
        self.keep_first(self._leave)

    def welcome(self) -> None:
        """Show the welcome page; the experiment stays behind it until another one is opened."""
        self.left.emit()

    def keep_first(self, then: Then) -> None:
        """Go on with `then`, after asking what to do with unsaved work. Cancel means: nothing happens."""
        if not self._document.modified:
            then()
            return
        name = self._document.path.name if self._document.path else _("this experiment")
        question = Question(
            self._window,
            _("Save the changes to {name}?").format(name=name),
            _("Without saving, they are lost."),
            [
                Answer(_("Save"), lambda: self.save(then), default=True),
                Answer(_("Don't save"), then),
                Answer(_("Cancel"), None, cancel=True),
            ],
        )
        question.open()

    def _leave(self) -> None:
        self._document.open(Experiment())
        self.opened.emit()
        self.left.emit()

    def _ask(self, dialog: QFileDialog, take: Callable[[Path], object]) -> None:
        folder = self._document.path.parent if self._document.path else None
        if folder is None and self.recent.paths:
            folder = self.recent.paths[0].parent
        if folder is not None and folder.is_dir():
            dialog.setDirectory(str(folder))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: take(Path(name)))
        dialog.open()


def _filter() -> str:
    return _("Experiment") + f" (*{SUFFIX})"


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()
