"""The sweep with a real engine: ask, see the map, click a place, undo; cancel."""

from collections.abc import Callable

import numpy as np
import pytest
from looking import LEFT, Engine, clustered, shown
from pytestqt.qtbot import QtBot

from dllab.engine.protocol import unpack
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.views.cluster_sweep import ClusterSweep


@pytest.fixture
def look(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> Callable[[str], ClusterSweep]:
    return lambda template: clustered(qtbot, make_lab, template, ClusterSweep, (640, 360))


def test_a_click_on_the_map_is_an_edit(qtbot: QtBot, look: Callable[[str], ClusterSweep]) -> None:
    view = look("cluster-moons")
    qtbot.mouseClick(view.bar.ask_button, LEFT)
    qtbot.waitUntil(lambda: view.request.answer is not None and not view.request.under_way, timeout=90_000)
    answer = view.request.answer
    assert answer is not None
    qtbot.waitUntil(lambda: "click a place to use it" in view.caption.text(), timeout=5_000)
    ari = unpack(answer.arrays["ari"])
    row, place = (int(v) for v in np.unravel_index(int(np.nanargmax(ari)), ari.shape))
    assert ari[row, place] == 1.0
    node = view.lab.document.experiment.model.nodes["dbscan"]
    qtbot.mouseClick(view.map, LEFT, pos=view.map.cell_rect((0, row, place)).center())
    params = view.lab.document.experiment.model.nodes["dbscan"].params
    assert params["eps"] == answer.labels["columns"][place]
    assert params["min_samples"] == answer.labels["rows"][row]
    assert view.lab.document.undo_stack.undoText().startswith("Use Radius ε ")
    view.lab.document.undo_stack.undo()
    assert view.lab.document.experiment.model.nodes["dbscan"].params == node.params


def test_a_sweep_is_given_up(qtbot: QtBot, look: Callable[[str], ClusterSweep]) -> None:
    view = look("cluster-blobs")
    view.sweep()
    qtbot.waitUntil(lambda: view.bar.cancel_button.isVisible(), timeout=10_000)
    qtbot.mouseClick(view.bar.cancel_button, LEFT)
    qtbot.waitUntil(lambda: view.bar.ask_button.isVisible(), timeout=10_000)
    assert view.wants() == {}


def test_the_number_of_clusters_is_a_curve(
    qtbot: QtBot, make_lab: Callable[[Document], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document()
    document.open(load_template("cluster-blobs"))
    lab = make_lab(document)
    engine = Engine(lab, monkeypatch)
    view = ClusterSweep(lab)
    shown(qtbot, view, (640, 360))
    engine.begin()
    lab.state = "done"
    view.sweep()
    engine.show("sweep", {"progress": 1.0}, "OPTICS: 900 samples are asked for, there are 400 in all.")
    view.redraw()
    assert not view.message
    assert view.reason.text() == "OPTICS: 900 samples are asked for, there are 400 in all."
    assert view.bar.ask_button.isVisible(), "it can be asked again"
    lab.select("kmeans")
    view.redraw()
    assert not view.reason.isVisible()
    view.sweep()
    labels = {
        "node": "kmeans", "nodes": ["kmeans"], "layer": "kmeans", "title": "KMeans", "samples": 500, "swept": 400,
        "known": False, "column": "n_clusters", "columns": [2, 3, 4], "row": "", "rows": [], "progress": 1.0,
    }  # fmt: skip
    scores = {name: np.array([[0.4, 0.7, np.nan]]) for name in ("silhouette", "stability", "ari", "clusters", "noise")}
    engine.show("sweep", labels, **scores)
    view.redraw()
    assert "ari" not in dict(view.tabs.tabs)
    assert view.caption.text() == (
        "Best: Silhouette 0.7 at Clusters 3 · on 400 of 500 samples · click a place to use it"
    )
    view.plot.clicked.emit(4.2, 0.0)
    assert document.experiment.model.nodes["kmeans"].params["n_clusters"] == 4
    assert document.undo_stack.undoText() == "Use Clusters 4"
    engine.begin()
    assert view.request.answer is not None, "a place taken over lies on the same curve"
    document.apply("Other seed", lambda e: e.model_copy(update={"seed": e.seed + 1}))
    engine.begin()
    assert view.request.answer is None
