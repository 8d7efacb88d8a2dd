"""Qt actions and the menu bar, made from the declared commands."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from dllab.text import _
from ui.actions import COMMANDS, MENUS, Command
from ui.shell.files import Files
from ui.shell.icons import icon
from ui.shell.labels import literal
from ui.shell.theme import theme

if TYPE_CHECKING:
    from ui.shell.window import Window


class Actions(QObject):
    """One QAction for each command, kept in step with what can be done now."""

    refreshed = Signal()

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._actions = {command.id: self._make(command) for command in COMMANDS}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def __getitem__(self, command_id: str) -> QAction:
        return self._actions[command_id]

    def reason(self, command: Command) -> str:
        """Why the command can't be done now; empty when it can."""
        return command.blocked(self._window) if command.blocked else ""

    def words(self, command: Command) -> str:
        """The command's text now."""
        return command.words(self._window) if command.words else _(command.text)

    def run(self, command: Command) -> None:
        """Do it, if it can be done."""
        # A menu or a button leaves the focus where it is: what is being typed there counts too.
        self._window.commit()
        if not self.reason(command):
            command.do(self._window)
            self.refresh_soon()

    def why_not(self, event: QKeyEvent) -> str:
        """Why nothing came of keys that run a network, where that can't be done now. Qt is silent about it."""
        pressed = QKeySequence(event.keyCombination())
        runs = (command for command in COMMANDS if command.menu in ("run", "walk"))
        return next((self.reason(c) for c in runs if pressed in self._actions[c.id].shortcuts()), "")

    def refresh_soon(self) -> None:
        """Look again at what can be done, once the event loop is free."""
        self._soon.start(0)

    def refresh(self) -> None:
        """Look again at what can be done."""
        self._soon.stop()
        for command in COMMANDS:
            action = self._actions[command.id]
            reason = self.reason(command)
            action.setEnabled(not reason)
            if command.words:
                action.setText(self.words(command))
            if command.checked:
                action.setChecked(not self._window.welcoming and command.checked(self._window))
            action.setToolTip(tooltip(command, self.words(command), reason))
        self.refreshed.emit()

    def put_on_canvas(self) -> None:
        """Let the canvas hear the keys that count only there."""
        for command in COMMANDS:
            if command.on_canvas:
                self._window.canvas.addAction(self._actions[command.id])
        self._window.canvas.pictures_button.clicked.connect(self._actions["pictures"].trigger)

    def _make(self, command: Command) -> QAction:
        action = QAction(_(command.text), self._window)
        action.setObjectName(command.id)
        action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
        action.setCheckable(command.checked is not None)
        # There the place of the icon tells whether it is on.
        action.setIconVisibleInMenu(command.checked is None)
        if command.on_canvas:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        else:
            self._window.addAction(action)
        action.triggered.connect(lambda _checked=False: self.run(command))
        return action

    def _paint_icons(self) -> None:
        tokens = theme.tokens
        for command in COMMANDS:
            if command.icon:
                self._actions[command.id].setIcon(icon(command.icon, tokens.text, tokens.muted))


def keys_text(command: Command) -> str:
    """The command's keys as this system writes them."""
    return " / ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) for k in command.shortcuts)


def tooltip(command: Command, words: str, reason: str) -> str:
    """What it does, its key, and why it can't be done now."""
    lines = [f"{words.rstrip('…')} ({keys_text(command)})" if command.shortcuts else words.rstrip("…")]
    lines += [line for line in (_(command.tip) if command.tip else "", reason) if line]
    return "\n".join(lines)


def build_menus(bar: QMenuBar, actions: Actions) -> dict[str, QMenu]:
    """The menus by id. Those that are filled elsewhere (recent files) are there, empty."""
    menus: dict[str, QMenu] = {}
    for menu in MENUS:
        own = QMenu(_(menu.title), bar)
        own.setToolTipsVisible(True)
        menus[menu.id] = own
        if not menu.inside:
            bar.addMenu(own)
    for menu in MENUS:
        _fill(menus, menu.id, actions)
    return menus


def _fill(menus: dict[str, QMenu], menu_id: str, actions: Actions) -> None:
    inner = [menu for menu in MENUS if menu.inside == menu_id]
    group = None
    for command in (c for c in COMMANDS if c.menu == menu_id):
        if group is not None and command.group != group:
            menus[menu_id].addSeparator()
        group = command.group
        menus[menu_id].addAction(actions[command.id])
        for sub in [m for m in inner if m.after == command.id]:
            menus[menu_id].addMenu(menus[sub.id])


def fill_recent(menu: QMenu, files: Files, actions: Actions) -> None:
    """The files opened last, those that are gone greyed, and the commands for all of them."""
    menu.clear()
    for path in files.recent.paths:
        action = menu.addAction(path.name.replace("&", "&&"))
        action.setToolTip(literal(str(path)))
        action.setEnabled(path.is_file())
        action.triggered.connect(lambda _checked=False, chosen=path: files.open(chosen))
    if not menu.isEmpty():
        menu.addSeparator()
    for command in (c for c in COMMANDS if c.menu == "recent"):
        menu.addAction(actions[command.id])
