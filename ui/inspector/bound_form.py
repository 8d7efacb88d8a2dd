"""Forms tied to a place in the document: they show what stands there and edit it there."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from PySide6.QtWidgets import QWidget

from dllab.declare import Declared, Registry
from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.text import _
from ui.document import Document
from ui.inspector.chooser import Chooser
from ui.inspector.form import Form, problems_by_name
from ui.inspector.sheet import column, label, say
from ui.inspector.words import set_text, title_of
from ui.page import Page


def at_path(experiment: Experiment, path: str) -> Any:
    """The document value at a dotted path; the experiment itself for an empty one."""
    found: Any = experiment
    for name in filter(None, path.split(".")):
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    return found


class PathForm(Form):
    """A form for a part of the document, such as "split", or for the parameters of a choice, such as "data"."""

    def __init__(
        self, document: Document | Page, declaration: type[BaseModel], path: str, names: Sequence[str] | None = None
    ) -> None:
        super().__init__(declaration, names)
        self._document, self._path = document, path
        self._prefix = f"{path}." if path else ""
        self.edited.connect(self._on_edited)

    def refresh(self) -> None:
        """Show the document as it is now."""
        found = at_path(self._document.experiment, self._path)
        values: Mapping[str, Any] = found.params if isinstance(found, Choice) else dict(found)
        self.show_values(values)
        self.show_problems(problems_by_name(self._document.check.problems, self.fields, self._prefix))

    def _on_edited(self, name: str, value: Any, merge: str) -> None:
        path = self._prefix + name
        text = set_text(self.fields[name], value)
        self._document.apply(text, lambda e: edits.set_path(e, path, value), f"{path}.{merge}" if merge else "")


class ChoiceForm(QWidget):
    """Which of several declared kinds stands at a path, what it is, and its form."""

    def __init__(self, document: Document | Page, registry: Registry[Any], path: str, name: str) -> None:
        super().__init__()
        self._document, self._registry, self._path = document, registry, path
        self._kind = ""
        self.fits: Callable[[type[Declared]], bool] = lambda _kind: True
        """Which kinds are offered."""
        self.chooser = Chooser([])
        self.chooser.setAccessibleName(name)
        self.chooser.picked.connect(self._on_picked)
        self._about = label("", "muted")
        self.form: PathForm | None = None
        self._column = column(self.chooser, self._about, gap=6)
        self.setLayout(self._column)

    @property
    def chosen(self) -> Choice:
        """What stands in the document."""
        found = at_path(self._document.experiment, self._path)
        assert isinstance(found, Choice)
        return found

    def insert(self, widget: QWidget, place: int = 2) -> None:
        """Put something that matters more than the kind's own parameters above them."""
        self._column.insertWidget(place, widget)

    def refresh(self) -> None:
        """Show the document as it is now."""
        offered = [kind for kind in self._registry if self.fits(kind)]
        self.chooser.offer([(k.kind, _(k.title)) for k in offered], [k.summary() for k in offered])
        kind = self.chosen.kind
        declaration = self._registry.get(kind)
        self.chooser.show_value(kind)
        if declaration is not None and declaration not in offered:
            self.chooser.setPlaceholderText(_(declaration.title))
        say(self._about, declaration.summary() if declaration else "")
        if kind != self._kind:
            self._kind = kind
            self._rebuild(declaration)
        if self.form is not None:
            self.form.refresh()

    def _rebuild(self, declaration: type[Declared] | None) -> None:
        if self.form is not None:
            self._column.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        if declaration is not None and declaration.model_fields:
            self.form = self._form(declaration)
            self._column.addWidget(self.form)

    def _form(self, declaration: type[Declared]) -> PathForm:
        return PathForm(self._document, declaration, self._path)

    def _on_picked(self, kind: str) -> None:
        text = _("Use {name}").format(name=title_of(self._registry, kind))
        self._document.apply(text, lambda e: edits.set_path(e, self._path, Choice(kind=kind)))
