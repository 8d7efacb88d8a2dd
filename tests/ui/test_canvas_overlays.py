"""What lies over the canvas: problem bar, map, zoom buttons, empty state, movement, themes, languages."""

import pytest
from canvas_stage import Ctrl, Hands, Key, branched, chain, link, node
from PySide6.QtCore import QAbstractAnimation, QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit

from dllab.document import edits
from dllab.document.experiment import Experiment, Graph
from dllab.templates import load_template
from dllab.text import set_language
from ui.canvas import motion
from ui.shell.theme import theme


@pytest.fixture
def still(qapp):
    qapp.setProperty("reduced_motion", True)
    yield
    qapp.setProperty("reduced_motion", None)


@pytest.fixture
def gliding(monkeypatch):
    """Movement as on a desktop; without a screen the system asks for none."""
    monkeypatch.setattr(motion, "reduced_motion", lambda: False)


def wrong() -> Experiment:
    return edits.set_param(branched(), "linear", "features", 12)


# --- the problem bar ----------------------------------------------------------------------------------------------------


def test_the_bar_says_the_problem_and_mends_it(qtbot, still):
    hands = Hands(qtbot, wrong())
    bar = hands.canvas.bar
    assert bar.isVisible()
    assert bar._text.text() == "The data asks for 10 classes, so the last layer must put out 10; it puts out 12."
    assert bar._fix.text() == "Set Features out to 10"
    QTest.mouseClick(bar._fix, Qt.MouseButton.LeftButton)
    assert hands.graph.nodes["linear"].params["features"] == 10
    assert hands.last_step == "Set Features out to 10"
    assert not bar.isVisible()
    assert hands.document.check.trainable


def test_other_remedies_stand_in_a_menu(qtbot, still):
    hands = Hands(qtbot, wrong())
    others = hands.canvas.bar._menu.actions()
    assert [a.text() for a in others] == ["Insert Linear"]
    others[0].trigger()
    assert "linear_2" in hands.graph.nodes
    boxes = hands.scene.boxes()
    names = list(boxes)
    assert not any(boxes[a].meets(boxes[b]) for i, a in enumerate(names) for b in names[:i]), "a remedy makes room, too"
    assert hands.steps == 1


def test_a_click_on_the_bar_selects_the_node(qtbot, still):
    hands = Hands(qtbot, wrong())
    QTest.mouseClick(hands.canvas.bar, Qt.MouseButton.LeftButton, pos=QPoint(60, 12))
    assert hands.canvas.selected() == ("output",)


def test_next_and_previous_go_through_all_problems(qtbot, still):
    experiment = edits.add_node(wrong(), "tanh", node("tanh", 0, 500))
    hands = Hands(qtbot, experiment)
    bar, count = hands.canvas.bar, len(hands.document.check.problems)
    assert count > 1
    first = bar._text.text()
    seen = {first}
    for _turn in range(count - 1):
        QTest.mouseClick(bar._after, Qt.MouseButton.LeftButton)
        seen.add(bar._text.text())
    assert len(seen) == count
    QTest.mouseClick(bar._after, Qt.MouseButton.LeftButton)
    assert bar._text.text() == first


def test_the_selected_nodes_problem_comes_first(qtbot, still):
    experiment = edits.add_node(wrong(), "tanh", node("tanh", 0, 500))
    hands = Hands(qtbot, experiment)
    hands.canvas.select(["tanh"])
    assert hands.canvas.bar._text.text().startswith("Tanh is not connected")
    hands.canvas.select(["output"])
    assert "puts out 12" in hands.canvas.bar._text.text()


def test_a_warning_is_amber_and_an_error_red(qtbot, still):
    experiment = edits.add_node(branched(), "softmax", node("softmax", 460, 300))
    wire = next(x for x in experiment.model.links if x.target == "output")
    hands = Hands(qtbot, edits.insert_on_link(experiment, wire, "softmax"))
    assert hands.canvas.bar.problem.severity == "warning"
    picture = hands.canvas.bar.grab().toImage()
    edge = QColor(picture.pixel(picture.width() // 2, 0))
    assert abs(edge.hue() - QColor(theme.tokens.warning).hue()) < 15


def test_the_bar_never_leaves_the_canvas(qtbot, still):
    hands = Hands(qtbot, wrong())
    for width in (1200, 800, 500, 320):
        hands.canvas.resize(width, 500)
        bar = hands.canvas.bar.geometry()
        assert hands.canvas.rect().contains(bar)
        assert not bar.intersects(hands.canvas._buttons.geometry())
        for child in (hands.canvas.bar._text, hands.canvas.bar._fix):
            assert hands.canvas.bar.rect().contains(child.geometry())


def test_the_bar_slides_in_and_out(qtbot, qapp):
    hands = Hands(qtbot, branched())
    bar = hands.canvas.bar
    hands.document.apply("break", lambda e: edits.set_param(e, "linear", "features", 12))
    assert bar.isVisible()
    assert bar.y() > hands.canvas.height() - bar.height()
    qtbot.waitUntil(lambda: bar.geometry().bottom() < hands.canvas.height() - 10, timeout=2000)
    hands.document.undo_stack.undo()
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=2000)


# --- empty, map, zoom ---------------------------------------------------------------------------------------------------


def test_an_empty_canvas_says_what_to_do_and_does_not_scold(qtbot, still):
    hands = Hands(qtbot, Experiment())
    assert hands.canvas._empty.isVisible()
    assert not hands.canvas.bar.isVisible()
    assert not hands.canvas.minimap.isVisible()
    hands.drop("input", hands.viewport.rect().center())
    assert not hands.canvas._empty.isVisible()
    assert hands.canvas.minimap.isVisible()


def test_dropping_on_the_words_of_the_empty_canvas_works(qtbot, still):
    hands = Hands(qtbot, Experiment())
    centre = hands.canvas._empty.geometry().center()
    assert hands.canvas.childAt(centre) is hands.viewport, "the words let the mouse through"


def test_the_map_leads_elsewhere(qtbot, still):
    hands = Hands(qtbot, branched())
    hands.view.zoom_to(2.0)
    hands.view.look_at((5000, 5000))
    map_ = hands.canvas.minimap
    QTest.mouseClick(map_, Qt.MouseButton.LeftButton, pos=map_.rect().center())
    extent = hands.scene.extent()
    assert hands.view.middle() == pytest.approx(extent.centre, abs=12)
    hands.canvas.set_minimap_visible(False)
    assert not map_.isVisible()


def test_the_zoom_buttons(qtbot, still):
    hands = Hands(qtbot, branched())
    buttons = {b.toolTip(): b for b in hands.canvas._buttons.findChildren(QAbstractButton)}
    QTest.mouseClick(buttons["Zoom in"], Qt.MouseButton.LeftButton)
    assert hands.view.zoom > 1.0
    assert buttons["Show at actual size"].text() == f"{round(hands.view.zoom * 100)} %"
    QTest.mouseClick(buttons["Show at actual size"], Qt.MouseButton.LeftButton)
    assert hands.view.zoom == 1.0
    hands.view.scroll_by(4000, 0)
    QTest.mouseClick(buttons["Show all"], Qt.MouseButton.LeftButton)
    assert all(hands.view.seen().covers(box) for box in hands.scene.boxes().values())


@pytest.mark.parametrize("height", [180, 220, 260])
def test_the_bar_does_not_hide_the_layer_it_speaks_of(qtbot, still, height):
    hands = Hands(qtbot, branched())
    hands.canvas.resize(900, height)
    hands.canvas.fit()
    hands.document.apply("break", lambda e: edits.set_param(e, "linear", "features", 12))
    qtbot.waitUntil(hands.canvas.bar.isVisible)
    box = hands.scene.nodes[hands.canvas.bar.problem.node].box
    assert hands.at(box.x, box.bottom).y() < hands.canvas.bar.y()


def test_a_fitted_network_stays_clear_of_map_and_bar(qtbot, still):
    wide = {f"n{i}": node("relu", 180 * i, 0) for i in range(9)}
    hands = Hands(qtbot, Experiment(model=Graph(nodes=wide)))
    for width, height in ((1200, 300), (700, 700), (520, 300)):
        hands.canvas.resize(width, height)
        hands.canvas.fit()
        assert_clear(hands)


def test_a_fitted_network_stays_clear_of_the_zoom_buttons(qtbot, still):
    hands = Hands(qtbot, load_template("digits-cnn"))
    for width, height in ((680, 420), (640, 480), (560, 400), (900, 560)):
        hands.canvas.resize(width, height)
        hands.canvas.fit()
        assert_clear(hands)


def assert_clear(hands: Hands) -> None:
    overlays = (hands.canvas.minimap, hands.canvas.bar, hands.canvas._buttons)
    for item in hands.scene.nodes.values():
        place = QRect(hands.at(item.box.x, item.box.y), hands.at(item.box.right, item.box.bottom))
        assert hands.canvas.rect().contains(place)
        assert not any(o.geometry().intersects(place) for o in overlays if o.isVisible()), item.node_id


def glides(hands: Hands) -> bool:
    return hands.scene._glide.state() == QAbstractAnimation.State.Running


def test_the_map_shows_where_things_are_once_they_have_glided(qtbot, gliding):
    hands = Hands(qtbot, chain())
    gliding_when_told = []
    hands.scene.moved.connect(lambda: gliding_when_told.append(glides(hands)))
    hands.document.apply("move", lambda e: edits.move(e, {"linear": (700, 500)}))
    qtbot.waitUntil(lambda: gliding_when_told == [True, False], timeout=2000)


def test_nothing_glides_from_one_experiment_to_another(qtbot, gliding):
    hands = Hands(qtbot, chain())
    moved = edits.move(hands.document.experiment, {"linear": (700, 500)})
    hands.document.open(moved)
    assert not glides(hands)
    assert hands.scene.nodes["linear"].pos().toTuple() == (700, 500)


def test_what_is_opened_is_shown_whole_and_edits_leave_the_view_alone(qtbot, still):
    hands = Hands(qtbot, chain())
    hands.view.look_at((9000, 9000))
    before = hands.view.seen()
    hands.document.apply("break", lambda e: edits.set_param(e, "linear", "features", 5))
    qtbot.wait(1)
    assert hands.view.seen() == before
    hands.document.open(branched())
    qtbot.waitUntil(lambda: all(hands.view.seen().covers(b) for b in hands.scene.boxes().values()), timeout=1000)
    assert set(hands.scene.nodes) == set(branched().model.nodes)


# --- movement -----------------------------------------------------------------------------------------------------------


def test_what_is_pushed_aside_glides_there(qtbot):
    hands = Hands(qtbot, chain())
    hands.drop("tanh", hands.on_wire("relu.out -> linear.in"))
    there = hands.place("linear")[0]
    assert there > 360
    qtbot.waitUntil(lambda: hands.scene.nodes["linear"].x() == there, timeout=2000)
    wire = next(w for x, w in hands.scene.wires.items() if str(x) == "tanh.out -> linear.in")
    assert wire.points[-1][0] == there


def test_nothing_glides_where_motion_is_reduced(qtbot, still):
    hands = Hands(qtbot, chain())
    hands.drop("tanh", hands.on_wire("relu.out -> linear.in"))
    assert hands.scene.nodes["linear"].x() == hands.place("linear")[0]


def test_the_line_on_the_wires_moves_only_while_data_flows(qtbot):
    hands = Hands(qtbot, branched())
    wires = list(hands.scene.wires.values())
    assert all(wire.flow is None for wire in wires)
    hands.canvas.set_flowing(True)
    qtbot.waitUntil(lambda: all(wire.flow is not None for wire in wires), timeout=2000)
    hands.canvas.hide()
    assert not hands.canvas._flow.running
    hands.canvas.show()
    assert hands.canvas._flow.running
    hands.canvas.set_flowing(False)
    assert all(wire.flow is None for wire in wires)


def test_no_line_moves_where_motion_is_reduced(qtbot, still):
    hands = Hands(qtbot, branched())
    hands.canvas.set_flowing(True)
    assert not hands.canvas._flow.running


# --- themes, languages, tooltips ----------------------------------------------------------------------------------------


def test_a_switch_of_the_theme_repaints_everything(qtbot, still):
    hands = Hands(qtbot, wrong())
    light = hands.canvas.grab().toImage()
    theme.use("dark")
    dark = hands.canvas.grab().toImage()
    spot = hands.at(-30, -30)
    assert QColor(light.pixel(spot)).lightness() > 200
    assert QColor(dark.pixel(spot)).lightness() < 60
    body = hands.at(100, 100)
    assert QColor(dark.pixel(body)).lightness() < 80


def test_every_word_over_the_canvas_is_translated(qtbot, still):
    set_language("pseudo")
    hands = Hands(qtbot, wrong())
    hands.key(Key.Key_Space)
    widgets = [*hands.canvas.findChildren(QLabel), *hands.canvas.findChildren(QAbstractButton)]
    texts = [w.text() for w in widgets] + [w.toolTip() for w in widgets] + [w.accessibleName() for w in widgets]
    texts += [f.placeholderText() for f in hands.canvas.findChildren(QLineEdit)]
    texts += hands.offered() + [item.face.title for item in hands.scene.nodes.values() if item.node_id != "conv2d_2"]
    lettered = [t for t in texts if any(c.isalpha() for c in t)]
    assert lettered
    assert [t for t in lettered if "⟦" not in t] == []
    hands.search.close()


def test_a_tooltip_tells_name_arithmetic_and_problems(qtbot, still):
    hands = Hands(qtbot, wrong())
    x, y = hands.scene.nodes["conv2d"].box.centre
    assert "(8" in hands.view._tip((x, y))
    x, y = hands.scene.nodes["output"].box.centre
    assert "puts out 12" in hands.view._tip((x, y))
    wire = next(w for x, w in hands.scene.wires.items() if str(x) == "input.out -> conv2d.in")
    assert "1 × 8 × 8" in hands.view._tip(wire.points[len(wire.points) // 2])
    assert hands.view._tip((-500, -500)) == ""


def test_ports_light_up_under_the_mouse(qtbot, still):
    hands = Hands(qtbot, chain())
    hands.move(hands.port("relu", "out"), Qt.MouseButton.NoButton)
    assert hands.scene.nodes["relu"].hot == ("out", "out")
    assert hands.viewport.cursor().shape() == Qt.CursorShape.CrossCursor
    hands.canvas.grab()
    hands.move(hands.at(900, 500), Qt.MouseButton.NoButton)
    assert hands.scene.nodes["relu"].hot is None


def test_deleting_the_node_under_the_mouse_is_no_accident(qtbot, still):
    hands = Hands(qtbot, chain())
    hands.move(hands.port("relu", "out"), Qt.MouseButton.NoButton)
    hands.canvas.select(["relu"])
    hands.key(Key.Key_Delete)
    hands.move(hands.at(200, 31), Qt.MouseButton.NoButton)
    assert "relu" not in hands.scene.nodes


def test_window_shortcuts_reach_the_canvas_only_once(qtbot, still):
    from PySide6.QtGui import QAction, QKeySequence

    hands = Hands(qtbot, chain())
    action = QAction(hands.canvas)
    action.setShortcut(QKeySequence("Ctrl+D"))
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(hands.canvas.duplicate)
    hands.canvas.addAction(action)
    hands.canvas.select(["relu"])
    hands.key(Key.Key_D, Ctrl)
    assert "relu_2" in hands.graph.nodes
    assert "relu_3" not in hands.graph.nodes


def test_links_to_two_inputs_of_one_node(qtbot, still):
    graph = Graph(
        nodes={"input": node("input", 0, 0), "add": node("add", 200, 0)},
        links=(link("input", "add", "a"),),
    )
    hands = Hands(qtbot, Experiment(model=graph))
    hands.drag(hands.port("input", "out"), hands.port("add", "in", "b"))
    assert hands.links == {"input.out -> add.a", "input.out -> add.b"}
