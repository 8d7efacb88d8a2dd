"""Forms made from declarations: every kind of row, real keys, nothing kept."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from dllab import text
from dllab.data import DATASETS
from dllab.declare import form_fields
from dllab.document.experiment import Experiment, Training
from dllab.layers import LAYERS
from dllab.recipe import INITIALISATIONS, LOSSES, OPTIMISERS, SCHEDULES
from ui.inspector.chooser import Chooser, Switch
from ui.inspector.form import Form
from ui.inspector.number import IntsField, NumberField

EVERY = [kind for registry in (LAYERS, DATASETS, LOSSES, OPTIMISERS, SCHEDULES, INITIALISATIONS) for kind in registry]


class Owner(QWidget):
    """Holds the values, as the document does."""

    def __init__(self, form: Form, **values: object) -> None:
        super().__init__()
        self.form, self.values, self.edits = form, values, []
        QVBoxLayout(self).addWidget(form)
        form.edited.connect(self.edit)
        form.show_values(values)

    def edit(self, name: str, value: object, merge: str) -> None:
        self.edits.append((name, value))
        self.values = {**self.values, name: value}
        self.form.show_values(self.values)


@pytest.fixture
def own(qtbot):
    made = []

    def make(form: Form, **values: object) -> Owner:
        owner = Owner(form, **values)
        made.append(owner)
        qtbot.addWidget(owner)
        owner.show()
        qtbot.waitExposed(owner)
        owner.activateWindow()
        qtbot.waitUntil(owner.isActiveWindow)
        return owner

    return make


@pytest.mark.parametrize("declaration", EVERY, ids=lambda d: f"{d.__module__.rpartition('.')[2]}-{d.kind}")
def test_every_declaration_gives_a_form_that_shows_its_defaults(own, declaration) -> None:
    owner = own(Form(declaration))
    assert list(owner.form.editors) == [field.name for field in form_fields(declaration)]
    for name, editor in owner.form.editors.items():
        field = owner.form.fields[name]
        assert editor.accessibleName() == field.title
        assert field.help.split(" ")[0] in editor.toolTip()
        shown = editor.isChecked() if isinstance(editor, Switch) else editor._value
        assert shown == field.default


def test_rows_fit_a_narrow_inspector(own) -> None:
    for declaration in EVERY:
        form = own(Form(declaration)).form
        assert form.minimumSizeHint().width() <= 250, declaration


def test_kinds_of_rows(own) -> None:
    owner = own(Form(LAYERS["linear"]))
    assert {name: type(editor) for name, editor in owner.form.editors.items()} == {
        "features": NumberField,
        "in_features": NumberField,
        "bias": Switch,
    }
    assert isinstance(own(Form(LAYERS["layer_norm"])).form.editors["over"], Chooser)
    assert isinstance(own(Form(LAYERS["reshape"])).form.editors["extents"], IntsField)
    assert isinstance(own(Form(Training, ["drop_last"])).form.editors["drop_last"], Chooser), "automatic, on, off"
    assert list(own(Form(Experiment, ["seed"])).form.editors) == ["seed"]
    assert "loss" not in own(Form(Training)).form.editors


def test_typing_and_tabbing_through_a_form(own) -> None:
    owner = own(Form(LAYERS["conv2d"]), kernel_size=5)
    owner.form.focus_first()
    assert QApplication.focusWidget() is owner.form.editors["out_channels"]
    QTest.keyClicks(QApplication.focusWidget(), "8")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert owner.edits == [("out_channels", 8)]
    assert QApplication.focusWidget() is owner.form.editors["kernel_size"]
    assert QApplication.focusWidget().selectedText() == "5", "typing replaces what a tab led to"
    for name in ("stride", "padding", "dilation", "groups", "bias"):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is owner.form.editors[name]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert owner.edits[1:] == [("bias", False)]


def test_a_switch_by_mouse(own, qtbot) -> None:
    owner = own(Form(LAYERS["linear"]))
    switch = owner.form.editors["bias"]
    assert switch.text() == "on"
    qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert owner.edits == [("bias", False)]
    assert (switch.isChecked(), switch.text()) == (False, "off")


def test_an_owner_that_does_not_follow_leaves_the_form_as_it_was(own, qtbot) -> None:
    owner = own(Form(LAYERS["linear"]))
    owner.edit = lambda *_: None
    owner.form.edited.disconnect()
    qtbot.mouseClick(owner.form.editors["bias"], Qt.MouseButton.LeftButton)
    assert owner.form.editors["bias"].isChecked()
    chooser = own(Form(LAYERS["layer_norm"])).form.editors["over"]
    chooser.picked.disconnect()
    chooser.show_value("last")
    chooser.activated.emit(1)
    assert chooser.currentIndex() == 0


def test_choosing_by_keys(own) -> None:
    owner = own(Form(Training, ["drop_last"]))
    chooser = owner.form.editors["drop_last"]
    assert [chooser.itemText(i) for i in range(chooser.count())] == ["automatic", "on", "off"]
    chooser.setFocus()
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    QTest.keyClick(chooser, Qt.Key.Key_Down)
    QTest.keyClick(chooser, Qt.Key.Key_Up)
    assert owner.edits == [("drop_last", True), ("drop_last", False), ("drop_last", True)]


def test_a_refusal_stands_below_its_row_and_goes_again(own) -> None:
    owner = own(Form(LAYERS["conv2d"]))
    owner.form.focus_first()
    QTest.keyClicks(QApplication.focusWidget(), "0")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert owner.edits == []
    assert [t.text() for t in owner.findChildren(QLabel) if t.property("role") == "bad" and t.isVisible()] == [
        "Must be at least 1."
    ]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not [t for t in owner.findChildren(QLabel) if t.property("role") == "bad" and t.isVisible()]


def test_problems_told_from_outside_stand_below_their_rows(own) -> None:
    owner = own(Form(LAYERS["linear"]))
    owner.form.show_problems({"in_features": "Linear expects 128 features, gets 64."})
    (shown,) = [t for t in owner.findChildren(QLabel) if t.property("role") == "bad" and t.isVisible()]
    assert shown.text().startswith("Linear expects")
    owner.form.show_problems({})
    assert not shown.isVisible()


def test_values_that_no_form_could_make_are_shown_as_they_are(own) -> None:
    owner = own(Form(LAYERS["linear"]), features="many", bias=True)
    assert owner.form.editors["features"].text() == "many"
    norm = own(Form(LAYERS["layer_norm"]), over="sideways")
    assert norm.form.editors["over"].currentIndex() == -1
    assert norm.form.editors["over"].placeholderText() == "sideways"


def test_every_text_of_a_form_is_translated(own) -> None:
    text.set_language(text.PSEUDO)
    try:
        for declaration in EVERY:
            owner = own(Form(declaration))
            shown = [t.text() for t in owner.findChildren(QLabel) if t.text()]
            shown += [owner.form.editors[n].accessibleName() for n in owner.form.editors]
            shown += [c.itemText(i) for c in owner.findChildren(Chooser) for i in range(c.count())]
            assert [t for t in shown if not t.startswith("⟦")] == []
    finally:
        text.set_language("en")
