"""The whole canvas without a mouse."""

import pytest
from canvas_stage import Ctrl, Hands, Key, Shift, annotated, branched, chain
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


@pytest.fixture(autouse=True)
def _still(qapp):
    qapp.setProperty("reduced_motion", True)
    yield
    qapp.setProperty("reduced_motion", None)


@pytest.fixture
def hands(qtbot):
    return Hands(qtbot, chain())


def test_arrows_follow_the_wires(qtbot):
    hands = Hands(qtbot, branched())
    hands.key(Key.Key_Right)
    assert hands.canvas.selected() == ("input",)
    hands.key(Key.Key_Right)
    assert hands.canvas.selected() == ("conv2d",)
    hands.key(Key.Key_Right)
    assert hands.canvas.selected() == ("relu",)
    hands.key(Key.Key_Down)
    assert hands.canvas.selected() == ("conv2d_2",)
    hands.key(Key.Key_Up)
    assert hands.canvas.selected() == ("relu",)
    hands.key(Key.Key_Right)
    hands.key(Key.Key_Right)
    assert hands.canvas.selected() == ("flatten",), "along the wire, though it lies to the left"
    hands.key(Key.Key_Left)
    assert hands.canvas.selected() == ("add",)


def test_arrows_reach_what_is_not_connected(hands):
    hands.canvas.select(["relu"])
    hands.key(Key.Key_Down)
    assert hands.canvas.selected() == ("dropout",)


def test_shift_and_arrow_select_more(hands):
    hands.canvas.select(["relu"])
    hands.key(Key.Key_Right, Shift)
    assert hands.canvas.selected() == ("relu", "linear")


def test_the_ring_shows_where_the_keyboard_is_and_only_then(hands):
    hands.click(hands.middle("relu"))
    assert not hands.scene.nodes["relu"].ringed
    hands.key(Key.Key_Right)
    assert hands.scene.nodes["linear"].ringed
    hands.click(hands.middle("relu"))
    assert not any(item.ringed for item in hands.scene.nodes.values())


def test_ctrl_arrows_move_by_the_grid_as_one_step(hands):
    hands.canvas.select(["dropout"])
    for _press in range(3):
        hands.key(Key.Key_Right, Ctrl)
    hands.key(Key.Key_Down, Ctrl)
    assert hands.place("dropout") == (240, 220)
    assert hands.steps == 1
    hands.document.undo_stack.undo()
    assert hands.place("dropout") == (180, 200)


def test_enter_edits_and_f1_helps(hands, qtbot):
    hands.canvas.select(["relu"])
    with qtbot.waitSignal(hands.canvas.edit_requested) as edit:
        hands.key(Key.Key_Return)
    with qtbot.waitSignal(hands.canvas.help_requested) as help_:
        hands.key(Key.Key_F1)
    assert (edit.args, help_.args) == (["relu"], ["relu"])


def test_f2_renames_in_place(hands):
    hands.canvas.select(["relu"])
    hands.key(Key.Key_F2)
    field = hands.view.inline
    assert (field.text(), field.hasFocus()) == ("ReLU", True)
    QTest.keyClicks(field, "Bend")
    QTest.keyClick(field, Key.Key_Return)
    assert hands.graph.nodes["relu"].title == "Bend"
    assert hands.scene.nodes["relu"].face.title == "Bend"
    assert hands.last_step == "Rename to Bend"
    assert hands.view.hasFocus()


def test_esc_leaves_the_name_and_enter_without_a_change_makes_no_step(hands):
    hands.canvas.select(["relu"])
    hands.key(Key.Key_F2)
    QTest.keyClicks(hands.view.inline, "No")
    QTest.keyClick(hands.view.inline, Key.Key_Escape)
    hands.key(Key.Key_F2)
    QTest.keyClick(hands.view.inline, Key.Key_Return)
    assert (hands.graph.nodes["relu"].title, hands.steps) == ("", 0)


def test_an_empty_name_gives_the_layers_own_back(hands):
    hands.canvas.editor.rename("relu", "Bend")
    hands.canvas.select(["relu"])
    hands.key(Key.Key_F2)
    hands.view.inline.clear()
    QTest.keyClick(hands.view.inline, Key.Key_Return)
    assert hands.scene.nodes["relu"].face.title == "ReLU"


def test_letters_typed_into_a_name_do_nothing_else(hands):
    hands.canvas.select(["relu"])
    hands.key(Key.Key_F2)
    QTest.keyClicks(hands.view.inline, "mnl ")
    QTest.keyClick(hands.view.inline, Key.Key_Delete)
    QTest.keyClick(hands.view.inline, Key.Key_D, Ctrl)
    assert set(hands.graph.nodes) == set(chain().model.nodes)
    assert not hands.graph.nodes["relu"].muted
    QTest.keyClick(hands.view.inline, Key.Key_Escape)


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace])
def test_deleting_keeps_the_chain_joined(hands, key):
    hands.canvas.select(["relu"])
    hands.key(key)
    assert "input.out -> linear.in" in hands.links
    assert hands.last_step == "Delete ReLU"
    assert hands.canvas.selected() == ()


def test_m_mutes_and_takes_in_again(hands):
    hands.canvas.select(["relu", "linear"])
    hands.key(Key.Key_M)
    assert hands.graph.nodes["relu"].muted
    assert hands.graph.nodes["linear"].muted
    assert hands.last_step == "Mute 2 layers"
    hands.key(Key.Key_M)
    assert not hands.graph.nodes["linear"].muted


def test_ends_cannot_be_muted_and_say_so(hands):
    hands.canvas.select(["input"])
    hands.key(Key.Key_M)
    assert hands.steps == 0
    assert "muted" in hands.refusals[-1]


@pytest.mark.parametrize("key", [Key.Key_Space, Key.Key_Tab])
def test_the_search_adds_behind_the_selected_layer(hands, key):
    hands.canvas.select(["relu"])
    hands.key(key)
    assert hands.offered()[0] == "Linear", "what fits a row of numbers comes first"
    hands.choose("drop")
    assert {"relu.out -> dropout_2.in", "dropout_2.out -> linear.in"} <= hands.links
    assert hands.canvas.selected() == ("dropout_2",)
    assert hands.steps == 1


def test_a_network_is_built_by_keyboard_alone(qtbot):
    from dllab.document.experiment import Choice, Experiment

    hands = Hands(qtbot, Experiment(data=Choice(kind="iris")))
    for words in ("input", "linear", "relu", "linear", "output"):
        hands.key(Key.Key_Space)
        hands.choose(words)
    assert hands.links == {
        "input.out -> linear.in", "linear.out -> relu.in", "relu.out -> linear_2.in", "linear_2.out -> output.in",
    }  # fmt: skip
    boxes = list(hands.scene.boxes().values())
    assert not any(a.meets(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_search_finds_by_name_by_family_and_by_what_it_does(hands):
    hands.key(Key.Key_Space)
    QTest.keyClicks(hands.search.field, "batchn")
    assert hands.offered() == ["BatchNorm"]
    hands.search.field.setText("pool")
    assert {"MaxPool", "AvgPool"} <= set(hands.offered())
    hands.search.field.setText("xyzzy")
    assert hands.offered() == []
    QTest.keyClick(hands.search.field, Key.Key_Return)
    QTest.keyClick(hands.search.field, Key.Key_Escape)
    assert hands.steps == 0


def test_arrows_choose_in_the_search(hands):
    hands.key(Key.Key_Space)
    second = hands.offered()[1]
    QTest.keyClick(hands.search.field, Key.Key_Down)
    QTest.keyClick(hands.search.field, Key.Key_Return)
    assert hands.last_step == f"Add {second}"


def test_l_draws_a_wire(hands):
    hands.canvas.select(["input"])
    hands.key(Key.Key_L)
    assert hands.view.hint.isVisible()
    assert hands.view.hint.text() == "connect to Dropout", "the free input that fits comes first"
    hands.key(Key.Key_Return)
    assert "input.out -> dropout.in" in hands.links
    assert hands.view.gesture is None
    assert not hands.view.hint.isVisible()


def test_arrows_choose_the_end_of_the_wire_and_esc_gives_up(hands):
    hands.canvas.select(["input"])
    hands.key(Key.Key_L)
    seen = set()
    for _press in range(4):
        seen.add(hands.view.hint.text())
        hands.key(Key.Key_Right)
    assert "connect to Linear in place of ReLU" in seen
    hands.key(Key.Key_Escape)
    assert (hands.steps, hands.view.gesture) == (0, None)
    assert hands.canvas.selected() == ("input",)


def test_l_with_nothing_to_connect_says_so(qtbot):
    from canvas_stage import node

    from dllab.document.experiment import Experiment, Graph

    hands = Hands(qtbot, Experiment(model=Graph(nodes={"relu": node("relu", 0, 0)})))
    hands.key(Key.Key_L)
    assert "Select the layer first" in hands.refusals[-1]
    hands.canvas.select(["relu"])
    hands.key(Key.Key_L)
    assert "no layer" in hands.refusals[-1]
    assert hands.view.gesture is None


def test_clicking_away_gives_the_keyboards_wire_up(hands):
    hands.canvas.select(["input"])
    hands.key(Key.Key_L)
    hands.click(hands.at(900, 400))
    assert (hands.steps, hands.view.gesture) == (0, None)


def test_ctrl_a_selects_all_and_esc_nothing(qtbot):
    hands = Hands(qtbot, annotated())
    hands.key(Key.Key_A, Ctrl)
    assert set(hands.canvas.selected()) == {*chain().model.nodes, "note", "frame"}
    hands.key(Key.Key_Escape)
    assert hands.canvas.selected() == ()


def test_n_writes_a_note_and_f_frames_the_selection(hands):
    hands.key(Key.Key_N)
    QTest.keyClicks(hands.view.inline, "Look here")
    QTest.keyClick(hands.view.inline, Key.Key_Return, Ctrl)
    assert [n.text for n in hands.graph.notes.values()] == ["Look here"]
    hands.canvas.select(["relu", "linear"])
    hands.key(Key.Key_F)
    QTest.keyClicks(hands.view.inline, "Body")
    QTest.keyClick(hands.view.inline, Key.Key_Return)
    (frame_id,) = hands.graph.frames
    assert hands.graph.frames[frame_id].title == "Body"
    assert hands.scene.inside(frame_id) == {"relu", "linear"}


def test_framing_nothing_says_why_not(hands):
    hands.key(Key.Key_F)
    assert "Select the layers first" in hands.refusals[-1]
    assert hands.steps == 0


def test_zoom_keys_and_home(hands):
    hands.key(Key.Key_Plus, Ctrl)
    assert hands.view.zoom == pytest.approx(1.25)
    hands.key(Key.Key_Minus, Ctrl)
    hands.key(Key.Key_Minus, Ctrl)
    assert hands.view.zoom == pytest.approx(0.8)
    hands.key(Key.Key_0, Ctrl)
    assert hands.view.zoom == pytest.approx(1.0)
    hands.view.scroll_by(5000, 0)
    hands.key(Key.Key_Home)
    seen = hands.view.seen()
    assert all(seen.covers(box) for box in hands.scene.boxes().values())


@pytest.mark.parametrize(("key", "held"), [(Key.Key_Menu, None), (Key.Key_F10, Shift)])
def test_the_menu_key_opens_the_menu_of_the_selection(hands, key, held):
    hands.canvas.select(["relu"])
    hands.key(key, held or Qt.KeyboardModifier.NoModifier)
    assert hands.view.popup.isVisible()
    assert any(a.text().startswith("Rename") for a in hands.view.popup.actions())
    hands.view.popup.close()


def test_shift_tab_and_ctrl_tab_leave_the_canvas(hands, qtbot):
    hands.key(Key.Key_Tab, Ctrl)
    assert not hands.view.hasFocus()
    hands.view.setFocus()
    hands.key(Key.Key_Backtab, Shift)
    assert not hands.view.hasFocus()


def test_arrange_leaves_nothing_on_top_of_anything(qtbot):
    hands = Hands(qtbot, branched())
    hands.canvas.select_all()
    hands.canvas.editor.move(dict.fromkeys(hands.graph.nodes, (5.0, 5.0)))
    hands.canvas.arrange()
    boxes = hands.scene.boxes()
    names = list(boxes)
    assert not any(boxes[a].meets(boxes[b]) for i, a in enumerate(names) for b in names[:i])
    order = ("input", "conv2d", "relu", "add", "flatten", "linear", "output")
    places = [boxes[n].x for n in order]
    assert places == sorted(places)
    assert hands.last_step == "Arrange"


@pytest.mark.parametrize(
    ("edge", "expected"),
    [("left", {180}), ("right", {360}), ("center-x", {270})],
)
def test_align(hands, edge, expected):
    hands.canvas.select(["dropout", "linear"])
    hands.canvas.align(edge)
    assert {hands.place(n)[0] for n in ("dropout", "linear")} == expected
    assert hands.last_step == "Align"
