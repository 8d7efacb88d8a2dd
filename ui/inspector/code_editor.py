"""The code of a custom layer: written here, with colours, line numbers and errors at their line; never run here."""

import builtins
import keyword
import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QTextEdit, QWidget

from dllab.document import edits
from dllab.engine import protocol
from dllab.layers.base import Misfit
from dllab.layers.custom import FIRST_CODE, class_name
from dllab.text import _
from ui.inspector.sheet import button, column, label, say
from ui.inspector.title_field import NoteField
from ui.shell.theme import number_font, theme

if TYPE_CHECKING:
    from ui.inspector.node_page import NodePage

_WORDS = (
    ("string", re.compile(r"'''.*|\"\"\".*|'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")),
    ("comment", re.compile(r"#.*")),
    ("keyword", re.compile(rf"\b(?:{'|'.join(keyword.kwlist)})\b")),
    ("known", re.compile(rf"\b(?:self|torch|nn|F|{'|'.join(n for n in dir(builtins) if n.isidentifier())})\b")),
    ("number", re.compile(r"\b\d[\d_.]*(?:e[+-]?\d+)?\b")),
)
_IN_TEXT = 1


class Colours(QSyntaxHighlighter):
    """Keywords, names, texts, numbers and remarks of Python."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.restyle()

    def restyle(self) -> None:
        """The theme changed."""
        tokens = theme.tokens
        colours = {
            "string": tokens.good, "comment": tokens.muted, "keyword": tokens.accent,
            "known": tokens.family("combine"), "number": tokens.family("activation"),
        }  # fmt: skip
        for name, colour in colours.items():
            self._formats[name] = QTextCharFormat()
            self._formats[name].setForeground(QColor(colour))
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        start = 0
        if self.previousBlockState() == _IN_TEXT:
            start = text.find('"""') + 3 if '"""' in text else len(text)
            self.setFormat(0, start, self._formats["string"])
        self.setCurrentBlockState(_IN_TEXT if self._stays_text(text) else 0)
        taken = [(0, start)]
        for name, pattern in _WORDS:
            for match in pattern.finditer(text, start):
                if not any(a < match.end() and match.start() < b for a, b in taken):
                    taken.append(match.span())
                    self.setFormat(match.start(), match.end() - match.start(), self._formats[name])

    def _stays_text(self, text: str) -> bool:
        return (text.count('"""') + (self.previousBlockState() == _IN_TEXT)) % 2 == 1


class _Numbers(QWidget):
    """The lines' numbers beside the code."""

    def __init__(self, field: "CodeField") -> None:
        super().__init__(field)
        self._field = field

    def sizeHint(self) -> QSize:
        return QSize(self._field.numbers_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._field.paint_numbers(self, event)


class CodeField(NoteField):
    """Python of a few lines. Tab indents, Enter keeps the indent, Esc leaves."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setFont(number_font(12))
        self.setTabChangesFocus(False)
        self.setLineWrapMode(NoteField.LineWrapMode.NoWrap)
        self.setMinimumHeight(280)
        self._numbers = _Numbers(self)
        self._colours = Colours(self.document())
        self.wrong = 0
        """The line of the problem, from 1; 0 for none."""
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)
        self.updateRequest.connect(self._on_update)

    def show_wrong(self, line: int) -> None:
        """Mark the line of a problem; 0 marks none."""
        self.wrong = line
        marks = []
        block = self.document().findBlockByNumber(line - 1)
        if line and block.isValid():
            mark = QTextEdit.ExtraSelection()
            colour = QColor(theme.tokens.bad)
            colour.setAlphaF(0.16)
            mark.format.setBackground(colour)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.cursor = self.textCursor()
            mark.cursor.setPosition(block.position())
            marks.append(mark)
        self.setExtraSelections(marks)
        self._numbers.update()

    def restyle(self) -> None:
        """The theme changed."""
        self._colours.restyle()
        self.show_wrong(self.wrong)

    def numbers_width(self) -> int:
        """Room for the numbers of all lines."""
        return 14 + self.fontMetrics().horizontalAdvance("9") * max(2, len(str(self.blockCount())))

    def paint_numbers(self, beside: QWidget, event: QPaintEvent) -> None:
        """Draw the numbers of the lines that are seen."""
        painter = QPainter(beside)
        painter.fillRect(event.rect(), QColor(theme.tokens.background))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if place.top() > event.rect().bottom():
                break
            number = block.blockNumber() + 1
            painter.setPen(QColor(theme.tokens.bad if number == self.wrong else theme.tokens.muted))
            room = QRect(0, round(place.top()), beside.width() - 6, round(place.height()))
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block = block.next()
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(inside.left(), inside.top(), self.numbers_width(), inside.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Tab and not event.modifiers():
            self.insertPlainText(" " * (4 - self.textCursor().positionInBlock() % 4))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
            indent = len(line) - len(line.lstrip(" ")) + (4 if line.rstrip().endswith(":") else 0)
            self.insertPlainText("\n" + " " * indent)
        else:
            super().keyPressEvent(event)

    def _on_update(self, rect: QRect, down: int) -> None:
        if down:
            self._numbers.scroll(0, down)
        else:
            self._numbers.update(0, rect.y(), self._numbers.width(), rect.height())
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)


class CodeSection(QWidget):
    """The code on the page of a custom layer, what is wrong with it, and whether it is trusted."""

    def __init__(self, page: "NodePage") -> None:
        super().__init__()
        self._page = page
        self.field = CodeField(_("Code of the layer"))
        self.field.committed.connect(self._on_written)
        self.problem = label("", "bad")
        self.trusted = label("", "muted")
        self.trust = button(_("Trust it"), self._on_trust)
        self._told: tuple[str, str] = ("", "")
        """(code, what the engine said of it)."""
        parts = column(label(_("Code"), "heading"), self.trusted, self.trust, self.problem, self.field, gap=6)
        self.setLayout(parts)
        page.lab.trust.changed.connect(self.refresh)
        page.lab.link.reported.connect(self._on_reported)

    def refresh(self) -> None:
        """Show the code as it is now."""
        if self._page.node_id not in self._page.experiment.model.nodes:
            return
        code = self._code()
        self.field.show_value(code)
        line, text = _reading(code)
        if not text and self._told[0] == code:
            text = self._told[1]
            line = _line_of(text)
        say(self.problem, text)
        self.field.show_wrong(line)
        known = self._page.lab.trust.knows(code)
        say(
            self.trusted, _("Trusted: it runs in the training process.") if known else _("Not trusted: it doesn't run.")
        )
        self.trust.setVisible(not known)

    def _code(self) -> str:
        code = self._page.node.params.get("code", FIRST_CODE)
        return code if isinstance(code, str) else ""

    def _on_written(self, code: str) -> None:
        page = self._page
        if page.node_id not in page.experiment.model.nodes:
            return
        # What the person writes on from code that they trust is their own; what came from elsewhere stays so.
        if page.lab.trust.knows(self._code()):
            page.lab.trust.add([code])
        page.lab.document.page.apply(
            _("Write code"), lambda e: edits.set_param(e, page.node_id, "code", code), f"{page.node_id}.code"
        )

    def _on_trust(self) -> None:
        self._page.lab.trust.add([self._code()])

    def _on_reported(self, event: object) -> None:
        if isinstance(event, protocol.State) and event.text and _line_of(event.text):
            self._told = (self._code(), event.text)
            self.refresh()


def _reading(code: str) -> tuple[int, str]:
    """(line, sentence) of what keeps the code from being read; (0, "") if nothing does."""
    try:
        class_name(code)
    except Misfit as misfit:
        return int(misfit.values.get("line", 0)), str(misfit)
    return 0, ""


def _line_of(text: str) -> int:
    """The line that the engine's sentence names."""
    before, _slot, after = _("Line {line} of the code: {reason}.").partition("{line}")
    match = re.match(rf"{re.escape(before)}(\d+){re.escape(after.partition('{reason}')[0])}", text)
    return int(match[1]) if match else 0
