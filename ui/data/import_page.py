"""The page between a file and an experiment: how it is read, what each column is, what is to be predicted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dllab.data import DATASETS
from dllab.data.base import DataProblem
from dllab.data.own import store
from dllab.data.own.names import PARQUET
from dllab.document.experiment import Choice
from dllab.text import N_, _, ngettext
from ui.data.column_table import ColumnTable
from ui.data.importer import Importer
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
_MISSING = {
    "drop": N_("leave such rows out"),
    "mean": N_("put in the mean"),
    "most_frequent": N_("put in the most frequent value"),
}


class ImportPage(QDialog):
    """Reads at once; every change of a choice asks the reading process again."""

    taken = Signal(object, bool)
    """(Choice of the data, whether a new experiment is wanted)"""

    other_wanted = Signal()
    """A file of one's own, instead of what can't be fetched."""

    def __init__(
        self, path: Path, into: bool, language: str = "en", parent: QWidget | None = None, fetched: str = ""
    ) -> None:
        """`fetched` names what is downloaded; `path` is then only its name."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Import {name}").format(name=path.name))
        self.setStyleSheet(sheet_style(theme.tokens))
        self._path, self._fetched, self._facts = path, fetched, dict[str, Any]()
        self._types: dict[str, str] = {}
        self._choice: Choice | None = None
        self._kept = False
        self.importer = Importer(language, self)
        self.importer.progressed.connect(self._on_progress)
        self.importer.found.connect(self._on_found)
        self.importer.chosen.connect(self._on_chosen)
        self.importer.refused.connect(self._on_refused)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._choose)
        self._make(into)
        self.resize(880, 560)
        self._read()

    # --- what is on it ------------------------------------------------------------------------------------------------

    def _make(self, into: bool) -> None:
        self.title = QLabel(self._path.name)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setFont(interface_font(18, bold=True))
        self.about = _words("muted")
        self.encoding = _box(_("Encoding"), _ENCODINGS)
        self.delimiter = _box(_("Cells are parted by"), _DELIMITERS)
        self.decimal = _box(_("Decimal sign"), _DECIMALS)
        self.header = QCheckBox(_("First row holds names"))
        for box in (self.encoding, self.delimiter, self.decimal):
            box.activated.connect(self._reread)
        self.header.clicked.connect(self._reread)
        self.reading = self._labelled(self.encoding, self.delimiter, self.decimal, self.header)
        self.table = ColumnTable(self)
        self.table.retyped.connect(self._on_retyped)
        self.target = _box(_("Predict"), {})
        self.missing = _box(_("Missing values"), _MISSING)
        for box in (self.target, self.missing):
            box.activated.connect(lambda _index: self._soon.start())
        self.choices = self._labelled(self.target, self.missing)
        self.side = _box(_("Pixels a side"), {str(side): str(side) for side in _SIDES})
        self.colour = _box(_("Colours"), {"grey": N_("grey"), "rgb": N_("red, green, blue")})
        for box in (self.side, self.colour):
            box.activated.connect(self._reread)
        self.pictures = self._labelled(self.side, self.colour)
        self.preview = DataPreview(self)
        self.verdict, self.trouble = _words("good"), _words("bad")
        self.bar = QProgressBar(self, maximum=1000, textVisible=False)
        self.bar.setAccessibleName(_("Progress of reading"))
        self.left = _words("muted")
        self.cancel = _button(_("Cancel"), self.reject)
        self.fresh = _button(_("New experiment with this data"), lambda: self._take(True))
        self.use = _button(_("Use in this experiment"), lambda: self._take(False))
        self.other = _button(_("Open local files instead…"), self._open_other)
        self.other.setVisible(bool(self._fetched))
        self.use.setVisible(into)
        main = self.use if into else self.fresh
        main.setProperty("primary", True)
        main.setDefault(True)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.bar, 1)
        buttons.addWidget(self.left)
        buttons.addStretch(1)
        for button in (self.other, self.cancel, self.fresh, self.use):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.title)
        column.addWidget(self.about)
        for item in (self.reading, self.pictures, self.preview, self.table, self.choices):
            item.hide()
            column.addWidget(item, 1 if item is self.table else 0)
        column.addStretch(0)
        for words in (self.verdict, self.trouble):
            column.addWidget(words)
        column.addLayout(buttons)

    def _labelled(self, *fields: QWidget) -> QWidget:
        """Fields in a row, each under its name."""
        holder = QWidget(self)
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(3)
        for place, field in enumerate(fields):
            if isinstance(field, QComboBox):
                name = _words("caption")
                name.setText(field.accessibleName())
                name.setBuddy(field)
                grid.addWidget(name, 0, place)
            grid.addWidget(field, 1, place)
        grid.setColumnStretch(len(fields), 1)
        return holder

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self, *given: str) -> None:
        self._wait(_("Fetching…") if self._fetched else _("Reading…"))
        self.importer.read(["--download", self._fetched] if self._fetched else [str(self._path), *given])

    def _reread(self) -> None:
        """How the file is read was changed: begin again."""
        self._forget()
        self._types.clear()
        self._facts = {}
        folder = self._path.is_dir()
        names = ("side", "colour") if folder else ("encoding", "delimiter", "decimal")
        given = [part for name in names for part in (f"--{name}", getattr(self, name).currentData())]
        self._read(*given, *(() if folder else ("--header", "yes" if self.header.isChecked() else "no")))

    def _choose(self) -> None:
        """Ask what the choices on this page come to."""
        if not self._facts:
            return
        self._wait("")
        types = [part for name, kind in self._types.items() for part in ("--type", f"{name}={kind}")]
        goal, fill = self.target.currentData() or "", self.missing.currentData() or ""
        predict = ["--target", goal] if goal else ["--no-target"]
        arguments = ["--content", self._facts["content"], *predict, "--missing", fill, *types]
        self.importer.read(arguments)

    def _wait(self, words: str) -> None:
        self._choice = None
        self.fresh.setEnabled(False)
        self.use.setEnabled(False)
        say(self.trouble, "")
        self.bar.setVisible(bool(words))
        self.bar.setValue(0)
        say(self.left, words)

    def _on_progress(self, share: float, left: float) -> None:
        self.bar.setValue(round(1000 * share))
        say(self.left, _("{time} left").format(time=clock(left)))

    def _on_found(self, facts: dict[str, Any]) -> None:
        if self._facts:
            return  # the same file with other choices
        self._facts = facts
        self.title.setText(facts["name"])
        if facts["kind"] == "table":
            self._show_table(facts)
        else:
            self._show_samples(facts)

    def _show_table(self, facts: dict[str, Any]) -> None:
        about = _("{rows} rows · {columns} columns")
        self.about.setText(about.format(rows=f"{facts['rows']:,}", columns=f"{len(facts['columns']):,}"))
        self._show_reading(facts["reading"])
        self.table.show_facts(facts)
        self.table.show()
        self.choices.show()
        self.target.clear()
        for column in facts["columns"]:
            self.target.addItem(column["name"][:60], column["name"])
        self.target.insertSeparator(self.target.count())
        self.target.addItem(_("nothing: only cluster"), "")

    def _show_samples(self, facts: dict[str, Any]) -> None:
        pairs = zip(facts["classes"], facts["counts"], strict=True)
        shown = [f"{name} {count:,}" for name, count in list(pairs)[:_CLASSES_SHOWN]]
        more = " …" if len(facts["classes"]) > _CLASSES_SHOWN else ""
        self.about.setText(" · ".join(shown) + more)
        if self._path.is_dir():
            self.pictures.show()
            _pick(self.side, str(facts["shape"][-1]))
            _pick(self.colour, "rgb" if facts["shape"][0] == 3 else "grey")
        try:
            self.preview.show_summary(summary_of(facts))
            self.preview.show()
        except DataProblem as problem:
            self._on_refused(str(problem))

    def _show_reading(self, reading: dict[str, Any]) -> None:
        _pick(self.encoding, reading["encoding"])
        _pick(self.delimiter, "tab" if reading["delimiter"] == "\t" else reading["delimiter"])
        _pick(self.decimal, reading["decimal"])
        self.header.setChecked(reading["header"])
        self.reading.setVisible(self._path.suffix.lower() not in PARQUET)

    # --- choosing -----------------------------------------------------------------------------------------------------

    def _on_retyped(self, name: str, kind: str) -> None:
        self._types[name] = kind
        self._soon.start()

    def _on_chosen(self, kind: str, params: dict[str, Any]) -> None:
        self._end_wait()
        dataset = DATASETS.make(kind, params)
        spec = dataset.spec()
        lost = params["rows"] - params["complete"] if kind == "table" else 0
        if kind == "table":
            self._show_choices(params, lost)
        if dataset.problem():
            self._on_refused(dataset.problem())
            return
        words = f"{sample_words(spec)} · {target_words(spec)}"
        if lost and params["missing"] == "drop":
            left_out = ngettext("{count} row with gaps left out", "{count} rows with gaps left out", lost)
            words += " · " + left_out.format(count=f"{lost:,}")
        say(self.verdict, words)
        self._choice = Choice(kind=kind, params=params)
        self.fresh.setEnabled(True)
        self.use.setEnabled(True)

    def _show_choices(self, params: dict[str, Any], lost: int) -> None:
        for column in params["columns"]:
            self.table.set_type(column["name"], column["type"])
        _pick(self.target, params["target"])
        _pick(self.missing, params["missing"])
        self.missing.setEnabled(lost > 0)

    def _on_refused(self, sentence: str) -> None:
        self._end_wait()
        say(self.verdict, "")
        say(self.trouble, sentence)

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


def _words(role: str) -> QLabel:
    words = QLabel()
    words.setProperty("role", role)
    words.setTextFormat(Qt.TextFormat.PlainText)
    words.setWordWrap(role in ("good", "bad"))
    return words


def _button(text: str, do: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.clicked.connect(lambda: do())
    return button


def _box(name: str, items: dict[str, str]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setMinimumWidth(150)
    for value, words in items.items():
        box.addItem(_(words), value)
    return box


def _pick(box: QComboBox, value: Any) -> None:
    place = box.findData(value)
    if place >= 0:
        box.setCurrentIndex(place)
