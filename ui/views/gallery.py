"""Samples as what they are: images in a grid, rows in a table. Enter or a click chooses one."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QListView, QStackedLayout, QTableView, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, number_font, theme
from ui.views.colours import ink
from ui.views.heat import picture
from ui.views.numbers import show
from ui.views.sequence import paint_lines, words_of

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_PIXELS = 44
_LINE_WIDTH = 150


class _Images(QAbstractListModel):
    """Pictures made when they are looked at."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.x: np.ndarray = np.zeros((0, 1, 1, 1))
        self.words: list[str] = []
        self.picked: frozenset[int] = frozenset()
        self._made: dict[int, QPixmap] = {}

    def set_samples(self, x: np.ndarray, words: list[str]) -> None:
        self.beginResetModel()
        self.x, self.words = x, words
        self._made.clear()
        self.endResetModel()

    def recolour(self) -> None:
        self.set_samples(self.x, self.words)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.x)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row = index.row()
        match role:
            case Role.DisplayRole | Role.AccessibleTextRole | Role.ToolTipRole:
                return marked(self.words[row], row in self.picked)
            case Role.ForegroundRole if row in self.picked:
                return QColor(theme.tokens.accent)
            case Role.DecorationRole:
                return self._pixmap(row)
            case Role.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignCenter
        return None

    def _pixmap(self, row: int) -> QPixmap:
        if row not in self._made:
            low = float(self.x.min()) if self.x.ndim == 3 else min(float(self.x.min()), 0.0)
            self._made[row] = thumbnail(self.x[row], low, float(self.x.max()), _PIXELS)
        return self._made[row]


def thumbnail(values: np.ndarray, low: float, high: float, side: int) -> QPixmap:
    """A small picture, `side` pixels high, of an image (channels, height, width) or a sequence (length, features)."""
    if values.ndim == 2:
        width = round(side * _LINE_WIDTH / _PIXELS)
        made = QPixmap(width, side)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        paint_lines(painter, QRectF(2, 3, width - 4, side - 6), values, low, high)
        painter.end()
        return made
    image = picture(values, ink(theme.tokens.dark), low, high)
    longest = max(image.width(), image.height())
    small = longest <= side
    mode = Qt.TransformationMode.FastTransformation if small else Qt.TransformationMode.SmoothTransformation
    scale = max(side // longest, 1) * longest if small else side
    return QPixmap.fromImage(image.scaled(scale, scale, Qt.AspectRatioMode.KeepAspectRatio, mode))


class _Rows(QAbstractTableModel):
    """One sample a row: what it is, then its numbers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.x: np.ndarray = np.zeros((0, 0))
        self.words: list[str] = []
        self.picked: frozenset[int] = frozenset()
        self.features: list[str] = []
        self.tokens: list[str] = []
        """What the numbers stand for, where they are indices: then there is one column of text."""
        self.heading = ""

    def set_samples(
        self, x: np.ndarray, words: list[str], features: list[str], heading: str, tokens: list[str]
    ) -> None:
        self.beginResetModel()
        self.x, self.words, self.heading, self.tokens = x, words, heading, tokens
        self.features = (
            [_("text")] if tokens else features if len(features) == x.shape[1] else [str(i) for i in range(x.shape[1])]
        )
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.x)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 1 + len(self.features)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        match role:
            case Role.DisplayRole:
                if column == 0:
                    return marked(self.words[row], row in self.picked)
                return words_of(self.x[row], self.tokens) if self.tokens else show(float(self.x[row, column - 1]))
            case Role.TextAlignmentRole if column and not self.tokens:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Role.ForegroundRole if row in self.picked:
                return QColor(theme.tokens.accent)
            case Role.FontRole:
                return number_font(11) if column else interface_font(11)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        name = self.heading if section == 0 else self.features[section - 1]
        if role in (Role.DisplayRole, Role.ToolTipRole):
            return name
        if role == Role.TextAlignmentRole and section == 0:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return interface_font(11) if role == Role.FontRole else None


def marked(words: str, picked: bool) -> str:
    """Words with a ring before them where the sample is picked."""
    return f"◉ {words}" if picked else words


class Gallery(QWidget):
    """Shows samples and says which one was chosen, by its place among them."""

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images = QListView(self)
        self.table = QTableView(self)
        self._images, self._rows = _Images(self), _Rows(self)
        self._shown: tuple[Any, ...] = ()
        self._set_up_images(name)
        self._set_up_table(name)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.images)
        self._stack.addWidget(self.table)
        for view in (self.images, self.table):
            view.clicked.connect(self._choose)
            view.activated.connect(self._choose)
        theme.changed.connect(self.restyle)
        self.restyle()

    def _set_up_images(self, name: str) -> None:
        view = self.images
        view.setModel(self._images)
        view.setViewMode(QListView.ViewMode.IconMode)
        view.setMovement(QListView.Movement.Static)
        view.setResizeMode(QListView.ResizeMode.Adjust)
        view.setIconSize(QSize(_PIXELS, _PIXELS))
        view.setUniformItemSizes(True)
        view.setFont(interface_font(11))
        view.setAccessibleName(name)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def _set_up_table(self, name: str) -> None:
        view = self.table
        view.setModel(self._rows)
        view.setAccessibleName(name)
        view.setShowGrid(False)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(22)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setWordWrap(False)

    def set_samples(
        self,
        x: np.ndarray,
        words: Sequence[str],
        features: Sequence[str] = (),
        heading: str = "",
        tokens: Sequence[str] = (),
    ) -> None:
        """Show samples (n, channels, height, width), (n, length, features) or (n, features), each with its words."""
        new = (x.tobytes(), x.shape, tuple(words), tuple(features), heading, tuple(tokens))
        if new == self._shown:
            return
        self._shown = new
        if x.ndim >= 3:
            self._images.set_samples(x, list(words))
            wide = _PIXELS if x.ndim == 4 else _LINE_WIDTH
            widest = max((self.images.fontMetrics().horizontalAdvance(w) for w in words), default=0)
            height = _PIXELS + self.images.fontMetrics().height() + 10
            self.images.setIconSize(QSize(wide, _PIXELS))
            self.images.setGridSize(QSize(min(max(widest, wide) + 12, max(wide + 12, 120)), height))
            self._stack.setCurrentWidget(self.images)
        else:
            self._rows.set_samples(x.reshape(len(x), -1), list(words), list(features), heading, list(tokens))
            self._fit_columns()
            self._stack.setCurrentWidget(self.table)

    def set_picked(self, places: Iterable[int]) -> None:
        """Mark the samples at these places among those shown."""
        picked = frozenset(places)
        for model, last in ((self._images, 0), (self._rows, len(self._rows.features))):
            if picked != model.picked:
                model.picked = picked
                if rows := model.rowCount():
                    model.dataChanged.emit(model.index(0, 0), model.index(rows - 1, last))

    @property
    def shown(self) -> QAbstractItemView:
        """The list or the table, whichever is in use."""
        return self.images if self._stack.currentWidget() is self.images else self.table

    def _fit_columns(self) -> None:
        self.table.resizeColumnsToContents()
        for column in range(self._rows.columnCount()):
            most = 150 if column == 0 else 190 if not self._rows.tokens else 2000
            if self.table.columnWidth(column) > most:
                self.table.setColumnWidth(column, most)

    def _choose(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    def restyle(self) -> None:
        """Take over the theme's colours."""
        tokens = theme.tokens
        self.setStyleSheet(
            f"QAbstractItemView {{ background: {tokens.surface}; color: {tokens.text}; border: none; outline: none; }}"
            f"QAbstractItemView::item {{ border-radius: 4px; padding: 1px 6px; }}"
            f"QAbstractItemView::item:hover {{ background: {tokens.hover}; }}"
            f"QAbstractItemView::item:selected {{ background: {tokens.hover}; color: {tokens.text};"
            f" border: 1px solid {tokens.accent}; }}"
            f"QHeaderView {{ background: {tokens.surface}; border: none; }}"
            f"QHeaderView::section {{ background: {tokens.surface}; color: {tokens.muted}; border: none;"
            f" border-bottom: 1px solid {tokens.line}; padding: 2px 6px; }}"
            f"QTableCornerButton::section, QAbstractScrollArea::corner {{ background: {tokens.surface}; border: none; }}"
        )
        palette = self.palette()
        palette.setColor(palette.ColorRole.Base, QColor(tokens.surface))
        self.setPalette(palette)
        self._images.recolour()
