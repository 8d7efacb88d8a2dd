"""Importing a person's own table in the real window: by menu, by dropping, with good files and bad ones."""

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QStyleOptionViewItem
from pytestqt.qtbot import QtBot
from words import texts, untranslated

from dllab.data.own import store
from dllab.data.own.names import refusal
from dllab.data.own.texts import words_in
from dllab.data.verse import VERSE
from dllab.text import PSEUDO, set_language
from ui.data.column_table import ColumnTable
from ui.data.import_page import ImportPage
from ui.data.importer import Importer
from ui.inspector.data_editor import DataEditor
from ui.inspector.number import NumberField
from ui.inspector.words import chip_text_data
from ui.shell.window import Window

HOUSES = "area,rooms,city,price\n50,2,Lyon,100\n60.5,3,Paris,200\n70,,Paris,300\n80,4,Lyon,250\n90,4,Nice,320\n"


@pytest.fixture
def houses(tmp_path: Path) -> Path:
    path = tmp_path / "houses.csv"
    path.write_text(HOUSES)
    return path


def read(window: Window, path: Path, qtbot: QtBot) -> ImportPage:
    page = window.imports.open(path)
    qtbot.waitUntil(lambda: page.use.isEnabled() or bool(page.trouble.text()), timeout=20_000)
    return page


def drop_on(window: Window, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    drop = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(300, 300), *drop)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), *drop))


def cells(table: ColumnTable) -> list[list[str]]:
    return [[table.item(r, c).text() for c in range(table.columnCount())] for r in range(table.rowCount())]


def test_a_table_is_shown_and_used(window: Window, houses: Path, qtbot: QtBot) -> None:
    page = read(window, houses, qtbot)
    assert page.about.text() == "5 rows · 4 columns"
    assert cells(page.table)[1] == ["rooms", "number  ▾", "1", "2 … 4", "2", "3", "", "4"]
    assert page.table.types() == {"area": "number", "rooms": "number", "city": "category", "price": "number"}
    assert (page.choices.target.currentData(), page.choices.missing.currentData()) == ("price", "drop")
    assert page.verdict.text() == "4 samples · 5 numbers each · 1 number to predict · 1 row with gaps left out"
    page.use.click()
    data = window.document.experiment.data
    assert (data.kind, data.params["target"]) == ("table", "price")
    assert window.document.undo_stack.undoText() == "Use houses.csv"
    assert chip_text_data(window.document.experiment, window.document.check)[0] == "houses.csv"
    window.document.undo_stack.undo()
    assert window.document.experiment.data.kind == "digits"


def test_types_target_and_gaps_are_corrected(window: Window, houses: Path, qtbot: QtBot) -> None:
    page = read(window, houses, qtbot)
    table = page.table
    index = table.model().index(1, 1, QModelIndex())
    editor = table.itemDelegateForColumn(1).createEditor(table, QStyleOptionViewItem(), index)
    assert isinstance(editor, QComboBox)
    editor.setCurrentIndex(editor.findData("category"))
    table.itemDelegateForColumn(1).setModelData(editor, table.model(), index)
    editor.deleteLater()
    page.choices.target.setCurrentIndex(page.choices.target.findData("city"))
    page.choices.target.activated.emit(page.choices.target.currentIndex())
    page.choices.missing.setCurrentIndex(page.choices.missing.findData("mean"))
    page.choices.missing.activated.emit(page.choices.missing.currentIndex())
    qtbot.waitUntil(lambda: "3 classes" in page.verdict.text(), timeout=20_000)
    assert page.verdict.text() == "5 samples · 5 numbers each · 3 classes"
    page.fresh.click()
    made = window.document.experiment
    assert made.title == "houses"
    assert made.data.params["target"] == "city"
    assert window.document.check.trainable, [p.text for p in window.document.check.problems]


def test_a_column_of_dates_is_told_and_taken_on_request(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("when,city,sold\n" + "".join(f"2024-{n % 12 + 1:02}-15,{'AB'[n % 2]},{n % 5}\n" for n in range(48)))
    page = read(window, path, qtbot)
    assert cells(page.table)[0][1:4] == ["ignore  ▾", "", "dates, 2024-01-15 … 2024-12-15"]
    assert "when is left out: it holds dates." in page.remarks.text()
    page.table.retyped.emit("when", "date")
    qtbot.waitUntil(lambda: "22 numbers each" in page.verdict.text(), timeout=20_000)
    assert cells(page.table)[0][1] == "date  ▾"
    assert page.remarks.text().startswith("when goes in as days since 2024-01-15")
    page.fresh.click()
    assert window.document.check.trainable, [p.text for p in window.document.check.problems]


def test_nothing_to_predict_only_to_cluster(window: Window, houses: Path, qtbot: QtBot) -> None:
    page = read(window, houses, qtbot)
    page.choices.target.setCurrentIndex(page.choices.target.findData(""))
    page.choices.target.activated.emit(page.choices.target.currentIndex())
    qtbot.waitUntil(lambda: "nothing to predict" in page.verdict.text(), timeout=20_000)
    assert page.choices.target.currentText() == "nothing: only cluster"
    assert page.verdict.text() == "4 samples · 6 numbers each · nothing to predict · 1 row with gaps left out"
    page.fresh.click()
    check = window.document.check
    assert check.trainable, [p.text for p in check.problems]
    assert check.fits_only
    assert chip_text_data(window.document.experiment, check)[1] == "4 · nothing to predict"


def test_reading_it_otherwise(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "x.csv"
    path.write_text("1,2\n3,4\n5,7\n")
    page = read(window, path, qtbot)
    assert not page.header.isChecked()
    first = page._facts["content"]
    page.header.click()
    qtbot.waitUntil(lambda: page.about.text() == "2 rows · 2 columns" and page.use.isEnabled(), timeout=20_000)
    assert page.table.item(0, 0).text() == "1"
    assert not store.is_here(first), "what is not used is not kept"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "bad.csv is empty: choose a file with a row of names and rows of values."),
        (b"a,b\n", "bad.csv has a row of names and no rows of values."),
        (b"a,b\n1,2\n3\n", "bad.csv, row 3: 1 cells instead of 2. Mend the row or choose another delimiter."),
        (
            b"k,x\na,1\na,2\na,3\n",
            "bad.csv: no column is left to predict x from. If the rows follow each other in time, take it for a series.",
        ),
    ],
)
def test_bad_files_leave_the_experiment_alone(
    window: Window, tmp_path: Path, qtbot: QtBot, data: bytes, sentence: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(data)
    before = window.document.experiment
    page = read(window, path, qtbot)
    assert page.trouble.text() == sentence
    assert not page.use.isEnabled()
    page.reject()
    assert window.document.experiment is before
    assert list(store.folder().iterdir()) == []


def test_cancel_ends_the_reading(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "1.5,2.5\n" * 1_500_000)
    page = window.imports.open(path)
    qtbot.waitUntil(lambda: 0 < page.bar.value() < 1000, timeout=20_000)
    assert "left" in page.left.text()
    process = page.importer._process
    assert process is not None
    page.cancel.click()
    assert process.state() == process.ProcessState.NotRunning
    assert not [name for name in store.folder().iterdir() if not name.name.startswith(".dllab-")]


def test_a_file_that_is_dropped(window: Window, houses: Path, qtbot: QtBot) -> None:
    drop_on(window, houses)
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportPage)))
    (page,) = window.findChildren(ImportPage)
    qtbot.waitUntil(lambda: page.use.isEnabled(), timeout=20_000)
    page.reject()


def test_the_command_and_the_data_list_ask_for_a_file(window: Window, qtbot: QtBot) -> None:
    def dialogs() -> list[QFileDialog]:
        return [d for d in window.findChildren(QFileDialog) if d.isVisible()]

    def shut() -> None:
        for dialog in dialogs():
            dialog.reject()

    window.commands["import"].trigger()
    assert len(dialogs()) == 1
    shut()
    editor = DataEditor(window.lab)
    qtbot.addWidget(editor)
    editor.datasets.picked.emit("table")
    assert len(dialogs()) == 1
    assert window.document.experiment.data.kind == "digits"
    shut()


def test_from_the_welcome_page_only_a_new_experiment(
    make_window: Callable[..., Window], houses: Path, qtbot: QtBot
) -> None:
    window = make_window()
    page = window.imports.open(houses)
    qtbot.waitUntil(lambda: page.fresh.isEnabled(), timeout=20_000)
    assert page.use.isHidden()
    page.fresh.click()
    assert not window.welcoming
    assert window.document.experiment.data.kind == "table"


def test_closing_the_window_ends_the_reading(window: Window, houses: Path) -> None:
    page = window.imports.open(houses)
    window.end_now()
    assert not page.isVisible()
    assert not page.importer.busy


def test_a_folder_of_pictures_is_dropped_shown_and_used(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    for name, level in (("cat", 40), ("dog", 200)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(6):
            picture = QImage(12, 12, QImage.Format.Format_Grayscale8)
            picture.fill(level + number)
            assert picture.save(str(tmp_path / "pets" / name / f"{number}.png"))
    drop_on(window, tmp_path / "pets")
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportPage)))
    (page,) = window.findChildren(ImportPage)
    qtbot.waitUntil(lambda: page.use.isEnabled(), timeout=20_000)
    assert page.about.text() == "cat: 6 · dog: 6"
    assert page.verdict.text() == "12 samples of 1 × 12 × 12 · 2 classes"
    assert page.preview.family == "image"
    assert page.table.isHidden()
    page.side.setCurrentIndex(page.side.findData("8"))
    page.side.activated.emit(page.side.currentIndex())
    qtbot.waitUntil(lambda: page.use.isEnabled() and "8 × 8" in page.verdict.text(), timeout=20_000)
    page.use.click()
    assert window.document.experiment.data.kind == "images"


def test_what_can_not_be_fetched_is_said_and_a_local_file_offered(window: Window, qtbot: QtBot, monkeypatch) -> None:
    # A proxy that nobody answers at: the process that fetches finds no connection.
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    window.commands["download_mnist"].trigger()
    (page,) = window.findChildren(ImportPage)
    assert page.windowTitle() == "Import MNIST"
    qtbot.waitUntil(lambda: bool(page.trouble.text()), timeout=30_000)
    assert page.trouble.text().startswith("MNIST could not be fetched: there is no connection to ossci-datasets")
    assert not page.use.isEnabled()
    page.other.click()
    (dialog,) = [d for d in window.findChildren(QFileDialog) if d.isVisible()]
    dialog.reject()
    assert window.document.experiment.data.kind == "digits"


def steps(field: NumberField, text: str) -> None:
    """Type into a field and press Enter."""
    field.setText(text)
    field.textEdited.emit(text)
    assert field.commit()


def test_a_text_is_dropped_cut_into_words_and_used(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "poem.txt"
    path.write_text(VERSE)
    drop_on(window, path)
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportPage)))
    (page,) = window.findChildren(ImportPage)
    qtbot.waitUntil(lambda: page.use.isEnabled(), timeout=20_000)
    assert page.way.currentData() == "text"
    assert page.about.text() == f"{len(VERSE):,} characters · {len(words_in(VERSE)):,} words"
    assert page.verdict.text() == "779 samples · 32 steps each · 50 classes"
    assert page.preview.family == "text"
    assert page.table.isHidden()
    assert not page.choices.target.isVisible()
    page.choices.unit.setCurrentIndex(page.choices.unit.findData("word"))
    page.choices.unit.activated.emit(1)
    qtbot.waitUntil(lambda: "16 steps" in page.verdict.text(), timeout=20_000)
    steps(page.choices.vocabulary, "60")
    qtbot.waitUntil(lambda: "61 classes" in page.verdict.text(), timeout=20_000)
    assert "the unknown" in page.remarks.text()
    steps(page.choices.steps, "8")
    qtbot.waitUntil(lambda: "8 steps" in page.verdict.text() and page.use.isEnabled(), timeout=20_000)
    page.fresh.click()
    made = window.document.experiment
    assert (made.title, made.data.kind, made.data.params["unit"], made.data.params["window"]) == (
        "poem",
        "text",
        "word",
        8,
    )
    assert window.document.check.trainable, [p.text for p in window.document.check.problems]


def test_rows_that_follow_each_other_in_time(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "w.csv"
    path.write_text("rain,heat\n" + "".join(f"{n % 3},{n % 7}\n" for n in range(60)))
    page = read(window, path, qtbot)
    assert [page.way.itemData(n) for n in range(page.way.count())] == ["table", "series"]
    page.way.setCurrentIndex(1)
    page.way.activated.emit(1)
    qtbot.waitUntil(lambda: "12 × 2" in page.verdict.text(), timeout=20_000)
    assert page.choices.target.currentData() == "heat"
    steps(page.choices.steps, "5")
    steps(page.choices.horizon, "2")
    page.table.retyped.emit("rain", "ignore")
    qtbot.waitUntil(lambda: "5 × 1" in page.verdict.text() and page.use.isEnabled(), timeout=20_000)
    assert page.verdict.text() == "54 samples of 5 × 1 · 1 number to predict"
    steps(page.choices.steps, "70")
    qtbot.waitUntil(lambda: bool(page.trouble.text()), timeout=20_000)
    assert page.trouble.text().startswith("w.csv is too short for windows of 70 rows")
    assert not page.use.isEnabled()
    page.way.setCurrentIndex(0)
    page.way.activated.emit(0)
    qtbot.waitUntil(lambda: page.use.isEnabled(), timeout=20_000)
    assert page.verdict.text().startswith("60 samples · ")
    page.reject()


def test_a_text_file_read_as_a_table_and_back(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "n.txt"
    path.write_text("a\tb\n" + "".join(f"{n}\t{n * n}\n" for n in range(40)))
    page = read(window, path, qtbot)
    assert [page.way.itemData(n) for n in range(page.way.count())] == ["table", "series", "text"]
    page.way.setCurrentIndex(2)
    page.way.activated.emit(2)
    qtbot.waitUntil(lambda: page.preview.isVisible() and page.use.isEnabled(), timeout=20_000)
    assert page.way.currentData() == "text"
    assert page.table.isHidden()
    page.way.setCurrentIndex(page.way.findData("table"))
    page.way.activated.emit(1)
    qtbot.waitUntil(lambda: page.table.isVisible() and page.use.isEnabled(), timeout=20_000)
    assert page.delimiter.currentData() == "tab"
    page.reject()
    assert list(store.folder().iterdir()) == []


def test_a_bad_text_leaves_the_experiment_alone(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(b"\n \n")
    before = window.document.experiment
    page = read(window, path, qtbot)
    assert page.trouble.text() == "bad.txt is empty: choose a file with text in it."
    page.reject()
    assert window.document.experiment is before


def test_the_page_fits_a_small_screen(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "w.csv"
    path.write_text("rain,heat\n" + "".join(f"{n % 3},{n % 7}\n" for n in range(60)))
    page = read(window, path, qtbot)
    assert page.minimumSizeHint().width() <= 1000
    page.reject()


def test_an_archive_of_sequences_and_the_other_way(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "s.npz"
    np.savez(path, x=np.random.default_rng(0).normal(size=(30, 6, 2)), y=np.arange(30) % 3)
    page = read(window, path, qtbot)
    assert page.verdict.text() == "30 samples of 6 × 2 · 3 classes"
    assert (page.way.currentData(), page.preview.family) == ("sequences", "sequence")
    page.way.setCurrentIndex(1)
    page.way.activated.emit(1)
    qtbot.waitUntil(lambda: "1 × 6 × 2" in page.verdict.text() and page.use.isEnabled(), timeout=20_000)
    assert page.preview.family == "image"
    page.way.setCurrentIndex(0)
    page.way.activated.emit(0)
    qtbot.waitUntil(lambda: "of 6 × 2" in page.verdict.text() and page.use.isEnabled(), timeout=20_000)
    page.use.click()
    assert window.document.experiment.data.kind == "sequences"


def test_an_archive_of_indices(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "s.npz"
    np.savez(path, x=np.arange(240).reshape(30, 8) % 11, y=np.arange(30) % 3)
    page = read(window, path, qtbot)
    assert page.way.currentData() == "tokens"
    assert page.verdict.text() == "30 samples · 8 steps each · 3 classes"
    page.fresh.click()
    assert "embedding" in window.document.experiment.model.nodes
    assert window.document.check.trainable


def test_the_words_of_a_column(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "reviews.csv"
    rows = "".join(
        f"{n},the {('soup', 'film')[n % 3 % 2]} was {('bad', 'good')[n % 2]} on day {n},{n % 2}\n" for n in range(60)
    )
    path.write_text("id,review,liked\n" + rows)
    page = read(window, path, qtbot)
    assert [page.way.itemData(n) for n in range(page.way.count())] == ["table", "series", "sentences"]
    page.way.setCurrentIndex(page.way.findData("sentences"))
    page.way.activated.emit(2)
    qtbot.waitUntil(lambda: "steps" in page.verdict.text(), timeout=20_000)
    assert (page.choices.words.currentData(), page.choices.target.currentData()) == ("review", "liked")
    assert page.verdict.text() == "60 samples · 7 steps each · 2 classes"
    steps(page.choices.vocabulary, "9")
    steps(page.choices.longest, "4")
    qtbot.waitUntil(lambda: "4 steps" in page.verdict.text() and page.use.isEnabled(), timeout=20_000)
    assert page.choices.vocabulary.value == 9
    assert "60 texts are longer than 4 words" in page.remarks.text()
    page.fresh.click()
    made = window.document.experiment
    assert (made.data.kind, len(made.data.params["tokens"])) == ("sentences", 11)
    assert window.document.check.trainable, [p.text for p in window.document.check.problems]


def test_a_target_with_one_value_is_said_and_another_chosen(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "one.csv"
    path.write_text("id,a,b,y\n" + "".join(f"{n},{n % 7},{n % 5},x\n" for n in range(40)))
    page = read(window, path, qtbot)
    assert page.trouble.text().startswith("one.csv: y has only one value, x: there is nothing to tell apart.")
    assert page.choices.target.currentIndex() == -1
    assert page.other.isHidden()
    assert not page.use.isEnabled()
    page.choices.target.setCurrentIndex(page.choices.target.findData("b"))
    page.choices.target.activated.emit(2)
    qtbot.waitUntil(lambda: page.use.isEnabled(), timeout=20_000)
    assert page.remarks.text().splitlines() == [
        "id is left out: it only numbers the rows.",
        "y is left out: it always holds 'x'.",
    ]
    page.reject()


@pytest.mark.parametrize("name", ["cat.png", "photos.zip"])
def test_what_can_not_be_imported_is_dropped_and_refused(
    window: Window, tmp_path: Path, qtbot: QtBot, name: str
) -> None:
    (tmp_path / name).write_bytes(b"\x89PNG")
    before = window.document.experiment
    drop_on(window, tmp_path / name)
    qtbot.waitUntil(lambda: bool(window.findChildren(ImportPage)))
    (page,) = window.findChildren(ImportPage)
    qtbot.waitUntil(lambda: bool(page.trouble.text()), timeout=20_000)
    assert page.trouble.text() == refusal(tmp_path / name)
    assert not page.use.isEnabled()
    assert page.other.text() == "Choose another file…"
    page.other.click()
    (dialog,) = [d for d in window.findChildren(QFileDialog) if d.isVisible()]
    dialog.reject()
    assert window.document.experiment is before


def test_no_text_of_the_page_is_left_in_english(window: Window, tmp_path: Path, qtbot: QtBot) -> None:
    rows = "".join(f"{n},2024-01-{n % 28 + 1},a b c d {n},{n % 7},{n % 2}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("id,q1,q2,q3,q4\n" + rows)
    (tmp_path / "p.txt").write_text("12 34 56.\n" * 40)
    (tmp_path / "b.txt").write_text("")
    set_language(PSEUDO)
    # The names in a file are a person's own.
    own = re.compile(r"\b(id|q\d|[tpb]\.(csv|txt)|a b c d( \d+)?|UTF-8|GB 18030|UTF-16|Windows-1252|Ctrl\S*)\b")
    for name in ("t.csv", "p.txt", "b.txt"):
        page = read(window, tmp_path / name, qtbot)
        for place in range(max(1, page.way.count())):
            if name == "t.csv":
                page.way.setCurrentIndex(place)
                page.way.activated.emit(place)
                qtbot.waitUntil(lambda p=page: p.use.isEnabled() or bool(p.trouble.text()), timeout=20_000)
            left = {text for _where, text in texts(page) if re.search("[a-z]", untranslated(own.sub("", text)))}
            assert not left, (name, place)
        page.reject()


def test_a_download_under_way_is_cancelled(window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    class Slow(BaseHTTPRequestHandler):
        """Sends half of what it promised, and then nothing."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "4000000")
            self.end_headers()
            self.wfile.write(bytes(2_000_000))
            go_on.wait(60)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        base = ["--from", f"http://127.0.0.1:{server.server_address[1]}/"]
        read_it = Importer.read
        monkeypatch.setattr(Importer, "read", lambda self, arguments: read_it(self, [*arguments, *base]))
        before = window.document.experiment
        page = window.imports.download("mnist")
        qtbot.waitUntil(lambda: page.bar.value() > 0, timeout=30_000)
        assert page.left.text().endswith("left")
        process = page.importer._process
        assert process is not None
        page.cancel.click()
        assert process.state() == process.ProcessState.NotRunning
        go_on.set()
        server.shutdown()
        thread.join()
    assert window.document.experiment is before
    assert all(path.name.startswith(".dllab-") for path in store.folder().iterdir())
