"""Random work on the real widget: whatever is done, the canvas shows what the document holds."""

import random

import pytest
from canvas_stage import Ctrl, Hands, Key, annotated, branched
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from thorough import times

from dllab.document.experiment import Experiment
from dllab.layers import LAYERS

KINDS = [layer.kind for layer in LAYERS]


class Monkey:
    """Hands that do anything."""

    def __init__(self, hands: Hands, seed: int) -> None:
        self.hands, self.random = hands, random.Random(seed)

    def somewhere(self) -> QPoint:
        size = self.hands.viewport.size()
        return QPoint(self.random.randrange(5, size.width() - 5), self.random.randrange(5, size.height() - 5))

    def something(self) -> QPoint:
        """A node, a port, a wire, or anywhere."""
        hands, choice = self.hands, self.random.random()
        nodes = list(hands.scene.nodes.values())
        if nodes and choice < 0.35:
            return hands.middle(self.random.choice(nodes).node_id)
        if nodes and choice < 0.75:
            item = self.random.choice(nodes)
            ports = [("in", p) for p in item.face.inputs] + [("out", p) for p in item.face.outputs]
            return hands.port(item.node_id, *self.random.choice(ports))
        if hands.scene.wires and choice < 0.9:
            return hands.on_wire(str(self.random.choice(list(hands.scene.wires))))
        return self.somewhere()

    def act(self) -> None:
        acts = (
            self.drop, self.drop, self.drag, self.drag, self.drag, self.cancel_drag, self.click, self.double_click, self.key,
            self.key, self.undo, self.search, self.wheel,
        )  # fmt: skip
        self.random.choice(acts)()

    def drop(self) -> None:
        at = self.something()
        if self.hands.viewport.rect().contains(at):
            self.hands.drop(self.random.choice(KINDS), at)

    def drag(self) -> None:
        self.hands.drag(self.something(), self.something(), self.random.choice((Ctrl, Ctrl & ~Ctrl)))
        self.leave_search()

    def cancel_drag(self) -> None:
        start, end = self.something(), self.something()
        self.hands.press(start)
        self.hands.move(end)
        self.hands.key(Key.Key_Escape)
        self.hands.release(end)

    def click(self) -> None:
        self.hands.click(self.something())

    def double_click(self) -> None:
        self.hands.double_click(self.something())
        self.leave_search()

    def key(self) -> None:
        key, held = self.random.choice((
            (Key.Key_Delete, None), (Key.Key_M, None), (Key.Key_D, Ctrl), (Key.Key_A, Ctrl), (Key.Key_C, Ctrl),
            (Key.Key_V, Ctrl), (Key.Key_X, Ctrl), (Key.Key_Right, None), (Key.Key_Down, None), (Key.Key_Left, Ctrl),
            (Key.Key_L, None), (Key.Key_Return, None), (Key.Key_N, None), (Key.Key_G, Ctrl), (Key.Key_F2, None),
            (Key.Key_Escape, None), (Key.Key_Home, None),
        ))  # fmt: skip
        if len(self.hands.graph.nodes) > 40:
            key, held = Key.Key_Delete, None
            self.hands.canvas.select_all()
        self.hands.key(key, held or (Ctrl & ~Ctrl))

    def undo(self) -> None:
        stack = self.hands.document.undo_stack
        self.random.choice((stack.undo, stack.undo, stack.redo))()

    def search(self) -> None:
        self.hands.key(Key.Key_Space)
        if self.hands.view.add_menu is not None and self.hands.view.add_menu.isVisible():
            self.hands.choose(self.random.choice(("lin", "conv", "add", "relu", "zzz")))
        self.leave_search()

    def wheel(self) -> None:
        self.hands.wheel(self.somewhere(), self.random.choice((-120, 120)))

    def leave_search(self) -> None:
        menu = self.hands.view.add_menu
        if menu is not None and menu.isVisible():
            QTest.keyClick(menu.field, self.random.choice((Key.Key_Escape, Key.Key_Return)))
            if menu.isVisible():
                QTest.keyClick(menu.field, Key.Key_Escape)


def check_in_step(hands: Hands) -> None:
    # A double-click may have opened a group: the canvas shows the page.
    graph, scene = hands.document.page.experiment.model, hands.scene
    assert set(scene.nodes) == set(graph.nodes)
    assert set(scene.notes) == set(graph.notes)
    assert set(scene.frames) == set(graph.frames)
    assert set(scene.wires) == set(graph.links)
    if hands.view.gesture is None:
        for name, node in graph.nodes.items():
            assert scene.nodes[name].pos().toTuple() == (node.x, node.y)
        for wire in scene.wires.values():
            assert wire.isVisible()
    for link, wire in scene.wires.items():
        assert wire.points[0] == scene.nodes[link.source].port_point(("out", link.output))
        assert wire.points[-1] == pytest.approx(scene.nodes[link.target].port_point(("in", link.input)))
    shown = {id(item) for group in (scene.nodes, scene.notes, scene.frames, scene.wires) for item in group.values()}
    drawn = 1 if hands.view.gesture is not None and hasattr(hands.view.gesture, "wire") else 0
    assert len(scene.items()) == len(shown) + drawn + 2, "band and ghost are always there, nothing else is"
    assert set(scene.selection) <= {*graph.nodes, *graph.notes, *graph.frames}
    assert scene.selected_links <= set(graph.links)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(times(12, 100)))
def test_the_canvas_shows_what_the_document_holds(qtbot, qapp, seed):
    qapp.setProperty("reduced_motion", True)
    start = (Experiment(), branched(), annotated())[seed % 3]
    hands = Hands(qtbot, start)
    hands.canvas.resize(900, 600)
    monkey = Monkey(hands, seed)
    for _act in range(60):
        monkey.act()
        check_in_step(hands)
    hands.view.close_inline()
    hands.view.cancel()
    stack = hands.document.undo_stack
    end = hands.document.experiment
    steps = stack.index()
    for _step in range(steps):
        stack.undo()
        check_in_step(hands)
    assert hands.document.experiment == start
    for _step in range(steps):
        stack.redo()
    assert hands.document.experiment == end
    check_in_step(hands)
    qapp.setProperty("reduced_motion", None)
