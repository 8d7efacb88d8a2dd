"""What can't be clustered well, or at all, in the real window: a clear sentence, no crash, and the experiment as it was."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Choice, Experiment
from dllab.templates import load_template
from ui.document import Document
from ui.shell.window import Window

VIEWS = ("clusters", "silhouette", "contingency", "profile", "cluster-steps")


def painted(points: np.ndarray, kind: str, **params: object) -> Experiment:
    """Painted points (n, 2), every second of another class, under one algorithm; nothing is scaled."""
    made = edits.replace_node(load_template("cluster-moons"), "dbscan", kind=kind, params=params)
    dots = [[float(x), float(y), place % 2] for place, (x, y) in enumerate(points)]
    data = Choice(kind="painted", params={"points": dots, "classes": 2})
    preparation = made.preparation.model_copy(update={"scaling": "none"})
    return made.model_copy(update={"data": data, "preparation": preparation})


class Hands:
    """Opens, clusters, and reads what stands in the window."""

    def __init__(self, qtbot: QtBot, window: Window) -> None:
        self.qtbot, self.window, self.lab = qtbot, window, window.lab
        self.notices: list[tuple[str, str]] = []
        window.lab.notice.connect(lambda kind, text: self.notices.append((kind, text)))

    def open(self, experiment: Experiment) -> None:
        self.window.document.open(experiment)
        self.window.files.opened.emit()
        self.qtbot.waitUntil(lambda: self.lab.state == "idle", timeout=60_000)

    def cluster(self, experiment: Experiment, state: str = "done") -> str:
        """What was said at the end."""
        window, lab = self.window, self.lab
        self.open(experiment)
        self.notices.clear()
        self.qtbot.waitUntil(window.commands["train"].isEnabled)
        window.commands["train"].trigger()
        self.qtbot.waitUntil(lambda: lab.state == state, timeout=60_000)
        assert window.document.experiment == experiment
        assert not window.document.modified
        (notice,) = self.notices
        assert notice[0] == ("info" if state == "done" else "error")
        return notice[1]

    def view(self, name: str) -> Any:
        """A view in front and drawn, with something to show or a sentence that says why not."""
        self.window.layouts.show(name)
        pane = self.window.bench.panes[name]
        self.qtbot.waitUntil(lambda: pane.view is not None and pane.view.isVisible())
        view = pane.view
        self.qtbot.waitUntil(lambda: view.main in view.pictures, timeout=30_000)
        view.redraw()
        QApplication.processEvents()
        return view

    def look_at_all(self) -> dict[str, Any]:
        return {name: self.view(name) for name in VIEWS}


def test_what_cant_be_clustered_is_said_and_nothing_breaks(qtbot: QtBot, make_window: Callable[..., Window]) -> None:
    random = np.random.default_rng(0)
    document = Document()
    document.open(load_template("cluster-moons"))
    window = make_window(document)
    window.lab.link.start()
    hands = Hands(qtbot, window)
    cloud = random.uniform(-1, 1, (40, 2))

    flat = np.column_stack([cloud[:, 0], np.full(40, 0.5)])
    said = hands.cluster(painted(flat, "kmeans", n_clusters=3))
    assert "1 feature is constant and says nothing." in said
    seen = hands.look_at_all()
    assert "1 feature is constant" in seen["clusters"].note.text()
    assert not any(view.message for view in seen.values())

    same = np.tile([[0.25, -0.5]], (30, 1))
    for kind, params in (("kmeans", {"n_clusters": 3}), ("agglomerative", {"n_clusters": 2}), ("dbscan", {})):
        said = hands.cluster(painted(same, kind, **params))
        assert "29 samples are the same as other ones." in said
        assert "2 features are constant and say nothing." in said
        seen = hands.look_at_all()
        if kind != "agglomerative":
            assert "There is only one cluster, so there is nothing to tell apart." in said
            assert seen["silhouette"].message.startswith("There is one cluster only.")

    said = hands.cluster(painted(cloud, "dbscan", eps=1e-6, min_samples=3))
    assert "0 clusters" in said
    assert "All samples are noise: no place is crowded enough." in said
    seen = hands.look_at_all()
    assert seen["silhouette"].message.startswith("All samples are noise.")
    assert "40 noise" in seen["clusters"].caption.text()

    said = hands.cluster(painted(cloud, "dbscan", eps=50.0))
    assert "There is only one cluster, so there is nothing to tell apart." in said
    assert hands.view("silhouette").message.startswith("There is one cluster only.")

    nowhere = cloud.copy()
    nowhere[6] = 0.0
    said = hands.cluster(painted(nowhere, "dbscan", metric="cosine"), "failed")
    assert said.startswith("Sample 7 holds only zeros and has no direction")

    many = painted(cloud, "kmeans", n_clusters=50)
    hands.open(many)
    hands.notices.clear()
    assert not window.commands["train"].isEnabled()
    bar = window.canvas.bar
    qtbot.waitUntil(bar.isVisible)
    assert bar._text.text() == "KMeans: 50 clusters can't be made of 40 samples."
    assert bar._fix.text() == "Set Clusters to 40"
    assert window.lab.train() is False
    assert hands.notices == [("error", "KMeans: 50 clusters can't be made of 40 samples.")]

    assert "found" in hands.cluster(painted(cloud, "kmeans", n_clusters=3)), "and the next one works"
