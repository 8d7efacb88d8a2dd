"""Findings in their view and on their nodes; the twin that runs beside and leaves the first run alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from examples import moons
from looking import LEFT, Engine, shown
from pytestqt.qtbot import QtBot

from dllab.checking import Fix
from dllab.document import edits
from dllab.engine import protocol
from dllab.health import Facts, Finding, Suggestion
from dllab.health.rules import RULES
from dllab.probes import compute, load_probes
from dllab.training.run import train
from dllab.training.session import Session
from ui.document import Document
from ui.lab import Lab
from ui.shell.window import Window
from ui.views.health import Health

load_probes()

CLIP = Fix("path", "", name="training.clip_norm", value=0.5)


@pytest.fixture
def lab(make_lab: Callable[[Document], Lab]) -> Lab:
    document = Document()
    document.open(moons(learning_rate=30.0, epochs=4))
    return make_lab(document)


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return Engine(lab, monkeypatch)


def measured(lab: Lab, run: str, steps: int) -> protocol.Picture:
    """What the engine would send after so many steps."""
    session = Session(lab.document.experiment, "cpu")
    for _step in range(steps):
        outcome = session.advance()
        if outcome.metrics is not None:
            lab.runs.take(protocol.Epoch(run, session.epoch, session.step, outcome.metrics))
    found = compute(session, "health", {})
    arrays = {name: protocol.pack(array) for name, array in found.arrays.items()}
    return protocol.Picture(1, run, session.step, arrays, found.labels)


def test_findings_come_with_evidence_and_buttons(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Health(lab)
    shown(qtbot, view)
    assert "Press Train" in view.message
    losses = train(lab.document.experiment, "cpu").losses
    run = engine.begin(train_loss=(list(range(1, len(losses) + 1)), losses))
    lab.health._take(measured(lab, run.id, 24))
    view.redraw()
    rules = [finding.rule for finding in lab.health.findings]
    assert "rate-high" in rules
    assert view.heading.text().endswith("step 24")
    (card,) = [card for card, rule in zip(view.cards, rules, strict=True) if rule == "rate-high"]
    assert card.beside is not None
    assert card.beside.text() == "Try learning rate 3"
    qtbot.mouseClick(card.use, LEFT)
    assert lab.document.experiment.training.learning_rate == 3.0
    header, rows = view.rows()
    assert header == ["rule", "node", "evidence"]
    assert len(list(rows)) == len(rules)
    engine.begin()
    assert lab.health.facts is None


def test_a_healthy_run_says_what_was_looked_for(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    lab.document.open(moons())
    view = Health(lab)
    shown(qtbot, view)
    run = engine.begin(train_loss=([1, 2], [0.7, 0.6]))
    lab.health._take(measured(lab, run.id, 2))
    view.redraw()
    assert view.heading.text() == "Nothing found, step 2"
    assert all(rule.title.lower() in view.looked.text() for rule in RULES.values())


def test_a_node_wears_the_mark_of_what_was_found_there(window: Window) -> None:
    health = window.lab.health
    health.findings = [Finding("dead-units", "60 % of the units put out 0.", "relu")]
    health.changed.emit()
    item = window.canvas.scene.nodes["relu"]
    assert item.face.severity == "warning"
    assert window.canvas.bar.problem is None
    health.findings = []
    health.changed.emit()
    assert not window.canvas.scene.nodes["relu"].face.severity


def test_a_twin_trains_beside_and_neither_disturbs_the_other(qtbot: QtBot, lab: Lab) -> None:
    lab.document.open(moons(epochs=40))
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=90_000)
    lab.train()
    qtbot.waitUntil(lambda: lab.state in ("running", "done"), timeout=90_000)
    first = lab.runs.current
    assert first is not None
    suggestion = Suggestion("clipping at 1", (CLIP,))
    lab.twin.start(suggestion)
    twin = lab.twin.run
    assert twin is not None
    assert lab.runs.current is first
    assert twin.label == "Run 2 · same seed, clipping at 1"
    qtbot.waitUntil(lambda: first.state == "done" and twin.state == "done", timeout=90_000)
    assert first.curves["train_loss"].values.tolist() == train(first.experiment, "cpu").losses
    assert twin.curves["train_loss"].values.tolist() == train(suggestion.apply(first.experiment), "cpu").losses
    assert not lab.twin.busy
    assert lab.twin.link.process is None, "its process ends with it"
    assert lab.link.process is not None
    lab.runs.remove(twin)
    assert lab.twin.run is None
    lab.twin.start(suggestion)
    assert lab.twin.link.process is not None
    lab.twin.stop()
    assert not lab.twin.busy
    qtbot.waitUntil(lambda: not lab.twin.link._leaving, timeout=30_000)


def test_a_twin_is_stopped_in_the_view(qtbot: QtBot, lab: Lab, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    view = Health(lab)
    shown(qtbot, view)
    run = engine.begin(train_loss=([1, 2], [0.7, 0.6]))
    lab.health._take(measured(lab, run.id, 2))
    view.redraw()
    assert not view.stop.isVisible()
    monkeypatch.setattr(lab.twin.link, "start", lambda: None)
    lab.twin.start(Suggestion("clipping at 0.5", (CLIP,)))
    view.redraw()
    assert view.stop.isVisible()
    qtbot.mouseClick(view.stop, LEFT)
    view.redraw()
    assert lab.twin.run is not None
    assert lab.twin.run.state == "stopped"
    assert not view.stop.isVisible()


def test_a_finding_leads_to_its_layer(qtbot: QtBot, window: Window) -> None:
    lab = window.lab
    view = Health(lab)
    shown(qtbot, view)
    run = lab.runs.begin(lab.document.experiment, "cpu")
    facts = Facts(run.experiment, (), 1, 10, 1.0, 8, 0.1, 2.0, 2.0, ())
    lab.health.run, lab.health.facts = run, facts
    lab.health.findings = [Finding("dead-units", "60 % of the units put out 0.", "relu")]
    view.redraw()
    (card,) = view.cards
    assert card.layer is not None
    assert card.layer.text() == "Show ReLU"
    qtbot.mouseClick(card.layer, LEFT)
    assert window.canvas.selected() == ("relu",)
    assert lab.selected == "relu"
    lab.document.apply("Remove", lambda e: edits.remove(e, ["relu"]))
    view.redraw()
    assert not card.layer.isEnabled(), "there is no such layer any more"


def test_a_change_that_no_longer_fits_is_refused_in_words(lab: Lab, engine: Engine) -> None:
    engine.begin()
    said: list[str] = []
    lab.notice.connect(lambda _severity, text: said.append(text))
    lab.twin.start(Suggestion("gone", (replace(CLIP, action="kind", node="gone", kind="relu"),)))
    assert said
    assert lab.twin.run is None
