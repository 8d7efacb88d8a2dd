"""Views of clusters: the real window clusters, lines are dragged with the mouse, numbers are scikit-learn's."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from looking import LEFT, Engine, draw_around, place_of, shown
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sklearn import cluster, metrics

from dllab.clustering.tree import between
from dllab.document.edits import replace_node
from dllab.engine import protocol
from dllab.engine.protocol import unpack
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.shell.theme import theme
from ui.shell.window import Window
from ui.views.cluster_tables import Contingency, Profile
from ui.views.clusters import Clusters
from ui.views.dendrogram import Dendrogram, largest_gap, members
from ui.views.k_distances import KDistances
from ui.views.silhouette import Silhouette


def opened(template: str) -> Document:
    document = Document()
    document.open(load_template(template))
    return document


def view_of(qtbot: QtBot, window: Window, name: str) -> Any:
    """A view of the window, in front and drawn."""
    window.layouts.show(name)
    pane = window.bench.panes[name]
    qtbot.waitUntil(lambda: pane.view is not None and pane.view.isVisible())
    view = pane.view
    qtbot.waitUntil(lambda: not view.message, timeout=20_000)
    QApplication.processEvents()
    return view


def press_cluster(qtbot: QtBot, window: Window) -> None:
    """Press the button as a person does, and wait for the clusters."""
    lab = window.lab
    lab.link.start()
    qtbot.waitUntil(lambda: lab.state == "idle", timeout=60_000)
    qtbot.waitUntil(window.toprow.train.isEnabled)
    qtbot.mouseClick(window.toprow.train, LEFT)
    qtbot.waitUntil(lambda: lab.state == "done", timeout=60_000)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(metrics.adjusted_rand_score(one, other) == 1.0)


def grip(view: Any, plot: Any, height: float) -> QPoint:
    """A place on the line of a plot, or where it is to go."""
    (left, right), _ys = plot.plotItem.vb.viewRange()
    return place_of(plot, left + 0.3 * (right - left), height)


def test_moons_by_the_button_and_the_radius_by_the_mouse(qtbot: QtBot, make_window: Callable[..., Window]) -> None:
    window = make_window(opened("cluster-moons"))
    toprow = window.toprow
    assert toprow.train.text() == "Cluster"
    hidden = (toprow.recipe_chip, toprow.device_chip, toprow.step)
    assert not any(widget.isVisible() for widget in hidden), "nothing of this is asked for without a network"
    assert [window.layouts.shown(name) for name in ("clusters", "k_distances", "curves", "dendrogram")] == [
        True, True, False, False,
    ]  # fmt: skip
    press_cluster(qtbot, window)
    clusters: Clusters = view_of(qtbot, window, "clusters")
    x = clusters.array("x")
    judge = cluster.DBSCAN(eps=0.3, min_samples=5).fit(x)
    assert clusters.labels.tolist() == judge.labels_.tolist()
    assert len(clusters.points.spots.data) == len(x) == 500
    qtbot.waitUntil(lambda: toprow.score.text() == "ARI 1.000")
    window.statusline.refresh()
    assert window.statusline.state.text() == "DBSCAN found 2 clusters, ARI 1.000 against the true labels."

    distances: KDistances = view_of(qtbot, window, "k_distances")
    plot = distances.plot
    curve = distances.array("curve")
    eps = round(float(np.quantile(curve, 0.8)), 3)
    qtbot.mousePress(plot.viewport(), LEFT, pos=grip(distances, plot, 0.3))
    assert distances.handle.held
    qtbot.mouseMove(plot.viewport(), grip(distances, plot, 0.2))
    qtbot.mouseMove(plot.viewport(), grip(distances, plot, eps))
    tried = float(window.lab.trial.params["eps"])
    assert tried == pytest.approx(eps, abs=0.004)
    # While the line is held the clusters follow; the document doesn't.
    qtbot.waitUntil(lambda: clusters.picture is not None and clusters.picture.labels["params"]["eps"] == tried)
    now = cluster.DBSCAN(eps=tried, min_samples=5).fit(x)
    assert clusters.labels.tolist() == now.labels_.tolist()
    assert -1 in now.labels_, "the radius is small enough for noise"
    assert window.document.experiment.model.nodes["dbscan"].params["eps"] == 0.3
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=grip(distances, plot, eps))
    released = window.document.experiment.model.nodes["dbscan"].params["eps"]
    assert released == pytest.approx(eps, abs=0.004)
    qtbot.waitUntil(lambda: window.lab.state == "done" and not window.lab.trial.node, timeout=20_000)
    now = cluster.DBSCAN(eps=released, min_samples=5).fit(x)
    qtbot.waitUntil(lambda: clusters.labels.tolist() == now.labels_.tolist())
    clusters.redraw()
    core = clusters.array("core")
    hollow = int((~core & (clusters.labels >= 0)).sum())
    assert hollow, "there are border samples"
    spots = clusters.points.spots
    drawn = [(look.symbol, look.brush.color().name()) for look in map(spots.looks.__getitem__, spots.which)]
    assert sum(symbol == "x" for symbol, _fill in drawn) == int((now.labels_ == -1).sum())
    assert sum(QColor(fill) == QColor(theme.tokens.surface) for _symbol, fill in drawn) == hollow
    # The suggestion is one press away, and undo brings the first radius and its clusters back.
    qtbot.mouseClick(distances.use, LEFT)
    knee = float(distances.picture.labels["knee"])
    assert window.document.experiment.model.nodes["dbscan"].params["eps"] == pytest.approx(knee, rel=0.01)
    window.document.undo_stack.undo()
    window.document.undo_stack.undo()
    assert window.document.experiment.model.nodes["dbscan"].params["eps"] == 0.3
    qtbot.waitUntil(lambda: clusters.labels.tolist() == judge.labels_.tolist(), timeout=20_000)
    qtbot.waitUntil(lambda: window.lab.state == "done")
    assert len(window.lab.runs.all) == 1


def test_the_cut_of_a_tree_by_mouse_and_keys(qtbot: QtBot, make_window: Callable[..., Window]) -> None:
    window = make_window(opened("cluster-iris"))
    press_cluster(qtbot, window)
    lab, document = window.lab, window.document
    clusters: Clusters = view_of(qtbot, window, "clusters")
    classes: Contingency = view_of(qtbot, window, "contingency")
    tree: Dendrogram = view_of(qtbot, window, "dendrogram")
    x, merges = clusters.array("x"), tree.array("merges")
    node = tree.node
    three = clusters.labels
    assert same(three, cluster.AgglomerativeClustering(3).fit_predict(x))
    assert tree.clusters == 3

    def params() -> dict[str, Any]:
        return document.experiment.model.nodes[node].params

    begin, end = (grip(tree, tree.tree, between(merges, count)) for count in (3, 6))
    qtbot.mousePress(tree.tree.viewport(), LEFT, pos=begin)
    qtbot.mouseMove(tree.tree.viewport(), end)
    # Held: the clusters are cut from the tree at hand before the engine has said anything.
    six = cluster.AgglomerativeClustering(6).fit_predict(x)
    assert same(clusters.labels, six)
    assert params()["n_clusters"] == 3
    qtbot.waitUntil(lambda: len(classes.array("names")) == 6)
    table = metrics.cluster.contingency_matrix(classes.array("true"), classes.array("labels"))
    assert classes.array("counts").tolist() == table.tolist()
    qtbot.mouseRelease(tree.tree.viewport(), LEFT, pos=end)
    assert params()["n_clusters"] == 6
    assert document.undo_stack.undoText() == "Cut into 6 clusters"
    qtbot.waitUntil(lambda: lab.state == "done" and not lab.trial.node, timeout=20_000)
    qtbot.waitUntil(lambda: same(clusters.array("labels"), six))
    document.undo_stack.undo()
    assert params()["n_clusters"] == 3
    qtbot.waitUntil(lambda: clusters.labels.tolist() == three.tolist(), timeout=20_000)

    # Esc while the line is held, and the arrow keys.
    qtbot.waitUntil(lambda: lab.state == "done" and not tree.message)
    tree.redraw()
    qtbot.mousePress(tree.tree.viewport(), LEFT, pos=begin)
    qtbot.mouseMove(tree.tree.viewport(), end)
    qtbot.keyClick(tree.tree, Qt.Key.Key_Escape)
    assert not lab.trial.node
    qtbot.mouseRelease(tree.tree.viewport(), LEFT, pos=end)
    assert params()["n_clusters"] == 3
    assert clusters.labels.tolist() == three.tolist()
    qtbot.keyClick(tree.tree, Qt.Key.Key_Down)
    assert params()["n_clusters"] == 4
    qtbot.waitUntil(lambda: same(clusters.labels, cluster.AgglomerativeClustering(4).fit_predict(x)), timeout=20_000)
    qtbot.waitUntil(lambda: lab.state == "done")
    # A node that is cut at a distance keeps being cut at one.
    height = between(merges, 2)
    tree.change("Cut at", distance_threshold=height)
    qtbot.waitUntil(lambda: lab.state == "done" and len(np.unique(clusters.labels)) == 2, timeout=20_000)
    tree._release(between(merges, 5))
    assert params()["distance_threshold"] == pytest.approx(between(merges, 5))
    assert params()["n_clusters"] == 4
    qtbot.waitUntil(lambda: lab.state == "done" and len(np.unique(clusters.labels)) == 5, timeout=20_000)
    # What is opened next is not clustered before anybody asks.
    document.undo_stack.setClean()
    window.files.open_template("cluster-moons")
    assert lab.following._soon.isActive()
    qtbot.waitUntil(lambda: lab.state == "idle" and not lab.following._soon.isActive(), timeout=20_000)
    assert not lab.runs.all


# --- one view at a time, without an engine ----------------------------------------------------------------------------

ABOUT = {
    "node": "kmeans", "layer": "kmeans", "title": "KMeans", "params": {}, "nodes": ["kmeans"], "clusters": 2,
    "noise": 0, "samples": 6, "facts": {}, "scores": {"ari": 0.5, "nmi": 0.6}, "classes": ["a", "b"], "remarks": [],
}  # fmt: skip


@pytest.fixture
def lab(make_lab: Callable[[Document], Lab]) -> Lab:
    return make_lab(opened("cluster-blobs"))


@pytest.fixture
def engine(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine(lab, monkeypatch)
    engine.begin()
    return engine


def plane(engine: Engine, x: np.ndarray, labels: np.ndarray, **more: np.ndarray) -> None:
    facts = {**ABOUT, "samples": len(x), "clusters": len(np.unique(labels[labels >= 0])), "width": 2, "flat": True}
    facts |= {"axes": ["length", "width"], "shares": [], "noise": int((labels < 0).sum())}
    engine.show("assignments", facts, x=x.astype(np.float32), labels=labels, index=np.arange(len(x)), **more)


def test_a_hundred_thousand_points_are_thinned_and_said_so(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Clusters(lab)
    shown(qtbot, view)
    assert view.message == "Press Cluster to see which samples belong together."
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 100_000)
    x = rng.normal(size=(100_000, 2)) + 4 * labels[:, None]
    x[0], labels[0] = (40.0, -40.0), 2
    plane(engine, x, labels)
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    spots = view.points.spots
    drawn = len(spots.data)
    assert 2_000 < drawn == view.points.drawn <= 12_000
    assert [look.symbol for look in spots.looks] == ["o", "s", "t"]
    assert view.note.text() == f"{drawn:,} of 100,000 samples are drawn; the others lie under them."
    (alone,) = np.flatnonzero(spots.data["x"] == 40.0)
    assert spots.which[alone] == 2, "a lonely sample is never left out"
    # Closer by, samples that lay under others appear.
    near = np.abs(x - x[1]).max(1) < 0.5
    view.plot.plotItem.vb.setRange(
        xRange=(x[1, 0] - 0.1, x[1, 0] + 0.1), yRange=(x[1, 1] - 0.1, x[1, 1] + 0.1), padding=0
    )
    view.plot.fit_button.show()
    view.redraw()
    inside = (np.abs(x - x[1].astype(np.float32)) <= 0.1).all(1)
    assert near.sum() > inside.sum()
    assert view.points.drawn == pytest.approx(inside.sum(), abs=2)
    # Another experiment is shown whole.
    view.forget()
    plane(engine, x[:100], labels[:100])
    view.redraw()
    assert view.plot.fitting
    assert view.points.drawn == 100


def test_samples_are_picked_and_marked(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view, silhouette = Clusters(lab), Silhouette(lab)
    x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [5.0, 5.0], [6.0, 5.0], [5.0, 6.0]])
    labels = np.array([0, 0, 0, 1, 1, -1])
    for shown_view in (view, silhouette):
        shown(qtbot, shown_view)
    plane(engine, x, labels, core=np.array([True, True, False, True, True, False]), true=np.array([0, 0, 0, 1, 1, 1]))
    facts = {**ABOUT, "mean": 0.4, "inside": 5, "limit": 5000}
    engine.show("silhouettes", facts, values=np.array([0.8, 0.5, -0.2, 0.9, 0.0]), labels=labels[:5], rows=np.arange(5))
    qtbot.waitUntil(lambda: not view.message and not silhouette.message)
    view.redraw()
    silhouette.redraw()
    for shown_view in (view, silhouette):
        shown_view.grab()
    QApplication.processEvents()
    qtbot.mouseClick(view.plot.viewport(), LEFT, pos=place_of(view.plot, 6.0, 5.0))
    assert lab.picked == (4,)
    draw_around(qtbot, view.plot, [(-0.5, -0.5), (1.5, 0.5)], Qt.KeyboardModifier.ShiftModifier)
    assert lab.picked == (0, 1)
    silhouette.redraw()
    assert sorted(silhouette.rings.getData()[1].tolist()) == [0.5, 0.8]
    view._read((0.0, 1.0))
    assert view.plot.readout.plain.startswith("sample 2; cluster 0; border sample; true class a")
    view._read((5.0, 6.0))
    assert view.plot.readout.plain.startswith("sample 5; noise; true class b")
    # From the best sample of a cluster to its worst, a gap between two.
    values = [silhouette.array("values")[silhouette._at(left + 0.5)] for left in silhouette._left]
    assert values == [0.8, 0.5, -0.2, 0.9, 0.0]
    assert silhouette._at(silhouette._left[2] + 1.2) == -1
    qtbot.mouseClick(silhouette.plot.viewport(), LEFT, pos=place_of(silhouette.plot, silhouette._left[3] + 0.5, 0.4))
    assert lab.picked == (3,)
    assert silhouette.caption.text() == "mean 0.400 · 1 sample lies nearer to another cluster"


def test_tables_say_what_stands_in_them(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    profile, classes = Profile(lab), Contingency(lab)
    labels, true = np.array([0, 0, 0, 1, 1, -1]), np.array([0, 0, 1, 1, 1, 1])
    for view in (profile, classes):
        shown(qtbot, view)
    facts = {**ABOUT, "features": ["length", "width"], "width": 30, "own": True}
    means = np.array([[9.0, 2.0], [1.0, 2.0], [4.0, 2.0]])
    engine.show(
        "profile", facts, names=np.array([-1, 0, 1]), sizes=np.array([1, 3, 2]), means=means, spreads=0 * means + 0.5,
        mean=np.array([4.0, 2.0]), spread=np.array([2.0, 0.0]), index=np.arange(2), labels=labels,
    )  # fmt: skip
    engine.show(
        "contingency", ABOUT, counts=np.array([[0, 2, 0], [1, 1, 2]]), names=np.array([-1, 0, 1]), true=true,
        labels=labels,
    )  # fmt: skip
    qtbot.waitUntil(lambda: not profile.message and not classes.message)
    cells = profile.grid.cells
    assert [cell.text for cell in cells.cells[0]] == ["6", "1", "3", "2"]
    assert [cell.text for cell in cells.cells[1]] == ["4", "9", "1", "4"]
    assert [cell.shade for cell in cells.cells[1]] == [0.0, 1.25, -0.75, 0.0]
    assert [cell.shade for cell in cells.cells[2]] == [0.0] * 4, "what doesn't vary is not shaded"
    assert "2 of 30 features" in profile.note.text()
    place = profile.grid.visualRect(cells.index(1, 2)).center()
    qtbot.mouseClick(profile.grid.viewport(), LEFT, pos=place)
    assert lab.picked == (0, 1, 2)
    assert classes.caption.text() == "ARI 0.500 · NMI 0.600"
    table = classes.grid.cells
    assert table.down == ["a", "b"]
    assert [cell.text for cell in table.cells[1]] == ["1", "1", "2"]
    assert table.cells[1][2].words == "2 of the 4 samples of b are in cluster 1 (50.0 %)"
    classes.grid.setFocus()
    classes.grid.setCurrentIndex(table.index(1, 2))
    qtbot.keyClick(classes.grid, Qt.Key.Key_Return)
    assert lab.picked == (3, 4)
    header, rows = classes.rows()
    assert header == ["class", "noise", "cluster_0", "cluster_1"]
    assert [list(row) for row in rows] == [["a", 0, 2, 0], ["b", 1, 1, 2]]


def test_a_tree_is_read_and_its_branches_picked(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    view = Dendrogram(lab)
    shown(qtbot, view)
    merges = np.array([[0, 1, 1.0, 2], [2, 3, 2.0, 2], [4, 5, 9.0, 4]])
    brackets = np.array([[0.0, 1.0, 0.0, 0.0, 1.0], [2.0, 3.0, 0.0, 0.0, 2.0], [0.5, 2.5, 1.0, 2.0, 9.0]])
    facts = {**ABOUT, "params": {"n_clusters": 2, "distance_threshold": None}}
    engine.show(
        "dendrogram", facts, merges=merges, brackets=brackets, bracket_merges=np.arange(3), leaves=np.ones(4, np.int64)
    )
    qtbot.waitUntil(lambda: not view.message)
    view.redraw()
    QApplication.processEvents()
    assert members(merges, 1).tolist() == [2, 3]
    assert largest_gap(merges) == 2
    qtbot.mouseClick(view.tree.viewport(), LEFT, pos=place_of(view.tree, 2.5, 2.0))
    assert lab.picked == (2, 3)
    view._read_tree((1.5, 9.0))
    assert view.tree.readout.plain == "distance 9; joins 2 and 2 samples"
    view.tabs.choose("growth")
    QApplication.processEvents()
    assert view.growth.isVisible()
    assert not view.tree.isVisible()
    steps = view._steps.getData()
    assert [part.tolist() for part in steps] == [[1, 2, 3], [9.0, 2.0, 1.0]]
    assert list(view.rows()[1])[2] == (4, 5, 9.0, 4)


def test_arrangements_follow_what_is_opened(qtbot: QtBot, make_window: Callable[..., Window]) -> None:
    window = make_window(opened("cluster-moons"))
    shown_ = window.layouts.shown
    assert shown_("clusters")
    assert shown_("k_distances")
    assert not shown_("curves")
    window.document.open(load_template("cluster-iris"))
    assert shown_("dendrogram")
    assert not shown_("k_distances")
    window.document.open(load_template("digits-cnn"))
    assert shown_("curves")
    assert shown_("confusion")
    assert not shown_("clusters")
    assert window.toprow.recipe_chip.isVisible()
    window.document.open(load_template("cluster-digits-cnn"))
    assert shown_("curves")
    assert shown_("clusters")
    assert shown_("contingency")
    window.document.open(load_template("cluster-moons"))
    assert shown_("clusters")
    assert not shown_("curves")
    assert not shown_("dendrogram")


def test_unpacked_labels_are_the_engines(lab: Lab, engine: Engine, qtbot: QtBot) -> None:
    view = KDistances(lab)
    shown(qtbot, view)
    engine.show("k_distances", {}, message="KMeans looks at no neighbourhoods; DBSCAN, HDBSCAN and OPTICS do.")
    qtbot.waitUntil(lambda: view.message.startswith("KMeans looks"))
    facts = {**ABOUT, "k": 5, "knee": 0.4, "eps": None, "measured": 6, "metric": "euclidean"}
    engine.show("k_distances", facts, curve=np.linspace(0.1, 1.0, 6))
    qtbot.waitUntil(lambda: not view.message)
    assert view.caption.text() == "The curve bends at 0.4"
    assert not view.use.isVisible()
    assert not view.handle.line.isVisible()
    assert unpack(view.pictures["k_distances"].arrays["curve"])[0] == 0.1


def test_moving_a_line_on_a_layer_of_a_network_trains_nothing(
    qtbot: QtBot, make_lab: Callable[[Document], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = opened("cluster-digits-cnn")
    node = next(name for name, n in document.experiment.model.nodes.items() if n.kind == "kmeans")
    document.apply("Tree", lambda e: replace_node(e, node, kind="agglomerative", params={"n_clusters": 10}))
    lab = make_lab(document)
    engine = Engine(lab, monkeypatch)
    view = Clusters(lab)
    shown(qtbot, view)
    plane(engine, np.zeros((6, 2)), np.zeros(6, np.int64))
    lab.select(node)
    qtbot.waitUntil(lambda: not view.message)
    view.change("Cut", n_clusters=4)
    assert document.experiment.model.nodes[node].params["n_clusters"] == 4
    assert engine.params("assignments") == {"node": node, "try": {"n_clusters": 4}}
    assert not any(isinstance(command, protocol.Train) for command in engine.sent)


def test_of_thousands_of_clusters_the_largest_have_a_column_and_a_shape(qtbot: QtBot, lab: Lab, engine: Engine) -> None:
    profile, contingency, silhouette = Profile(lab), Contingency(lab), Silhouette(lab)
    for view in (profile, contingency, silhouette):
        shown(qtbot, view)
    count = 3000
    labels = np.concatenate([np.arange(count), np.repeat([7, 2999], [5, 9])])
    names, sizes = np.arange(count), np.bincount(labels)
    facts = {**ABOUT, "samples": len(labels), "clusters": count, "width": 1, "own": True, "features": ["x"]}
    one, wide = np.ones((count, 1)), np.ones(1)
    engine.show(
        "profile", facts, names=names, sizes=sizes, means=one, spreads=one, mean=wide, spread=wide, labels=labels
    )
    true = labels % 2
    counts = np.stack([np.bincount(labels[true == row], minlength=count) for row in (0, 1)])
    facts = {**facts, "classes": ["even", "odd"]}
    engine.show("contingency", facts, counts=counts, names=names, true=true, labels=labels)
    values = np.linspace(-0.5, 1, len(labels))
    facts = {**facts, "mean": 0.2, "inside": len(labels), "limit": 5000}
    engine.show("silhouettes", facts, values=values, labels=labels, rows=np.arange(len(labels)))
    for view in (profile, contingency, silhouette):
        view.redraw()
        assert not view.message
    assert profile.note.text().startswith("The 60 largest of 3,000 columns; the saved data holds all.")
    assert contingency.note.text().startswith("The 60 largest of 3,000 columns")
    assert len(list(profile.rows()[1])) == count + 1
    # The last column is cluster 2999, wherever it stands among those shown.
    profile.grid.chosen.emit(0, 60)
    assert lab.picked == tuple(np.flatnonzero(labels == 2999).tolist())
    contingency.grid.chosen.emit(1, 59)
    assert lab.picked == tuple(np.flatnonzero(labels == 2999).tolist())
    assert len(silhouette.shapes) == 10, "one for each colour"
    drawn = sum(np.abs(shape.getData()[1]).sum() for shape in silhouette.shapes)
    assert drawn == pytest.approx(np.abs(values).sum())
    left, right = silhouette.plot.plotItem.vb.viewRange()[0]
    assert right - left < 2 * len(labels), "gaps take less room than samples"
