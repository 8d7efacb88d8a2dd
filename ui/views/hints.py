"""What to do while a view has nothing to draw: it fits the experiment, so that nobody looks for a button that isn't there."""

from typing import TYPE_CHECKING

from dllab.layers.analysing import Clustering
from dllab.text import _
from ui.link.states import clusters

if TYPE_CHECKING:
    from ui.views.base import View


def hint(view: "View") -> str:
    """The view's own words where they fit."""
    lab, own = view.lab, _(view.empty) if view.empty else ""
    if clusters(lab):
        text = _("This experiment only clusters: there is no network to look into.")
        return text if view.about == "network" else own
    if view.about != "clusters":
        return own
    if any(isinstance(found.layer, Clustering) for found in lab.document.check.nodes.values()):
        return _("Press Train: what the layers put out is clustered while the network learns.")
    return _("Nothing is clustered in this experiment: add a clustering from the palette first.")
