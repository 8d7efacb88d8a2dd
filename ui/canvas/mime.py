"""A layer or a saved group on its way from the palette to the canvas."""

from PySide6.QtCore import QMimeData

from ui.canvas.saved import declaration

LAYER = "application/x-dllab-layer"


def mime_of(kind: str) -> QMimeData:
    """A kind of layer as something to drag."""
    data = QMimeData()
    data.setData(LAYER, kind.encode())
    return data


def kind_of(data: QMimeData) -> str:
    """The kind that is dragged; empty for anything else and for what isn't known here."""
    kind = bytes(data.data(LAYER).data()).decode("utf-8", "replace") if data.hasFormat(LAYER) else ""
    return kind if declaration(kind) else ""
