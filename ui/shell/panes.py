"""The panes around the canvas: side panes with a thin grip, and views as cards with a title, tabs, help and a menu."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QEnterEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dllab.text import _
from ui.shell.icons import icon
from ui.shell.labels import Elided
from ui.shell.theme import interface_font, theme

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.views.base import View
    from ui.views.declared import Declaration

_GRIP = 10
_GAP = 4
_Feature = QDockWidget.DockWidgetFeature
_FREE = _Feature.DockWidgetClosable | _Feature.DockWidgetMovable | _Feature.DockWidgetFloatable


class Pane(QDockWidget):
    """A dock with a name that layouts remember."""

    def __init__(self, pane_id: str, title: str, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(pane_id)
        self.setFeatures(_FREE)
        self.setAccessibleName(title)

    def set_locked(self, locked: bool) -> None:
        """Keep it where it is."""
        self.setFeatures(_Feature.DockWidgetClosable if locked else _FREE)


class Grip(QWidget):
    """The title bar of a side pane: nothing but a place to take hold of it."""

    def __init__(self, pane: "SidePane") -> None:
        super().__init__(pane)
        self._pane = pane
        self.setFixedHeight(_GRIP)
        self.setMinimumWidth(40)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(_("Drag to move this pane, double-click to float it"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, do in ((_("Float"), self._float), (_("Hide"), pane.close)):
            action = QAction(text, self)
            action.triggered.connect(do)
            self.addAction(action)
        theme.changed.connect(self.update)

    def _float(self) -> None:
        self._pane.setFloating(not self._pane.isFloating())

    def sizeHint(self) -> QSize:
        return QSize(80, _GRIP)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens.surface))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens.muted if self.underMouse() else theme.tokens.line))
        for step in (-2, -1, 0, 1, 2):
            painter.drawEllipse(self.width() // 2 + 6 * step - 1, self.height() // 2 - 1, 2, 2)
        painter.end()


class SidePane(Pane):
    """Palette, inspector, outline: their content on the surface colour."""

    def __init__(self, pane_id: str, title: str, content: QWidget, parent: QWidget) -> None:
        super().__init__(pane_id, title, parent)
        self.setTitleBarWidget(Grip(self))
        self.setWidget(content)
        theme.changed.connect(self.update)

    def set_locked(self, locked: bool) -> None:
        super().set_locked(locked)
        self.titleBarWidget().setVisible(not locked)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens.surface))
        painter.end()


class Titles(QTabBar):
    """Tabs of which the chosen one, which is bold, keeps all its letters."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFont(interface_font(13))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # The widths are kept until something about the tabs changes.
        self.currentChanged.connect(lambda _index: self.setElideMode(Qt.TextElideMode.ElideRight))

    def minimumTabSizeHint(self, index: int) -> QSize:
        return self.tabSizeHint(index) if index == self.currentIndex() else super().minimumTabSizeHint(index)


class Header(QWidget):
    """The title bar of a card: its title and those of the cards behind it as tabs, what is shown, help, and a menu."""

    chosen = Signal(str)
    """Another card of the same place was asked for, by its id."""

    def __init__(self, card: "Card") -> None:
        super().__init__(card)
        self.tabs = Titles(self)
        self.tabs.setAccessibleName(_("Views in this place"))
        self.subtitle = Elided(self)
        self.subtitle.setFont(interface_font(11))
        self.help = self._button("help-circle-outline", _("What am I looking at?"))
        self.menu = self._button("dots-vertical", _("Save, float or close this view"))
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(_GAP + 10, _GAP + 4, _GAP + 6, 0)
        row.setSpacing(4)
        row.addWidget(self.tabs)
        # The subtitle takes what the tabs leave.
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.subtitle, 1)
        row.addWidget(self.help)
        row.addWidget(self.menu)
        self._ids: list[str] = []
        self.tabs.tabBarClicked.connect(self._clicked)
        self.tabs.currentChanged.connect(self._clicked)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_tabs(self, cards: list["Card"], current: "Card") -> None:
        """The cards that share this place, in their order."""
        ids = [card.objectName() for card in cards]
        if ids != self._ids:
            self._ids = []
            while self.tabs.count():
                self.tabs.removeTab(0)
            for card in cards:
                self.tabs.addTab(card.windowTitle())
                self.tabs.setTabToolTip(self.tabs.count() - 1, card.windowTitle())
        self._ids = []
        self.tabs.setCurrentIndex(ids.index(current.objectName()))
        self._ids = ids

    def _clicked(self, index: int) -> None:
        if 0 <= index < len(self._ids):
            self.chosen.emit(self._ids[index])

    def _button(self, name: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("icon_name", name)
        button.setIconSize(QSize(16, 16))
        button.setToolTip(words)
        button.setAccessibleName(words)
        return button

    def _restyle(self) -> None:
        tokens = theme.tokens
        for button in (self.help, self.menu):
            button.setIcon(icon(str(button.property("icon_name")), tokens.muted))
        self.subtitle.setStyleSheet(f"color: {tokens.muted};")
        self.tabs.setStyleSheet(
            f"QTabBar::tab {{ background: transparent; border: none; border-bottom: 2px solid transparent; "
            f"padding: 2px 1px; margin: 0 12px 0 0; color: {tokens.muted}; }}"
            f"QTabBar::tab:selected {{ color: {tokens.text}; font-weight: 600; }}"
            f"QTabBar::tab:hover {{ color: {tokens.text}; }}"
            f"QTabBar::tab:focus {{ border-bottom: 2px solid {tokens.accent}; }}"
        )


class Card(Pane):
    """One view. Its widget is made when it is first looked at."""

    moved = Signal()
    """It went somewhere else, appeared or disappeared."""
    wants = Signal(str, object)
    """("picture", "data" or "help", card): save what is shown, or say what it is."""

    def __init__(self, declaration: "Declaration", lab: "Lab", parent: QWidget) -> None:
        super().__init__(declaration.id, _(declaration.title), parent)
        self._declaration, self._lab = declaration, lab
        self.view: View | None = None
        self._seen = False
        self._body = QWidget(self)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(_GAP + 10, 2, _GAP + 10, _GAP + 8)
        self.header = Header(self)
        self.setTitleBarWidget(self.header)
        self.setWidget(self._body)
        self.header.show_tabs([self], self)
        self.header.help.clicked.connect(self.show_help)
        self._fill_menu()
        self.setMinimumSize(170, 140)
        self.visibilityChanged.connect(self._seen_changed)
        self.dockLocationChanged.connect(lambda _area: self.moved.emit())
        self.topLevelChanged.connect(self._floats)
        theme.changed.connect(self.update)

    @property
    def help_text(self) -> str:
        """What am I looking at."""
        return _(self._declaration.help)

    def show_help(self) -> None:
        """Say what the view shows, in place."""
        self.wants.emit("help", self)

    def build(self) -> None:
        """Make the view, if that has not been done."""
        if self.view is None:
            self.view = self._declaration(self._lab, self._body)
            self.view.subtitle_changed.connect(self.header.subtitle.say)
            self.header.subtitle.say(self.view.subtitle)
            layout = self._body.layout()
            assert layout is not None
            layout.addWidget(self.view)
            self.view.setVisible(self._seen)

    def _seen_changed(self, seen: bool) -> None:
        """What lies behind another tab is not looked at: a hidden view asks the engine for nothing."""
        self._seen = seen
        if self.view is not None:
            self.view.setVisible(seen)
        elif seen:
            # Not at once: the window is shown first, then the plotting library is loaded.
            QTimer.singleShot(0, self, self._build_if_seen)
        self.moved.emit()

    def _build_if_seen(self) -> None:
        if self._seen:
            self.build()

    def _fill_menu(self) -> None:
        menu = QMenu(self)
        for text, do in (
            (_("Save picture…"), lambda: self.wants.emit("picture", self)),
            (_("Save data…"), lambda: self.wants.emit("data", self)),
            (None, None),
            (_("Float"), lambda: self.setFloating(not self.isFloating())),
            (_("Close"), self.close),
        ):
            if text is None or do is None:
                menu.addSeparator()
                continue
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, do=do: do())
        self.header.menu.setMenu(menu)

    def _floats(self, _floating: bool) -> None:
        self.moved.emit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.tokens.line), 1))
        painter.setBrush(QColor(theme.tokens.surface))
        painter.drawRoundedRect(self.rect().adjusted(_GAP, _GAP, -_GAP - 1, -_GAP - 1), 8, 8)
        painter.end()
