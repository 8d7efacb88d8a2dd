"""One operation of training at a time: its numbers with heat, and behind each of them the sum that made it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QWidget,
)

from dllab.document.flat import home_of
from dllab.engine.protocol import Explain, Explained, Walked, unpack
from dllab.text import N_, _
from ui.shell.theme import number_font, theme
from ui.views import STEPPER
from ui.views.base import Rows, View, column
from ui.views.controls import Caption, Tabs
from ui.views.nodes import Looking
from ui.views.numbers import extents, show

if TYPE_CHECKING:
    from ui.lab import Lab

PHASES = {
    "batch": N_("take a batch"),
    "forward": N_("forward"),
    "loss": N_("loss"),
    "backward": N_("backward"),
    "clip": N_("clip the gradients"),
    "update": N_("update"),
}
_SLOW_MS = 700
Place = QModelIndex | QPersistentModelIndex


class Numbers(QAbstractTableModel):
    """Two axes of an array, the last two; the axes before them stand at one place."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._array = np.zeros((0, 0))
        self._front: tuple[int, ...] = ()
        self._page = np.zeros((0, 0))
        self._largest = 1.0

    def show_array(self, array: np.ndarray, front: tuple[int, ...]) -> None:
        """Another array, or another place of its first axes."""
        self.beginResetModel()
        self._array, self._front = array, front
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
            case Qt.ItemDataRole.BackgroundRole if np.isfinite(value):
                colour = QColor("#D9772B" if value > 0 else "#2F6FD0")
                colour.setAlphaF(0.55 * min(1.0, abs(value) / self._largest))
                return colour
            case Qt.ItemDataRole.BackgroundRole:
                return QColor(theme.tokens.bad)
            case Qt.ItemDataRole.ForegroundRole if not np.isfinite(value):
                return QColor(theme.tokens.surface)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        return section if role == Qt.ItemDataRole.DisplayRole else None


class Stepper(View):
    """Drives the run; what it shows has come from the engine in answer to a press."""

    declaration = STEPPER
    empty = ""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab)
        self.walked: Walked | None = None
        self._arrays: dict[str, np.ndarray] = {}
        self._slow = QTimer(self)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(self._press_slowly)
        self.back = self._button(_("Back"), lambda: self._walk("back"))
        self.next = self._button(_("Next"), lambda: self._walk("next"))
        self.slowly = self._button(_("Run slowly"), self._toggle)
        self.slowly.setCheckable(True)
        self.gradient = self._button(_("To the gradient of the selected layer"), self._to_gradient)
        self.heading = Caption(self.body)
        self.tabs = Tabs(_("Which numbers"), self.body)
        self.tabs.chosen.connect(lambda _key: self._show_array())
        self.sample = QSpinBox(self.body)
        self.sample.setAccessibleName(_("Page of the array"))
        self.sample.valueChanged.connect(lambda _value: self._show_array())
        self.model_ = Numbers(self)
        self.table = QTableView(self.body)
        self.told = QPlainTextEdit(self.body)
        self._lay_out()
        lab.walked.connect(self._take)
        lab.explained.connect(self._tell)

    def _button(self, words: str, do: Any) -> QPushButton:
        button = QPushButton(words, self.body)
        button.clicked.connect(do)
        return button

    def _lay_out(self) -> None:
        self.table.setModel(self.model_)
        self.table.setFont(number_font(11))
        self.table.setAccessibleName(_("Numbers of the operation"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.horizontalHeader().setDefaultSectionSize(64)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.selectionModel().currentChanged.connect(self._ask)
        self.told.setReadOnly(True)
        self.told.setFont(number_font(12))
        self.told.setAccessibleName(_("The sum behind the number"))
        self.told.setPlaceholderText(_("Press Next, then click a number to see the sum that made it."))
        self.told.setMaximumHeight(110)
        bar, which = QHBoxLayout(), QHBoxLayout()
        for button in (self.back, self.next, self.slowly, self.gradient):
            bar.addWidget(button)
        bar.addStretch(1)
        which.addWidget(self.tabs, 1)
        which.addWidget(self.sample)
        layout = column(self.body, 4)
        layout.addLayout(bar)
        layout.addWidget(self.heading)
        layout.addLayout(which)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.told)
        self.sample.hide()

    # --- driving ----------------------------------------------------------------------------------------------------

    def _walk(self, way: str) -> None:
        self._stop()
        self.lab.walk(way)

    def _to_gradient(self) -> None:
        self._stop()
        self.lab.walk("until", "backward", self._looking.node())

    def _toggle(self) -> None:
        if self.slowly.isChecked():
            self._press_slowly()
            self._slow.start()
        else:
            self._slow.stop()

    def _press_slowly(self) -> None:
        if self.lab.state in ("running", "offline") and self._slow.isActive():
            self._stop()
        elif self.lab.state != "starting":
            self.lab.walk("next")

    def _stop(self) -> None:
        self._slow.stop()
        self.slowly.setChecked(False)

    # --- what came --------------------------------------------------------------------------------------------------

    def _take(self, walked: Walked) -> None:
        self.walked = walked
        self._arrays = {name: unpack(array) for name, array in walked.arrays.items()}
        self.told.clear()
        if walked.node:
            self.lab.select(home_of(walked.node))
        title = self._looking.title(walked.node)
        words = _(PHASES[walked.phase]) if walked.phase else _("the start of the batch")
        text = _("Batch {batch} · {phase} · {layer}") if title else _("Batch {batch} · {phase}")
        self.heading.setText(text.format(batch=walked.batch + 1, phase=words, layer=title))
        self.set_subtitle(self.heading.text())
        self.summarise(self.heading.text())
        self.tabs.set_tabs([(name, f"{name} {extents(array.shape)}") for name, array in self._shown()])
        self.tabs.choose(self._first())
        self._show_array()

    def _shown(self) -> list[tuple[str, np.ndarray]]:
        """What the operation made first, then what it was made from."""
        found = sorted(self._arrays.items(), key=lambda item: not _made(item[0]))
        return [(name, array) for name, array in found if array.size]

    def _first(self) -> str:
        names = [name for name, _array in self._shown()]
        broken = [name for name, array in self._shown() if array.dtype.kind == "f" and not np.isfinite(array).all()]
        if broken:
            return broken[0]
        return "gradient.weight" if "gradient.weight" in names else next(iter(names), "")

    def _show_array(self) -> None:
        array = self._arrays.get(self.tabs.current)
        if array is None:
            self.model_.show_array(np.zeros((0, 0)), ())
            return
        pages = array.shape[:-2]
        count = int(np.prod(pages)) if pages else 1
        self.sample.setVisible(count > 1)
        self.sample.setMaximum(count - 1)
        front = tuple(int(i) for i in np.unravel_index(min(self.sample.value(), count - 1), pages)) if pages else ()
        self.model_.show_array(array, front)

    def _ask(self, current: QModelIndex) -> None:
        if current.isValid() and self.tabs.current:
            place = self.model_.index_of(current.row(), current.column())
            self.lab.link.send(Explain(self.tabs.current, place))

    def _tell(self, explained: Explained) -> None:
        self.told.setPlainText("\n".join(explained.lines) or explained.message)

    def forget(self) -> None:
        super().forget()
        self.walked = None

    def restyle(self) -> None:
        self.heading.setStyleSheet(f"color: {theme.tokens.text};")

    def rows(self) -> Rows:
        array = self._arrays.get(self.tabs.current)
        if array is None:
            return [], []
        header = [*(f"axis_{i}" for i in range(array.ndim)), "value"]
        return header, ((*place, float(array[place])) for place in np.ndindex(*array.shape))


def _made(name: str) -> bool:
    return name.startswith(("output", "gradient", "loss", "norm")) or name.endswith(".new")
