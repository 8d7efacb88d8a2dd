"""Typed numbers: the value meant or a refusal with the reason, whatever the locale (R-43)."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from dllab.declare import FormField, form_fields
from dllab.document.experiment import Training
from dllab.layers import LAYERS
from ui.inspector.number import IntsField, NumberField
from ui.inspector.parsing import Refusal, parse_ints, parse_number, show_number
from ui.inspector.stepping import bound_refusal, show_bounds, stepped

INTEGER = FormField("n", "Count", "How many", "int", 3, 1, 255, (False, False), (), False)
RATE = FormField("rate", "Rate", "How fast", "float", 0.001, 0.0, 1e6, (True, False), (), False)
SHARE = FormField("p", "Share", "", "float", 0.5, 0.0, 1.0, (False, True), (), False)
OPTIONAL = replace(INTEGER, default=None, optional=True)

MEANT = {
    "0.001": 0.001, "0,001": 0.001, "1e-3": 0.001, "1E-3": 0.001, ".5": 0.5, ",5": 0.5, "1.234": 1.234, "-2.5": -2.5,
    "1,5": 1.5, "12,50": 12.5, "1,2345": 1.2345, "1234,567": 1234.567, "5.": 5.0, "+3": 3.0, "0,000": 0.0, "−4": -4.0,
    "1,234,567": 1234567.0, "1.234.567": 1234567.0, "1,234.5": 1234.5, "1.234,5": 1234.5, "1 234": 1234.0,
    "1\u202f234,5": 1234.5, "1'234.5": 1234.5, "1_000": 1000.0, "٣٫٥": 3.5, "１．５": 1.5, "  7 ": 7.0, "007": 7.0,
}  # fmt: skip
REFUSED = [
    "", " ", "abc", "nan", "inf", "-inf", "infinity", "1e999", "1e-999", "0x10", "1.2.3", "1,2,3", "1..5", "--1", "1e",
    "e5", ".", ",", "10²", "½", "12 34", "1,23,456", "1 2", "9" * 70, "1,234", "12,345", "-1,234", "1,234e2", "5 %",
    "1_2", "1.5.", "\u0660x",
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), MEANT.items())
def test_a_number_means_what_was_meant(text: str, value: float) -> None:
    assert parse_number(text, "float") == value
    assert isinstance(parse_number(text, "float"), float)


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("kind", ["int", "float"])
def test_what_means_no_number_or_two_is_refused(text: str, kind: str) -> None:
    found = parse_number(text, kind)
    assert isinstance(found, Refusal)
    assert found.sentence[0].isupper() or found.sentence[0] in "-1"


def test_the_reason_of_a_doubtful_number_names_both_readings() -> None:
    refusal = parse_number("-1,234", "float")
    assert refusal == Refusal("-1,234 could mean -1.234 or -1234: write one of these.")
    assert "1000" in parse_number("1.000", "int").sentence


@pytest.mark.parametrize(
    ("text", "value"),
    {"12": 12, "-3": -3, "1e3": 1000, "3.0": 3, "1,234,567": 1234567, "1 000": 1000, "12345678901234567891e0": 12345678901234567891}.items(),
)  # fmt: skip
def test_whole_numbers(text: str, value: int) -> None:
    found = parse_number(text, "int")
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize("text", ["1.5", "0,001", ".5", "1e-3", "1.234", "1,234", "1.000", "12.345"])
def test_a_fraction_or_a_doubtful_thousand_is_no_whole_number(text: str) -> None:
    assert isinstance(parse_number(text, "int"), Refusal)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_comes_back_as_it_was_shown(value: float) -> None:
    assert parse_number(show_number(value), "float") == value


@given(st.integers(-(10**18), 10**18))
def test_every_integer_comes_back_as_it_was_shown(value: int) -> None:
    assert parse_number(show_number(value), "int") == value


@given(st.text(alphabet="0123456789.,eE+- '_", max_size=12))
def test_no_text_is_guessed(text: str) -> None:
    found = parse_number(text, "float")
    if isinstance(found, Refusal):
        return
    assert math.isfinite(found)
    bare = text.translate(str.maketrans("", "", " '_"))
    ways = (
        bare,
        bare.replace(",", ""),
        bare.replace(",", "."),
        bare.replace(".", ""),
        bare.replace(".", "").replace(",", "."),
    )
    readings = set()
    for way in ways:
        with contextlib.suppress(ValueError):
            readings.add(float(way))
    assert found in readings
    if bare == text and "," not in text and text.count(".") < 2:
        assert found == float(text), "a point is the decimal mark"


def test_several_whole_numbers() -> None:
    assert parse_ints("16, 4,4") == parse_ints("16×4 × 4") == parse_ints("(16, 4, 4)") == (16, 4, 4)
    assert parse_ints("-1") == (-1,)
    assert isinstance(parse_ints("16, 4.5"), Refusal)
    assert isinstance(parse_ints("a"), Refusal)


def test_bounds_give_their_reason() -> None:
    assert bound_refusal(0, INTEGER) == Refusal("Must be at least 1.")
    assert bound_refusal(256, INTEGER) == Refusal("Must be at most 255.")
    assert bound_refusal(0.0, RATE) == Refusal("Must be more than 0.")
    assert bound_refusal(1.0, SHARE) == Refusal("Must be less than 1.")
    assert bound_refusal(255, INTEGER) is None
    assert [show_bounds(f) for f in (INTEGER, RATE, SHARE)] == ["1 – 255", "> 0", "0 – <1"]
    assert show_bounds(RATE, brief=False) == ">0 – 1,000,000"


def walk(value: float | None, field: FormField, moves: str) -> list[float | None]:
    found = []
    for move in moves:
        value = stepped(value, move in "uU", move in "UD", field)
        found.append(value)
    return found


def test_steps() -> None:
    assert walk(3, INTEGER, "uuddd") == [4, 5, 4, 3, 2]
    assert walk(3, INTEGER, "UUDD") == [6, 12, 6, 3]
    assert walk(200, INTEGER, "Uu") == [255, 255]
    assert walk(2, INTEGER, "ddd") == [1, 1, 1]
    assert walk(0.001, RATE, "uuuu") == [0.002, 0.005, 0.01, 0.02]
    assert walk(0.0013, RATE, "d") == [0.001]
    assert walk(0.001, RATE, "ddd") == [0.0005, 0.0002, 0.0001]
    assert walk(1e-5, RATE, "d") == [5e-6], "0 is refused there"
    assert walk(0.87, SHARE, "uuuu") == [0.9, 0.95, 0.95, 0.95]
    assert walk(0.05, SHARE, "dd") == [0.0, 0.0]
    assert walk(2, OPTIONAL, "dddu") == [1, None, None, 1]
    decay = next(f for f in form_fields(Training) if f.name == "weight_decay")
    assert walk(0.0, decay, "uudd") == [1e-5, 2e-5, 1e-5, 0.0]
    epsilon = next(f for f in form_fields(LAYERS["batch_norm"]) if f.name == "eps")
    assert walk(1e-5, epsilon, "ud") == [2e-5, 1e-5]


def test_a_field_without_a_value_steps_to_one_inside_its_bounds() -> None:
    bandwidth = next(f for f in form_fields(LAYERS["mean_shift"]) if f.name == "bandwidth")
    assert walk(None, bandwidth, "ud") == [1.0, 0.5]


@given(
    st.sampled_from([f for k in LAYERS for f in form_fields(k) if f.type in ("int", "float")]),
    st.text("uUdD", max_size=30),
)
def test_steps_never_leave_the_bounds(field: FormField, moves: str) -> None:
    for value in walk(field.default, field, moves):
        assert value is None if value is None else bound_refusal(value, field) is None


# --- the field, by real keys


@pytest.fixture(params=["C", "de_DE", "fr_FR", "ar_EG", "zh_CN", "tr_TR"])
def locale(request: pytest.FixtureRequest) -> Iterator[str]:
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield request.param
    QLocale.setDefault(before)


class Bench(QWidget):
    """A field beside another widget that can take the focus; the owner shows what was committed."""

    def __init__(self, field: NumberField | IntsField, value: object) -> None:
        super().__init__()
        self.field, self.other, self.sent, self.takes = field, QLineEdit(), [], True
        layout = QVBoxLayout(self)
        layout.addWidget(field)
        layout.addWidget(self.other)
        field.committed.connect(self.owner)
        field.show_value(value)

    def owner(self, value: object, merge: str) -> None:
        self.sent.append((value, merge))
        if self.takes:
            self.field.show_value(value)


@pytest.fixture
def make_bench(qtbot):
    def make(field: FormField, value: object, cls: type[NumberField] | type[IntsField] = NumberField) -> Bench:
        bench = Bench(cls(field), value)
        qtbot.addWidget(bench)
        bench.show()
        qtbot.waitExposed(bench)
        bench.activateWindow()
        qtbot.waitUntil(bench.isActiveWindow)
        bench.field.setFocus()
        bench.field.selectAll()
        qtbot.waitUntil(bench.field.hasFocus)
        return bench

    return make


@pytest.mark.parametrize(("text", "value"), {"0.001": 0.001, "0,001": 0.001, "1e-3": 0.001, ".5": 0.5, "1.234": 1.234}.items())  # fmt: skip
def test_typed_keys_mean_the_same_in_every_locale(make_bench, locale: str, text: str, value: float) -> None:
    bench = make_bench(RATE, 7.0)
    QTest.keyClicks(bench.field, text)
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == [(value, "")]
    assert bench.field.text() == show_number(value)


def test_a_doubtful_number_stays_red_with_its_reason_until_it_is_mended(make_bench, locale: str) -> None:
    bench = make_bench(RATE, 7.0)
    said = []
    bench.field.refused.connect(said.append)
    QTest.keyClicks(bench.field, "1,234")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == []
    assert "1.234 or 1234" in bench.field.refusal
    assert bench.field.refusal in bench.field.accessibleDescription()
    assert bench.field.text() == "1,234", "what was typed stays to be mended"
    QTest.keyClick(bench.field, Qt.Key.Key_5)
    assert said[-1] == ""
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == [(1.2345, "")]


def test_leaving_the_field_commits(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    QTest.keyClicks(bench.field, "17")
    QTest.keyClick(bench.field, Qt.Key.Key_Tab)
    assert bench.other.hasFocus()
    assert bench.sent == [(17, "")]


def test_nothing_typed_commits_nothing(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    QTest.keyClicks(bench.field, "3")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == []


def test_escape_brings_the_value_back_and_then_is_the_windows(make_bench, qtbot) -> None:
    bench = make_bench(INTEGER, 3)
    QTest.keyClicks(bench.field, "400")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.field.refusal == "Must be at most 255."
    QTest.keyClick(bench.field, Qt.Key.Key_Escape)
    assert (bench.field.text(), bench.field.refusal, bench.sent) == ("3", "", [])
    seen = []
    bench.keyPressEvent = lambda event: seen.append(event.key())
    QTest.keyClick(bench.field, Qt.Key.Key_Escape)
    assert bench.field.text() == "3"


def test_an_owner_that_refuses_has_the_last_word(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    bench.takes = False
    QTest.keyClicks(bench.field, "9")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == [(9, "")]
    assert bench.field.text() == "3"


def test_a_draft_survives_a_repaint_of_the_same_value_and_yields_to_another(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    QTest.keyClicks(bench.field, "12")
    bench.field.show_value(3)
    assert bench.field.text() == "12"
    bench.field.show_value(4)
    assert bench.field.text() == "4"
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == []


def test_arrow_keys_step_and_share_a_merge_key_until_the_field_is_left(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    QTest.keyClick(bench.field, Qt.Key.Key_Up)
    QTest.keyClick(bench.field, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(bench.field, Qt.Key.Key_Down)
    assert [value for value, _merge in bench.sent] == [4, 8, 7]
    assert len({merge for _value, merge in bench.sent}) == 1
    assert bench.sent[0][1]
    bench.other.setFocus()
    bench.field.setFocus()
    QTest.keyClick(bench.field, Qt.Key.Key_Up)
    assert bench.sent[-1][1] != bench.sent[0][1]


def wheel(target: QWidget, notches: float) -> bool:
    at = QPointF(target.rect().center())
    turn = QPoint(0, int(notches * 120))
    none = Qt.MouseButton.NoButton
    event = QWheelEvent(
        at,
        target.mapToGlobal(at),
        QPoint(),
        turn,
        none,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def test_the_wheel_counts_only_with_the_focus(make_bench) -> None:
    bench = make_bench(INTEGER, 3)
    assert wheel(bench.field, 1)
    assert wheel(bench.field, -0.5)
    assert wheel(bench.field, -0.5)
    assert [value for value, _merge in bench.sent] == [4, 3]
    bench.other.setFocus()
    assert not wheel(bench.field, 1)
    assert len(bench.sent) == 2


def test_automatic(make_bench) -> None:
    bench = make_bench(OPTIONAL, 5)
    bench.field.clear()
    QTest.keyClick(bench.field, Qt.Key.Key_A)
    QTest.keyClick(bench.field, Qt.Key.Key_Backspace)
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == [(None, "")]
    assert (bench.field.text(), bench.field.placeholderText()) == ("", "automatic")
    QTest.keyClicks(bench.field, "Automatic")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert len(bench.sent) == 1
    QTest.keyClick(bench.field, Qt.Key.Key_Up)
    assert bench.sent[-1][0] == 1


def test_an_empty_field_is_refused_where_a_number_is_needed(make_bench) -> None:
    bench = make_bench(INTEGER, 5)
    QTest.keyClick(bench.field, Qt.Key.Key_Backspace)
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == []
    assert bench.field.refusal == "Type a number."


def test_a_shortcut_of_the_lab_acts_on_what_is_typed(make_bench) -> None:
    bench = make_bench(INTEGER, 5)
    QTest.keyClicks(bench.field, "6")
    QTest.keyClick(bench.field, Qt.Key.Key_F5)
    assert bench.sent == [(6, "")]
    QTest.keyClicks(bench.field, "7")
    QTest.keyClick(bench.field, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert bench.field.value == int(bench.field.text())


def test_whole_numbers_in_a_row(make_bench) -> None:
    field = FormField("shape", "Shape", "", "ints", (-1,), None, None, (False, False), (), False)
    bench = make_bench(field, (-1,), IntsField)
    QTest.keyClicks(bench.field, "1, 8, 8")
    QTest.keyClick(bench.field, Qt.Key.Key_Return)
    assert bench.sent == [((1, 8, 8), "")]
    assert bench.field.text() == "1, 8, 8"
