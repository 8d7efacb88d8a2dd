"""What a model of language writes while it learns."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QWidget

from dllab.declare import FormField
from dllab.engine.protocol import unpack
from dllab.text import N_, _
from ui.inspector.number import NumberField
from ui.shell.theme import interface_font, number_font, theme
from ui.views import SAMPLED_TEXT
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, TextButton
from ui.views.numbers import percent

if TYPE_CHECKING:
    from ui.lab import Lab

_LENGTH = 140
_TEMPERATURE = FormField(
    name="temperature",
    title=N_("Temperature"),
    help=N_("0: always the likeliest; 1: as the network holds it likely; more: wilder"),
    type="float",
    default=0.8,
    lower=0.0,
    upper=5.0,
    exclusive=(False, False),
    choices=(),
    optional=False,
)
_TYPING_MS = 300


class SampledText(View):
    """Asks again when prompt, temperature or seed change, and as the model learns."""

    declaration = SAMPLED_TEXT
    empty = N_("Press Train to see what the network writes.")
    main = "text"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self.seed = 0
        self.prompt = QLineEdit(self.body)
        self.prompt.setPlaceholderText(_("How it begins"))
        self.prompt.setAccessibleName(_("How the text begins"))
        self.temperature = NumberField(_TEMPERATURE, self.body)
        self.temperature.show_value(_TEMPERATURE.default)
        self.temperature.setFixedWidth(84)
        self.again = TextButton(_("Again"), self.body)
        self.text = QPlainTextEdit(self.body)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.title)
        self.caption = Caption(self.body, quiet=False)
        # Asked once the typing rests: every letter would be a picture of its own.
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.ask)
        self.prompt.textChanged.connect(lambda _text: self._typing.start())
        self.prompt.returnPressed.connect(self.ask)
        self.temperature.committed.connect(self._on_temperature)
        self.again.clicked.connect(self._on_again)
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self.prompt, 1)
        top.addWidget(self.temperature)
        top.addWidget(self.again)
        layout = column(self.body, 6)
        layout.addLayout(top)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.caption)
        self.restyle()

    def wants(self) -> dict[str, Want]:
        asked = {
            "prompt": self.prompt.text(),
            "temperature": float(self.temperature.value),
            "length": _LENGTH,
            "seed": self.seed,
        }
        return {"text": Want("sampled_text", asked)}

    def _on_temperature(self, value: float, _merge: str) -> None:
        self.temperature.show_value(value)
        self._typing.start()

    def _on_again(self) -> None:
        self.seed += 1
        self.ask()

    def draw(self) -> None:
        picture = self.pictures["text"]
        whole = str(picture.labels.get("prompt", "")) + str(picture.labels.get("text", ""))
        if whole != self.text.toPlainText():
            place = self.text.verticalScrollBar().value()
            self.text.setPlainText(whole)
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            self.text.verticalScrollBar().setValue(place)
        sure = float(unpack(picture.arrays["chance"]).mean()) if picture.arrays else 0.0
        words = _("temperature {value} · on average {sure} sure of what it wrote")
        self.caption.setText(words.format(value=f"{self.temperature.value:g}", sure=percent(sure)))
        self.summarise(whole)

    def restyle(self) -> None:
        tokens = theme.tokens
        self.text.setFont(interface_font(13))
        for widget in (self.prompt, self.temperature):
            widget.setFont(number_font(12) if widget is self.temperature else interface_font(12))
        self.text.setStyleSheet(
            f"QPlainTextEdit {{ background: {tokens.surface}; color: {tokens.text}; border: none; }}"
        )

    def rows(self) -> Rows:
        picture = self.pictures.get("text")
        if picture is None or picture.message:
            return [], []
        token, chance = (unpack(picture.arrays[name]).tolist() for name in ("token", "chance"))
        return ["step", "token", "chance"], zip(range(len(token)), token, chance, strict=True)
