"""What a node shows: names, shapes, counts, marks, in words too."""

import pytest
from canvas_stage import Hands, branched, chain, link, node
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFontMetrics, QFontMetricsF, QImage, QPixmap

from dllab.checking import check
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment, Graph, Node
from dllab.layers import LAYERS
from dllab.recipe import LOSSES
from ui.canvas.faces import faces, spoken, title_of, tooltip
from ui.canvas.items import _TITLE_ROOM, _title_font
from ui.canvas.sprites import sprite
from ui.shell.theme import interface_font, theme


@pytest.fixture(autouse=True)
def _still(qapp):
    qapp.setProperty("reduced_motion", True)
    yield
    qapp.setProperty("reduced_motion", None)


def face_of(experiment: Experiment, name: str):
    return faces(experiment, check(experiment))[name]


def test_a_node_shows_its_shape_and_its_parameters():
    face = face_of(branched(), "conv2d")
    assert (face.title, face.detail, face.count) == ("Conv2d", "16 × 8 × 8", "160")
    assert spoken(face) == "Conv2d, output 16 × 8 × 8, 160 parameters"
    assert face_of(branched(), "linear").count == "10,250"


def test_a_title_of_ones_own_comes_first():
    assert face_of(branched(), "conv2d_2").title == "Conv2d 1×1"


def test_the_output_shows_the_loss_and_what_the_data_asks_for():
    face = face_of(branched(), "output")
    assert (face.title, face.detail) == ("Cross-entropy", "10 classes")
    regression = chain().model_copy(update={"data": Choice(kind="diabetes")})
    regression = edits.set_path(regression, "training.loss", Choice(kind="mse"))
    face = face_of(regression, "output")
    assert (face.title, face.detail) == ("MSE", "1 number to predict")


def test_several_inputs_have_a_port_each_and_room_for_all():
    experiment = edits.set_param(branched(), "add", "inputs", 12)
    face = face_of(experiment, "add")
    assert face.inputs == tuple("abcdefghijkl")
    assert face.height > 120


def test_a_wire_to_a_port_that_is_gone_keeps_its_place_and_is_marked(qtbot):
    hands = Hands(qtbot, edits.set_param(branched(), "add", "inputs", 3))
    hands.drag(hands.port("conv2d", "out"), hands.port("add", "in", "c"))
    hands.document.apply("two", lambda e: edits.set_param(e, "add", "inputs", 2))
    assert hands.scene.nodes["add"].face.inputs == ("a", "b", "c")
    assert [str(x) for x, wire in hands.scene.wires.items() if wire.broken] == ["conv2d.out -> add.c"]
    hands.document.undo_stack.undo()
    assert not any(wire.broken for wire in hands.scene.wires.values())


def test_an_unknown_layer_stays_as_a_grey_placeholder_with_its_wires():
    graph = Graph(
        nodes={"input": node("input", 0, 0), "odd": node("quantum", 200, 0, spin=1)}, links=(link("input", "odd"),)
    )
    face = face_of(Experiment(model=graph), "odd")
    assert (face.title, face.detail, face.unknown, face.severity) == ("quantum", "unknown layer", True, "error")
    assert face.inputs == ("in",)


def test_a_problem_marks_its_node_and_stands_in_the_tooltip():
    experiment = edits.set_param(branched(), "linear", "features", 12)
    found = check(experiment)
    face = faces(experiment, found)["output"]
    assert face.severity == "error"
    tip = tooltip(face, experiment.model.nodes["output"], found.nodes["output"], found.of("output"))
    assert "puts out 12" in tip
    assert spoken(face).endswith("has a problem")


def test_names_from_files_are_never_markup():
    experiment = edits.replace_node(chain(), "relu", title="<img src=x>")
    found = check(experiment)
    tip = tooltip(faces(experiment, found)["relu"], experiment.model.nodes["relu"], found.nodes["relu"], ())
    assert "<img" not in tip
    assert "&lt;img" in tip


def test_a_warning_is_told_apart_from_an_error_by_its_shape():
    look = face_of(chain(), "relu")
    from ui.canvas.items import NodeItem

    item = NodeItem("relu", look)
    marked = [sprite(item._look._replace(severity=s), 1.0, 1.0, False).toImage() for s in ("", "warning", "error")]

    def inked(one: QImage, other: QImage) -> set[tuple[int, int]]:
        return {(x, y) for x in range(one.width()) for y in range(40) if one.pixel(x, y) != other.pixel(x, y)}

    warning, error = inked(marked[1], marked[0]), inked(marked[2], marked[0])
    assert warning
    assert error
    assert warning != error


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("zoom", [0.1, 0.3, 1.0, 2.5])
def test_every_state_is_painted_at_every_zoom(qtbot, scheme, zoom):
    theme.use(scheme)
    experiment = edits.replace_node(branched(), "relu", muted=True)
    experiment = edits.set_param(experiment, "linear", "features", 12)
    hands = Hands(qtbot, experiment)
    hands.view.zoom_to(zoom)
    hands.view.look_at(hands.scene.nodes["conv2d"].box.centre)
    hands.canvas.select(["conv2d"])
    hands.scene.show_ring(True)
    picture = hands.canvas.grab().toImage()
    accent = QColor(theme.tokens.accent).rgb()
    box = hands.scene.nodes["conv2d"].box.grown(10)
    part = picture.copy(QRect(hands.at(box.x, box.y), hands.at(box.right, box.bottom)))
    colours = {part.pixel(x, y) for x in range(part.width()) for y in range(part.height())}
    assert accent in colours, "the selected node wears the accent"


def test_pictures_hang_below_nodes_and_go(qtbot):
    hands = Hands(qtbot, branched())
    picture = QImage(32, 8, QImage.Format.Format_RGB32)
    picture.fill(QColor("#12ab34"))
    before = hands.scene.nodes["conv2d"].boundingRect()
    hands.canvas.set_pictures({"conv2d": picture})
    assert hands.scene.nodes["conv2d"].boundingRect().height() > before.height()
    box = hands.scene.nodes["conv2d"].box
    at = hands.at(box.centre[0], box.bottom + 12)
    grabbed = hands.canvas.grab().toImage()
    assert QColor(grabbed.pixel(at)).name() == "#12ab34"
    hands.canvas.set_pictures(None)
    assert hands.scene.nodes["conv2d"].boundingRect() == before


def test_a_plugin_with_a_glyph_that_does_not_exist_is_painted_all_the_same(qtbot):
    from ui.canvas.paints import FALLBACK_GLYPH, glyph_character

    assert glyph_character("mdi6.no-such-glyph") == glyph_character(FALLBACK_GLYPH)


def test_sharp_on_every_screen():
    face = face_of(chain(), "relu")
    from ui.canvas.items import NodeItem

    look = NodeItem("relu", face)._look
    once, twice = sprite(look, 1.0, 1.0, False), sprite(look, 1.0, 2.0, False)
    assert isinstance(twice, QPixmap)
    assert twice.width() == 2 * once.width()
    assert twice.devicePixelRatio() == 2.0


@pytest.mark.parametrize("loss", list(LOSSES), ids=lambda loss: loss.kind)
def test_the_name_of_every_loss_has_room_on_the_output(qapp, loss):
    experiment = edits.set_path(chain(), "training.loss", Choice(kind=loss.kind))
    title = faces(experiment, check(experiment))["output"].title
    assert QFontMetrics(interface_font(13, bold=True)).horizontalAdvance(title) <= 104


@pytest.mark.parametrize("kind", [layer.kind for layer in LAYERS])
def test_the_name_of_every_layer_has_room_on_its_node(qapp, kind):
    title = title_of(Node(kind=kind), chain())
    assert QFontMetricsF(_title_font(title)).horizontalAdvance(title) <= _TITLE_ROOM
