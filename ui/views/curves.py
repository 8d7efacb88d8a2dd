"""Loss, score and learning rate against steps, with earlier runs to compare."""

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget, QWidgetAction

from dllab.text import N_, _
from ui.shell.theme import theme
from ui.views import CURVES
from ui.views.base import Rows, View, column
from ui.views.controls import IconButton, Keys, Tabs
from ui.views.hints import hint
from ui.views.legend import Entry, Legend
from ui.views.numbers import percent, show
from ui.views.plot import Plot, pen, upright
from ui.views.readout import Line
from ui.views.runlines import RunLine
from ui.views.series import NAMES, SHARES, curve_pen, names_of, tabs_of, words_of
from ui.views.smoothing import Smoothing
from ui.views.stepmenu import offer_step
from ui.views.timestrip import TimeStrip

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.link.runs import Run

_WIDE = 520


class Curves(View):
    """Draws what `lab.runs` holds."""

    declaration = CURVES
    empty = N_("Press Train to see the loss fall.")
    interval = 0.033

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.smoothing = float(str(lab.settings.value("views/curves/smoothing", 0.8)))
        self.logarithmic = str(lab.settings.value("views/curves/log", "0")) == "1"
        self._lines: dict[tuple[str, str], RunLine] = {}
        self._hidden: set[str] = set()
        self.strip = TimeStrip(lab, self.body)
        self._build()
        self.stop_mark, self.stand_mark = upright(self.plot, 0.6), upright(self.plot, 0.9)
        self.restyle()
        lab.past.moved.connect(self.mark)
        self.plot.clicked.connect(lambda x, _y: lab.past.seek(round(x)))
        self.plot.offers.connect(partial(offer_step, lab))
        for signal in (lab.runs.added, lab.runs.removed, lab.runs.updated):
            signal.connect(self.mark)

    def _build(self) -> None:
        self.tabs = Tabs(_("Which curve"), self.body)
        self.tabs.set_tabs([(key, _(NAMES[key])) for key in ("loss", "accuracy", "rate")])
        self.tabs.chosen.connect(self._on_tab)
        self.log_button = IconButton("mdi6.math-log", _("Logarithmic scale"), self.body)
        self.log_button.setCheckable(True)
        self.log_button.setIconSize(QSize(20, 20))
        self.log_button.setChecked(self.logarithmic)
        self.log_button.toggled.connect(self.set_logarithmic)
        self.more_button = IconButton("mdi6.tune-variant", _("Smoothing and lines"), self.body)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.more_button.setMenu(self.menu)
        self.smoother = Smoothing(self.smoothing, self.body)
        self.smoother.changed.connect(self.set_smoothing)
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.tabs)
        top.addStretch(1)
        for widget in (self.smoother, self.log_button, self.more_button):
            top.addWidget(widget)
        self.keys = Keys(self.body)
        self.plot = Plot(self.body, zoom=(True, False))
        self.plot.plotItem.vb.setAutoVisible(y=True)
        self.plot.set_labels(bottom=_("step"))
        self.plot.setAccessibleName(self.title)
        self.plot.hovered.connect(self._read)
        self.plot.moved.connect(self._on_moved)
        self.legend = Legend(self.body)
        self.legend.toggled.connect(self._toggle)
        self.legend.removed.connect(self._remove)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.plot, 1)
        middle.addWidget(self.legend)
        layout = column(self.body, 2)
        layout.addLayout(top)
        layout.addWidget(self.keys)
        layout.addLayout(middle, 1)
        layout.addWidget(self.strip)

    # --- choices ----------------------------------------------------------------------------------------------------

    def set_smoothing(self, value: float) -> None:
        """Smooth this much, from 0 to 0.99."""
        if value != self.smoothing:
            self.smoothing = value
            self.smoother.set_value(value)
            self.lab.settings.setValue("views/curves/smoothing", value)
            self.mark()

    def set_logarithmic(self, on: bool) -> None:
        """Values on a logarithmic scale or not."""
        if on != self.logarithmic:
            self.logarithmic = on
            self.log_button.setChecked(on)
            self.lab.settings.setValue("views/curves/log", "1" if on else "0")
            self.mark()

    def _on_moved(self) -> None:
        # While the plot follows its data all of it is drawn already.
        if not self.plot.fitting:
            self.mark()

    def _on_tab(self, _key: str) -> None:
        self.plot.fit()
        self.mark()

    def _fill_menu(self) -> None:
        self.menu.clear()
        smoothing = Smoothing(self.smoothing)
        smoothing.changed.connect(self.set_smoothing)
        action = QWidgetAction(self.menu)
        action.setDefaultWidget(smoothing)
        self.menu.addAction(action)
        log = self.menu.addAction(_("Logarithmic scale"))
        log.setCheckable(True)
        log.setChecked(self.logarithmic)
        log.toggled.connect(self.set_logarithmic)
        self.menu.addAction(_("Show everything"), self.plot.fit)
        self.menu.addSeparator()
        for entry in self._entries():
            # An ampersand in a name would become a shortcut.
            line = self.menu.addAction(f"{entry.words} {entry.value}".replace("&", "&&"))
            line.setCheckable(True)
            line.setChecked(entry.shown)
            line.toggled.connect(lambda on, key=entry.key: self._toggle(key, on))
        if len(self.lab.runs.all) > 1:
            self.menu.addSeparator()
            self.menu.addAction(_("Remove earlier runs"), self.lab.runs.clear_earlier)

    def _toggle(self, key: str, shown: bool) -> None:
        run = self.lab.runs.find(key)
        if run is not None:
            run.visible = shown
            self.lab.runs.updated.emit(run)
        else:
            self._hidden = self._hidden - {key} if shown else self._hidden | {key}
        self.mark()

    def _remove(self, key: str) -> None:
        run = self.lab.runs.find(key)
        if run is not None:
            self.lab.runs.remove(run)

    # --- drawing ----------------------------------------------------------------------------------------------------

    def sentence(self) -> str:
        if not any(len(curve) for run in self.lab.runs.all for curve in run.curves.values()):
            return hint(self)
        return ""

    def draw(self) -> None:
        runs = self.lab.runs.all
        self.tabs.set_tabs([(key, _(NAMES[key])) for key in tabs_of(runs)])
        names = self._names()
        self._drop({(run.id, name) for run in runs for name in names if name in run.curves})
        self.plot.set_scale(self.logarithmic, self.tabs.current in SHARES and not self.logarithmic)
        for order, run in enumerate(reversed(runs)):
            for name in names:
                self._draw_line(run, name, order)
        self._mark_steps()
        self.strip.refresh()
        self.set_subtitle(runs[-1].label if len(runs) > 1 else "")
        entries = self._entries()
        self.legend.set_entries(entries)
        self._show_keys(entries)
        self.plot.setAccessibleDescription(self._spoken())
        self.summarise(self._spoken())

    def _drop(self, wanted: set[tuple[str, str]]) -> None:
        for key in self._lines.keys() - wanted:
            self._lines.pop(key).remove()

    def _draw_line(self, run: "Run", name: str, order: int) -> None:
        curve = run.curves.get(name)
        if curve is None:
            return
        line = self._lines.get((run.id, name))
        if line is None:
            line = self._lines[run.id, name] = RunLine(self.plot)
        if not run.visible or (order == 0 and name in self._hidden):
            line.hide()
            return
        weight = self.smoothing if _is_per_step(run, name) else 0.0
        # A dashed line of single batches is a smear: earlier runs show their smoothed line alone.
        line.update(curve, curve_pen(name, order, self._names()), weight, self.logarithmic, order == 0, 100 - order)

    def _names(self) -> tuple[str, ...]:
        return names_of(self.tabs.current, self.lab.runs.all)

    def _mark_steps(self) -> None:
        run = self.lab.runs.current
        stopped = run is not None and run.state == "non-finite" and run.visible
        self.stop_mark.setVisible(stopped)
        if run is not None and stopped:
            step = run.trouble.step if run.trouble is not None else run.step
            self.stop_mark.setValue(step)
            self.stop_mark.label.setFormat(_("✕ no longer a number, step {step}").format(step=f"{step:,}"))
        self.stand_mark.setVisible(self.lab.past.away or self.lab.past.wanted is not None)
        self.stand_mark.setValue(self.lab.past.step)
        self.stand_mark.label.setFormat(_("step {step}").format(step=f"{self.lab.past.step:,}"))

    def _entries(self) -> list[Entry]:
        entries = []
        names = self._names()
        several = len(self.lab.runs.all) > 1
        for order, run in enumerate(reversed(self.lab.runs.all)):
            known = [name for name in names if name in run.curves and len(run.curves[name])]
            if order == 0:
                for name in known:
                    shown = name not in self._hidden and run.visible
                    words = words_of(name)
                    if several:
                        words = _("{series}, run {number}").format(series=words, number=run.number)
                    entries.append(
                        Entry(name, words, self._last(run, name), curve_pen(name, 0, self._names()), shown, strong=True)
                    )
            elif known:
                value = self._last(run, known[-1])
                entries.append(
                    Entry(
                        run.id,
                        run.label,
                        value,
                        curve_pen(known[-1], order, self._names()),
                        run.visible,
                        removable=True,
                    )
                )
        return entries

    def _last(self, run: "Run", name: str) -> str:
        return self._value(float(run.curves[name].values[-1]))

    def _value(self, value: float) -> str:
        return percent(value) if self.tabs.current in SHARES and np.isfinite(value) else show(value)

    def _show_keys(self, entries: list[Entry]) -> None:
        shown = [e for e in entries if e.shown and not e.removable]
        keys = [("●", e.pen.color().name(), f"{words_of(e.key)} {e.value}") for e in shown]
        earlier = [e for e in entries if e.shown and e.removable]
        keys += [("┄", e.pen.color().name(), f"{e.words} {e.value}") for e in earlier[:1]]
        if len(earlier) > 1:
            keys.append(("┄", theme.tokens.muted, _("+ {count} more").format(count=len(earlier) - 1)))
        self.keys.set_entries(keys)

    def _spoken(self) -> str:
        run = self.lab.runs.current
        if run is None:
            return ""
        parts = [f"{e.words} {e.value}" for e in self._entries() if not e.removable]
        text = _("{curve}: {values}, after {steps} steps")
        return text.format(curve=_(NAMES[self.tabs.current]), values=", ".join(parts), steps=f"{run.step:,}")

    # --- reading ----------------------------------------------------------------------------------------------------

    def _read(self, place: tuple[float, float] | None) -> None:
        if place is None:
            return
        lines, step = self._reading(place[0])
        self.plot.line.setValue(place[0])
        self.plot.line.setVisible(bool(lines))
        if lines:
            self.plot.say(_("step {step}").format(step=f"{step:,.0f}"), lines, *place)
        else:
            self.plot.readout.hide()

    def _reading(self, x: float) -> tuple[list[Line], float]:
        """Lines of the readout at a step, and the step they are about."""
        lines: list[Line] = []
        step = x
        for order, run in enumerate(reversed(self.lab.runs.all)):
            names = self._names()
            for name in names if order == 0 else reversed(names):
                line = self._lines.get((run.id, name))
                found = line.at(x) if line is not None and run.visible else None
                if found is None or (order == 0 and name in self._hidden):
                    continue
                if not lines:
                    step = found[0]
                words = words_of(name) if order == 0 else run.label
                mark = "●" if order == 0 else "┄"
                lines.append(
                    (mark, curve_pen(name, order, self._names()).color().name(), f"{words} {self._value(found[1])}")
                )
                if order:
                    break
        return lines, step

    # --- looks and files --------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        self.plot.restyle()
        for line, colour in ((self.stop_mark, theme.tokens.bad), (self.stand_mark, theme.tokens.accent)):
            line.setPen(pen(colour, 1.5, (4.0, 3.0) if line is self.stop_mark else ()))
            line.label.setColor(colour)
            line.label.fill = pg.mkBrush(theme.tokens.surface)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self.legend.setVisible(wide)
        self.keys.setVisible(not wide)
        self.smoother.setVisible(wide)
        self.plot.set_labels(bottom=_("step") if self.height() >= 260 else "")

    def rows(self) -> Rows:
        header = ["run", "label", "series", "step", "value"]
        rows = (
            (run.number, run.label, name, int(step), value)
            for run in self.lab.runs.all
            for name, curve in run.curves.items()
            for step, value in zip(curve.steps.tolist(), curve.values.tolist(), strict=True)
        )
        return header, rows


def _is_per_step(run: "Run", name: str) -> bool:
    """Whether a training curve has a point for every batch; validation has one an epoch, and so may training scores."""
    if not name.startswith("train_"):
        return name == "gradient_norm"
    validation = run.curves.get(name.replace("train_", "val_"))
    if validation is None or not len(validation):
        return name == "train_loss"
    return len(run.curves[name]) > 2 * len(validation)
