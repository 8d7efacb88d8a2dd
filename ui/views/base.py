"""What all views share: they ask the engine only while they are visible and draw on one clock."""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from dllab.document.experiment import Experiment
from dllab.engine.protocol import Picture
from dllab.text import N_, _
from ui.shell.theme import interface_font, theme
from ui.views.clock import clock
from ui.views.declared import Declaration
from ui.views.hints import hint
from ui.views.plot import Plot

if TYPE_CHECKING:
    from ui.lab import Lab

Rows = tuple[list[str], Iterable[Iterable[object]]]


class Want(NamedTuple):
    """A probe with its parameters."""

    probe: str
    params: dict[str, Any]


class View(QWidget):
    """Base of all views. A subclass fills `body`, says what it `wants`, and draws in `draw`."""

    declaration: ClassVar[Declaration]
    empty: ClassVar[str] = N_("Press Train to fill this view.")
    """Shown while there is nothing to draw: what to do."""
    about: ClassVar[str] = "network"
    """What it shows something about: "network", "clusters" or "data"."""
    main: ClassVar[str] = ""
    """Key of the picture without which there is nothing to draw."""
    interval: float = 0.1
    """Seconds between two drawings at least."""

    subtitle_changed = Signal(str)

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lab = lab
        self.pictures: dict[str, Picture] = {}
        self.subtitle = ""
        self._subscriptions: dict[str, tuple[int, Want]] = {}
        self.body = QWidget(self)
        self._notice = QLabel(self)
        self._notice.setWordWrap(True)
        self._notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._notice.setFont(interface_font(13))
        self._notice.setContentsMargins(16, 8, 16, 8)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._notice)
        self._stack.addWidget(self.body)
        self.setAccessibleName(self.title)
        self.setMinimumSize(160, 120)
        self._say(hint(self))
        theme.changed.connect(self._theme_changed)
        lab.state_changed.connect(self._state_changed)
        lab.document.changed.connect(self._hint_changed)

    @property
    def id(self) -> str:
        """The view's name in files."""
        return self.declaration.id

    @property
    def title(self) -> str:
        """The view's name for people."""
        return _(self.declaration.title)

    @property
    def help(self) -> str:
        """What am I looking at."""
        return _(self.declaration.help)

    # --- what a subclass says ---------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        """What to ask the engine for now, by keys of `pictures`."""
        return {}

    def sentence(self) -> str:
        """One line to show in place of the figure; empty when there is something to draw."""
        if not self.main:
            return ""
        picture = self.pictures.get(self.main)
        return hint(self) if picture is None else picture.message

    def arrived(self, key: str) -> None:
        """A new picture is there; drawing follows on the clock."""

    def draw(self) -> None:
        """Bring the widgets up to what is known."""

    def restyle(self) -> None:
        """Take over the theme's colours."""

    def figure(self) -> QWidget:
        """What goes into a saved picture."""
        return self.body

    def rows(self) -> Rows:
        """The numbers shown: names of the columns, and rows. Names are not translated: files are for programs."""
        return [], []

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Subscribe to what is wanted now, and to nothing else; nothing at all while hidden."""
        wanted = self.wants() if self.isVisible() else {}
        for key in list(self._subscriptions):
            number, want = self._subscriptions[key]
            if key not in wanted or wanted[key].probe != want.probe:
                self.lab.link.unsubscribe(number)
                del self._subscriptions[key]
        for key, want in wanted.items():
            if key not in self._subscriptions:
                number = self.lab.link.subscribe(want.probe, want.params, partial(self._received, key))
                self._subscriptions[key] = (number, want)
            elif self._subscriptions[key][1] != want:
                number = self._subscriptions[key][0]
                self.lab.link.resubscribe(number, want.params)
                self._subscriptions[key] = (number, want)

    def _received(self, key: str, picture: Picture) -> None:
        if isValid(self) and key in self._subscriptions:
            self.pictures[key] = picture
            self.arrived(key)
            self.mark()

    def forget(self) -> None:
        """Drop what was received: the model it came from is gone."""
        self.pictures.clear()
        self.mark()

    def _hint_changed(self, _old: Experiment, _new: Experiment) -> None:
        if self.message:
            self.mark()

    def _state_changed(self, state: str) -> None:
        if state == "idle":
            self.forget()
        self.mark()

    # --- drawing ----------------------------------------------------------------------------------------------------

    def mark(self) -> None:
        """Something changed: draw at the next tick, if anyone looks."""
        if self.isVisible():
            clock.mark(self)

    def redraw(self) -> None:
        """Draw now: the figure, or the sentence that says why there is none."""
        sentence = self.sentence()
        self._say(sentence)
        if not sentence:
            self.draw()
            for plot in self.findChildren(Plot):
                if plot.isVisible():
                    # A range found only while it paints would have all of it painted twice.
                    plot.plotItem.vb.prepareForPaint()

    def _say(self, sentence: str) -> None:
        self._notice.setText(sentence)
        self._stack.setCurrentWidget(self._notice if sentence else self.body)
        if sentence:
            self.summarise(sentence)

    @property
    def message(self) -> str:
        """The sentence shown in place of the figure, if any."""
        return self._notice.text() if self._stack.currentWidget() is self._notice else ""

    def set_subtitle(self, text: str) -> None:
        """What is shown at the moment, for the title of the card."""
        if text != self.subtitle:
            self.subtitle = text
            self.subtitle_changed.emit(text)

    def summarise(self, text: str) -> None:
        """What a screen reader says about the figure."""
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def _theme_changed(self) -> None:
        self._notice.setStyleSheet(f"color: {theme.tokens.muted}; background: transparent;")
        self.restyle()
        self.mark()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._theme_changed()
        self.ask()
        self.mark()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        clock.forget(self)
        self.ask()


def column(parent: QWidget, spacing: int = 4, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """A column layout with the views' spacing."""
    layout = QVBoxLayout(parent)
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    return layout
