"""The inspector's pages about everything that is not one known layer."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from dllab.checking.memory import estimate, size_words
from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.text import N_, _, ngettext
from ui.inspector.bound_form import PathForm
from ui.inspector.node_page import Page
from ui.inspector.problems import Problems
from ui.inspector.sheet import button, column, label, say
from ui.inspector.title_field import NoteField, TitleField
from ui.inspector.words import chip_text_data, chip_text_recipe, parameter_words

if TYPE_CHECKING:
    from ui.lab import Lab


class Facts(QWidget):
    """Short facts under each other, name at the left."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self.names: dict[str, QLabel] = {}
        for row, (key, name) in enumerate(names.items()):
            self.values[key] = label("", "body")
            self.names[key] = label(name, "muted", wrap=False)
            grid.addWidget(self.names[key], row, 0)
            grid.addWidget(self.values[key], row, 1)

    def show_row(self, key: str, visible: bool) -> None:
        """Leave out what there is nothing to say about."""
        self.names[key].setVisible(visible)
        self.values[key].setVisible(visible)


class ExperimentPage(Page):
    """Nothing is selected: the experiment as a whole."""

    def __init__(self, lab: "Lab") -> None:
        super().__init__(lab)
        self.title = TitleField(_("Untitled experiment"))
        self.title.committed.connect(self._on_renamed)
        self.note = NoteField(_("Note"), _("What is this experiment about? What is worth watching?"))
        self.note.setFixedHeight(96)
        self.note.committed.connect(self._on_noted)
        self.facts = Facts(
            {
                "data": _("Data"),
                "recipe": _("Recipe"),
                "layers": _("Layers"),
                "parameters": _("Parameters"),
                "memory": _("Memory"),
            }
        )
        self.seed = PathForm(lab.document, Experiment, "", ["seed"])
        self.problems = Problems(self.mend)
        hint = label(_("Select a layer on the canvas to see and change what it does."), "muted")
        self.setLayout(column(self.title, hint, self.note, self.facts, self.seed, self.problems, gap=14))
        layout = self.layout()
        assert layout is not None
        layout.addStretch(1)  # type: ignore[attr-defined]

    def refresh(self) -> None:
        experiment, check = self.lab.document.experiment, self.lab.document.check
        self.title.show_value(experiment.title)
        self.note.show_value(experiment.note)
        self.seed.refresh()
        for key, text in {
            "data": " · ".join(filter(None, chip_text_data(experiment, check))),
            "recipe": " · ".join(chip_text_recipe(experiment, check)),
            "layers": f"{len(check.experiment.model.nodes):,}",
            "parameters": f"{check.parameters:,}",
            "memory": _("about {size} while training").format(size=size_words(estimate(experiment, check)))
            if check.trainable
            else "–",
        }.items():
            say(self.facts.values[key], text)
            # What only clusters has no recipe and learns no numbers.
            self.facts.show_row(key, key in ("data", "layers") or not check.fits_only)
        self.problems.show_problems([p for p in check.problems if not p.node])

    def focus_first(self) -> None:
        self.title.setFocus()
        self.title.selectAll()

    def _on_renamed(self, title: str, _merge: str) -> None:
        self.lab.document.apply(_("Rename the experiment"), lambda e: edits.set_path(e, "title", title))

    def _on_noted(self, text: str) -> None:
        self.lab.document.apply(_("Write the note"), lambda e: edits.set_path(e, "note", text), "note")


_ALIGNMENTS = (("y", N_("In a row")), ("x", N_("In a column")))


class SeveralPage(Page):
    """Several things are selected: what can be done with all of them."""

    def __init__(self, lab: "Lab", ids: Sequence[str]) -> None:
        super().__init__(lab)
        self.ids = tuple(ids)
        self._title = label("", "title")
        self._about = label("", "muted")
        align = QHBoxLayout()
        for axis, text in _ALIGNMENTS:
            align.addWidget(button(_(text), partial(self._on_align, axis)))
        align.addStretch(1)
        self.mute = button("", self._on_mute)
        self.delete = button("", self._on_delete)
        rest = QHBoxLayout()
        rest.addWidget(self.mute)
        rest.addWidget(self.delete)
        rest.addStretch(1)
        parts = column(self._title, self._about, label(_("Align"), "heading"), align, rest, gap=12)
        parts.addStretch(1)
        self.setLayout(parts)

    @property
    def nodes(self) -> list[str]:
        """The layers among the selection that are still there."""
        return [n for n in self.ids if n in self.experiment.model.nodes]

    def refresh(self) -> None:
        count = len(self.ids)
        check = self.lab.document.page.check
        say(self._title, ngettext("{count} selected", "{count} selected", count).format(count=count))
        learned = sum(check.nodes[n].parameters for n in self.nodes)
        say(self._about, parameter_words(learned) if self.nodes else "")
        self.mute.setText(_("Take in again") if self._all_muted() else _("Mute"))
        self.mute.setVisible(bool(self.nodes))
        self.delete.setText(_("Delete {count}").format(count=count))

    def _all_muted(self) -> bool:
        return bool(self.nodes) and all(self.experiment.model.nodes[n].muted for n in self.nodes)

    def _on_align(self, axis: str) -> None:
        def aligned(experiment: Experiment) -> Experiment:
            model = experiment.model
            items: dict[str, Any] = {**model.nodes, **model.notes, **model.frames}
            places = {i: [items[i].x, items[i].y] for i in self.ids if i in items}
            index = "xy".index(axis)
            mean = sum(place[index] for place in places.values()) / max(1, len(places))
            moved = {i: (mean, p[1]) if index == 0 else (p[0], mean) for i, p in places.items()}
            return edits.move(experiment, moved)

        self.lab.document.page.apply(_("Align {count}").format(count=len(self.ids)), aligned)

    def _on_mute(self) -> None:
        muted = not self._all_muted()

        def switched(experiment: Experiment) -> Experiment:
            for node in self.nodes:
                experiment = edits.replace_node(experiment, node, muted=muted)
            return experiment

        text = _("Mute {count}") if muted else _("Unmute {count}")
        self.lab.document.page.apply(text.format(count=len(self.nodes)), switched)

    def _on_delete(self) -> None:
        text = _("Delete {count}").format(count=len(self.ids))
        self.lab.document.page.apply(text, lambda e: edits.remove(e, self.ids))


class NotePage(Page):
    """A note on the canvas: its text."""

    def __init__(self, lab: "Lab", note_id: str) -> None:
        super().__init__(lab)
        self._id = note_id
        self.text = NoteField(_("Text of the note"), _("Write something"))
        self.text.setMinimumHeight(180)
        self.text.committed.connect(self._on_written)
        hint = label(_("It stands on the canvas beside the network and is saved with it."), "muted")
        parts = column(label(_("Note"), "title"), hint, self.text, gap=12)
        parts.addStretch(1)
        self.setLayout(parts)

    def refresh(self) -> None:
        self.text.show_value(self.experiment.model.notes[self._id].text)

    def focus_first(self) -> None:
        self.text.setFocus()

    def _on_written(self, text: str) -> None:
        if self._id in self.experiment.model.notes:
            path = f"model.notes.{self._id}.text"
            self.lab.document.page.apply(_("Write the note"), lambda e: edits.set_path(e, path, text), path)


class FramePage(Page):
    """A frame on the canvas: its title."""

    def __init__(self, lab: "Lab", frame_id: str) -> None:
        super().__init__(lab)
        self._id = frame_id
        self.title = TitleField(_("Frame"))
        self.title.committed.connect(self._on_renamed)
        hint = label(_("Groups the layers inside it: they move with the frame."), "muted")
        parts = column(self.title, hint, gap=12)
        parts.addStretch(1)
        self.setLayout(parts)

    def refresh(self) -> None:
        self.title.show_value(self.experiment.model.frames[self._id].title)

    def focus_first(self) -> None:
        self.title.setFocus()
        self.title.selectAll()

    def _on_renamed(self, title: str, _merge: str) -> None:
        if self._id in self.experiment.model.frames:
            path = f"model.frames.{self._id}.title"
            self.lab.document.page.apply(_("Rename the frame"), lambda e: edits.set_path(e, path, title))


class UnknownPage(Page):
    """A layer this installation doesn't know: kept word for word."""

    def __init__(self, lab: "Lab", node_id: str) -> None:
        super().__init__(lab)
        self._id = node_id
        self._kind = label("", "title")
        hint = label(_("This layer is not known here. It is kept as it is in the file."), "muted")
        self.problems = Problems(self.mend)
        self._params = label("", "mono", selectable=True)
        parts = column(self._kind, hint, self.problems, label(_("Its settings"), "heading"), self._params, gap=12)
        parts.addStretch(1)
        self.setLayout(parts)

    def refresh(self) -> None:
        node = self.experiment.model.nodes[self._id]
        say(self._kind, node.title or node.kind)
        say(self._params, json.dumps(node.params, indent=2, ensure_ascii=False)[:4000])
        self.problems.show_problems(self.lab.document.page.check.of(self._id))
