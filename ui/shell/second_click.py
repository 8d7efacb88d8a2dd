"""A double click is one only where both of its clicks meet the same thing.

What the first click has opened or closed leaves something else under the pointer, and nobody has double-clicked that: the
second click on a template would add a layer to the network that came up.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent, QWindow
from PySide6.QtWidgets import QWidget


class SecondClick(QObject):
    """Keeps back the second click that falls on another widget than the first."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._watched: QWindow | None = None
        self._first: QWidget | None = None

    def watch(self) -> None:
        """Begin, once the window is on the screen."""
        handle = self._window.windowHandle()
        if handle is not None and handle is not self._watched:
            handle.installEventFilter(self)
            self._watched = handle

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            return False
        assert isinstance(event, QMouseEvent)
        met = self._window.childAt(event.position().toPoint())
        if kind == QEvent.Type.MouseButtonDblClick:
            return met is not self._first
        # The press of a second click comes too, right before the double click.
        if not event.flags() & Qt.MouseEventFlag.MouseEventCreatedDoubleClick:
            self._first = met
        return False
