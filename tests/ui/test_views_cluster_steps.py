"""Clustering step by step with a real engine and real clicks."""

from collections.abc import Callable

import pytest
from looking import clustered
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from dllab.engine.protocol import unpack
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.shell.layouts import LAYOUTS
from ui.shell.window import Window
from ui.views.cluster_steps import ClusterSteps


@pytest.fixture
def look(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Callable[[str], ClusterSteps]:
    return lambda template: clustered(qtbot, make_lab, template, ClusterSteps, (900, 480))


def press(qtbot: QtBot, view: ClusterSteps, button: QPushButton, step: int) -> str:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.count.text().startswith(f"step {step:,} of"), timeout=20_000)
    return view.said.text()


def test_dbscan_is_walked_through_by_clicks(qtbot: QtBot, look: Callable[[str], ClusterSteps]) -> None:
    view = look("cluster-moons")
    assert view.said.text() == "Press Next to see the first step."
    assert not view.back.isEnabled()
    first = press(qtbot, view, view.next, 1)
    count = len(unpack(view.pictures["steps"].arrays["neighbours"]))
    assert first == f"{count} neighbours within 0.3, at least 5 needed: a core point. Cluster 1 begins."
    second = press(qtbot, view, view.next, 2)
    assert "a core point of cluster 1" in second or "border" in second
    assert press(qtbot, view, view.back, 1) == first
    press(qtbot, view, view.end, view.steps)
    assert not view.next.isEnabled()
    assert "cluster 2" in view.keys.accessibleName()
    assert "not looked at" not in view.keys.accessibleName()


def test_it_runs_by_itself_until_it_is_stopped(qtbot: QtBot, look: Callable[[str], ClusterSteps]) -> None:
    view = look("cluster-blobs")
    view.speed.setCurrentIndex(view.speed.findData("fast"))
    qtbot.mouseClick(view.slowly, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.count.text() == f"step {view.steps} of {view.steps}", timeout=30_000)
    qtbot.waitUntil(lambda: not view.slowly.isChecked(), timeout=10_000)
    assert view.said.text().startswith("Every centre is the mean of its samples already: done")
    view.slider.setSliderPosition(1)
    view.slider.triggerAction(view.slider.SliderAction.SliderMove)
    qtbot.waitUntil(lambda: "first centres" in view.said.text(), timeout=20_000)


def test_the_tree_grows_beside_the_samples(qtbot: QtBot, look: Callable[[str], ClusterSteps]) -> None:
    view = look("cluster-iris")
    assert view.tree.isVisible()
    text = press(qtbot, view, view.next, 1)
    assert text.startswith("Clusters of 1 and 1 join, the nearest two.")
    assert unpack(view.pictures["steps"].arrays["brackets"]).shape == (1, 5)
    press(qtbot, view, view.end, 149)
    assert unpack(view.pictures["steps"].arrays["brackets"]).shape == (149, 5)
    assert view.said.text().endswith("1 cluster is left.")


def test_every_arrangement_knows_clusterings(make_window: Callable[..., Window]) -> None:
    document = Document()
    document.open(load_template("cluster-moons"))
    window = make_window(document)
    for name in LAYOUTS:
        window.layouts.use(name)
        assert window.layouts.shown("cluster-steps") == (name != "build")
