"""The searchable list of layers, opened for a place, a wire's loose end, a wire, or the selected layer."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint

from dllab.document.experiment import Link
from ui.canvas.addmenu import AddMenu
from ui.canvas.fitting import Port, layers_after, layers_before
from ui.canvas.geometry import Point
from ui.canvas.saved import declaration

if TYPE_CHECKING:
    from ui.canvas.view import View


def search_for_place(view: "View", point: Point) -> None:
    """All layers; the chosen one stands at the point."""
    _search(view, view.to_view(point), None, lambda kind: view.editor.add(kind, point))


def search_for_selection(view: "View") -> None:
    """All layers, those that fit the selected one first; the chosen one goes behind it, or where the mouse is."""
    mouse = view.mouse_place()
    near = mouse or view.middle()
    at = view.to_view(near)
    chosen = [i for i in view.stage.selection if i in view.stage.nodes]
    kinds = None
    if chosen:
        item = view.stage.nodes[chosen[-1]]
        if item.face.outputs:
            kinds = layers_after(view.stage.experiment, view.stage.check, chosen[-1], item.face.outputs[0])
        if mouse is None:
            at = view.to_view((item.box.right, item.box.y))
    _search(view, at, kinds, lambda kind: view.editor.add_layer(kind, near))


def offer_layers(view: "View", end: tuple[str, Port], point: Point) -> None:
    """A wire ended in empty space: the layers that fit its other end."""
    name, (side, port) = end
    find = layers_after if side == "out" else layers_before
    kinds = find(view.stage.experiment, view.stage.check, name, port)
    _search(view, view.to_view(point), kinds, lambda kind: view.editor.add_linked(kind, end, point), only=True)


def offer_for_wire(view: "View", link: Link, point: Point) -> None:
    """The layers that a wire could take in."""
    kinds = layers_after(view.stage.experiment, view.stage.check, link.source, link.output)
    kinds = [kind for kind in kinds if (layer := declaration(kind)) and layer().output_ports()]
    _search(view, view.to_view(point), kinds, lambda kind: view.editor.insert(kind, link, point), only=True)


def _search(
    view: "View", at: QPoint, kinds: Sequence[str] | None, do: Callable[[str], object], only: bool = False
) -> None:
    view.cancel()
    view.close_inline()
    if view.add_menu is not None:
        view.add_menu.close()
        view.add_menu.deleteLater()
    view.add_menu = AddMenu(view, kinds, only)
    view.add_menu.chosen.connect(do)
    view.add_menu.open_at(view.viewport().mapToGlobal(at))
