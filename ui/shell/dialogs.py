"""Pages beside the work: all keys, the history of edits, what this installation is."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QUndoView,
    QVBoxLayout,
)

from dllab import __version__
from dllab.text import _
from ui.actions import COMMANDS, MENUS, Command
from ui.shell.menus import keys_text
from ui.shell.theme import interface_font, theme

if TYPE_CHECKING:
    from ui.shell.window import Window


class Page(QDialog):
    """A window of its own, gone when closed; the lab can be used meanwhile."""

    def __init__(self, window: "Window", title: str, width: int, height: int) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 16, 16, 16)
        self.column.setSpacing(12)
        self.resize(width, height)

    def add_close(self) -> None:
        """A button to close it, below everything."""
        button = QPushButton(_("Close"), self)
        button.clicked.connect(self.close)
        self.column.addWidget(button, alignment=Qt.AlignmentFlag.AlignRight)


class ShortcutsPage(Page):
    """Every command that has keys, menu by menu."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window, _("Keyboard shortcuts"), 520, 640)
        self.tree = QTreeWidget(self)
        self.tree.setColumnCount(2)
        self.tree.setHeaderLabels([_("Command"), _("Keys")])
        self.tree.setRootIsDecorated(False)
        self.tree.setAccessibleName(_("Keyboard shortcuts"))
        for menu in MENUS:
            self._add(_(menu.title).replace("&", ""), [c for c in COMMANDS if c.menu == menu.id and c.shortcuts])
        self.tree.expandAll()
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.column.addWidget(self.tree)
        self.add_close()

    def _add(self, title: str, commands: list[Command]) -> None:
        if not commands:
            return
        head = QTreeWidgetItem(self.tree, [title])
        head.setFont(0, interface_font(13, bold=True))
        head.setFlags(Qt.ItemFlag.ItemIsEnabled)
        for command in commands:
            row = QTreeWidgetItem(head, [_(command.text).rstrip("…"), keys_text(command)])
            row.setToolTip(0, _(command.tip) if command.tip else "")


class HistoryPage(Page):
    """Every step since the experiment was opened; choosing one goes there."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window, _("History"), 320, 420)
        view = QUndoView(window.document.undo_stack, self)
        view.setEmptyLabel(_("As it was opened"))
        view.setAccessibleName(_("Steps"))
        hint = QLabel(_("Choose a step to go back or forth to it."), self)
        hint.setStyleSheet(f"color: {theme.tokens.muted};")
        self.column.addWidget(hint)
        self.column.addWidget(view)


class AboutPage(Page):
    """Name, version, licence, and the libraries this installation uses."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window, _("About dllab"), 420, 300)
        title = QLabel(f"dllab {__version__}", self)
        title.setFont(interface_font(20, bold=True))
        words = QLabel(_("A laboratory for learning deep learning: build networks, train them, look inside."), self)
        words.setWordWrap(True)
        licence = QLabel(_("Free software under the Apache License 2.0."), self)
        facts = QLabel(_facts(), self)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        facts.setTextFormat(Qt.TextFormat.PlainText)
        facts.setStyleSheet(f"color: {theme.tokens.muted};")
        for label in (title, words, licence, facts):
            self.column.addWidget(label)
        self.column.addStretch(1)
        self.add_close()


def _facts() -> str:
    names = ("torch", "scikit-learn", "numpy", "pyqtgraph")
    lines = [f"Python {platform.python_version()}, Qt {qVersion()}, PySide6 {_version('PySide6_Essentials')}"]
    lines.append(", ".join(f"{name} {_version(name)}" for name in names))
    return "\n".join([*lines, platform.platform()])


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"
