"""One chart as the lab draws it: quiet axes from the theme, values on hover, keys for everything the mouse does."""

import math
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from dllab.text import _
from ui.shell.theme import interface_font, theme
from ui.views.controls import IconButton
from ui.views.numbers import show
from ui.views.readout import Line, Readout

_DECADES = 330
_PADDING = 0.03
_TICK_PIXELS = {"left": 34, "bottom": 62}


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Few round ticks, each with its number; `logarithmic` when the values drawn are powers of ten."""

    logarithmic = False
    percent = False

    def tickValues(self, least: float, most: float, size: float) -> list[tuple[float, list[float]]]:
        low, high = sorted((least, most))
        if not (math.isfinite(low) and math.isfinite(high)) or low == high:
            return []
        wanted = max(size / _TICK_PIXELS[self.orientation], 1.5)
        if self.logarithmic and max(-low, high) > _DECADES:
            # The range is still that of the linear scale; the next drawing brings another.
            return []
        if self.logarithmic and high - low > 0.6:
            return [(1.0, decades(low, high, wanted))]
        spacing = round_step((high - low) / wanted)
        first, last = math.ceil(low / spacing), math.floor(high / spacing)
        return [(spacing, [i * spacing for i in range(first, last + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logarithmic:
            return [show(10.0**v) if v < 308 else "" for v in values]
        if self.percent:
            return [tick(100 * v, 100 * spacing) + " %" for v in values]
        return [tick(v, spacing) for v in values]


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power: float = 10.0 ** math.floor(math.log10(least))
    return next(f * power for f in (1, 2, 5, 10) if f * power >= least * (1 - 1e-9))


def decades(low: float, high: float, wanted: float) -> list[float]:
    """Logarithms of 1, 2, 5 (where there is room) or of every n-th power of ten between two logarithms."""
    span = high - low
    factors: tuple[int, ...] = (1, 2, 5) if span * 3 <= wanted * 1.3 else (1, 3) if span * 2 <= wanted * 1.3 else (1,)
    every = max(1, math.ceil(span / wanted))
    found = []
    for power in range(math.floor(low), math.ceil(high) + 1):
        if power % every == 0:
            found += [power + math.log10(f) for f in factors]
    return [v for v in found if low <= v <= high]


def tick(value: float, spacing: float) -> str:
    """A tick with as many places as its spacing needs."""
    if value == 0 or abs(value) < spacing / 1000:
        return "0"
    size = max(abs(value), spacing)
    if size >= 1e7 or size < 1e-4:
        return show(value)
    places = max(0, -math.floor(math.log10(spacing) + 1e-9))
    return f"{value:,.{places}f}".replace("-", "−")


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """A pyqtgraph plot without pyqtgraph's looks, menus and English texts."""

    hovered = Signal(object)
    """(x, y) in the plot's numbers under the pointer or the keyboard's line; None when it left."""
    clicked = Signal(float, float)
    moved = Signal()
    """The range in view changed."""
    offers = Signal(object, object)
    """A menu that is about to open, for more entries, and where in the plot's numbers: (x, y), or None."""

    def __init__(self, parent: QWidget | None = None, zoom: tuple[bool, bool] = (True, True)) -> None:
        axes = {side: Axis(side) for side in ("left", "bottom")}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self.axes = axes
        self._labels: dict[str, str] = {}
        self._pressed: QPoint | None = None
        self.at: float | None = None
        """Where the line stands that keys move; None while the pointer reads."""
        self.fit_button = IconButton("mdi6.fit-to-page-outline", _("Show everything"), self)
        self.fit_button.clicked.connect(self.fit)
        self.fit_button.hide()
        item = self.plotItem
        item.hideButtons()
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.layout.setContentsMargins(2, 6, 8, 0)
        item.vb.setMouseEnabled(*zoom)
        item.vb.setDefaultPadding(_PADDING)
        item.vb.sigRangeChanged.connect(lambda *_range: self.moved.emit())
        item.vb.sigRangeChangedManually.connect(lambda *_axes: self.fit_button.show())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.line = pg.InfiniteLine(angle=90, movable=False)
        self.line.hide()
        item.addItem(self.line, ignoreBounds=True)
        self.readout = Readout(self)
        self.hovered.connect(self._follow)
        self.restyle()

    # --- looks ------------------------------------------------------------------------------------------------------

    def restyle(self) -> None:
        """Take over the theme's colours and font."""
        tokens = theme.tokens
        self.setBackground(tokens.surface)
        for side, axis in self.axes.items():
            axis.enableAutoSIPrefix(False)
            axis.setPen(pg.mkPen(tokens.line if side == "bottom" else None))
            axis.setTickPen(pg.mkPen(tokens.line))
            axis.setTextPen(pg.mkPen(tokens.muted))
            axis.setTickFont(interface_font(11))
            axis.setStyle(tickLength=0, tickTextOffset=5, tickTextHeight=14, hideOverlappingLabels=False)
            axis.setGrid(255 if side == "left" else False)
            axis.setStyle(tickAlpha=255)
            axis.setZValue(-10)
        self.line.setPen(pg.mkPen(tokens.muted, width=1, style=Qt.PenStyle.DashLine))
        self.set_labels(**self._labels)

    def set_labels(self, **labels: str) -> None:
        """Name the axes: left, bottom."""
        self._labels = labels
        for side, words in labels.items():
            self.axes[side].setLabel(words or None, color=theme.tokens.muted, **{"font-size": "11px"})
            self.axes[side].showLabel(bool(words))

    def set_scale(self, logarithmic: bool = False, percent: bool = False) -> None:
        """How to label the values drawn: logarithms to base ten, or shares."""
        axis = self.axes["left"]
        if (axis.logarithmic, axis.percent) != (logarithmic, percent):
            axis.logarithmic, axis.percent = logarithmic, percent
            axis.picture = None
            axis.update()
            self.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(theme.tokens.accent))
            painter.drawRoundedRect(self.viewport().rect().adjusted(0, 0, -1, -1), 6, 6)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "fit_button"):
            self.fit_button.move(self.width() - 30, 2)

    # --- range ------------------------------------------------------------------------------------------------------

    @property
    def fitting(self) -> bool:
        """Whether the plot follows its data."""
        return not self.fit_button.isVisibleTo(self)

    def fit(self) -> None:
        """Show everything, and follow new data again."""
        self.fit_button.hide()
        self.plotItem.enableAutoRange()

    def bounds(self) -> tuple[float, float, int]:
        """What is in view from left to right, and how many columns of pixels there are; all of it while fitting."""
        columns = max(int(self.plotItem.vb.width()), 50)
        if self.plotItem.vb.autoRangeEnabled()[0]:
            return -math.inf, math.inf, columns
        (left, right), _ys = self.plotItem.vb.viewRange()
        return left, right, columns

    # --- mouse and keys ---------------------------------------------------------------------------------------------

    def _place(self, position: QPointF) -> tuple[float, float] | None:
        scene = self.mapToScene(position.toPoint())
        view = self.plotItem.vb
        if not view.sceneBoundingRect().contains(scene):
            return None
        point = view.mapSceneToView(scene)
        return point.x(), point.y()

    def mouseMoveEvent(self, event: Any) -> None:
        super().mouseMoveEvent(event)
        self.at = None
        self.hovered.emit(self._place(event.position()))

    def mousePressEvent(self, event: Any) -> None:
        super().mousePressEvent(event)
        self._pressed = event.position().toPoint()

    def mouseReleaseEvent(self, event: Any) -> None:
        super().mouseReleaseEvent(event)
        place = self._place(event.position())
        near = self._pressed is not None and (event.position().toPoint() - self._pressed).manhattanLength() < 4
        if near and place is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(*place)

    def mouseDoubleClickEvent(self, event: Any) -> None:
        self.fit()

    def leaveEvent(self, event: Any) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def _follow(self, place: tuple[float, float] | None) -> None:
        if place is None:
            self.line.hide()
            self.readout.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match Qt.Key(event.key()):
            case Qt.Key.Key_Left:
                self._walk(-1)
            case Qt.Key.Key_Right:
                self._walk(1)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom(0.8)
            case Qt.Key.Key_Minus:
                self._zoom(1.25)
            case Qt.Key.Key_Home:
                self.fit()
            case Qt.Key.Key_Escape if self.at is not None:
                self.at = None
                self.hovered.emit(None)
            case _:
                event.ignore()

    def _walk(self, direction: int) -> None:
        """Move the reading line by keys."""
        (left, right), (bottom, top) = self.plotItem.vb.viewRange()
        # The first and the last point lie a little inside.
        margin = (right - left) * 2 * _PADDING
        left, right = left + margin, right - margin
        if self.at is None:
            self.at = right if direction < 0 else left
        else:
            self.at = min(max(self.at + direction * (right - left) / 50, left), right)
        self.hovered.emit((self.at, (bottom + top) / 2))

    def _zoom(self, factor: float) -> None:
        x, y = self.plotItem.vb.state["mouseEnabled"]
        self.plotItem.vb.scaleBy(x=factor if x else None, y=factor if y else None)
        self.fit_button.show()

    def say(self, title: str, lines: Sequence[Line], x: float, y: float) -> None:
        """Show a reading beside a place in the plot."""
        scene = self.plotItem.vb.mapViewToScene(QPointF(x, y))
        self.readout.say(title, lines, self.mapFromScene(scene))
        self.setAccessibleDescription(self.readout.plain)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self._place(QPointF(event.pos()))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            place = (self.at, 0.0) if self.at is not None else None
        menu = self.menu()
        self.offers.emit(menu, place)
        menu.exec(event.globalPos())

    def menu(self) -> QMenu:
        """What a right click offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(_("Show everything"), self.fit)
        menu.addAction(_("Copy picture"), self._copy)
        return menu

    def _copy(self) -> None:
        self.readout.hide()
        QGuiApplication.clipboard().setPixmap(self.grab())


def pen(colour: QColor | str, width: float = 1.0, dash: Sequence[float] = (), alpha: int = 255) -> QPen:
    """A line's pen; one pixel wide lines draw ten times faster than others."""
    shade = QColor(colour)
    shade.setAlpha(alpha)
    made: QPen = pg.mkPen(shade, width=width)
    if dash:
        made.setDashPattern(list(dash))
    return made


def upright(plot: Plot, height: float) -> "pg.InfiniteLine":
    """A line at one place of the lower axis, with words beside it at this part of the height."""
    line = pg.InfiniteLine(angle=90, movable=False, label="", labelOpts={"position": height})
    line.setZValue(200)
    line.hide()
    plot.plotItem.addItem(line, ignoreBounds=True)
    return line
