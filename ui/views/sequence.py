"""Sequences as people read them: indices as words, quantities as lines from left to right."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from dllab.text import ngettext, show
from ui.shell.theme import theme

_LINES = 6


def words_of(indices: np.ndarray, tokens: Sequence[str]) -> str:
    """Indices of one sample as text; padding (an empty token) is left out, single characters stand close together."""
    said = [tokens[int(i)] if 0 <= int(i) < len(tokens) else "?" for i in np.ravel(indices)]
    close = all(len(token) <= 1 for token in tokens)
    return ("" if close else " ").join(word for word in said if word).replace("\n", "⏎")


def answer_of(y: Any, classes: Sequence[str]) -> str:
    """The answer to one sample as text: a class, the classes of its steps, or numbers."""
    values = np.atleast_1d(y)
    if not classes:
        shown = ", ".join(show(float(v)) for v in values.ravel()[:_LINES] if not np.isnan(v))
        return shown + (" …" if values.size > _LINES else "")
    named = [classes[int(v)] for v in values.ravel() if v >= 0]
    return ("" if all(len(name) <= 1 for name in classes) else " ").join(named).replace("\n", "⏎")


def is_sequence(x: np.ndarray) -> bool:
    """Whether samples (n, length, features) are sequences of quantities."""
    return x.ndim == 3


def paint_lines(painter: QPainter, place: QRectF, values: np.ndarray, low: float, high: float) -> None:
    """A sequence (length, features) as one line a feature, the first one strongest; low and high are the edges."""
    tokens = theme.tokens
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    span = (high - low) or 1.0
    count = len(values)
    across = place.left() + place.width() * (np.arange(count) + 0.5) / max(count, 1)
    for feature in reversed(range(min(values.shape[1], _LINES))):
        colour = QColor(tokens.accent if feature == 0 else tokens.validation if feature == 1 else tokens.muted)
        up = place.bottom() - place.height() * (values[:, feature] - low) / span
        painter.setPen(QPen(colour, 1.4 if feature == 0 else 1.0))
        points = [QPointF(float(x), float(y)) for x, y in zip(across, up, strict=True)]
        if count > 1:
            painter.drawPolyline(QPolygonF(points))
        else:
            painter.drawPoint(points[0])
    painter.restore()


def steps_words(count: int) -> str:
    """12 steps."""
    return ngettext("{count} step", "{count} steps", count).format(count=count)
