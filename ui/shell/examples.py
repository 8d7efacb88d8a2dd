"""The examples of the welcome page: a card each, under headings by kind of data, found by typing."""

from collections.abc import Iterator

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from dllab.templates import FAMILIES, TEMPLATES, Template, load_template
from dllab.text import _
from ui.shell.cards import StartCard
from ui.shell.icons import icon
from ui.shell.theme import interface_font, theme

_CARD_WIDTH = 222
_GAP = 12
_MOST_COLUMNS = 4
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Examples(QWidget):
    """What to start from. It only says what was chosen."""

    chosen = Signal(str)
    reached = Signal(object)
    """The card that has the focus now, to be scrolled into view."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards = [StartCard(_(t.title), _(t.sentence), parent=self) for t in TEMPLATES]
        for template, card in self._pairs():
            card.clicked.connect(lambda _checked=False, chosen=template.id: self.chosen.emit(chosen))
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(_("Search examples"))
        self.search.setAccessibleName(_("Search examples"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(_CARD_WIDTH)
        self._glass = QAction(self.search)
        self.search.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._find)
        self.search.returnPressed.connect(self._take_first)
        self._nothing = QLabel(_("No example is called that."), self)
        self._headings = {family: QLabel(_(words), self) for family, words in FAMILIES.items()}
        self._grid = QGridLayout()
        self._columns = 0
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        self._find("")

    def _pairs(self) -> Iterator[tuple[Template, StartCard]]:
        return zip(TEMPLATES, self.cards, strict=True)

    def _lay_out(self) -> None:
        title = QLabel(_("Start from an example"), self)
        self._headings[""] = title
        top = QHBoxLayout()
        top.addWidget(title, 1)
        top.addWidget(self.search)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self._nothing)
        self._grid.setSpacing(_GAP)
        column.addLayout(self._grid)
        column.addStretch(1)

    def set_room(self, width: int) -> None:
        """Lay the cards out in as many columns as the width holds."""
        columns = max(1, min(_MOST_COLUMNS, (width + _GAP) // (_CARD_WIDTH + _GAP)))
        if columns != self._columns:
            self._columns = columns
            self._place()

    def _place(self) -> None:
        """One grid for all, so that cards stand below each other whatever their heading."""
        while self._grid.count():
            self._grid.takeAt(0)
        row = 0
        for family in FAMILIES:
            cards = [card for template, card in self._pairs() if template.family == family and not card.isHidden()]
            self._headings[family].setVisible(bool(cards))
            if cards:
                self._grid.addWidget(self._headings[family], row, 0, 1, self._columns)
            for place, card in enumerate(cards):
                self._grid.addWidget(card, row + 1 + place // self._columns, place % self._columns)
            row += 1 + -(-len(cards) // self._columns)
        for column in range(_MOST_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        for template, card in self._pairs():
            about = f"{card.title} {card.sentence} {template.id} {_(FAMILIES[template.family])}".casefold()
            card.setVisible(all(word in about for word in words))
        self._nothing.setVisible(all(card.isHidden() for card in self.cards))
        if self._columns:
            self._place()

    def _take_first(self) -> None:
        first = next((card for card in self.cards if not card.isHidden()), None)
        if first is not None:
            first.click()

    def draw_networks(self) -> None:
        """Load the templates and draw their networks, one at a time so that the window answers meanwhile."""
        waiting = [(template, card) for template, card in self._pairs() if card.experiment is None]
        if waiting and self.isVisible():
            template, card = waiting[0]
            card.show_network(load_template(template.id))
            QTimer.singleShot(0, self, self.draw_networks)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        card = next((card for card in self.cards if card.hasFocus()), None)
        arrow = _ARROWS.get(Qt.Key(event.key()))
        if card is not None and arrow is not None:
            self._walk(card, *arrow)
        elif card is not None and event.text().isalnum():
            self.search.setFocus(Qt.FocusReason.OtherFocusReason)
            self.search.insert(event.text())
        elif self.search.hasFocus() and event.key() == Qt.Key.Key_Down:
            self._walk(None, 0, 1)
        elif self.search.hasFocus() and event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            super().keyPressEvent(event)

    def _walk(self, card: StartCard | None, across: int, down: int) -> None:
        """To the neighbour in this direction: along the reading order, or to the nearest card above or below."""
        there = [other for other in self.cards if not other.isHidden()]
        order = sorted(there, key=lambda c: (c.y(), c.x()))
        if card is None:
            found = order[:1]
        elif across:
            place = order.index(card) + across
            found = order[place : place + 1] if place >= 0 else []
        else:
            rows = [other for other in there if (other.y() - card.y()) * down > 0]
            found = sorted(rows, key=lambda c: (abs(c.y() - card.y()), abs(c.x() - card.x())))[:1]
        if found:
            found[0].setFocus(Qt.FocusReason.TabFocusReason)
            self.reached.emit(found[0])

    def _restyle(self) -> None:
        for family, label in self._headings.items():
            label.setFont(interface_font(12, bold=family == ""))
            label.setStyleSheet(f"color: {theme.tokens.muted};")
            label.setContentsMargins(0, 0 if family == "" else 6, 0, 0)
        self._nothing.setStyleSheet(f"color: {theme.tokens.muted};")
        self._glass.setIcon(icon("magnify", theme.tokens.muted))
