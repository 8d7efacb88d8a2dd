"""The page one works on: top row, canvas with its panes, status line."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.inspector import commit_focused
from ui.shell.second_click import SecondClick
from ui.shell.statusline import StatusLine
from ui.shell.toprow import TopRow
from ui.shell.workbench import Workbench

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.shell.window import Window


class WorkPage(QWidget):
    """Three parts, one above the other."""

    def __init__(self, window: "Window", lab: "Lab") -> None:
        super().__init__(window)
        self._window, self.lab = window, lab
        self.toprow = TopRow(window, lab)
        self.bench = Workbench(lab, self)
        self.bench.canvas.walk_requested.connect(window.walker.run_to)
        lab.stepping.opened.connect(window.walker.show)
        self.statusline = StatusLine(window, lab)
        self._clicks = SecondClick(window)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.toprow, self.bench, self.statusline):
            column.addWidget(part)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clicks.watch()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if reason := self._window.commands.why_not(event):
            self._window.notices.tell("info", reason)
            return
        super().keyPressEvent(event)

    def commit(self) -> None:
        """Take over what is being typed in a field right now."""
        commit_focused()
