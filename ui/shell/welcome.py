"""The first page: recovered work, templates, recent files, an empty canvas."""

from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from dllab.text import _
from ui.recovery import Copy
from ui.shell.buttons import ICON_AND_GAP
from ui.shell.examples import Examples
from ui.shell.icons import icon
from ui.shell.labels import Elided
from ui.shell.recent import Recent
from ui.shell.theme import interface_font, theme

_SIDE = 250


class Welcome(QScrollArea):
    """What there is to start from; it only says what was chosen."""

    new_wanted = Signal()
    open_wanted = Signal()
    template_wanted = Signal(str)
    file_wanted = Signal(object)
    back_wanted = Signal()
    copy_wanted = Signal(object)
    copy_unwanted = Signal(object)

    def __init__(self, recent: Recent, parent: QWidget) -> None:
        super().__init__(parent)
        self._recent = recent
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.page = QWidget(self)
        self.page.setObjectName("page")
        self.setWidget(self.page)
        self.examples = Examples(self.page)
        self.examples.chosen.connect(self.template_wanted)
        self.examples.reached.connect(self.ensureWidgetVisible)
        self.copy_rows: list[CopyRow] = []
        self.empty = self._button(_("Empty canvas"), self.new_wanted.emit)
        self.browse = self._button(_("Open a file…"), self.open_wanted.emit)
        self.back = self._button(_("Back to the experiment"), self.back_wanted.emit)
        self.back.hide()
        self._recovered = QVBoxLayout()
        self._files = QVBoxLayout()
        self._lay_out()
        recent.changed.connect(self.show_recent)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_recent()

    def show_copies(self, copies: tuple[Copy, ...]) -> None:
        """Offer what crashes have left behind."""
        _clear(self._recovered)
        self.copy_rows = []
        if not copies:
            return
        self._recovered.addWidget(self._heading(_("Work that was not saved when the lab ended")))
        self.copy_rows = [CopyRow(copy, self) for copy in copies]
        for row in self.copy_rows:
            self._recovered.addWidget(row)
        self._recovered.addSpacing(12)

    def show_recent(self) -> None:
        """Bring the list of files up to date; those that are gone are grey."""
        _clear(self._files)
        self._files.addWidget(self._heading(_("Recent files")))
        for path in self._recent.paths:
            row = FileRow(path, self.page)
            row.clicked.connect(lambda _checked=False, chosen=path: self.file_wanted.emit(chosen))
            self._files.addWidget(row)
        if not self._recent.paths:
            hint = QLabel(_("Files you open or save are listed here. You can also drop one on the window."), self.page)
            hint.setWordWrap(True)
            self._mute(hint)
            self._files.addWidget(hint)
        self._files.addStretch(1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_recent()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.back.isHidden():
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.examples.set_room(self.viewport().width() - 80 - 28 - _SIDE)

    def _lay_out(self) -> None:
        title = QLabel(_("What would you like to try?"), self.page)
        title.setFont(interface_font(24, bold=True))
        sentence = QLabel(_("Build a network by drag and drop, train it, and watch it learn."), self.page)
        self._mute(sentence)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(title)
        words.addWidget(sentence)
        top = QHBoxLayout()
        top.addLayout(words)
        top.addStretch(1)
        for button in (self.back, self.browse, self.empty):
            top.addWidget(button, alignment=Qt.AlignmentFlag.AlignBottom)
        self._files.setSpacing(2)
        below = QHBoxLayout()
        below.setSpacing(28)
        below.addWidget(self.examples, 1)
        side = QWidget(self.page)
        side.setFixedWidth(_SIDE)
        side.setLayout(self._files)
        self._files.setContentsMargins(0, 0, 0, 0)
        below.addWidget(side)
        column = QVBoxLayout(self.page)
        column.setContentsMargins(40, 28, 40, 28)
        column.setSpacing(20)
        column.addLayout(top)
        column.addLayout(self._recovered)
        column.addLayout(below, 1)

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text, self.page)
        label.setFont(interface_font(12, bold=True))
        self._mute(label)
        return label

    def _mute(self, label: QLabel) -> None:
        label.setProperty("muted", True)
        label.setStyleSheet(f"color: {theme.tokens.muted};")

    def _button(self, text: str, do: object) -> QPushButton:
        button = QPushButton(text, self.page)
        button.setIconSize(ICON_AND_GAP)
        button.clicked.connect(lambda _checked=False: do())  # type: ignore[operator]
        return button

    def _restyle(self) -> None:
        tokens = theme.tokens
        self.page.setStyleSheet(f"QWidget#page {{ background: {tokens.background}; }}")
        for label in self.page.findChildren(QLabel):
            if label.property("muted"):
                label.setStyleSheet(f"color: {tokens.muted};")
        self.empty.setIcon(icon("plus", tokens.text))
        self.browse.setIcon(icon("folder-open-outline", tokens.text))
        self.back.setIcon(icon("arrow-left", tokens.text))


class FileRow(QPushButton):
    """One recent file: its name, its folder below."""

    def __init__(self, path: Path, parent: QWidget) -> None:
        super().__init__(parent)
        there = path.is_file()
        self.setEnabled(there)
        self.setFlat(True)
        self.setFixedHeight(44)
        self.setAccessibleName(path.name)
        self.setToolTip(str(path) if there else _("{path}\nThis file is not there any more.").format(path=path))
        self.setStyleSheet("text-align: left; border: 1px solid transparent; background: transparent;")
        name, folder = Elided(self), Elided(self)
        name.say(path.name)
        folder.say(str(path.parent) if there else _("not there any more"))
        folder.setFont(interface_font(11))
        folder.setProperty("muted", True)
        tokens = theme.tokens
        folder.setStyleSheet(f"color: {tokens.muted};")
        name.setStyleSheet(f"color: {tokens.text if there else tokens.muted};")
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 4, 10, 4)
        column.setSpacing(0)
        for label in (name, folder):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(label)


class CopyRow(QFrame):
    """Work that a crash left behind: what, from when, and what to do with it."""

    def __init__(self, copy: Copy, welcome: Welcome) -> None:
        super().__init__(welcome.page)
        self.setObjectName("recovered")
        tokens = theme.tokens
        self.setStyleSheet(
            f"QFrame#recovered {{ background: {tokens.surface}; border: 1px solid {tokens.warning}; border-radius: 8px; }}"
        )
        title = copy.original.name if copy.original else copy.experiment.title or _("Untitled experiment")
        name, when = QLabel(title, self), QLabel(_times(copy), self)
        name.setTextFormat(Qt.TextFormat.PlainText)
        name.setFont(interface_font(13, bold=True))
        when.setStyleSheet(f"color: {tokens.muted};")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name)
        words.addWidget(when)
        self.recover = QPushButton(_("Open the recovered work"), self)
        self.recover.setProperty("primary", True)
        self.recover.clicked.connect(lambda _checked=False: welcome.copy_wanted.emit(copy))
        self.discard = QPushButton(_("Discard"), self)
        self.discard.clicked.connect(lambda _checked=False: welcome.copy_unwanted.emit(copy))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.addLayout(words, 1)
        row.addWidget(self.discard)
        row.addWidget(self.recover)


def _times(copy: Copy) -> str:
    """When the copy was written, and when its file was."""
    text = _("Last change {time}").format(time=_time(copy.written))
    try:
        saved = copy.original.stat().st_mtime if copy.original else None
    except OSError:
        saved = None
    if saved is not None:
        text += " · " + _("file saved {time}").format(time=_time(saved))
    return text


def _time(seconds: float) -> str:
    then = datetime.fromtimestamp(seconds)
    return f"{then:%H:%M:%S}" if then.date() == datetime.now().date() else f"{then:%Y-%m-%d %H:%M}"


def _clear(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
