"""The palette: search, families, chips, keys, and what travels with the mouse."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest

from dllab.layers import LAYERS
from dllab.text import set_language
from ui.canvas import Palette
from ui.canvas.chips import Chip
from ui.canvas.mime import LAYER, kind_of

Key = Qt.Key
Left = Qt.MouseButton.LeftButton


@pytest.fixture
def palette(qtbot) -> Palette:
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(212, 700)
    palette.show()
    qtbot.waitExposed(palette)
    return palette


def chips(palette: Palette) -> dict[str, Chip]:
    return {chip.entry.title: chip for chip in palette.shelf.chips if chip.isVisible()}


def test_every_layer_has_a_chip_in_two_columns(palette):
    found = chips(palette)
    assert {chip.entry.kind for chip in found.values()} == {layer.kind for layer in LAYERS}
    conv1d, conv2d = found["Conv1d"], found["Conv2d"]
    assert conv1d.y() == conv2d.y()
    assert conv1d.x() < conv2d.x()
    rects = [chip.geometry() for chip in found.values()]
    assert not any(a.intersects(b) for i, a in enumerate(rects) for b in rects[:i])


def test_a_name_that_is_too_long_for_a_column_takes_two(palette):
    assert chips(palette)["AdaptiveMaxPool"].width() > 1.5 * chips(palette)["Conv2d"].width()
    assert all(chip.fits(chip.width()) for chip in chips(palette).values())


def test_searching_filters_and_enter_adds_the_best(palette, qtbot):
    QTest.keyClicks(palette.field, "drop")
    assert list(chips(palette)) == ["Dropout", "Dropout1d", "Dropout2d"]
    with qtbot.waitSignal(palette.add_requested) as heard:
        QTest.keyClick(palette.field, Key.Key_Return)
    assert heard.args == ["dropout"]
    QTest.keyClick(palette.field, Key.Key_Escape)
    assert len(chips(palette)) == len(list(LAYERS))


def test_nothing_found_says_so(palette):
    QTest.keyClicks(palette.field, "xyzzy")
    assert palette.shelf._nothing.isVisible()
    assert "xyzzy" in palette.shelf._nothing.text()
    QTest.keyClick(palette.field, Key.Key_Return)


def test_enter_on_an_empty_search_adds_nothing(palette, qtbot):
    with qtbot.assertNotEmitted(palette.add_requested):
        QTest.keyClick(palette.field, Key.Key_Return)


def test_everything_by_keyboard(palette, qtbot):
    palette.field.setFocus()
    QTest.keyClick(palette.field, Key.Key_Down)
    first = palette.focusWidget()
    assert isinstance(first, Chip)
    assert first.entry.kind == "input"
    QTest.keyClick(first, Key.Key_Down)
    second = palette.focusWidget()
    assert second.entry.kind == "linear"
    QTest.keyClick(second, Key.Key_Right)
    assert palette.focusWidget().entry.kind == "conv1d"
    QTest.keyClick(palette.focusWidget(), Key.Key_Right)
    assert palette.focusWidget().entry.kind == "conv2d"
    QTest.keyClick(palette.focusWidget(), Key.Key_Up)
    assert palette.focusWidget().entry.kind == "linear"
    with qtbot.waitSignal(palette.add_requested) as heard:
        QTest.keyClick(palette.focusWidget(), Key.Key_Return)
    assert heard.args == ["linear"]


def test_a_double_click_adds(palette, qtbot):
    with qtbot.waitSignal(palette.add_requested) as heard:
        QTest.mouseDClick(chips(palette)["ReLU"], Left)
    assert heard.args == ["relu"]


def test_a_chip_is_dragged_with_its_kind(palette, monkeypatch):
    dragged = []
    monkeypatch.setattr(
        QDrag, "exec", lambda self, *_actions: dragged.append(bytes(self.mimeData().data(LAYER).data()))
    )
    chip = chips(palette)["Conv2d"]
    QTest.mousePress(chip, Left, pos=QPoint(20, 15))
    QTest.mouseMove(chip, QPoint(22, 16))
    assert dragged == []
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    far = QPointF(60, 60)
    event = QMouseEvent(
        QEvent.Type.MouseMove, far, chip.mapToGlobal(far), Qt.MouseButton.NoButton, Left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(chip, event)
    assert dragged == [b"conv2d"]
    QTest.mouseRelease(chip, Left)


def test_what_is_dragged_can_be_read_on_the_canvas(palette):
    drag = chips(palette)["Conv2d"].make_drag()
    assert kind_of(drag.mimeData()) == "conv2d"
    assert not drag.pixmap().isNull()


def test_a_broken_plugin_is_a_grey_row_with_its_reason(qtbot, monkeypatch):
    monkeypatch.setitem(LAYERS.broken, "quantum_layers", "ImportError: no module named qubits")
    palette = Palette()
    qtbot.addWidget(palette)
    palette.resize(212, 700)
    palette.show()
    chip = chips(palette)["quantum_layers"]
    assert "qubits" in chip.toolTip()
    assert "qubits" in chip.accessibleDescription()
    with qtbot.assertNotEmitted(palette.add_requested):
        QTest.mouseDClick(chip, Left)
        QTest.keyClick(chip, Key.Key_Return)


def test_compact_shows_icons_only_and_keeps_names_for_readers(palette):
    palette.set_compact(True)
    palette.resize(palette.sizeHint().width(), 500)
    assert not palette.field.isVisible()
    found = chips(palette)
    assert len({chip.x() for chip in found.values()}) == 1
    assert found["Conv2d"].accessibleName() == "Conv2d"
    assert "Conv2d" in found["Conv2d"].toolTip()
    palette.set_compact(False)
    assert palette.field.isVisible()


def test_help_shows_on_hover(palette):
    chip = chips(palette)["Dropout"]
    assert chip.entry.summary in chip.toolTip()


def test_every_word_is_translated(qtbot):
    set_language("pseudo")
    palette = Palette()
    qtbot.addWidget(palette)
    assert "⟦" in palette.field.placeholderText()
    assert all("⟦" in chip.text() and "⟦" in chip.toolTip() for chip in palette.shelf.chips)
    assert all("⟦" in heading.text() for heading in palette.shelf._headings.values())


def test_it_is_painted(palette):
    from PySide6.QtGui import QColor

    from ui.shell.theme import theme

    for scheme in ("light", "dark"):
        theme.use(scheme)
        chip = chips(palette)["Linear"]
        picture = chip.grab().toImage()
        assert QColor(picture.pixel(2, picture.height() // 2)) == QColor(theme.tokens.family("dense"))
