"""A form made from a declaration: one row a parameter, shown as given, every change reported, nothing kept."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from dllab.checking import Problem
from dllab.declare import FormField, form_fields
from dllab.text import _
from ui.inspector.chooser import HEIGHT, Chooser, Switch
from ui.inspector.number import IntsField, LineField, NumberField
from ui.inspector.sheet import label, say, tip_text
from ui.inspector.words import choice_text

Editor = LineField | Chooser | Switch


class Form(QWidget):
    """Rows for the parameters of a declaration; `names` picks some of them, in that order."""

    edited = Signal(str, object, str)
    """(name, value, merge): `merge` is the same for all steps of one visit to a field, else empty."""

    def __init__(
        self, declaration: type[BaseModel], names: Sequence[str] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        known = {field.name: field for field in form_fields(declaration)}
        self.fields: dict[str, FormField] = {name: known[name] for name in (known if names is None else names)}
        self.editors: dict[str, Editor] = {}
        self._problems: dict[str, QLabel] = {}
        self._told: Mapping[str, str] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        for row, field in enumerate(self.fields.values()):
            self._add_row(2 * row, field)
        for before, after in zip(self.editors.values(), list(self.editors.values())[1:], strict=False):
            QWidget.setTabOrder(before, after)

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; a parameter that is missing has its default."""
        for name, editor in self.editors.items():
            editor.show_value(values.get(name, self.fields[name].default))

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """One sentence under each parameter named; what was said before goes."""
        self._told = problems
        for name in self.editors:
            self._say(name)

    def focus_first(self) -> None:
        """Put the cursor into the first row."""
        for editor in self.editors.values():
            editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
            if isinstance(editor, LineField):
                editor.selectAll()
            return

    def _add_row(self, row: int, field: FormField) -> None:
        editor = self._make(field)
        title = label(_(field.title))
        title.setBuddy(editor)
        title.setToolTip(tip_text(_(field.help)))
        title.setMinimumHeight(HEIGHT)
        problem = label("", "bad")
        problem.hide()
        editor.setObjectName(field.name)
        self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(editor, row, 1)
        self._grid.addWidget(problem, row + 1, 0, 1, 2)
        self.editors[field.name], self._problems[field.name] = editor, problem

    def _make(self, field: FormField) -> Editor:
        if field.type == "choice" or (field.type == "bool" and field.optional):
            return self._chooser(field)
        if field.type == "bool":
            switch = Switch()
            switch.setAccessibleName(_(field.title))
            switch.setToolTip(tip_text(_(field.help)))
            switch.picked.connect(lambda value: self.edited.emit(field.name, value, ""))
            return switch
        kinds = {"int": NumberField, "float": NumberField, "ints": IntsField, "text": LineField}
        line: LineField = kinds[field.type](field)
        line.setFixedHeight(HEIGHT)
        line.committed.connect(lambda value, merge: self.edited.emit(field.name, value, merge))
        line.refused.connect(lambda _sentence: self._say(field.name))
        return line

    def _chooser(self, field: FormField) -> Chooser:
        options: list[tuple[Any, str]] = [(None, _("automatic"))] if field.optional else []
        if field.type == "bool":
            options += [(True, _("on")), (False, _("off"))]
        else:
            options += [(choice, choice_text(choice)) for choice in field.choices]
        chooser = Chooser(options)
        chooser.setAccessibleName(_(field.title))
        chooser.setToolTip(tip_text(_(field.help)))
        chooser.picked.connect(lambda value: self.edited.emit(field.name, value, ""))
        return chooser

    def _say(self, name: str) -> None:
        editor = self.editors[name]
        own = editor.refusal if isinstance(editor, LineField) else ""
        say(self._problems[name], own or self._told.get(name, ""))


def problems_by_name(problems: Collection[Problem], names: Collection[str], prefix: str = "") -> dict[str, str]:
    """The sentences of problems that belong to one of the parameters, by name."""
    return dict(_by_name(problems, names, prefix))


def _by_name(problems: Collection[Problem], names: Collection[str], prefix: str) -> Iterator[tuple[str, str]]:
    for problem in problems:
        name = problem.name.removeprefix(prefix)
        if name in names:
            yield name, problem.text
