"""The editors behind the chips, on a real lab, by real keys and presses."""

import numpy as np
import pytest
from inspector_case import cnn
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from dllab import text
from dllab.checking.length import steps_per_epoch
from dllab.data import DATASETS
from dllab.document import edits
from dllab.document.experiment import PILES_UP, RIGHT, Choice, Experiment
from dllab.engine import protocol
from dllab.engine.protocol import Change
from dllab.recipe import OPTIMISERS, SCHEDULES
from ui.document import Document
from ui.inspector import chip_text_data, chip_text_device, chip_text_recipe, commit_focused
from ui.inspector.chooser import Chooser
from ui.inspector.data_editor import DataEditor
from ui.inspector.device_editor import DeviceEditor
from ui.inspector.help_page import HelpWindow
from ui.inspector.recipe_editor import RecipeEditor
from ui.link.runs import label
from ui.shell.theme import theme


@pytest.fixture
def lab(make_lab):
    return make_lab(Document(cnn()))


@pytest.fixture
def show(qtbot):
    def make(editor):
        qtbot.addWidget(editor)
        editor.resize(400, 700)
        editor.show()
        qtbot.waitExposed(editor)
        editor.activateWindow()
        qtbot.waitUntil(editor.isActiveWindow)
        return editor

    return make


def visible(widget) -> list[str]:
    return [t.text() for t in widget.findChildren(QLabel) if t.isVisible() and t.text()]


def type_into(field, keys: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, keys)
    QTest.keyClick(field, Qt.Key.Key_Return)


class Engine:
    """Answers what the data editor asks, when told to."""

    def __init__(self, lab, monkeypatch) -> None:
        self.asked: list[tuple[Experiment, object]] = []
        monkeypatch.setattr(lab.link, "is_ready", True)
        monkeypatch.setattr(lab.link, "look", lambda e, callback, limit=400: self.asked.append((e, callback)))

    def answer(self, index: int = -1, message: str = "") -> None:
        experiment, callback = self.asked[index]
        declaration = DATASETS[experiment.data.kind]
        spec = declaration(**experiment.data.params).spec()
        random = np.random.default_rng(0)
        x = random.normal(size=(40, *spec.input)).astype(np.float32)
        if spec.tokens:
            x = random.integers(1, len(spec.tokens), (40, *spec.input))
        y = random.integers(0, max(1, len(spec.classes)), (40, spec.positions) if spec.positions else 40)
        labels = {
            "family": declaration.family,
            "task": spec.task,
            "features": list(spec.features),
            "classes": list(spec.classes),
            "targets": list(spec.targets),
            "tokens": list(spec.tokens),
            "parts": {"train": 30, "validation": 4, "test": 6},
        }
        if spec.task == "regression":
            y = random.normal(size=(40, 1)).astype(np.float32)
        arrays = {"x": protocol.pack(x), "y": protocol.pack(y)}
        callback(protocol.DataSummary(1, {} if message else arrays, {} if message else labels, message))


@pytest.fixture
def engine(lab, monkeypatch) -> Engine:
    return Engine(lab, monkeypatch)


# --- data


def test_searching_and_choosing_data_by_keys(lab, show, engine) -> None:
    editor = show(DataEditor(lab))
    editor.setFocus()
    search = QApplication.focusWidget()
    assert search is editor.datasets.search
    QTest.keyClicks(search, "moon")
    items = [editor.datasets.list.item(i) for i in range(editor.datasets.list.count())]
    assert [i.text() for i in items if not i.isHidden()] == ["Moons"]
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert lab.document.experiment.data == Choice(kind="moons")
    assert lab.document.undo_stack.undoText() == "Use Moons"
    QTest.keyClicks(search, " nothing")
    assert "No data of that name." in visible(editor)


def test_choosing_data_by_mouse(lab, show, engine, qtbot) -> None:
    editor = show(DataEditor(lab))
    rows = editor.datasets.list
    iris = next(rows.item(i) for i in range(rows.count()) if rows.item(i).text() == "Iris")
    place = rows.visualItemRect(iris).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert lab.document.experiment.data.kind == "iris"
    lab.document.undo_stack.undo()
    assert rows.currentItem().text() == "Digits"


def test_the_parameters_of_the_data_are_a_form(lab, show, engine, qtbot) -> None:
    editor = show(DataEditor(lab))
    assert editor.form is None
    editor.datasets.picked.emit("moons")
    qtbot.waitUntil(lambda: editor.form.isVisible())
    type_into(editor.form.editors["noise"], "0,35")
    assert lab.document.experiment.data.params == {"noise": 0.35}
    assert lab.document.undo_stack.undoText() == "Set noise to 0.35"
    type_into(editor.form.editors["noise"], "99")
    assert "Must be at most 10." in visible(editor)
    assert lab.document.experiment.data.params == {"noise": 0.35}


def test_split_and_preparation(lab, show, engine) -> None:
    editor = show(DataEditor(lab))
    type_into(editor.split.editors["test"], "0.4")
    field = editor.split.editors["validation"]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    scaling = editor.preparation.editors["scaling"]
    scaling.setFocus()
    QTest.keyClick(scaling, Qt.Key.Key_Down)
    experiment = lab.document.experiment
    assert (experiment.split.test, experiment.split.validation) == (0.4, 0.25)
    assert experiment.preparation.scaling == "minmax"


def test_the_counts_and_the_preview_come_from_the_engine(lab, show, engine, qtbot) -> None:
    editor = show(DataEditor(lab))
    assert "…" not in editor.parts.accessibleDescription()
    engine.answer()
    assert editor.parts.accessibleDescription() == "training: 30, validation: 4, test, sealed: 6"
    assert editor.preview.family == "image"
    editor.datasets.picked.emit("wine")
    type_into(editor.split.editors["test"], "0.5")
    qtbot.waitUntil(lambda: len(engine.asked) == 2)
    assert engine.asked[1][0].split.test == 0.5, "asked once, after the last change"
    engine.answer(0)
    assert editor.preview.family == "image", "an answer to an earlier question is not shown"
    engine.answer(1)
    assert editor.preview.family == "table"


def test_nothing_is_asked_while_hidden_or_for_edits_of_the_network(lab, show, engine, qtbot) -> None:
    editor = show(DataEditor(lab))
    assert len(engine.asked) == 1
    lab.document.apply("Rename", lambda e: e.model_copy(update={"title": "x"}))
    editor.hide()
    lab.document.apply("Data", lambda e: e.model_copy(update={"data": Choice(kind="iris")}))
    qtbot.wait(200)
    assert len(engine.asked) == 1
    editor.show()
    assert len(engine.asked) == 2


def test_data_that_can_not_be_loaded_says_why(lab, show, engine) -> None:
    editor = show(DataEditor(lab))
    engine.answer(message="Every class needs at least 2 samples.")
    assert "Every class needs at least 2 samples." in visible(editor)
    engine.answer()
    assert "Every class needs at least 2 samples." not in visible(editor)


def test_no_samples_are_no_picture(lab, show, engine) -> None:
    editor = show(DataEditor(lab))
    engine.answer()
    nothing = protocol.pack(np.zeros((0, 1, 8, 8), np.float32))
    engine.asked[-1][1](protocol.DataSummary(1, {"x": nothing, "y": nothing}, {"family": "image"}))
    assert editor.preview.sentence == "There are no samples to show."


def test_without_an_engine_the_preview_waits(lab, show, monkeypatch) -> None:
    editor = show(DataEditor(lab))
    assert "engine" in editor.preview.sentence
    engine = Engine(lab, monkeypatch)
    lab.link.ready.emit(protocol.Ready(1, "2", [("cpu", "CPU")], 1))
    engine.answer()
    assert editor.preview.sentence == ""


@pytest.mark.parametrize("kind", [declaration.kind for declaration in DATASETS if not declaration.own])
def test_every_dataset_has_a_preview_in_both_themes(lab, show, engine, kind) -> None:
    lab.document.open(cnn().model_copy(update={"data": Choice(kind=kind)}))
    editor = show(DataEditor(lab))
    engine.answer()
    colours = []
    for scheme in ("light", "dark"):
        theme.use(scheme)
        image = editor.preview.grab().toImage()
        seen = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(image.height())}
        assert len(seen) > 3, "something is drawn"
        colours.append(seen)
    assert colours[0] != colours[1]


def test_more_about_the_data(lab, show, engine, qtbot) -> None:
    editor = show(DataEditor(lab))
    (link,) = [b for b in editor.findChildren(QPushButton) if b.text() == "More about this data"]
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    (window,) = editor.findChildren(HelpWindow)
    assert "Handwritten digits" in window.page.text.toPlainText()


# --- recipe


def test_the_recipe_is_edited_by_keys(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    type_into(editor.rate.editors["learning_rate"], "2e-3")
    type_into(editor.batches.editors["batch_size"], "64")
    type_into(editor.length.editors["epochs"], "1 000")
    editor.batches.editors["shuffle"].setFocus()
    QTest.keyClick(editor.batches.editors["shuffle"], Qt.Key.Key_Space)
    type_into(editor.seed.editors["seed"], "7")
    training = lab.document.experiment.training
    assert (training.learning_rate, training.batch_size, training.epochs, training.shuffle) == (0.002, 64, 1000, False)
    assert lab.document.experiment.seed == 7
    assert chip_text_recipe(lab.document.experiment, lab.document.check) == ("Adam · 0.002", "batch 64")
    type_into(editor.rate.editors["learning_rate"], "0")
    assert "Must be more than 0." in visible(editor)
    assert lab.document.experiment.training.learning_rate == 0.002


def test_another_optimiser_brings_its_own_form(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    editor.setFocus()
    chooser = QApplication.focusWidget()
    assert chooser is editor.optimiser.chooser
    while lab.document.experiment.training.optimiser.kind != "sgd":
        QTest.keyClick(chooser, Qt.Key.Key_Up)
    assert OPTIMISERS["sgd"].summary() in visible(editor)
    type_into(editor.optimiser.form.editors["momentum"], ".9")
    assert lab.document.experiment.training.optimiser == Choice(kind="sgd", params={"momentum": 0.9})
    lab.document.undo_stack.undo()
    lab.document.undo_stack.undo()
    assert list(editor.optimiser.form.editors) == ["beta1", "beta2"] or chooser.currentText() != "Adam"


def test_only_losses_that_fit_the_data_are_offered(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    offered = [editor.loss.chooser.itemText(i) for i in range(editor.loss.chooser.count())]
    assert "Cross-entropy" in offered
    lab.document.apply("Data", lambda e: e.model_copy(update={"data": Choice(kind="diabetes")}))
    offered = [editor.loss.chooser.itemText(i) for i in range(editor.loss.chooser.count())]
    assert "Cross-entropy" not in offered
    assert editor.loss.chooser.placeholderText() == "Cross-entropy", "what is chosen is still told"
    fix = next(b for b in editor.problems.findChildren(QPushButton) if b.text().startswith("Use "))
    fix.click()
    assert lab.document.experiment.training.loss.kind == "mse"


def test_a_run_in_training_follows_learning_rate_and_batch_size(lab, show, monkeypatch) -> None:
    sent = []
    monkeypatch.setattr(lab.link, "send", sent.append)
    editor = show(RecipeEditor(lab))
    assert not editor.live.isVisible()
    lab.state = "running"
    lab.state_changed.emit("running")
    assert "at once" in editor.live.text()
    assert editor.live.isVisible()
    type_into(editor.rate.editors["learning_rate"], "0.01")
    type_into(editor.rate.editors["weight_decay"], "0.1")
    type_into(editor.batches.editors["batch_size"], "0")
    type_into(editor.batches.editors["batch_size"], "16")
    assert sent == [Change("learning_rate", 0.01), Change("batch_size", 16)]


def test_what_is_typed_is_taken_over_before_a_command_by_mouse(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    field = editor.length.editors["epochs"]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "3")
    assert lab.document.experiment.training.epochs == 20
    commit_focused()
    assert lab.document.experiment.training.epochs == 3


# --- device


def test_devices_come_when_the_engine_is_ready(lab, show) -> None:
    editor = show(DeviceEditor(lab))
    assert any("starting" in t for t in visible(editor))
    assert not editor.buttons
    lab.devices = [("cpu", "CPU, 2 cores")]
    lab.devices_changed.emit()
    assert "No GPU found: training runs on the CPU." in visible(editor)
    assert any("CUDA" in t for t in visible(editor))
    assert editor.buttons["auto"].text() == "Automatic: the best there is (CPU, 2 cores)"
    assert editor.buttons["auto"].isChecked()


def test_choosing_a_device(lab, show, qtbot) -> None:
    lab.devices = [("cuda:0", "NVIDIA H200, 139 GB"), ("cpu", "CPU, 16 cores")]
    editor = show(DeviceEditor(lab))
    assert not any("CUDA" in t for t in visible(editor))
    qtbot.mouseClick(editor.buttons["cpu"], Qt.MouseButton.LeftButton)
    assert lab.device == "cpu"
    editor.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Up)
    assert lab.device == "cuda:0"


# --- chips and texts


def test_chip_texts(lab) -> None:
    experiment, check = lab.document.experiment, lab.document.check
    assert chip_text_data(experiment, check) == ("Digits", "1,797 · 10 classes")
    assert chip_text_recipe(experiment, check) == ("Adam · 0.001", "batch 32")
    lab.document.open(Experiment(data=Choice(kind="sine")))
    assert chip_text_data(lab.document.experiment, lab.document.check)[1].endswith("1 number to predict")
    lab.document.open(Experiment(data=Choice(kind="nobody")))
    assert chip_text_data(lab.document.experiment, lab.document.check) == ("nobody", "")
    assert chip_text_device("auto", []) == ("Device", "starting…")
    assert chip_text_device("auto", [("cpu", "CPU, 2 cores")]) == ("CPU", "2 cores")
    assert chip_text_device("cpu", [("cuda:0", "NVIDIA H200, 139 GB"), ("cpu", "CPU, 2 cores")])[0] == "CPU"


def test_editors_fit_their_panels(lab, show, engine) -> None:
    lab.devices = [("cpu", "CPU, 2 cores")]
    for kind in ("digits", "spirals", "diabetes"):
        lab.document.open(cnn().model_copy(update={"data": Choice(kind=kind)}))
        for editor, width in ((DataEditor(lab), 400), (RecipeEditor(lab), 360), (DeviceEditor(lab), 360)):
            assert show(editor).minimumSizeHint().width() <= width, editor


@pytest.mark.parametrize("editor", [DataEditor, RecipeEditor, DeviceEditor])
def test_every_text_is_translated(lab, show, engine, editor) -> None:
    text.set_language(text.PSEUDO)
    lab.devices = [("cpu", "7")]
    lab.document.open(cnn().model_copy(update={"data": Choice(kind="moons")}))
    widget = show(editor(lab))
    shown = [*visible(widget), *(b.text() for b in widget.findChildren(QPushButton))]
    shown += [c.itemText(i) for c in widget.findChildren(Chooser) for i in range(c.count())]
    shown += [b.text() for b in getattr(widget, "buttons", {}).values() if b.text() != "7"]
    assert [t for t in shown if t and not t.startswith("⟦")] == []


def test_a_schedule_is_drawn_before_the_run(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    assert not editor.plan.isVisible(), "a constant rate needs no picture"
    lab.document.apply("", lambda e: edits.set_path(e, "training.schedule", Choice(kind="one_cycle")))
    assert editor.plan.isVisible()
    experiment, check = lab.document.experiment, lab.document.check
    recipe, steps = experiment.training, steps_per_epoch(experiment, check)
    declared = SCHEDULES["one_cycle"]()
    first, last = (declared.rate(recipe.learning_rate, s, recipe.epochs, steps) for s in (0, recipe.epochs * steps - 1))
    assert editor.plan.rates[0] == (0.0, first)
    assert editor.plan.rates[-1][1] == last
    assert max(rate for _epoch, rate in editor.plan.rates) > 0.99 * recipe.learning_rate
    assert len({editor.plan.grab().toImage().pixel(x, 40) for x in range(editor.plan.width())}) > 1
    lab.document.apply("", lambda e: edits.set_path(e, "training.schedule", Choice(kind="plateau")))
    assert not editor.plan.isVisible(), "nobody knows when it will fall"


def test_a_wrong_loop_is_chosen_in_the_recipe_and_marks_its_runs(lab, show) -> None:
    editor = show(RecipeEditor(lab))
    chooser = editor.gradient.editors["loop"]
    chooser.setFocus()
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    wrong = lab.document.experiment
    assert wrong.training.loop == PILES_UP
    assert "wrong on purpose" in " ".join(visible(editor))
    assert label(2, wrong, None) == "Run 2 · wrong loop"
    QTest.keyClick(chooser, Qt.Key.Key_Up)
    assert lab.document.experiment.training.loop == RIGHT
    assert "wrong on purpose" not in " ".join(visible(editor))
    assert label(3, lab.document.experiment, wrong) == "Run 3 · Loop right"
