"""Where on the canvas one is: the way from the network down to the group that is open, each step a button."""

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from dllab.text import _
from ui.canvas.faces import title_of
from ui.page import Page
from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

_LONGEST = 28


class Breadcrumb(QWidget):
    """Shown while a group is open: Network › Residual block. A click leads back up, and so does Esc."""

    wanted = Signal(int)
    """How many groups deep one wants to be; 0 is the network."""

    def __init__(self, page: Page, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = page
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 3, 10, 3)
        self._row.setSpacing(2)
        self.setAccessibleName(_("Open group"))
        self.buttons: list[QToolButton] = []
        self.here = QLabel(self)
        self._parts: list[QWidget] = []
        theme.changed.connect(self.follow)
        self.hide()

    def follow(self) -> None:
        """Say where one is now."""
        for part in self._parts:
            self._row.removeWidget(part)
            part.hide()
            part.deleteLater()
        self._parts, self.buttons = [], []
        names = self._names()
        for depth, name in enumerate(names[:-1]):
            self._add_step(depth, name)
        self._row.removeWidget(self.here)
        self.here.setText(names[-1])
        self.here.setFont(interface_font(13, bold=True))
        self.here.setStyleSheet(f"color: {theme.tokens.text};")
        self._row.addWidget(self.here)
        self.setAccessibleDescription(" › ".join(names))
        self.setVisible(len(names) > 1)
        self.adjustSize()

    def _names(self) -> list[str]:
        """The network and the groups down to the one that is open."""
        experiment = self._page.document.experiment
        names, graph = [_("Network")], experiment.model
        for group in self._page.path:
            node = graph.nodes[group]
            title = title_of(node, experiment)
            names.append(title if len(title) <= _LONGEST else title[: _LONGEST - 1] + "…")
            graph = node.inside or graph
        return names

    def _add_step(self, depth: int, name: str) -> None:
        button = QToolButton(self)
        button.setText(name)
        button.setFont(interface_font(13))
        button.setAccessibleName(_("Back to {name}").format(name=name))
        button.setToolTip(_("Back to {name} (Esc)").format(name=name))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAutoRaise(True)
        if not depth:
            button.setIcon(icon("mdi6.arrow-left", theme.tokens.text))
            button.setIconSize(QSize(16, 16))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.clicked.connect(partial(self._on_clicked, depth))
        stroke = QLabel("›", self)
        stroke.setStyleSheet(f"color: {theme.tokens.muted};")
        for part in (button, stroke):
            self._row.addWidget(part)
            part.show()
        self.buttons.append(button)
        self._parts += [button, stroke]

    def _on_clicked(self, depth: int, _checked: bool = False) -> None:
        self.wanted.emit(depth)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.tokens.line), 1))
        painter.setBrush(QColor(theme.tokens.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()
