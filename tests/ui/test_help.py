"""Help pages made from declarations, and the formulas in them."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage, QPainter, QTextDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextBrowser, QWidget

from dllab import text
from dllab.data import DATASETS
from dllab.declare import form_fields
from dllab.layers import LAYERS
from dllab.recipe import INITIALISATIONS, LOSSES, OPTIMISERS, SCHEDULES
from ui.inspector.formula import install, lay_out, put_formulas, renderer, without_formulas
from ui.inspector.help_facts import body_and_reference, example, sort_of
from ui.inspector.help_page import HelpPage, HelpWindow, show_help
from ui.shell.theme import DARK, LIGHT, theme

EVERY = [kind for registry in (LAYERS, DATASETS, LOSSES, OPTIMISERS, SCHEDULES, INITIALISATIONS) for kind in registry]


def ids(declaration) -> str:
    return f"{declaration.__module__.rpartition('.')[2]}-{declaration.kind}"


@pytest.fixture
def page(qtbot):
    widget = HelpPage()
    qtbot.addWidget(widget)
    widget.resize(480, 640)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def dark_pixels(image: QImage, colour: str) -> int:
    wanted = QColor(colour).rgb()
    return sum(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height()))


# --- formulas


@pytest.mark.parametrize("declaration", EVERY, ids=ids)
def test_every_formula_of_every_declaration_can_be_drawn(declaration) -> None:
    _text, formulas = without_formulas(declaration.details())
    assert "$" not in _text, "a dollar sign is left over"
    for tex in formulas:
        assert tex.isascii(), "only formulas of ASCII are drawn everywhere"
        laid = lay_out(tex)
        assert laid is not None
        assert "\\" not in laid.svg, "a command that is not known is drawn as it stands"
        assert laid.width > 3
        assert 0 < laid.ascent <= laid.height + 1


def test_a_formula_is_drawn_in_its_colour() -> None:
    draw = renderer(r"\frac{a}{b}", "#ff0000")
    image = QImage(80, 80, QImage.Format.Format_RGB32)
    image.fill(QColor("#ffffff"))
    painter = QPainter(image)
    draw.render(painter)
    painter.end()
    assert dark_pixels(image, "#ff0000") > 50, "QtSvg draws nothing of SVG 2 symbols"
    assert renderer(r"\frac{a}{b}", "#ff0000") is draw, "laid out once"


def test_what_is_no_formula_stands_as_it_was_typed(qtbot, caplog) -> None:
    assert lay_out(r"\frac{1") is None
    browser = QTextBrowser()
    qtbot.addWidget(browser)
    marked, formulas = without_formulas(r"a $x_1$ and $\frac{1$ end")
    install(browser.document(), browser)
    browser.setPlainText(marked)
    put_formulas(browser.document(), formulas, "#000000", 16)
    assert browser.toPlainText() == "a \ufffc and \\frac{1 end"
    assert "can't be read" in caplog.text


def test_formulas_stand_on_the_line_and_shrink_to_the_page(qtbot) -> None:
    browser = QTextBrowser()
    qtbot.addWidget(browser)
    install(browser.document(), browser)
    browser.resize(400, 200)
    browser.show()
    marked, formulas = without_formulas(r"word $\frac{\sum_i x_i}{N}$ word")
    browser.setPlainText(marked)
    put_formulas(browser.document(), formulas, "#000000", 16)
    block = browser.document().firstBlock()
    tall = browser.document().documentLayout().blockBoundingRect(block).height()
    assert tall > 25, "the line is as high as the formula"
    wide = "x + " * 60 + "y"
    browser.setPlainText(chr(0xE000))
    put_formulas(browser.document(), [wide], "#000000", 16)
    browser.resize(200, 200)
    QApplication.processEvents()
    assert browser.document().idealWidth() <= 200


def test_paragraphs_keep_formulas_over_a_line_break() -> None:
    marked, formulas = without_formulas("one $a +\n  b$ two, 5 \\$ a piece")
    assert formulas == ["a + b"]
    assert marked.startswith("one \ue000 two")


# --- pages


@pytest.mark.parametrize("declaration", EVERY, ids=ids)
def test_a_page_tells_everything_that_is_declared(page, declaration) -> None:
    page.show_page(declaration)
    shown = page.text.toPlainText()
    assert declaration.title in shown
    assert declaration.summary() in shown
    assert sort_of(declaration) in shown
    for field in form_fields(declaration):
        assert field.title in shown
        assert field.help in shown
    body, reference = body_and_reference(declaration)
    assert bool(reference) == ("Reference" in shown)
    assert "$" not in shown
    assert shown.count("\ufffc") >= len(without_formulas(body)[1])
    assert page.text.document().idealWidth() <= page.width()


def test_examples_come_from_the_shape_rule() -> None:
    assert dict(example(LAYERS["conv2d"])) == {
        "Input": "3 × 8 × 8",
        "Arithmetic": "(8 - 3 + 2·0)/1 + 1 = 6",
        "Output": "16 × 6 × 6 · 448 parameters",
        "In PyTorch": "nn.Conv2d(3, 16, 3)",
    }
    assert dict(example(LAYERS["linear"]))["In PyTorch"] == "nn.Linear(64, 64)"
    assert dict(example(OPTIMISERS["adam"]))["In PyTorch"] == "torch.optim.Adam(betas=(0.9, 0.999))"
    assert dict(example(DATASETS["iris"]))["Samples"] == "150 samples · 4 numbers each"
    assert dict(example(LOSSES["huber"]))["In PyTorch"] == "nn.HuberLoss(delta=1.0)"
    assert " + " in dict(example(LAYERS["add"]))["Input"]


def test_every_layer_with_an_input_has_an_example() -> None:
    assert [k.kind for k in LAYERS if k().input_ports() and k().output_ports() and not example(k)] == []


def test_a_page_follows_the_theme(page) -> None:
    page.show_page(LAYERS["conv2d"])
    for scheme, tokens in (("light", LIGHT), ("dark", DARK)):
        theme.use(scheme)
        image = page.grab().toImage()
        assert image.pixelColor(2, image.height() // 2) == QColor(tokens.surface)
        assert dark_pixels(image, tokens.text) > 100


def test_pages_load_nothing_from_outside(page, tmp_path) -> None:
    picture = tmp_path / "x.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(picture))

    class Sly(LAYERS["relu"]):
        __doc__ = f"""Says hello.

        <img src="file://{picture}"> ![x](file://{picture}) <b>bold</b>
        """

    page.show_page(Sly)
    assert page.text.loadResource(QTextDocument.ResourceType.ImageResource.value, "file:///etc/hostname") is None
    assert "Says hello." in page.text.toPlainText()


def test_one_window_for_help(qtbot) -> None:
    main = QWidget()
    qtbot.addWidget(main)
    show_help(LAYERS["relu"], main)
    show_help(LAYERS["linear"], main)
    (window,) = main.findChildren(HelpWindow)
    assert window.windowTitle() == "Linear: help"
    assert window.page.text.verticalScrollBar().value() == 0
    QTest.keyClick(window.page.text, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_pages_are_translated_and_formulas_are_not(page) -> None:
    text.set_language(text.PSEUDO)
    page.show_page(LAYERS["conv2d"])
    shown = page.text.toPlainText()
    for line in ("Channels out", "Parameters", "Example", "How many kernels"):
        assert line not in shown
    assert "\ufffc" in shown, "the formula is still one"


def test_the_tex_is_told_to_those_who_can_not_see_it(page) -> None:
    page.show_page(LAYERS["relu"])
    document = page.text.document()
    cursor = document.find("\ufffc")
    while "max" not in cursor.charFormat().toolTip():
        cursor = document.find("\ufffc", cursor)
        assert not cursor.isNull()
    assert cursor.charFormat().toolTip() == r"\mathrm{ReLU}(x) = \max(0, x)"
