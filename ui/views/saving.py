"""What a view shows, as a file: its picture, or its numbers."""

import csv
import io
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QPoint, QSize
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from dllab.files import write_atomic
from ui.shell.theme import theme
from ui.views.base import View


def save_picture(view: View, path: Path) -> None:
    """Write what is shown as .svg or, with any other name, as PNG at twice its size. Raises OSError."""
    figure = view if view.message else view.figure()
    write_atomic(path, _svg(figure, view.title) if path.suffix.lower() == ".svg" else _png(figure))


def save_data(view: View, path: Path) -> None:
    """Write the numbers shown as CSV. Raises OSError."""
    header, rows = view.rows()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomic(path, text.getvalue().encode())


def _png(widget: QWidget) -> bytes:
    pixmap = QPixmap(widget.size() * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(theme.tokens.surface)
    widget.render(pixmap, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not pixmap.save(buffer, "PNG"):
        raise OSError("the picture could not be made")
    return bytes(buffer.data().data())


def _svg(widget: QWidget, title: str) -> bytes:
    buffer = QBuffer()
    size: QSize = widget.size()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(widget.rect())
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), theme.tokens.surface)
    widget.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
    return bytes(buffer.data().data())
