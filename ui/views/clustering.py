"""What the views of clusters share: which clustering they are about, what its clusters are called and look like."""

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from dllab.document.edits import set_param
from dllab.document.experiment import Experiment
from dllab.engine.protocol import Picture, unpack
from dllab.layers.analysing import NOISE, Clustering
from dllab.text import N_, _, ngettext
from ui.shell.theme import Tokens
from ui.views.base import View, Want
from ui.views.colours import MARKS, SYMBOLS, class_colour
from ui.views.controls import Keys
from ui.views.readout import Line

if TYPE_CHECKING:
    from ui.lab import Lab

_LINES = ("n_clusters", "distance_threshold", "eps")
"""Parameters that lines in the views stand for."""
MOST_KEYS = 12
"""More clusters than this are not listed one by one."""


class ClusterView(View):
    """Shows the clustering that is selected on the canvas, or the one shown last, or the first one."""

    empty = N_("Press Cluster to fill this view.")
    about = "clusters"
    tries: ClassVar[bool] = True
    """Whether it follows parameters that are being tried out."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._node = ""
        lab.selection_changed.connect(self._node_selected)
        if self.tries:
            lab.trial.changed.connect(self.ask)
            lab.document.changed.connect(lambda _old, _new: self.ask())

    def wants(self) -> dict[str, Want]:
        return {self.main: Want(self.main, self.asked())}

    def asked(self) -> dict[str, Any]:
        """Parameters that every probe of clusters understands: which clustering, and what is tried out."""
        asked: dict[str, Any] = {"node": self._node} if self._node else {}
        trial = self.lab.trial
        if self.tries and trial.node and trial.node == self.node:
            asked["try"] = trial.params
        elif self.tries and not self.lab.document.check.fits_only and self.node:
            # A network is clustered as its run began; where only a line has been moved since, that can follow.
            asked["try"] = {name: value for name in _LINES if (value := self.param(name)) is not None}
        return asked

    @property
    def node(self) -> str:
        """Id of the clustering that is shown."""
        picture = self.picture
        return self._node or (str(picture.labels["node"]) if picture is not None else "")

    @property
    def picture(self) -> Picture | None:
        """What is shown, if there is anything."""
        picture = self.pictures.get(self.main)
        return None if picture is None or picture.message else picture

    def array(self, name: str) -> np.ndarray:
        """An array of the picture."""
        picture = self.picture
        assert picture is not None
        return unpack(picture.arrays[name])

    def param(self, name: str) -> Any:
        """A parameter of the clustering as the document has it now."""
        found = self.lab.document.check.nodes.get(self.node)
        return getattr(found.layer, name, None) if found is not None else None

    def change(self, text: str, **params: Any) -> None:
        """Let go of what was tried out: an edit, undone like any other, and the clusters that follow from it."""
        node = self.node

        def edit(experiment: Experiment) -> Experiment:
            for name, value in params.items():
                experiment = set_param(experiment, node, name, value)
            return experiment

        before = self.lab.document.experiment
        self.lab.document.apply(text, edit)
        if self.lab.document.experiment is before or not self.lab.document.check.fits_only:
            self.lab.trial.end()
        else:
            self.lab.following.go()

    def _node_selected(self, node: str) -> None:
        found = self.lab.document.check.nodes.get(node)
        if found is not None and isinstance(found.layer, Clustering) and node != self._node:
            self._node = node
            self.ask()

    def forget(self) -> None:
        self._node = ""
        super().forget()


def cluster_words(number: int) -> str:
    """What a cluster is called."""
    return _("noise") if number == NOISE else _("cluster {number}").format(number=number)


def cluster_colour(number: int, tokens: Tokens) -> QColor:
    """The colour of a cluster; noise is grey."""
    return QColor(tokens.muted) if number == NOISE else class_colour(number, tokens)


def cluster_symbol(number: int) -> str:
    """The shape of a cluster; with its colour no other of a hundred looks like it."""
    return "x" if number == NOISE else SYMBOLS[(number + number // 10) % 9]


def cluster_mark(number: int) -> str:
    """The shape of a cluster in text."""
    return MARKS[9] if number == NOISE else MARKS[(number + number // 10) % 9]


def cluster_line(number: int, tokens: Tokens, words: str = "") -> Line:
    """A cluster in a reading or a legend."""
    return cluster_mark(number), cluster_colour(number, tokens).name(), words or cluster_words(number)


def counted(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The clusters there are, noise first, and how many samples are in each."""
    counts = np.bincount(labels - NOISE)
    return np.flatnonzero(counts) + NOISE, counts[counts > 0]


def show_clusters(keys: Keys, numbers: np.ndarray, counts: np.ndarray, tokens: Tokens) -> None:
    """Say what the marks mean, and how many samples carry each."""
    entries = [
        cluster_line(int(number), tokens, f"{cluster_words(int(number))} ({count:,})")
        for number, count in zip(numbers[:MOST_KEYS], counts[:MOST_KEYS], strict=True)
    ]
    if len(numbers) > MOST_KEYS:
        more = len(numbers) - MOST_KEYS
        text = ngettext("and {count} more", "and {count} more", more).format(count=more)
        entries.append(("…", tokens.muted, text))
    keys.set_entries(entries)


def score_words(scores: dict[str, float]) -> list[str]:
    """ARI 1.000, NMI 1.000, …: scores against the true classes, and the silhouette."""
    titles = {
        "ari": _("ARI {value}"),
        "nmi": _("NMI {value}"),
        "homogeneity": _("homogeneity {value}"),
        "completeness": _("completeness {value}"),
        "silhouette": _("silhouette {value}"),
    }
    return [titles[name].format(value=f"{value:.3f}") for name, value in scores.items() if name in titles]


def found_words(labels: dict[str, Any]) -> str:
    """2 clusters · 12 noise · 500 samples."""
    clusters, noise, samples = (int(labels[name]) for name in ("clusters", "noise", "samples"))
    parts = [ngettext("{count} cluster", "{count} clusters", clusters).format(count=f"{clusters:,}")]
    if noise:
        parts.append(_("{count} noise").format(count=f"{noise:,}"))
    parts.append(ngettext("{count} sample", "{count} samples", samples).format(count=f"{samples:,}"))
    return " · ".join(parts)
