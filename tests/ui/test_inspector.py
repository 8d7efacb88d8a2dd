"""The inspector on a real lab: what it shows of the selection, and what its keys and buttons do to the document."""

import pytest
from graphs import chain
from inspector_case import cnn, weights
from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from dllab.document import edits
from dllab.document.experiment import Choice
from dllab.engine.protocol import Picture
from ui.canvas.faces import faces, spoken
from ui.document import Document
from ui.inspector.help_page import HelpWindow
from ui.inspector.inspector import Inspector
from ui.inspector.node_page import NodePage
from ui.inspector.other_pages import ExperimentPage, FramePage, NotePage, SeveralPage, UnknownPage
from ui.inspector.sheet import glyph
from ui.inspector.weights_picture import tiling
from ui.shell.theme import theme


@pytest.fixture
def lab(make_lab):
    return make_lab(Document(cnn()))


@pytest.fixture
def inspector(qtbot, lab):
    widget = Inspector(lab)
    qtbot.addWidget(widget)
    widget.resize(280, 700)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def texts(widget) -> list[str]:
    return [t.text() for t in widget.findChildren(QLabel) if t.isVisible() and t.text()]


def button(widget, text: str) -> QPushButton:
    (found,) = [b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisible()]
    return found


def undo_text(lab) -> str:
    return lab.document.undo_stack.undoText()


def test_a_layer_tells_what_it_is_and_what_comes_out(lab, inspector) -> None:
    lab.select("conv2d")
    page = inspector.page
    assert isinstance(page, NodePage)
    assert page.title.text() == "Conv2d"
    shown = texts(inspector)
    assert "Slides small learned kernels over an image." in shown
    assert "(8 - 3 + 2·1)/1 + 1 = 8" in shown
    assert "16 × 8 × 8 · 160 parameters" in shown
    assert page.shape.code.text() == "nn.Conv2d(1, 16, 3, padding=1)"
    page.shape.copy.click()
    assert QApplication.clipboard().text() == "nn.Conv2d(1, 16, 3, padding=1)"


def test_typing_a_parameter_is_one_named_step(lab, inspector) -> None:
    inspector.edit("conv2d")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    QTest.keyClicks(QApplication.focusWidget(), "5")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert lab.document.experiment.model.nodes["conv2d"].params["kernel_size"] == 5
    assert undo_text(lab) == "Set kernel size to 5"
    assert "(8 - 5 + 2·1)/1 + 1 = 6" in texts(inspector)
    lab.document.undo_stack.undo()
    assert inspector.page.form.editors["kernel_size"].text() == "3"
    assert lab.document.undo_stack.count() == 1


def test_stepping_is_one_step_a_visit_and_typing_another(lab, inspector) -> None:
    inspector.edit("conv2d")
    field = QApplication.focusWidget()
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert lab.document.experiment.model.nodes["conv2d"].params["out_channels"] == 19
    assert lab.document.undo_stack.count() == 1
    QTest.keyClicks(field, "32")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert lab.document.undo_stack.count() == 2
    lab.document.undo_stack.undo()
    lab.document.undo_stack.undo()
    assert field.text() == "16"


def test_undo_keys_in_a_field_without_a_draft_are_left_to_the_lab(lab, inspector) -> None:
    inspector.edit("conv2d")
    key = Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier
    field = QApplication.focusWidget()
    event = QKeyEvent(QEvent.Type.ShortcutOverride, *key)
    QApplication.sendEvent(field, event)
    assert not event.isAccepted()
    QTest.keyClicks(field, "4")
    event = QKeyEvent(QEvent.Type.ShortcutOverride, *key)
    QApplication.sendEvent(field, event)
    assert event.isAccepted()


def test_choosing_another_layer_takes_over_what_is_typed(lab, inspector) -> None:
    inspector.edit("conv2d")
    QTest.keyClicks(QApplication.focusWidget(), "24")
    lab.select("relu")
    assert lab.document.experiment.model.nodes["conv2d"].params["out_channels"] == 24
    assert inspector.page.title.text() == "ReLU"


def test_deleting_the_layer_in_hand_drops_what_is_typed(lab, inspector) -> None:
    lab.select("conv2d")
    inspector.edit("conv2d")
    QTest.keyClicks(QApplication.focusWidget(), "24")
    lab.document.apply("Delete", lambda e: edits.remove(e, ["conv2d"]))
    assert isinstance(inspector.page, ExperimentPage)
    assert lab.document.undo_stack.count() == 1


def test_renaming_by_keys_and_back(lab, inspector) -> None:
    lab.select("relu")
    inspector.edit("relu")
    title = QApplication.focusWidget()
    assert title is inspector.page.title, "a layer without parameters offers its name"
    QTest.keyClicks(title, "<b>Gate</b>")
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert lab.document.experiment.model.nodes["relu"].title == "<b>Gate</b>"
    assert title.text() == "<b>Gate</b>"
    assert undo_text(lab) == "Rename to <b>Gate</b>"
    title.selectAll()
    QTest.keyClick(title, Qt.Key.Key_Backspace)
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert lab.document.experiment.model.nodes["relu"].title == ""
    assert title.text() == "ReLU"


def test_a_long_name_is_set_smaller_until_it_fits(lab, inspector) -> None:
    inspector.resize(280, 600)
    for text, tip in (("Digits", ""), ("Digits, convolutional network", ""), ("word " * 20, ("word " * 20).strip())):
        lab.document.apply("Rename", lambda e, text=text: edits.set_path(e, "title", text.strip()))
        title = inspector.page.title
        fits = title.fontMetrics().horizontalAdvance(title.text()) < title.width()
        assert fits == (not tip)
        assert title.toolTip() == tip


def test_names_from_files_are_shown_literally(lab, inspector) -> None:
    lab.document.apply("Rename", lambda e: edits.set_path(e, "title", "<img src=file:///etc/passwd>"))
    assert inspector.page.title.text() == "<img src=file:///etc/passwd>"
    assert all(t.textFormat() == Qt.TextFormat.PlainText for t in inspector.findChildren(QLabel) if t.text())


def test_a_problem_is_mended_by_its_button(qtbot, make_lab) -> None:
    graph = chain("input", "flatten", ("linear", {"features": 10, "in_features": 128}), "output")
    lab = make_lab(Document(cnn().model_copy(update={"model": graph})))
    inspector = Inspector(lab)
    qtbot.addWidget(inspector)
    inspector.show()
    lab.select("linear")
    assert texts(inspector).count("Linear expects 128 features, gets 64.") == 1, "said once, below its row"
    qtbot.mouseClick(button(inspector, "Set Features in to automatic"), Qt.MouseButton.LeftButton)
    assert lab.document.check.trainable
    assert lab.document.undo_stack.count() == 1
    assert not inspector.page.problems.isVisible()


def test_a_muted_layer_says_so_and_can_be_taken_in_again(lab, inspector, qtbot) -> None:
    lab.select("relu")
    lab.document.apply("Mute", lambda e: edits.replace_node(e, "relu", muted=True))
    assert "Muted: its input passes through unchanged." in texts(inspector)
    qtbot.mouseClick(button(inspector, "Take it in again"), Qt.MouseButton.LeftButton)
    assert not lab.document.experiment.model.nodes["relu"].muted
    assert "Muted: its input passes through unchanged." not in texts(inspector)


def test_the_output_chooses_the_loss(lab, inspector) -> None:
    lab.select("output")
    loss = inspector.page.extra.loss
    assert loss.chooser.itemText(0) == "Cross-entropy"
    loss.chooser.setFocus()
    while loss.chooser.currentText() != "Huber":
        QTest.keyClick(loss.chooser, Qt.Key.Key_Down)
    assert lab.document.experiment.training.loss == Choice(kind="huber")
    assert undo_text(lab) == "Use Huber"
    field = loss.form.editors["delta"]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "0,5")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert lab.document.experiment.training.loss.params == {"delta": 0.5}
    assert undo_text(lab) == "Set delta to 0.5"


def test_the_input_tells_the_data_and_leads_to_it(lab, inspector, qtbot) -> None:
    lab.select("input")
    assert any("1,797 samples of 1 × 8 × 8" in t for t in texts(inspector))
    with qtbot.waitSignal(inspector.chip_wanted) as asked:
        qtbot.mouseClick(button(inspector, "Choose the data…"), Qt.MouseButton.LeftButton)
    assert asked.args == ["data"]


def test_nothing_selected_is_the_experiment(lab, inspector, qtbot) -> None:
    page = inspector.page
    assert isinstance(page, ExperimentPage)
    assert {"Digits · 1,797 · 10 classes", "Adam · 0.001 · batch 32"} <= set(texts(inspector))
    assert f"{lab.document.check.parameters:,}" in texts(inspector)
    page.title.setFocus()
    page.title.selectAll()
    QTest.keyClicks(page.title, "Second try")
    QTest.keyClick(page.title, Qt.Key.Key_Return)
    assert lab.document.experiment.title == "Second try"
    seed = page.seed.editors["seed"]
    seed.setFocus()
    QTest.keyClick(seed, Qt.Key.Key_Up)
    assert (lab.document.experiment.seed, undo_text(lab)) == (1, "Set seed to 1")


def test_a_note_is_kept_when_the_typing_pauses(lab, inspector, qtbot) -> None:
    note = inspector.page.note
    note.setFocus()
    QTest.keyClicks(note, "Watch the")
    qtbot.waitUntil(lambda: lab.document.experiment.note == "Watch the", timeout=3000)
    QTest.keyClicks(note, " loss")
    inspector.page.title.setFocus()
    assert lab.document.experiment.note == "Watch the loss"
    assert lab.document.undo_stack.count() == 1
    lab.document.undo_stack.undo()
    assert note.toPlainText() == ""


def test_several_can_be_aligned_muted_and_deleted(lab, inspector, qtbot) -> None:
    inspector.show_selection(["conv2d", "relu", "note"])
    lab.select("")
    assert isinstance(inspector.page, SeveralPage), "several, not none"
    assert "3 selected" in texts(inspector)
    qtbot.mouseClick(button(inspector, "In a column"), Qt.MouseButton.LeftButton)
    model = lab.document.experiment.model
    assert model.nodes["conv2d"].x == model.nodes["relu"].x == model.notes["note"].x
    qtbot.mouseClick(button(inspector, "Mute"), Qt.MouseButton.LeftButton)
    assert all(lab.document.experiment.model.nodes[n].muted for n in ("conv2d", "relu"))
    qtbot.mouseClick(button(inspector, "Take in again"), Qt.MouseButton.LeftButton)
    assert not any(lab.document.experiment.model.nodes[n].muted for n in ("conv2d", "relu"))
    qtbot.mouseClick(button(inspector, "Delete 3"), Qt.MouseButton.LeftButton)
    model = lab.document.experiment.model
    assert not {"conv2d", "relu", "note"} & {*model.nodes, *model.notes}
    assert lab.document.undo_stack.count() == 4
    assert isinstance(inspector.page, ExperimentPage)


def test_notes_frames_and_unknown_layers_have_pages(lab, inspector, qtbot) -> None:
    inspector.edit("note")
    assert isinstance(inspector.page, NotePage)
    QTest.keyClicks(inspector.page.text, "so: ")
    lab.select("frame")
    assert lab.document.experiment.model.notes["note"].text == "so: hello"
    assert isinstance(inspector.page, FramePage)
    inspector.edit("frame")
    QTest.keyClicks(inspector.page.title, "Stem")
    QTest.keyClick(inspector.page.title, Qt.Key.Key_Return)
    assert lab.document.experiment.model.frames["frame"].title == "Stem"
    lab.select("mystery")
    assert isinstance(inspector.page, UnknownPage)
    assert any('"spin": 0.5' in t for t in texts(inspector))
    qtbot.mouseClick(button(inspector, "Remove it"), Qt.MouseButton.LeftButton)
    assert "mystery" not in lab.document.experiment.model.nodes


def test_weights_are_asked_for_only_while_they_are_seen(lab, inspector) -> None:
    def asked() -> list[object]:
        return [command.params for command, _take in lab.link._pictures.values() if command.probe == "weights"]

    assert asked() == []
    lab.select("conv2d")
    assert asked() == [{"node": "conv2d"}]
    lab.select("relu")
    assert asked() == []
    lab.select("linear")
    assert asked() == [{"node": "linear"}]
    inspector.hide()
    assert asked() == []
    inspector.show()
    assert asked() == [{"node": "linear"}]


@pytest.mark.parametrize(
    ("node", "shape", "at", "number"),
    [
        ("conv2d", (16, 1, 3, 3), (0, 0), "kernel 1, input 1, row 1, column 1: -1"),
        ("linear", (10, 1024), (0, 0), "output 1, input 1: -1"),
        ("linear", (7,), (0, 0), "1: -1"),
    ],
)
def test_the_picture_tells_the_number_under_the_pointer(lab, inspector, qtbot, node, shape, at, number) -> None:
    lab.select(node)
    picture = inspector.page.weights
    picture.take(weights(node, *shape))
    qtbot.waitUntil(lambda: picture.map.height() > 10)
    assert picture.map.number_at(QPoint(*at)) == number
    assert picture.map.number_at(QPoint(-5, -5)) == ""
    QApplication.sendEvent(picture.map, QHelpEvent(QEvent.Type.ToolTip, QPoint(1, 1), QPoint(1, 1)))
    image = picture.map.grab().toImage()
    ratio = image.devicePixelRatio()
    first, last = image.pixelColor(2, 2), image.pixelColor(int(picture.map.width() * ratio) // 2, 2)
    assert first.blue() > first.red(), "the least weight is blue"
    assert first != last


def test_a_picture_that_does_not_apply_says_why(lab, inspector) -> None:
    lab.select("linear")
    inspector.page.weights.take(Picture(1, "", 0, {}, {}, "Train first: there is no model yet."))
    assert "Train first: there is no model yet." in texts(inspector)
    assert not inspector.page.weights.map.isVisible()


def test_glyphs_are_sharp_at_every_scale(qapp) -> None:
    assert glyph("mdi6.grid").pixmap(QSize(20, 20), 2.0).size() == QSize(40, 40)


def test_tiles_fit_their_room() -> None:
    for count, size, room in ((16, 3, 248), (6, 5, 248), (1, 3, 248), (2048, 3, 248), (64, 11, 120), (3, 200, 100)):
        found = tiling(count, size, size, room)
        assert found.size.height() <= 240
        assert found.size.width() <= max(room, size)
        assert found.find(found.place(found.count - 1).center())[0] == found.count - 1
    assert tiling(16, 3, 3, 248).columns == 8


def test_help_opens_beside_and_follows_the_theme(lab, inspector, qtbot) -> None:
    lab.select("conv2d")
    qtbot.mouseClick(button(inspector, "F1 help"), Qt.MouseButton.LeftButton)
    (window,) = inspector.findChildren(HelpWindow)
    assert window.isVisible()
    assert "Slides small learned kernels" in window.page.text.toPlainText()
    inspector.show_help("relu")
    assert window.windowTitle() == "ReLU: help"
    inspector.show_help("nobody knows")
    assert len(inspector.findChildren(HelpWindow)) == 1
    QTest.keyClick(window.page.text, Qt.Key.Key_F1)
    assert not window.isVisible()


def test_every_page_fits_280_pixels_in_both_themes(lab, inspector) -> None:
    for scheme in ("light", "dark"):
        theme.use(scheme)
        for chosen in ([], ["conv2d"], ["linear"], ["output"], ["input"], ["mystery"], ["note"], ["conv2d", "relu"]):
            inspector.show_selection(chosen)
            QApplication.processEvents()
            assert inspector.page.minimumSizeHint().width() <= 280, chosen
            assert inspector.page.width() <= 280


def test_first_weights_are_chosen_and_frozen_where_there_are_some(lab, inspector) -> None:
    inspector.edit("relu")
    assert not inspector.page.first.isVisible()
    inspector.edit("conv2d")
    first = inspector.page.first
    assert first.isVisible()
    first.init.chooser.picked.emit("xavier_normal")
    assert lab.document.experiment.model.nodes["conv2d"].init == Choice(kind="xavier_normal")
    assert list(first.init.form.editors) == ["gain"]
    QTest.keyClick(first.freeze.editors["frozen"], Qt.Key.Key_Space)
    assert lab.document.experiment.model.nodes["conv2d"].frozen
    assert undo_text(lab) == "Set freeze to on"
    shown = faces(lab.document.experiment, lab.document.check)["conv2d"]
    assert shown.count == "❄ 160"
    assert "frozen" in spoken(shown)
