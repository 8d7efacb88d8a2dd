"""Saved groups: kept in the palette and in files, put into networks by mouse and keys, removed; bad files stay harmless."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from dllab.checking.through import through
from dllab.document.code import codes
from dllab.document.experiment import Experiment, Graph, Node
from dllab.document.format import graph_from_text, graph_to_text
from dllab.layers.base import Misfit
from dllab.layers.custom import FIRST_CODE
from tests.support.canvas_stage import Hands, branched, chain, link
from ui.canvas import Palette, menus
from ui.canvas.addmenu import AddMenu
from ui.canvas.chips import Chip
from ui.canvas.mime import LAYER
from ui.canvas.saved import saved
from ui.document import Document

Key, Left = Qt.Key, Qt.MouseButton.LeftButton
Ctrl = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def folder(home: Path) -> Iterator[Path]:
    """Where the groups of this test are; the next one finds none of them."""
    saved.look()
    yield home / "groups"
    for kept in list(saved):
        saved.remove(kept.key)


@pytest.fixture
def palette(qtbot) -> Palette:
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(212, 700)
    palette.show()
    qtbot.waitExposed(palette)
    return palette


def block(**more: object) -> Node:
    """A group of Linear and ReLU."""
    nodes = {
        "in": Node(kind="group_input"), "linear": Node(kind="linear", params={"features": 8}, x=190),
        "relu": Node(kind="relu", x=380), "out": Node(kind="group_output", x=570),
    }  # fmt: skip
    links = (link("in", "linear"), link("linear", "relu"), link("relu", "out"))
    return Node(kind="group", title="Block", inside=Graph(nodes=nodes, links=links), **more)


def own(palette: Palette) -> dict[str, Chip]:
    return {chip.entry.title: chip for chip in palette.shelf.chips if chip.entry.family == "saved"}


def drag_from(chip: Chip, monkeypatch: pytest.MonkeyPatch) -> str:
    """Press on a chip and move away; returns the kind that travels."""
    taken: list[bytes] = []
    monkeypatch.setattr(QDrag, "exec", lambda self, *_actions: taken.append(bytes(self.mimeData().data(LAYER).data())))
    QTest.mousePress(chip, Left, pos=QPoint(20, 15))
    far = QPointF(60, 60)
    none, nothing = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, far, chip.mapToGlobal(far), none, Left, nothing)
    QApplication.sendEvent(chip, event)
    QTest.mouseRelease(chip, Left)
    return taken[0].decode()


def test_saved_from_the_menu_dragged_into_a_wire_and_undone(qtbot, palette, monkeypatch) -> None:
    hands = Hands(qtbot, branched())
    told: list[str] = []
    hands.canvas.told.connect(told.append)
    hands.canvas.select(["relu", "conv2d_2", "add"])
    hands.key(Key.Key_G, Ctrl)
    QTest.keyClicks(hands.view.inline, "Two ways")
    QTest.keyClick(hands.view.inline, Key.Key_Return)
    steps = hands.steps
    menu = menus.context_menu(hands.view, hands.middle("group"))
    next(action for action in menu.actions() if action.text().startswith("Save to palette")).trigger()
    assert told == ["“Two ways” is in the palette now, under Saved groups."]
    assert hands.steps == steps, "the network is as it was"
    assert palette.shelf._headings["saved"].text() == "Saved groups"
    kind = drag_from(own(palette)["Two ways"], monkeypatch)
    before = hands.document.experiment
    hands.drop(kind, hands.on_wire("conv2d.out -> group.in"))
    assert hands.links >= {"conv2d.out -> group_2.in", "group_2.out -> group.in"}
    assert hands.graph.nodes["group_2"].inside == hands.graph.nodes["group"].inside
    assert hands.graph.nodes["group_2"].title == "Two ways"
    assert hands.document.check.trainable, hands.document.check.problems
    assert hands.last_step == "Insert Two ways"
    hands.document.undo_stack.undo()
    assert hands.document.experiment == before
    menu.deleteLater()


def test_copies_are_groups_of_their_own(qtbot, palette) -> None:
    saved.add("Block", block(x=500, muted=True))
    hands = Hands(qtbot, chain())
    palette.add_requested.connect(hands.canvas.add_layer)
    hands.canvas.select(["relu"])
    QTest.mouseDClick(own(palette)["Block"], Left)
    QTest.keyClick(own(palette)["Block"], Key.Key_Return)
    assert {"group", "group_2"} <= set(hands.graph.nodes)
    assert "relu.out -> group.in" in hands.links
    assert not hands.graph.nodes["group"].muted
    hands.document.apply("rename", lambda e: _renamed(e))
    assert saved.get("saved:block").node.title == "Block"
    assert hands.graph.nodes["group_2"].title == "Block"


def _renamed(experiment: Experiment) -> Experiment:
    from dllab.document import edits

    return edits.replace_node(experiment, "group", title="Mine")


def test_another_window_and_another_start_find_it(make_window, qtbot) -> None:
    first = make_window(Document(branched()))
    saved.add("Block", block())
    assert "Block" in own(first.bench.palette_)
    saved._seen, saved._kept, saved._layers = [], {}, {}  # as in a process that has just begun
    second = make_window(Document(branched()))
    assert "Block" in own(second.bench.palette_)
    assert saved.get("saved:block").node == block()


def test_the_search_offers_it_where_it_fits(qtbot) -> None:
    saved.add("Block", block())
    hands = Hands(qtbot, chain())
    hands.key(Key.Key_Space)
    assert "Block" in hands.offered()
    hands.choose("block")
    assert hands.graph.nodes["group"].title == "Block"
    hands.document.undo_stack.undo()
    hands.drag(hands.port("relu", "out"), hands.at(380, 150))
    assert "Block" in hands.offered()
    hands.choose("block")
    assert "relu.out -> group.in" in hands.links
    hands.drag(hands.port("dropout", "in"), hands.at(60, 330))
    assert "Block" in hands.offered(), "it can also feed an input"
    hands.search.close()


def test_where_it_does_not_fit_it_is_not_offered_and_the_drop_says_why(qtbot) -> None:
    conv = block()
    inner = {**conv.inside.nodes, "linear": Node(kind="conv2d", x=190)}
    saved.add("Pictures", conv.model_copy(update={"inside": conv.inside.model_copy(update={"nodes": inner})}))
    hands = Hands(qtbot, chain())
    hands.drag(hands.port("relu", "out"), hands.at(380, 150))
    assert "Pictures" not in hands.offered()
    hands.search.close()
    hands.hover_with("saved:pictures", hands.on_wire("relu.out -> linear.in"))
    assert "Conv2d expects an image" in hands.view.hint.text()
    hands.leave_with()


def test_shapes_through_a_group_are_those_of_its_layers() -> None:
    assert through(block(), (4,)) == {"out": (8,)}
    assert through(block(params={"repeat": 3}), (4,)) == {"out": (8,)}
    nested = Graph(
        nodes={"in": Node(kind="group_input"), "group": block(), "out": Node(kind="group_output")},
        links=(link("in", "group"), link("group", "out")),
    )
    assert through(Node(kind="group", inside=nested), (4,)) == {"out": (8,)}
    assert through(Node(kind="group", inside=nested), None) == {}
    flat = {**block().inside.nodes, "linear": Node(kind="max_pool")}
    with pytest.raises(Misfit):
        through(block().model_copy(update={"inside": block().inside.model_copy(update={"nodes": flat})}), (4,))


def test_the_same_twice_is_said_and_another_gets_a_number(qtbot) -> None:
    hands = Hands(qtbot, Experiment(model=Graph(nodes={"group": block(), "relu": Node(kind="relu", y=200)})))
    hands.canvas.select(["group"])
    hands.canvas.save_group()
    hands.canvas.save_group()
    assert hands.refusals[-1] == "“Block” stands in the palette already."
    assert saved.add("Block", block(params={"repeat": 2})) == "Block 2"
    assert [kept.title for kept in saved] == ["Block", "Block 2"]
    hands.canvas.select(["relu"])
    hands.canvas.save_group()
    assert "Select one group first" in hands.refusals[-1]


def test_a_file_is_text_as_on_the_clipboard(folder) -> None:
    saved.add("Block", block())
    (file,) = folder.iterdir()
    assert file.name == "block.json"
    assert graph_from_text(file.read_text("utf-8")).nodes == {"group": block()}


def test_what_cannot_be_written_is_said(qtbot, monkeypatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ui.canvas.saved.write_atomic", full)
    hands = Hands(qtbot, Experiment(model=Graph(nodes={"group": block()})))
    hands.canvas.select(["group"])
    hands.canvas.save_group()
    assert hands.refusals == ["The group could not be saved: the disk is full."]
    assert list(saved) == []


HOSTILE = {
    "cut": '{"dllab_part": 1, "nodes": {"group"',
    "pickle": "\x80\x04cos\nsystem\n",
    "experiment": '{"schema_version": 1}',
    "later": '{"dllab_part": 99, "nodes": {}}',
    "layer": graph_to_text(Graph(nodes={"relu": Node(kind="relu")})),
    "deep": '{"dllab_part": 1, "nodes": ' + '{"a":' * 5000 + "1" + "}" * 5001,
    "large": " " * 300_000,
    "many": graph_to_text(Graph(nodes={"group": block(params={"repeat": 100})})),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_file_is_a_grey_row_with_its_reason(folder, palette, qtbot, name) -> None:
    saved.add("Good", block())
    text = HOSTILE[name]
    if name == "many":
        inside = Graph(nodes={f"group_{n}": block(params={"repeat": 100}) for n in range(9)})
        text = graph_to_text(Graph(nodes={"group": Node(kind="group", inside=inside)}))
    (folder / f"{name}.json").write_text(text, "utf-8")
    saved.look()
    found = own(palette)
    assert set(found) == {"Good", name}
    assert found[name].entry.reason
    assert found[name].entry.reason in found[name].accessibleDescription()
    with qtbot.assertNotEmitted(palette.add_requested):
        QTest.mouseDClick(found[name], Left)
        QTest.keyClick(found[name], Key.Key_Return)
    menu = AddMenu(palette)
    assert [row.title for row in menu._model._entries if row.saved] == ["Good"]
    menu.deleteLater()


def test_a_pipe_in_the_folder_stops_nothing(folder) -> None:
    saved.add("Good", block())
    os.mkfifo(folder / "pipe.json")
    saved.look()
    assert {kept.title: bool(kept.reason) for kept in saved} == {"Good": False, "pipe": True}


def test_file_names_that_are_no_text(folder, qtbot) -> None:
    good = graph_to_text(Graph(nodes={"group": block()})).encode()
    for name, data in ((b"a\xff\n.json", good), (b"b\xfe\n.json", b"{")):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(data)
    palette = Palette()
    qtbot.addWidget(palette)
    found = own(palette)
    assert set(found) == {"Block", "b\N{REPLACEMENT CHARACTER}"}
    hands = Hands(qtbot, chain())
    hands.drop(found["Block"].entry.kind, hands.at(300, 300))
    assert hands.graph.nodes["group"].inside == block().inside


def test_hostile_names_are_shown_as_they_are(folder, palette) -> None:
    title = "<img src=x>\n" + "a" * 150
    part = graph_to_text(Graph(nodes={"group": block().model_copy(update={"title": title})}))
    (folder / "x.json").write_text(part, "utf-8")
    saved.look()
    (chip,) = own(palette).values()
    assert len(chip.entry.title) <= 60
    assert "\n" not in chip.entry.title
    assert "<img" not in chip.toolTip()
    assert chip.geometry().right() <= palette.shelf.width()


def test_code_in_a_group_stays_untrusted(make_lab, qtbot) -> None:
    code = FIRST_CODE + "\nraise SystemExit  # never run here\n"
    inner = {**block().inside.nodes, "linear": Node(kind="custom", params={"code": code})}
    node = block().model_copy(update={"inside": block().inside.model_copy(update={"nodes": inner})})
    saved.add("Mine", node)
    hands = Hands(qtbot, chain())
    lab = make_lab(hands.document)
    hands.drop("saved:mine", hands.at(300, 300))
    assert codes(hands.document.experiment) == {"group/linear": code}
    assert lab.trust.missing(hands.document.experiment) == {"group/linear": code}
    assert lab.trust.digests(hands.document.experiment) == ()


def test_it_is_removed_from_its_own_menu_after_a_question(make_window, folder, qtbot) -> None:
    window = make_window(Document(branched()))
    saved.add("Block", block())
    chip = own(window.bench.palette_)["Block"]
    window.bench.palette_._area.ensureWidgetVisible(chip)
    from PySide6.QtGui import QContextMenuEvent

    middle = chip.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, middle, chip.mapToGlobal(middle))
    QApplication.sendEvent(chip, event)
    (menu,) = chip.findChildren(QMenu)
    (remove,) = menu.actions()
    assert remove.text() == "Remove from palette…"
    remove.trigger()
    menu.close()
    assert "Networks that hold a copy" in window.bench.question.informativeText()
    window.bench.question.press("Cancel")
    assert (folder / "block.json").exists()
    QTest.keyClick(chip, Key.Key_Delete)
    window.bench.question.press("Remove")
    assert not (folder / "block.json").exists()
    assert own(window.bench.palette_) == {}


def test_the_command_says_when_it_has_nothing_to_save(make_window, qtbot) -> None:
    from ui.actions import COMMANDS

    experiment = Experiment(model=Graph(nodes={"group": block(), "relu": Node(kind="relu", y=200)}))
    window = make_window(Document(experiment))
    command = next(command for command in COMMANDS if command.id == "save_group")
    window.canvas.select(["relu"])
    assert "Select one group" in command.blocked(window)
    window.canvas.select(["group"])
    assert command.blocked(window) == ""
    command.do(window)
    assert [kept.title for kept in saved] == ["Block"]
    assert [notice.severity for notice in window.notices.all] == ["good"]
