"""What is chosen about data that has been read: what is predicted, from what, and how it is cut into samples."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from dllab.data.own.source import MOST_WORDS, UNKNOWN
from dllab.declare import FormField
from dllab.text import N_, _
from ui.data.parts import box, named, pick
from ui.inspector.number import NumberField

WAYS = {
    "table": N_("Table: rows are independent samples"),
    "series": N_("Series: rows follow each other in time"),
    "sentences": N_("Sentences: the words of a column"),
    "text": N_("Text: what comes next?"),
    "images": N_("Pictures: height × width"),
    "sequences": N_("Sequences: steps × numbers"),
    "tokens": N_("Sequences of indices: words, notes, states"),
    "arrays": N_("Plain numbers: a row is a sample"),
}
_SHOWN = {
    "table": ("target", "missing"),
    "series": ("target", "window", "horizon"),
    "sentences": ("words", "target", "vocabulary", "length"),
    "text": ("unit", "small", "window", "vocabulary"),
}
_MISSING = {
    "drop": N_("leave such rows out"),
    "mean": N_("put in the mean"),
    "most_frequent": N_("put in the most frequent value"),
}
_UNITS = {"character": N_("characters"), "word": N_("words")}


class Choices(QWidget):
    """A row of fields, those that fit what the data is taken for. What nobody touched is left to be guessed."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._way = ""
        self._given: dict[str, tuple[str, ...]] = {}
        self.target = box(_("Predict"), {}, 170)
        self.target.setPlaceholderText(_("choose a column"))
        self.words = box(_("Read"), {}, 130)
        self.missing = box(_("Missing values"), _MISSING)
        self.unit = box(_("Made of"), _UNITS, 120)
        self.small = QCheckBox(_("All in small letters"))
        self.steps = _number("window", N_("Window"), N_("How many steps a sample has"), 1, 1000)
        self.horizon = _number(
            "horizon", N_("Rows ahead"), N_("How many rows after the window the answer lies"), 1, 1000
        )
        self.vocabulary = _number(
            "vocabulary", N_("Vocabulary"), N_("How many are known; all others are one, the unknown"), 2, MOST_WORDS
        )
        self.longest = _number("length", N_("Words"), N_("Words of a sample; what follows is cut off"), 1, 1000)
        self._holders: dict[str, QWidget] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        fields = {
            "unit": self.unit, "small": self.small, "words": self.words, "target": self.target, "missing": self.missing,
            "window": self.steps, "horizon": self.horizon, "vocabulary": self.vocabulary, "length": self.longest,
        }  # fmt: skip
        for name, field in fields.items():
            self._connect(name, field)
            self._holders[name] = named(field)
            self._holders[name].hide()
            row.addWidget(self._holders[name])
        row.addStretch(1)

    def offer(self, facts: Mapping[str, Any]) -> None:
        """Offer the columns of a file; what was chosen before is forgotten."""
        self._given.clear()
        self.target.clear()
        self.words.clear()
        for column in facts.get("columns", ()):
            self.target.addItem(column["name"][:60], column["name"])
            if "words" in column:
                self.words.addItem(column["name"][:60], column["name"])
        self.target.insertSeparator(self.target.count())
        self.target.addItem(_("nothing: only cluster"), "")
        self.target.setCurrentIndex(-1)

    def take_for(self, way: str) -> None:
        """Show the fields of this way; what was chosen for another one is forgotten."""
        if way == self._way:
            return
        self._way = way
        self._given.clear()
        for name, holder in self._holders.items():
            holder.setVisible(name in _SHOWN.get(way, ()))

    def show_params(self, params: Mapping[str, Any]) -> None:
        """Show what was chosen or guessed."""
        params = {**params, "target": params.get("target") or (params.get("goal") or {}).get("name", "")}
        for name, chosen in (
            ("target", self.target),
            ("missing", self.missing),
            ("unit", self.unit),
            ("words", self.words),
        ):
            pick(chosen, params.get(name))
        for name, field in (("window", self.steps), ("horizon", self.horizon), ("length", self.longest)):
            if name in params:
                field.show_value(params[name])
        if "small" in params:
            self.small.setChecked(params["small"])
        if "tokens" in params:
            self.vocabulary.show_value(sum(token not in ("", UNKNOWN) for token in params["tokens"]))

    def arguments(self) -> list[str]:
        """What a person has chosen, for `dllab import`."""
        return [part for parts in self._given.values() for part in parts]

    def _connect(self, name: str, field: QWidget) -> None:
        if isinstance(field, QComboBox):
            field.activated.connect(lambda _index: self._give(name, str(field.currentData() or "")))
        elif isinstance(field, QCheckBox):
            field.clicked.connect(lambda checked: self._give(name, "yes" if checked else "no"))
        elif isinstance(field, NumberField):
            field.committed.connect(lambda value, _merge: self._give(name, str(value)))

    def _give(self, name: str, value: str) -> None:
        if name == "unit":
            self._given.clear()  # a window of words is another one than one of characters
        self._given[name] = (f"--{name}", value) if value else ("--no-target",)
        self.changed.emit()


def _number(name: str, title: str, about: str, least: int, most: int) -> NumberField:
    field = NumberField(
        FormField(name, title, about, "int", least, least, most, (False, False), choices=(), optional=False)
    )
    field.setFixedWidth(130)
    return field
