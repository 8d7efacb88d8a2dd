"""The help page of anything declared: what it is, its formula, its parameters, an example, where it comes from."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QKeyEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)
from PySide6.QtWidgets import QDialog, QTextBrowser, QWidget

from dllab.declare import Declared
from dllab.text import _
from ui.inspector.formula import install, put_formulas, without_formulas
from ui.inspector.help_facts import body_and_reference, example, parameter_rows, sort_of
from ui.inspector.sheet import Sheet, column
from ui.shell.icons import icon
from ui.shell.theme import interface_font, number_font, theme

_TEXT_PIXELS = 13
_FORMULA_PIXELS = 16
_LEADING = 135.0
_NO_HTML = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class HelpPage(Sheet):
    """Made from the declaration alone, so it can't be out of date."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.declaration: type[Declared] | None = None
        self.text = _Text()
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self.setLayout(column(self.text))

    def show_page(self, declaration: type[Declared]) -> None:
        """Show the page of a declaration, from its beginning."""
        self.declaration = declaration
        self.setAccessibleName(_("Help: {title}").format(title=_(declaration.title)))
        self.text.write(declaration)
        self.text.moveCursor(QTextCursor.MoveOperation.Start)

    def restyle(self) -> None:
        colours = self.palette()
        colours.setColor(self.backgroundRole(), theme.tokens.surface)
        self.setPalette(colours)
        if self.declaration is not None:
            at = self.text.verticalScrollBar().value()
            self.text.write(self.declaration)
            self.text.verticalScrollBar().setValue(at)


class _Text(QTextBrowser):
    """The page as one text, so that all of it can be selected, searched and read out."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._on_link)
        self.setProperty("role", "help")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(20)
        install(self.document(), self)

    def write(self, declaration: type[Declared]) -> None:
        """Write the page anew in the colours of the theme."""
        document = self.document()
        document.clear()
        document.setDefaultFont(interface_font(_TEXT_PIXELS))
        at = QTextCursor(document)
        at.beginEditBlock()
        self._heading(at, declaration)
        body, reference = body_and_reference(declaration)
        text, formulas = without_formulas(f"{body}\n\n" if body else "")
        self._markdown(at, text, theme.tokens.text)
        rows = list(parameter_rows(declaration))
        if rows:
            self._title(at, _("Parameters"))
            self._parameters(at, rows)
        facts = example(declaration)
        if facts:
            self._title(at, _("Example"))
            self._facts(at, facts)
        if reference:
            self._title(at, _("Reference"))
            self._markdown(at, reference, theme.tokens.muted)
        at.endEditBlock()
        put_formulas(document, formulas, theme.tokens.text, _FORMULA_PIXELS)

    # --- writing

    def _heading(self, at: QTextCursor, declaration: type[Declared]) -> None:
        t = theme.tokens
        self._glyph(at, declaration)
        at.insertText(_(declaration.title), _letters(t.text, 20, bold=True))
        at.insertBlock(_spacing(below=10))
        at.insertText(sort_of(declaration), _letters(t.muted, 11))
        at.insertBlock(_spacing(below=10))
        at.insertText(declaration.summary(), _letters(t.text, 15))

    def _glyph(self, at: QTextCursor, declaration: type[Declared]) -> None:
        name = getattr(declaration, "glyph", "")
        if not name:
            return
        colour = theme.tokens.family(getattr(declaration, "family", ""))
        ratio = self.devicePixelRatioF()
        picture = icon(name, colour).pixmap(QSize(22, 22), ratio).toImage()
        picture.setDevicePixelRatio(ratio)
        at.insertImage(picture)
        at.insertText("  ")

    def _title(self, at: QTextCursor, text: str) -> None:
        at.movePosition(QTextCursor.MoveOperation.End)
        at.insertBlock(_spacing(above=14, below=4))
        at.insertText(text, _letters(theme.tokens.muted, 12, bold=True))

    def _markdown(self, at: QTextCursor, text: str, colour: str) -> None:
        """Paragraphs of Markdown in the page's font and colour."""
        if not text.strip():
            return
        part = QTextDocument()
        part.setDefaultFont(interface_font(_TEXT_PIXELS))
        part.setMarkdown(text.strip(), _NO_HTML)
        block = part.begin()
        while block.isValid():
            at.insertBlock(_spacing(above=4, below=6))
            fragments = block.begin()
            while not fragments.atEnd():
                piece = fragments.fragment()
                at.insertText(piece.text(), self._like(piece.charFormat(), colour))
                fragments += 1
            block = block.next()

    def _like(self, source: QTextCharFormat, colour: str) -> QTextCharFormat:
        """Letters of the page with the emphasis of the Markdown."""
        form = _letters(colour, _TEXT_PIXELS)
        if source.fontFixedPitch():
            form.setFont(number_font(12))
        form.setFontItalic(source.fontItalic())
        if source.fontWeight() > QFont.Weight.Normal:
            form.setFontWeight(QFont.Weight.Bold)
        if source.isAnchor():
            form.setAnchor(True)
            form.setAnchorHref(source.anchorHref())
            form.setForeground(QColor(theme.tokens.accent))
        return form

    def _parameters(self, at: QTextCursor, rows: list[tuple[str, str, str, str]]) -> None:
        t = theme.tokens
        table = at.insertTable(len(rows), 2, _grid())
        for row, (title, default, allowed, text) in enumerate(rows):
            table.cellAt(row, 0).firstCursorPosition().insertText(title, _letters(t.text, _TEXT_PIXELS, bold=True))
            cell = table.cellAt(row, 1).firstCursorPosition()
            cell.insertText(text or default, _letters(t.text, _TEXT_PIXELS))
            cell.insertBlock(_spacing())
            told = [allowed, _("default {value}").format(value=default)] if text else [allowed]
            cell.insertText(" · ".join(filter(None, told)), _letters(t.muted, 12))
        at.movePosition(QTextCursor.MoveOperation.End)

    def _facts(self, at: QTextCursor, facts: Iterable[tuple[str, str]]) -> None:
        facts = list(facts)
        table = at.insertTable(len(facts), 2, _grid())
        for row, (name, value) in enumerate(facts):
            table.cellAt(row, 0).firstCursorPosition().insertText(name, _letters(theme.tokens.muted, _TEXT_PIXELS))
            table.cellAt(row, 1).firstCursorPosition().insertText(value, _letters(theme.tokens.text, 12, mono=True))
        at.movePosition(QTextCursor.MoveOperation.End)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        return None  # the page holds all it shows; nothing is fetched or read for it

    def _on_link(self, link: QUrl) -> None:
        if link.scheme() in ("http", "https"):
            QDesktopServices.openUrl(link)


def _letters(colour: str, pixels: int, bold: bool = False, mono: bool = False) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setFont(number_font(pixels) if mono else interface_font(pixels, bold))
    form.setForeground(QColor(colour))
    return form


def _spacing(above: int = 0, below: int = 0) -> QTextBlockFormat:
    form = QTextBlockFormat()
    form.setTopMargin(above)
    form.setBottomMargin(below)
    form.setLineHeight(_LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    return form


def _grid() -> QTextTableFormat:
    form = QTextTableFormat()
    form.setBorder(0)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
    form.setCellPadding(5)
    form.setCellSpacing(0)
    form.setLeftMargin(-5)  # the text in the cells stands in line with the headings
    form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    lengths = (32, 68)
    form.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, n) for n in lengths])
    return form


class HelpWindow(QDialog):
    """A help page in a window of its own, beside which work goes on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page = HelpPage()
        self.setLayout(column(self.page))
        self.resize(520, 620)

    def show_page(self, declaration: type[Declared]) -> None:
        """Show the page of a declaration and come to the front."""
        self.setWindowTitle(_("{title}: help").format(title=_(declaration.title)))
        self.page.show_page(declaration)
        self.show()
        self.raise_()
        self.activateWindow()
        self.page.text.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F1:
            self.close()
        else:
            super().keyPressEvent(event)


def show_help(declaration: type[Declared], beside: QWidget) -> None:
    """Show the help page of a declaration beside the window of a widget; there is one such window at a time."""
    window = beside.window()
    found = window.findChild(HelpWindow) or HelpWindow(window)
    found.show_page(declaration)
