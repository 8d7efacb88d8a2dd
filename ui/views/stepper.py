"""One operation of training at a time: its numbers with heat, and behind each of them the sum that made it."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QSplitter,
    QTableView,
    QWidget,
)

from dllab.engine.protocol import Explain, Explained, Walked, unpack
from dllab.text import _
from ui.link.stepping import PACES
from ui.shell.theme import number_font
from ui.views import STEPPER
from ui.views.base import Rows, View, column
from ui.views.cells import Numbers, Pages
from ui.views.controls import Caption, IconButton, Tabs
from ui.views.hints import hint
from ui.views.nodes import Looking
from ui.views.numbers import extents
from ui.views.phases import PHASES, Phases

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 620
"""From this width in pixels the sum stands beside the numbers, not below them."""
_ROW = 6
"""Arrays that stand side by side; more are chosen from a list."""


class Stepper(View):
    """Drives the run; what it shows has come from the engine in answer to a press."""

    declaration = STEPPER
    empty = ""

    def sentence(self) -> str:
        return hint(self)

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab)
        self._stepping = lab.stepping
        self.walked: Walked | None = None
        self._arrays: dict[str, np.ndarray] = {}
        self._alone: tuple[str, ...] = ()
        """The arrays, where all of them are single numbers: they stand below each other."""
        self._make_buttons()
        self.phases = Phases(self.body)
        self.phases.wanted.connect(self._stepping.until)
        self.heading = Caption(self.body, 12, quiet=False, bold=True)
        self.said = Caption(self.body, 12)
        self.tabs = Tabs(_("Which numbers"), self.body)
        self.tabs.chosen.connect(lambda _key: self._show_array())
        self.which = QComboBox(self.body)
        self.which.setAccessibleName(_("Which numbers"))
        self.which.activated.connect(lambda index: self.tabs.choose(self.which.itemData(index)))
        self.sample = Pages(self.body)
        self.sample.changed.connect(self._show_array)
        self.model_ = Numbers(self)
        self.table = QTableView(self.body)
        self.notice = Caption(self.body)
        self.told = QPlainTextEdit(self.body)
        self.parts = QSplitter(self.body)
        self._dress()
        self._lay_out()
        lab.walked.connect(self._take)
        lab.explained.connect(self._tell)
        self._stepping.changed.connect(self._follow)
        lab.selection_changed.connect(lambda _node: self._follow())
        self._follow()

    def _make_buttons(self) -> None:
        stepping = self._stepping
        self.back = self._button(_("Back"), stepping.back, _("Undo this operation exactly (Shift+F8)"))
        self.next = self._button(_("Next"), stepping.next, _("Carry out the next operation (F8)"))
        self.next.setProperty("primary", True)
        self.slowly = self._button(
            _("Run slowly"), lambda: stepping.run_slowly(not stepping.slowly), _("Press Next again and again")
        )
        self.slowly.setCheckable(True)
        self.pace = QSlider(Qt.Orientation.Horizontal, self.body)
        self.pace.setRange(0, len(PACES) - 1)
        self.pace.setPageStep(1)
        self.pace.setFixedWidth(72)
        self.pace.setAccessibleName(_("Speed"))
        self.pace.setToolTip(_("How fast it runs: from 2.5 seconds an operation to a tenth of one"))
        self.pace.setValue(PACES.index(stepping.pace) if stepping.pace in PACES else 2)
        self.pace.valueChanged.connect(lambda value: stepping.set_pace(PACES[value]))
        self.forward = self._button(
            _("To the layer"), lambda: stepping.until("forward", self._looking.node()),
            _("Go on until the selected layer is computed"),
        )  # fmt: skip
        self.gradient = self._button(
            _("To its gradient"), lambda: stepping.until("backward", self._looking.node()),
            _("Go on until the gradient comes to the selected layer"),
        )  # fmt: skip
        self.leave = IconButton("mdi6.close", _("Leave step by step"), self.body)
        self.leave.clicked.connect(stepping.leave)

    def _button(self, words: str, do: Any, tip: str) -> QPushButton:
        button = QPushButton(words, self.body)
        button.setToolTip(tip)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def _dress(self) -> None:
        self.table.setModel(self.model_)
        self.table.setFont(number_font(11))
        self.table.setAccessibleName(_("Numbers of the operation"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.horizontalHeader().setDefaultSectionSize(72)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.selectionModel().currentChanged.connect(self._ask)
        self.told.setReadOnly(True)
        self.told.setFont(number_font(12))
        self.told.setAccessibleName(_("The sum behind the number"))
        self.parts.setChildrenCollapsible(False)
        self.parts.addWidget(self.table)
        self.parts.addWidget(self.told)
        self.parts.setStretchFactor(0, 3)
        self.parts.setStretchFactor(1, 2)
        self.sample.hide()
        self.notice.hide()
        self.which.hide()

    def _lay_out(self) -> None:
        bar, which = QHBoxLayout(), QHBoxLayout()
        bar.setSpacing(6)
        for widget in (self.back, self.next, self.slowly, self.pace, self.forward, self.gradient):
            bar.addWidget(widget)
        bar.addStretch(1)
        bar.addWidget(self.leave)
        title = QHBoxLayout()
        title.setSpacing(8)
        title.addWidget(self.heading, 2)
        title.addWidget(self.said, 3)
        which.setSpacing(4)
        which.addWidget(self.tabs)
        which.addWidget(self.which, 2)
        which.addStretch(1)
        which.addWidget(self.sample)
        layout = column(self.body, 4)
        for row in (bar, title, which):
            layout.addLayout(row)
        layout.insertWidget(1, self.phases)
        layout.addWidget(self.parts, 1)
        layout.addWidget(self.notice)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self.parts.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)

    # --- what can be pressed ----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Bring buttons and phases up to what is in hand."""
        stepping, node = self._stepping, self._looking.node()
        walked = stepping.walked
        self.slowly.setChecked(stepping.slowly)
        self.back.setEnabled(walked is not None and bool(walked.phase))
        self.forward.setEnabled(stepping.reaches("forward", node))
        self.gradient.setEnabled(stepping.reaches("backward", node))
        self.leave.setEnabled(walked is not None)
        reachable = frozenset(phase for phase in PHASES if stepping.reaches(phase))
        self.phases.show_phase(walked.phase if walked is not None else "", reachable)
        if walked is None:
            self.heading.setText(_("Next carries out the first operation.") if self.walked is None else "")
            self.told.setPlaceholderText(_("Click a number to see the sum that made it."))

    # --- what came --------------------------------------------------------------------------------------------------

    def _take(self, walked: Walked) -> None:
        self.walked = walked
        self._arrays = {name: unpack(array) for name, array in walked.arrays.items()}
        self.told.clear()
        title = self._looking.title(walked.node)
        words = _(PHASES[walked.phase]) if walked.phase else _("the start of the batch")
        text = _("Batch {batch} · {phase} · {layer}") if title else _("Batch {batch} · {phase}")
        self.heading.setText(text.format(batch=walked.batch + 1, phase=words, layer=title))
        self.said.setText(walked.text)
        self.set_subtitle(self.heading.text())
        self.summarise(f"{self.heading.text()} {walked.text}".strip())
        self._offer()
        self.tabs.choose(self._first())
        self._show_array()

    def _offer(self) -> None:
        """The arrays of the operation, side by side or in a list."""
        shown = self._shown()
        alone = len(shown) > 1 and not any(array.ndim for _name, array in shown)
        self._alone = tuple(name for name, _array in shown) if alone else ()
        offers = [(name, f"{name} {extents(array.shape)}") for name, array in shown if not alone]
        self.tabs.set_tabs(offers)
        self.which.clear()
        for name, words in offers:
            self.which.addItem(words, name)
        self.tabs.setVisible(0 < len(offers) <= _ROW)
        self.which.setVisible(len(offers) > _ROW)

    def _shown(self) -> list[tuple[str, np.ndarray]]:
        """What the operation made first, then what it was made from."""
        backward = self.walked is not None and self.walked.phase == "backward"
        found = sorted(self._arrays.items(), key=lambda item: _rank(item[0], backward))
        return [(name, array) for name, array in found if array.size]

    def _first(self) -> str:
        names = [name for name, _array in self._shown()]
        broken = [name for name, array in self._shown() if _is_broken(name, array)]
        if broken:
            return broken[0]
        return "gradient.weight" if "gradient.weight" in names else next(iter(names), "")

    def _show_array(self) -> None:
        array = self._arrays.get(self.tabs.current)
        self.which.setCurrentIndex(self.which.findData(self.tabs.current))
        self._show_notice(array)
        if self._alone:
            values = np.array([[float(self._arrays[name])] for name in self._alone])
            self.sample.hide()
            self.model_.show_array(values, (), self._alone)
            return
        if array is None:
            self.model_.show_array(np.zeros((0, 0)), ())
            return
        self.sample.show_axes(array.shape[:-2])
        self.model_.show_array(array, self.sample.front)

    def _show_notice(self, array: np.ndarray | None) -> None:
        whole = self.walked.whole.get(self.tabs.current) if self.walked is not None else None
        self.notice.setVisible(whole is not None)
        if array is not None and whole is not None:
            text = _("Only the first {shown} of {whole} numbers are shown.")
            self.notice.setText(text.format(shown=extents(array.shape), whole=extents(whole)))

    def _ask(self, current: QModelIndex) -> None:
        if current.isValid() and self._alone:
            self.lab.link.send(Explain(self._alone[current.row()], ()))
        elif current.isValid() and self.tabs.current:
            place = self.model_.index_of(current.row(), current.column())
            self.lab.link.send(Explain(self.tabs.current, place))

    def _tell(self, explained: Explained) -> None:
        self.told.setPlainText("\n".join(explained.lines) or explained.message)

    def forget(self) -> None:
        super().forget()
        self.walked = None
        self._arrays = {}
        self.told.clear()
        self.said.setText("")
        self._offer()
        self._show_array()
        self._follow()

    def rows(self) -> Rows:
        array = self._arrays.get(self.tabs.current)
        if array is None:
            return [], []
        header = [*(f"axis_{i}" for i in range(array.ndim)), "value"]
        return header, ((*place, float(array[place])) for place in np.ndindex(*array.shape))


def _rank(name: str, backward: bool) -> int:
    """Where an array stands: what the operation made, what lies inside it, what it was made from."""
    for rank, starts in enumerate((("gradient.", "held."), ("local",), ("upstream",))):
        if name.startswith(starts):
            return rank
    if name == "outputs":
        return 5
    if name.startswith(("output", "loss", "norm", "factor")) or name.endswith(".new"):
        return 4 if backward and name.startswith(("output", "loss")) else 0
    given = name.startswith(("input", "running", "num_batches", "lengths")) or "bias" in name
    return 5 if given or ("weight" in name and name != "weights") else 3


def _is_broken(name: str, array: np.ndarray) -> bool:
    """Whether it holds what is no number; scores that a mask hides are meant to be none."""
    return name != "masked" and array.dtype.kind == "f" and not np.isfinite(array).all()
