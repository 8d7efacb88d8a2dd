"""The page between a file and an experiment: how it is read, what each column is, what is to be predicted."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from dllab.data import DATASETS
from dllab.data.base import DataProblem, Dataset
from dllab.data.own import store
from dllab.data.own.choosing import ways
from dllab.data.own.names import PARQUET
from dllab.data.own.remarks import remarks
from dllab.document.experiment import Choice
from dllab.text import N_, _, ngettext
from ui.data.choices import WAYS, Choices
from ui.data.column_table import ColumnTable
from ui.data.importer import Importer
from ui.data.parts import box, button, named, pick, words
from ui.data.summary import summary_of
from ui.inspector.preview import DataPreview
from ui.inspector.sheet import say, sheet_style
from ui.inspector.words import sample_words, target_words
from ui.shell.progress import clock
from ui.shell.theme import interface_font, theme

_SOON_MS = 120
_ENCODINGS = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB 18030", "cp1252": "Windows-1252"}
_DELIMITERS = {",": N_("comma"), ";": N_("semicolon"), "tab": N_("tab"), "|": N_("bar")}
_DECIMALS = {".": N_("point"), ",": N_("comma")}
_SIDES = (8, 16, 28, 32, 48, 64, 96, 128)
_CLASSES_SHOWN = 10


class ImportPage(QDialog):
    """Reads at once; every change of a choice asks the reading process again."""

    taken = Signal(object, bool)
    """(Choice of the data, whether a new experiment is wanted)"""

    other_wanted = Signal()
    """A file of one's own, instead of what can't be fetched."""

    def __init__(self, path: Path, into: bool, parent: QWidget | None = None, fetched: str = "") -> None:
        """`fetched` names what is downloaded; `path` is then only its name."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Import {name}").format(name=path.name))
        self.setStyleSheet(sheet_style(theme.tokens))
        self._path, self._fetched, self._facts = path, fetched, dict[str, Any]()
        self._types: dict[str, str] = {}
        self._choice: Choice | None = None
        self._kept = False
        self.importer = Importer(self)
        self.importer.progressed.connect(self._on_progress)
        self.importer.found.connect(self._on_found)
        self.importer.chosen.connect(self._on_chosen)
        self.importer.refused.connect(self._on_refused)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._choose)
        self._make(into)
        self.resize(880, 640)
        self._read()

    # --- what is on it ------------------------------------------------------------------------------------------------

    def _make(self, into: bool) -> None:
        self.title = QLabel(self._path.name)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFont(interface_font(18, bold=True))
        self.about = words("muted")
        self._make_reading()
        self.table = ColumnTable(self)
        self.table.retyped.connect(self._on_retyped)
        self.choices = Choices(self)
        self.choices.changed.connect(self._soon.start)
        self.preview = DataPreview(self)
        self.verdict, self.trouble, self.remarks = words("good"), words("bad"), words("muted")
        self.bar = QProgressBar(self, maximum=1000, textVisible=False)
        self.bar.setAccessibleName(_("Progress of reading"))
        self.left = words("muted")
        self.cancel = button(_("Cancel"), self.reject)
        self.fresh = button(_("New experiment with this data"), lambda: self._take(True))
        self.use = button(_("Use in this experiment"), lambda: self._take(False))
        instead = _("Open local files instead…") if self._fetched else _("Choose another file…")
        self.other = button(instead, self._open_other)
        self.other.setVisible(bool(self._fetched))
        self.use.setVisible(into)
        main = self.use if into else self.fresh
        main.setProperty("primary", True)
        main.setDefault(True)
        self._lay_out()

    def _make_reading(self) -> None:
        """What the file is taken for and how it is read."""
        self.way = box(_("This is a"), {}, 300)
        self.way.activated.connect(self._on_way)
        self.taken_for = self._labelled(self.way)
        self.encoding = box(_("Encoding"), _ENCODINGS)
        self.delimiter = box(_("Cells are parted by"), _DELIMITERS)
        self.decimal = box(_("Decimal sign"), _DECIMALS)
        self.header = QCheckBox(_("First row holds names"))
        for chosen in (self.encoding, self.delimiter, self.decimal):
            chosen.activated.connect(lambda _index: self._reread())
        self.header.clicked.connect(lambda _checked: self._reread())
        self.reading = self._labelled(self.encoding)
        self.cells = self._labelled(self.delimiter, self.decimal, self.header)
        self.side = box(_("Pixels a side"), {str(side): str(side) for side in _SIDES})
        self.colour = box(_("Colours"), {"grey": N_("grey"), "rgb": N_("red, green, blue")})
        for chosen in (self.side, self.colour):
            chosen.activated.connect(lambda _index: self._reread())
        self.pictures = self._labelled(self.side, self.colour)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.bar, 1)
        buttons.addWidget(self.left)
        buttons.addStretch(1)
        for item in (self.other, self.cancel, self.fresh, self.use):
            buttons.addWidget(item)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.title)
        column.addWidget(self.about)
        top = QHBoxLayout()
        top.setSpacing(16)
        for choice in (self.reading, self.cells, self.pictures):
            choice.hide()
            top.addWidget(choice)
        top.addStretch(1)
        self.taken_for.hide()
        column.addWidget(self.taken_for)
        column.addLayout(top)
        for part in (self.preview, self.table, self.choices):
            part.hide()
            column.addWidget(part, 1 if part is self.table else 0)
        for line in (self.remarks, self.verdict, self.trouble):
            column.addWidget(line)
        column.addStretch(0)
        column.addLayout(buttons)

    def _labelled(self, *fields: QWidget) -> QWidget:
        """Fields in a row, each under its name."""
        holder = QWidget(self)
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for field in fields:
            row.addWidget(named(field))
        row.addStretch(1)
        return holder

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, *given: str) -> None:
        self._wait(_("Fetching…") if self._fetched else _("Reading…"))
        self.importer.read(["--download", self._fetched] if self._fetched else [str(self._path), *given])

    def _reread(self, way: str = "") -> None:
        """How the file is read was changed, or what it is taken for: begin again."""
        self._forget()
        self._types.clear()
        names: tuple[str, ...] = ()
        if self._path.is_dir():
            names = ("side", "colour")
        elif not way:
            names = ("encoding",) if self._facts.get("kind") == "text" else ("encoding", "delimiter", "decimal")
        given = [part for name in names for part in (f"--{name}", getattr(self, name).currentData())]
        if "delimiter" in names:
            given += ["--header", "yes" if self.header.isChecked() else "no"]
        taken_for = way or self.way.currentData()
        if taken_for and not self._path.is_dir():
            given += ["--as", taken_for]
        self._facts = {}
        self._read(*given)

    def _on_way(self) -> None:
        """What the file is taken for was changed: read it again only if it was read for something else."""
        way = self.way.currentData()
        if self._facts.get("kind") == "table" and way in ("table", "series", "sentences"):
            self._types.clear()
            self.choices.take_for(way)
            self._choose()
        elif way:
            self._reread(way)

    def _choose(self) -> None:
        """Ask what the choices on this page come to."""
        if not self._facts:
            return
        self._wait("")
        types = [part for name, kind in self._types.items() for part in ("--type", f"{name}={kind}")]
        way = ["--as", self.way.currentData()] if self.way.currentData() else []
        self.importer.read(["--content", self._facts["content"], *way, *self.choices.arguments(), *types])

    def _wait(self, text: str) -> None:
        self._choice = None
        self.fresh.setEnabled(False)
        self.use.setEnabled(False)
        say(self.trouble, "")
        self.bar.setVisible(bool(text))
        self.bar.setValue(0)
        say(self.left, text)

    def _on_progress(self, share: float, left: float) -> None:
        self.bar.setValue(round(1000 * share))
        say(self.left, _("{time} left").format(time=clock(left)))

    def _on_found(self, facts: dict[str, Any]) -> None:
        if self._facts:
            return  # the same file with other choices
        self._facts = facts
        self.other.setVisible(bool(self._fetched))
        self.title.setText(facts["name"])
        self._offer_ways(facts)
        self.choices.offer(facts)
        self.choices.take_for(self.way.currentData())
        if facts["kind"] == "table":
            self._show_table(facts)
        elif facts["kind"] == "text":
            self._show_text(facts)
        else:
            self._show_samples(facts)

    def _offer_ways(self, facts: dict[str, Any]) -> None:
        self.way.clear()
        for way in ways(facts):
            self.way.addItem(_(WAYS.get(way, way)), way)
        self.taken_for.setVisible(self.way.count() > 1 and not self._fetched)
        table, text = facts["kind"] == "table", facts["kind"] == "text"
        self.reading.setVisible((table and self._path.suffix.lower() not in PARQUET) or text)
        self.cells.setVisible(table and not self.reading.isHidden())
        self.table.setVisible(table)
        self.choices.setVisible(table or text)
        self.preview.setVisible(not table)

    def _show_table(self, facts: dict[str, Any]) -> None:
        about = _("{rows} rows · {columns} columns")
        self.about.setText(about.format(rows=f"{facts['rows']:,}", columns=f"{len(facts['columns']):,}"))
        reading = facts["reading"]
        pick(self.encoding, reading["encoding"])
        pick(self.delimiter, "tab" if reading["delimiter"] == "\t" else reading["delimiter"])
        pick(self.decimal, reading["decimal"])
        self.header.setChecked(reading["header"])
        self.table.show_facts(facts)

    def _show_text(self, facts: dict[str, Any]) -> None:
        counts = {unit: f"{facts['units'][unit]['count']:,}" for unit in ("character", "word")}
        about = _("{characters} characters · {words} words")
        self.about.setText(about.format(characters=counts["character"], words=counts["word"]))
        pick(self.encoding, facts["reading"]["encoding"])

    def _show_samples(self, facts: dict[str, Any]) -> None:
        pairs = zip(facts["classes"], facts["counts"], strict=True)
        shown = [f"{name}: {count:,}" for name, count in list(pairs)[:_CLASSES_SHOWN]]
        more = " …" if len(facts["classes"]) > _CLASSES_SHOWN else ""
        self.about.setText(" · ".join(shown) + more)
        if self._path.is_dir():
            self.pictures.show()
            pick(self.side, str(facts["shape"][-1]))
            pick(self.colour, "rgb" if facts["shape"][0] == 3 else "grey")

    # --- choosing -----------------------------------------------------------------------------------------------------

    def _on_retyped(self, name: str, kind: str) -> None:
        self._types[name] = kind
        self._soon.start()

    def _on_chosen(self, kind: str, params: dict[str, Any]) -> None:
        self._end_wait()
        dataset = DATASETS.make(kind, params)
        pick(self.way, self._facts.get("way", kind))
        self.choices.take_for(kind)
        self.choices.show_params(params)
        for column in (*params.get("columns", ()), *([params["goal"]] if params.get("goal") else [])):
            self.table.set_type(column["name"], column["type"])
        lost = params["rows"] - params["complete"] if kind == "table" else 0
        self.choices.missing.setEnabled(lost > 0)
        say(self.remarks, "\n".join(remarks(self._facts, dataset)))
        if dataset.problem():
            self._on_refused(dataset.problem())
            return
        self._show_preview(dataset)
        spec = dataset.spec()
        verdict = f"{sample_words(spec)} · {target_words(spec)}"
        if lost and params["missing"] == "drop":
            left_out = ngettext("{count} row with gaps left out", "{count} rows with gaps left out", lost)
            verdict += " · " + left_out.format(count=f"{lost:,}")
        say(self.verdict, verdict)
        self._choice = Choice(kind=kind, params=params)
        self.fresh.setEnabled(True)
        self.use.setEnabled(True)

    def _show_preview(self, dataset: Dataset) -> None:
        if self._facts["kind"] == "table":
            return
        try:
            self.preview.show_summary(summary_of(self._facts, dataset))
        except DataProblem as problem:
            self._on_refused(str(problem))

    def _on_refused(self, sentence: str) -> None:
        self._end_wait()
        say(self.verdict, "")
        say(self.trouble, sentence)
        self.other.setVisible(bool(self._fetched) or not self._facts)

    def _end_wait(self) -> None:
        self.bar.hide()
        say(self.left, "")

    # --- leaving ------------------------------------------------------------------------------------------------------

    def _take(self, fresh: bool) -> None:
        if self._choice is not None:
            self._kept = True
            self.taken.emit(self._choice, fresh)
            self.accept()

    def _open_other(self) -> None:
        self.reject()
        self.other_wanted.emit()

    def _forget(self) -> None:
        """What was read and not used is not kept either."""
        if self._facts.get("new") and not self._kept and not self._fetched:
            store.forget(self._facts["content"])

    def done(self, result: int) -> None:
        self._soon.stop()
        self.importer.stop()
        self._forget()
        super().done(result)
