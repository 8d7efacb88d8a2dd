"""Code in an experiment, seen from the window: it runs only once trusted, breaks at its line, and can be stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Experiment
from dllab.document.format import to_text
from tests.support.graphs import experiment
from ui.document import Document
from ui.inspector.code_editor import CodeSection
from ui.lab import Lab
from ui.shell.window import Window

CODE = """class Twice(nn.Module):
    def forward(self, x):
        return x * 2
"""


def with_code(code: str, epochs: int = 1) -> Experiment:
    made = experiment(("custom", {"code": code, "learned": 0}), ("linear", {"features": 2}), samples=60)
    return made.model_copy(update={"training": made.training.model_copy(update={"epochs": epochs})})


def opened(made: Experiment) -> Document:
    document = Document()
    document.open(made)
    return document


@pytest.fixture
def trained(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Callable[[str], Lab]:
    """A lab with an engine and trusted code in it, asked to train."""

    def start(code: str) -> Lab:
        lab = make_lab(opened(with_code(code)))
        lab.trust.add([code])
        lab.link.start()
        qtbot.waitUntil(lambda: lab.state == "idle", timeout=30_000)
        lab.train()
        return lab

    return start


def test_a_file_from_elsewhere_opens_without_running(
    qtbot: QtBot, make_window: Callable[..., Window], tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    made = with_code(f"import pathlib\npathlib.Path({str(canary)!r}).write_text('sung')\n{CODE}")
    window = make_window(opened(made))
    window.trusting.greet()
    (notice,) = [n for n in window.notices.all if "holds code" in n.sentence]
    assert [b.text() for b in notice.buttons] == ["Look at it", "Trust it"]
    notice.buttons[0].click()
    assert window.canvas.selected() == ("custom",)
    window.document.apply("edit", lambda e: edits.set_param(e, "custom", "learned", 1))
    window.lab.link.start()
    qtbot.waitUntil(lambda: window.lab.link.is_ready, timeout=30_000)
    window.lab.train()
    assert window.lab.runs.current is None
    question = window.trusting.question
    assert question is not None
    assert "not trusted" in question.text()
    question.press("Cancel")
    assert to_text(window.document.experiment)
    assert not canary.exists()
    window.document.apply("edit", lambda e: edits.set_param(e, "custom", "learned", 0))
    window.trusting.ask()
    assert window.trusting.question is not None
    window.trusting.question.press("Trust and train")
    qtbot.waitUntil(lambda: window.lab.state == "done", timeout=30_000)
    assert canary.read_text() == "sung"
    window.lab.close()


def test_trust_is_kept_by_content_and_not_in_the_document(make_lab: Callable[[Document], Lab]) -> None:
    lab = make_lab(opened(with_code(CODE)))
    before = to_text(lab.document.experiment)
    assert lab.trust.missing(lab.document.experiment) == {"custom": CODE}
    lab.trust.add([CODE])
    assert to_text(lab.document.experiment) == before
    again = make_lab(opened(with_code(CODE)))
    assert not again.trust.missing(again.document.experiment)
    assert again.trust.missing(with_code(CODE + "# other")) == {"custom": CODE + "# other"}


def section(window: Window) -> CodeSection:
    window.canvas.select(["custom"])
    found = window.inspector.page.extra  # type: ignore[union-attr]
    assert isinstance(found, CodeSection)
    return found


def test_what_one_writes_is_one_s_own_but_only_on_what_is_trusted(make_window: Callable[..., Window]) -> None:
    window = make_window(opened(with_code(CODE)))
    editor = section(window)
    editor.field.setPlainText(CODE + "# more")
    editor.field.commit()
    assert window.document.experiment.model.nodes["custom"].params["code"] == CODE + "# more"
    assert window.lab.trust.missing(window.document.experiment)
    editor.trust.click()
    assert not window.lab.trust.missing(window.document.experiment)
    editor.field.setPlainText(CODE + "# mine")
    editor.field.commit()
    assert not window.lab.trust.missing(window.document.experiment)


def test_a_line_that_can_t_be_read_is_marked(make_window: Callable[..., Window]) -> None:
    window = make_window(opened(with_code(CODE)))
    editor = section(window)
    editor.field.setPlainText("class A(nn.Module):\n    def forward(self, x)\n        return x\n")
    editor.field.commit()
    assert editor.field.wrong == 2
    assert editor.problem.text().startswith("Line 2: ")
    assert window.canvas.scene.nodes["custom"].face.severity == "error"


def test_keys_of_the_editor(make_window: Callable[..., Window]) -> None:
    window = make_window(opened(with_code(CODE)))
    field = section(window).field
    field.setPlainText("")
    QTest.keyClicks(field, "class A:")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClicks(field, "x = 1")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Tab)
    QTest.keyClicks(field, "y")
    assert field.toPlainText() == "class A:\n    x = 1\n        y"


def test_an_error_while_training_names_its_line(qtbot: QtBot, trained: Callable[[str], Lab]) -> None:
    lab = trained(CODE.replace("x * 2", "x @ x if len(x) > 2 else x"))
    with qtbot.waitSignal(lab.notice, timeout=30_000) as told:
        qtbot.waitUntil(lambda: lab.state == "failed", timeout=30_000)
    severity, text = told.args
    assert severity == "error"
    assert text.startswith("Line 3 of the code: RuntimeError: ")
    assert "\n" not in text


def test_an_endless_loop_can_be_stopped(
    qtbot: QtBot, trained: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.lab._PATIENCE_MS", 200)
    lab = trained("class Loop(nn.Module):\n    def forward(self, x):\n        while True:\n            pass\n")
    assert lab.state == "starting"
    lab.stop()
    qtbot.waitUntil(lambda: lab.runs.current is not None and lab.runs.current.state == "lost", timeout=10_000)
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=30_000)
