"""The network as a picture one works on: canvas, palette, outline."""

from ui.canvas.canvas import Canvas
from ui.canvas.outline import Outline
from ui.canvas.palette import Palette

__all__ = ["Canvas", "Outline", "Palette"]
