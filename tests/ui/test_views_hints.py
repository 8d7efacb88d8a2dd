"""What a view says while there is nothing to draw fits the experiment: nobody is sent to a button that isn't there."""

from collections.abc import Callable

import pytest
from looking import shown
from pytestqt.qtbot import QtBot

from dllab.document import edits
from dllab.document.experiment import Link, Node
from dllab.templates import load_template
from ui.document import Document
from ui.lab import Lab
from ui.views import VIEWS
from ui.views.clusters import Clusters
from ui.views.curves import Curves

NO_NETWORK = "This experiment only clusters: there is no network to look into."


@pytest.mark.parametrize(
    ("template", "button", "other"), [("cluster-moons", "Cluster", "Train"), ("moons-mlp", "Train", "Cluster")]
)
def test_no_view_names_a_button_that_is_not_there(
    qtbot: QtBot, make_lab: Callable[[Document], Lab], template: str, button: str, other: str
) -> None:
    document = Document()
    document.open(load_template(template))
    lab = make_lab(document)
    said = {}
    for declaration in VIEWS:
        view = declaration(lab, None)
        shown(qtbot, view)
        view.redraw()
        said[view.id] = view.message
        assert f"Press {other}" not in view.message, view.id
        if template == "cluster-moons" and view.about == "network":
            assert view.message == NO_NETWORK, view.id
        if template == "moons-mlp" and view.about == "clusters":
            assert view.message.startswith("Nothing is clustered in this experiment"), view.id
        view.hide()
    assert sum(f"Press {button}" in words for words in said.values()) >= 8 - (button == "Cluster")


def test_what_is_said_follows_the_document(qtbot: QtBot, make_lab: Callable[[Document], Lab]) -> None:
    document = Document()
    document.open(load_template("moons-mlp"))
    lab = make_lab(document)
    curves, clusters = Curves(lab), Clusters(lab)
    for view in (curves, clusters):
        shown(qtbot, view)
        view.redraw()
    assert curves.message == "Press Train to see the loss fall."
    last = next(name for name, node in document.experiment.model.nodes.items() if node.kind == "linear")
    document.apply("Cluster", lambda e: edits.add_node(e, "it", Node(kind="kmeans")))
    document.apply("Wire", lambda e: edits.connect(e, Link(source=last, target="it")))
    qtbot.waitUntil(lambda: clusters.message.startswith("Press Train: what the layers put out is clustered"))
    document.open(load_template("cluster-moons"))
    qtbot.waitUntil(lambda: curves.message == NO_NETWORK)
    qtbot.waitUntil(lambda: clusters.message == "Press Cluster to see which samples belong together.")
