"""The numbers of an array as a table with heat, one page of its last two axes at a time."""

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from dllab.text import _
from ui.shell.theme import number_font, theme
from ui.views.controls import IconButton
from ui.views.numbers import show

Place = QModelIndex | QPersistentModelIndex


def tint(share: float) -> QColor:
    """The ground of a number, from -1 (blue) over nothing at 0 to 1 (orange); text stays readable on it."""
    colour = QColor("#D9772B" if share > 0 else "#2F6FD0")
    colour.setAlphaF(0.55 * min(1.0, abs(share)))
    return colour


class Numbers(QAbstractTableModel):
    """Two axes of an array, the last two; the axes before them stand at one place."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._array = np.zeros((0, 0))
        self._front: tuple[int, ...] = ()
        self._page = np.zeros((0, 0))
        self._largest = 1.0
        self.names: tuple[str, ...] = ()
        """What the rows are called, where each is a number by itself."""

    def show_array(self, array: np.ndarray, front: tuple[int, ...], names: tuple[str, ...] = ()) -> None:
        """Another array, or another place of its first axes."""
        self.beginResetModel()
        self._array, self._front, self.names = array, front, names
        page = array[front] if front else array
        self._page = page.reshape(1, -1) if page.ndim < 2 else page
        finite = np.abs(self._page[np.isfinite(self._page)]) if self._page.dtype.kind == "f" else np.abs(self._page)
        self._largest = float(finite.max(initial=0.0)) or 1.0
        self.endResetModel()

    def index_of(self, row: int, col: int) -> tuple[int, ...]:
        """The place in the whole array of a cell."""
        count = self._array.ndim - len(self._front)
        return (*self._front, *((row, col)[2 - count :] if count else ()))

    def rowCount(self, parent: Place = QModelIndex()) -> int:  # noqa: B008 — Qt's own signature
        return 0 if parent.isValid() else self._page.shape[0]

    def columnCount(self, parent: Place = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._page.shape[1]

    def data(self, index: Place, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        value = float(self._page[index.row(), index.column()])
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return show(value)
            case Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            case Qt.ItemDataRole.BackgroundRole if np.isfinite(value) and not self.names:
                return tint(value / self._largest)
            case Qt.ItemDataRole.BackgroundRole if not np.isfinite(value):
                return QColor(theme.tokens.bad)
            case Qt.ItemDataRole.ForegroundRole if not np.isfinite(value):
                return QColor(theme.tokens.surface)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if self.names:
            return self.names[section] if orientation == Qt.Orientation.Vertical else ""
        return section


class Pages(QWidget):
    """Which place of an array's first axes is shown: [3, 0] of samples and channels, say."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._shape: tuple[int, ...] = ()
        self._value = 0
        self.earlier = IconButton("mdi6.chevron-left", _("Page before"), self)
        self.later = IconButton("mdi6.chevron-right", _("Next page"), self)
        self.place = QLabel(self)
        self.place.setFont(number_font(12))
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.place.setMinimumWidth(64)
        self.place.setToolTip(_("Place on the axes before the last two: the sample, then the channel"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for widget in (self.earlier, self.place, self.later):
            row.addWidget(widget)
        self.earlier.clicked.connect(lambda: self.turn(-1))
        self.later.clicked.connect(lambda: self.turn(1))

    def show_axes(self, shape: tuple[int, ...]) -> None:
        """Offer the places of these axes."""
        self._shape = shape
        count = int(np.prod(shape)) if shape else 1
        self._value = min(self._value, count - 1)
        self.setVisible(count > 1)
        self.place.setText(f"[{', '.join(map(str, self.front))}]")
        self.earlier.setEnabled(self._value > 0)
        self.later.setEnabled(self._value < count - 1)

    @property
    def front(self) -> tuple[int, ...]:
        """The place that is chosen."""
        return tuple(int(i) for i in np.unravel_index(self._value, self._shape)) if self._shape else ()

    def turn(self, by: int) -> None:
        """So many pages on."""
        self._value = max(0, self._value + by)
        self.show_axes(self._shape)
        self.changed.emit()
