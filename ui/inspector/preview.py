"""A small picture of the data: images as images, points as points, tables as rows, sequences as lines or words."""

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from dllab.engine.protocol import DataSummary, unpack
from dllab.text import _, ngettext, show
from ui.shell.theme import Tokens, interface_font, number_font, theme
from ui.views.sequence import answer_of, paint_lines, words_of

_GAP = 4
_TILE = 34
_IMAGE_ROWS = 3
_TABLE_ROWS = 5
_LINE = 19
_NAME_WIDTH = 64
_POINTS_HEIGHT = 170


class DataPreview(QWidget):
    """Draws the first samples of a DataSummary; a sentence while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Preview of the data"))
        self.sentence = ""
        self._x = np.zeros((0, 1))
        self._y = np.zeros(0)
        self._labels: dict[str, Any] = {}
        self.say(_("The preview comes when the engine has started."))

    def say(self, sentence: str) -> None:
        """Show a sentence in place of the data."""
        self.sentence = sentence
        self.setAccessibleDescription(sentence)
        self.updateGeometry()
        self.update()

    def show_summary(self, summary: DataSummary) -> None:
        """Show these samples."""
        x = unpack(summary.arrays["x"]) if "x" in summary.arrays else np.zeros((0, 1))
        if summary.message or not len(x):
            self.say(summary.message or _("There are no samples to show."))
            return
        self._x, self._y = x, unpack(summary.arrays["y"])
        self._labels = dict(summary.labels)
        self.say("")

    @property
    def family(self) -> str:
        """image, table, points, sequence or text; empty while there is nothing."""
        return "" if self.sentence else str(self._labels.get("family", ""))

    def sizeHint(self) -> QSize:
        heights = {
            "image": _IMAGE_ROWS * (_TILE + 3 + _GAP),
            "table": (_TABLE_ROWS + 1) * _LINE + 18,
            "points": _POINTS_HEIGHT,
            "sequence": _TABLE_ROWS * (_LINE if self._labels.get("tokens") else _TILE + _GAP),
            "text": _TABLE_ROWS * _LINE,
        }
        return QSize(240, heights.get(self.family, 48))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        match self.family:
            case "image":
                self._paint_images(painter)
            case "points":
                self._paint_points(painter)
            case "sequence" | "text":
                self._paint_sequences(painter)
            case "table":
                self._paint_table(painter)
            case _:
                painter.setFont(interface_font(12))
                painter.setPen(QColor(theme.tokens.muted))
                painter.drawText(
                    self.rect(), int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.sentence
                )
        painter.end()

    def _paint_images(self, painter: QPainter) -> None:
        columns = max(1, round((self.width() + _GAP) / (_TILE + _GAP)))
        tile = (self.width() + _GAP) // columns - _GAP
        for index, pixels in enumerate(images(self._x[: columns * _IMAGE_ROWS], theme.tokens)):
            row, at = divmod(index, columns)
            height, width = pixels.shape[:2]
            picture = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            place = QRect(at * (tile + _GAP), row * (tile + _GAP), tile, tile)
            painter.drawImage(place, picture)
            painter.setPen(QPen(QColor(theme.tokens.line), 1))
            painter.drawRect(place.adjusted(0, 0, -1, -1))

    def _paint_points(self, painter: QPainter) -> None:
        # The colours of data come with the plotting library, which is not loaded before there is something to plot.
        from ui.views.colours import class_colour

        t = theme.tokens
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(t.line), 1))
        painter.setBrush(QColor(t.canvas))
        painter.drawRoundedRect(frame, 6, 6)
        across, up = self._x.reshape(len(self._x), -1)[:, 0], self._x.reshape(len(self._x), -1)[:, -1]
        regression = self._labels.get("task") == "regression"
        if regression:
            up = self._y.reshape(len(self._y), -1)[:, 0]
        xs, ys = _fitted(across, up, frame.adjusted(10, 10, -10, -10), alike=not regression)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, y, target in zip(xs, ys, self._y, strict=True):
            painter.setBrush(QColor(t.accent) if regression else class_colour(int(target), t))
            painter.drawEllipse(QPointF(x, y), 2.2, 2.2)

    def _paint_sequences(self, painter: QPainter) -> None:
        t = theme.tokens
        tokens = [str(token) for token in self._labels.get("tokens") or ()]
        classes = [str(name) for name in self._labels.get("classes") or ()]
        height = self.sizeHint().height() // _TABLE_ROWS
        answers = [answer_of(y, classes) for y in self._y[:_TABLE_ROWS]]
        painter.setFont(number_font(11))
        metrics = painter.fontMetrics()
        room = min(max((metrics.horizontalAdvance(a) for a in answers), default=0) + 4, self.width() // 3)
        low, high = float(self._x.min()), float(self._x.max())
        for row, (x, answer) in enumerate(zip(self._x, answers, strict=False)):
            line = QRect(0, row * height, self.width() - room - 8, height)
            if tokens:
                painter.setPen(QColor(t.text))
                text = metrics.elidedText(words_of(x, tokens), Qt.TextElideMode.ElideRight, line.width())
                painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)
            elif x.ndim == 2:
                paint_lines(painter, QRectF(line).adjusted(0, 4, 0, -4), x, low, high)
            painter.setPen(QColor(t.muted))
            shown = metrics.elidedText(answer, Qt.TextElideMode.ElideRight, room)
            side = QRect(self.width() - room, row * height, room, height)
            painter.drawText(side, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_table(self, painter: QPainter) -> None:
        t = theme.tokens
        names, rows = self._cells()
        painter.setFont(number_font(11))
        advance = painter.fontMetrics().horizontalAdvance
        widths = [
            max(*(advance(cell) for cell in cells), min(advance(name), _NAME_WIDTH)) + 14
            for name, cells in zip(names, zip(*rows, strict=True), strict=True)
        ]
        last, shown, room = min(widths[-1], 110), 0, self.width() - min(widths[-1], 110)
        while shown < len(widths) - 1 and room >= widths[shown]:
            room -= widths[shown]
            shown += 1
        chosen = [*range(shown), len(widths) - 1]
        spare = room // max(1, shown)
        left = 0
        for column in chosen:
            width = last if column == len(widths) - 1 else widths[column] + spare
            self._paint_column(painter, names[column], [r[column] for r in rows], QRect(left, 0, width, _LINE))
            left += width
        painter.setPen(QPen(QColor(t.line), 1))
        painter.drawLine(0, _LINE, self.width(), _LINE)
        hidden = len(widths) - 1 - shown
        if hidden:
            text = ngettext("and {count} more column", "and {count} more columns", hidden).format(count=hidden)
            painter.setFont(interface_font(11))
            painter.setPen(QColor(t.muted))
            painter.drawText(0, (_TABLE_ROWS + 1) * _LINE + 14, text)

    def _paint_column(self, painter: QPainter, name: str, cells: list[str], place: QRect) -> None:
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        inner = place.adjusted(0, 0, -8, 0)
        painter.setFont(interface_font(11))
        painter.setPen(QColor(theme.tokens.muted))
        shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, flags, shown)
        painter.setFont(number_font(11))
        painter.setPen(QColor(theme.tokens.text))
        for cell in cells:
            inner.translate(0, _LINE)
            text = painter.fontMetrics().elidedText(cell, Qt.TextElideMode.ElideRight, inner.width())
            painter.drawText(inner, flags, text)

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        """Names of the columns and the first rows, the target last."""
        x = self._x.reshape(len(self._x), -1)[:_TABLE_ROWS]
        features = self._labels.get("features") or [str(i + 1) for i in range(x.shape[1])]
        classes = self._labels.get("classes") or []
        targets = self._labels.get("targets") or ([_("class")] if classes else [])
        rows = []
        for values, target in zip(x, self._y, strict=False):
            said = classes[int(target)] if classes else ", ".join(show(float(v)) for v in np.atleast_1d(target))
            rows.append([*(show(float(v)) for v in values), said])
        return [*features, ", ".join(targets)], rows


def images(x: np.ndarray, tokens: Tokens) -> np.ndarray:
    """Pixels (count, height, width, 3) of images (count, channels, height, width): colours, or ink on the ground."""
    from ui.views.colours import ink

    low, high = float(x.min(initial=0)), float(x.max(initial=1))
    places = np.clip((x - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8)
    if x.shape[1] == 3:
        return np.ascontiguousarray(np.moveaxis(places, 1, -1))
    pixels: np.ndarray = ink(tokens.dark)[places[:, 0]]
    return pixels


def _fitted(across: np.ndarray, up: np.ndarray, frame: QRectF, alike: bool) -> tuple[np.ndarray, np.ndarray]:
    """Points in pixels of the frame; `alike` keeps circles round."""
    middle = (float(across.min()) + float(across.max())) / 2, (float(up.min()) + float(up.max())) / 2
    wide, high = float(np.ptp(across)) or 1.0, float(np.ptp(up)) or 1.0
    sx, sy = frame.width() / wide, frame.height() / high
    if alike:
        sx = sy = min(sx, sy)
    centre = frame.center()
    return centre.x() + (across - middle[0]) * sx, centre.y() - (up - middle[1]) * sy
