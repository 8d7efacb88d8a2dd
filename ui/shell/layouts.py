"""Named arrangements of the panes, each remembered as it was left, for wide and for narrow windows apart."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer

from dllab.checking import Check
from dllab.layers.analysing import Clustering
from dllab.recipe.goals import main_goal
from ui.shell.panes import Pane

if TYPE_CHECKING:
    from ui.shell.workbench import Workbench

VERSION = 1
NARROW = 1180
"""Below this width in pixels the palette folds to icons and views stand behind each other."""
_LEFT, _RIGHT, _BELOW = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
_PALETTE_WIDTH, _INSPECTOR_WIDTH = 212, 280


RESULTS = ("confusion", "boundary", "predictions", "reconstruction", "sampled_text")
"""Views of results: each says something about some data only."""
_RESULT = "result"
"""Stands in a layout for those that suit the data."""


@dataclass(frozen=True)
class Layout:
    """Which views stand side by side, which behind each other, and how much of the height they take."""

    wide: tuple[tuple[str, ...], ...]
    narrow: tuple[tuple[str, ...], ...]
    share: float
    weights: tuple[int, ...] = ()
    """Widths of the columns against each other, when wide."""


INSIDE = ("attention", "gates")
"""Views that look into layers of some kinds only."""
_INSIDE = "inside"
"""Stands in a layout for those that suit the network."""
_KINDS = {
    "attention": frozenset({"attention", "multi_head_attention", "transformer_encoder"}),
    "gates": frozenset({"rnn", "lstm", "gru"}),
}

SHAPES = ("dendrogram", "k_distances")
"""Views of how clusters came about: each says something about some algorithms only."""
_STEPS, _SWEEP = "cluster-steps", "cluster-sweep"
_SHAPE = "shape"
"""Stands in a layout for those that suit the clustering."""

LAYOUTS = {
    "build": Layout(
        wide=(("data",), ("curves",), (_RESULT,)),
        narrow=(("data", "curves", _RESULT),),
        share=0.25,
    ),
    "train": Layout(
        wide=(
            ("curves", "health", "gradients"),
            ("activations", "weights", "embedding", _INSIDE),
            (_RESULT,),
            ("data", "losses"),
        ),
        narrow=(("curves", "health", "data"), ("activations", "weights", "embedding", _RESULT)),
        share=0.33,
        weights=(29, 27, 24, 20),
    ),
    "inspect": Layout(
        wide=(
            (_INSIDE, "activations", "weights", "distribution", "saliency"),
            ("embedding", _RESULT, "losses"),
            ("curves", "gradients", "landscape", "data"),
        ),
        narrow=(
            (_INSIDE, "activations", "weights", "embedding", "saliency"),
            (_RESULT, "losses", "curves", "landscape"),
        ),
        share=0.55,
        weights=(40, 34, 26),
    ),
    "step": Layout(
        wide=(("stepper",), ("curves", "data")),
        narrow=(("stepper", "curves"),),
        share=0.52,
        weights=(72, 28),
    ),
}
CLUSTER_LAYOUTS = {
    "build": Layout(
        wide=(("data",), ("clusters",), (_SHAPE, "silhouette", "contingency", "profile")),
        narrow=(("clusters", _SHAPE, "silhouette", "contingency", "profile", "data"),),
        share=0.3,
    ),
    "train": Layout(
        wide=(("clusters", "data"), (_SHAPE, "silhouette", _STEPS), ("contingency", "profile", _SWEEP)),
        narrow=(("clusters", "data"), (_SHAPE, "silhouette", "contingency", "profile", _STEPS, _SWEEP)),
        share=0.5,
        weights=(40, 34, 26),
    ),
    "inspect": Layout(
        wide=(("clusters", "data"), (_SHAPE, "silhouette", _STEPS), ("contingency", "profile", _SWEEP)),
        narrow=(("clusters", "data"), (_SHAPE, "silhouette", "contingency", "profile", _STEPS, _SWEEP)),
        share=0.62,
        weights=(40, 34, 26),
    ),
    "step": Layout(
        wide=((_STEPS,), ("clusters", _SHAPE, "data")),
        narrow=((_STEPS, "clusters", _SHAPE, "data"),),
        share=0.52,
        weights=(66, 34),
    ),
}
"""The same names for experiments that only cluster."""
_FOUND = ("clusters", "contingency", _SHAPE, "silhouette", "profile")
BOTH_LAYOUTS = {
    "build": Layout(
        wide=(("data",), ("curves",), _FOUND, (_RESULT,)),
        narrow=(("data", "curves", _RESULT, *_FOUND),),
        share=0.25,
    ),
    "train": Layout(
        wide=(("curves",), _FOUND, ("activations", "weights"), (_RESULT, "data")),
        narrow=(("curves", "data"), (*_FOUND, "activations", "weights", _RESULT)),
        share=0.36,
        weights=(27, 29, 24, 20),
    ),
    "inspect": Layout(
        wide=(("activations", "weights"), _FOUND, (_RESULT, "curves", "data")),
        narrow=(("activations", "weights"), (*_FOUND, _RESULT, "curves", "data")),
        share=0.55,
        weights=(36, 38, 26),
    ),
    "step": LAYOUTS["step"],
}
"""And for networks whose layers are clustered."""
SORTS = {"": LAYOUTS, "clusters/": CLUSTER_LAYOUTS, "both/": BOTH_LAYOUTS}
FIRST = "train"


def fitting(check: Check) -> tuple[str, ...]:
    """The views of results that say something about what is asked of this network, the most telling first."""
    main = main_goal(check.goals)
    data = main.data if main is not None else check.data
    if data is None:
        return RESULTS
    if data.task == "reconstruction":
        return ("reconstruction",)
    if data.ordered and data.positions and data.tokens == data.classes:
        return ("sampled_text",)
    plane = ("boundary",) if len(data.input) == 1 and data.input[0] <= 2 and not data.tokens else ()
    return (*plane, "predictions" if data.task == "regression" else "confusion")


def shaping(check: Check) -> tuple[str, ...]:
    """The views of how clusters came about that say something about these algorithms."""
    kinds = {found.layer.kind for found in check.nodes.values() if found.layer is not None}
    tree = ("dendrogram",) if "agglomerative" in kinds else ()
    return (*tree, *(("k_distances",) if kinds & {"dbscan", "hdbscan", "optics"} else ()))


def inside(check: Check) -> tuple[str, ...]:
    """The views of layers that this network has."""
    kinds = {found.layer.kind for found in check.nodes.values() if found.layer is not None}
    return tuple(view for view in INSIDE if kinds & _KINDS[view])


def sort_of(check: Check) -> str:
    """The key of the arrangements that suit this experiment."""
    if check.fits_only:
        return "clusters/"
    clustered = any(isinstance(check.nodes[name].layer, Clustering) for name in check.taps)
    return "both/" if clustered else ""


def suiting(check: Check) -> tuple[str, ...]:
    """The views that say something about this experiment and not about every other."""
    results = () if check.fits_only else fitting(check)
    return (*results, *(shaping(check) if sort_of(check) else ()), *inside(check))


class Layouts(QObject):
    """Switches, saves and restores them."""

    def __init__(self, bench: "Workbench") -> None:
        super().__init__(bench)
        self._bench, self._settings = bench, bench.lab.settings
        self.locked = self._settings.value("layout/locked", "false") == "true"
        self.name = str(self._settings.value("layout/name", FIRST))
        if self.name not in LAYOUTS:
            self.name = FIRST
        self.narrow = False
        self._suited: tuple[str, ...] = ()
        """The views that suit the experiment of this arrangement and not every other."""
        self._sort = sort_of(bench.lab.document.check)
        self.begun = False
        """Whether the panes have been arranged for the first time."""
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.timeout.connect(self._size)

    # --- commands ---------------------------------------------------------------------------------------------------

    def begin(self, narrow: bool) -> None:
        """Arrange the panes for the first time, as they were left."""
        self.begun = True
        self.narrow = narrow
        check = self._bench.lab.document.check
        self._sort = sort_of(check)
        self._enter()
        self._lock()

    def use(self, name: str) -> None:
        """Go to a named layout."""
        self.save()
        self.name = name
        self._enter()

    def reset(self) -> None:
        """Arrange the present layout as it was meant."""
        self._settings.remove(self._key())  # and what stands below it
        self._arrange()

    def set_narrow(self, narrow: bool) -> None:
        """The window became narrow, or wide again."""
        if self.begun and narrow != self.narrow:
            self.save()
            self.narrow = narrow
            self._enter()

    def toggle(self, pane_id: str) -> None:
        """Show a pane, or hide it; one that lies behind a tab comes to the front."""
        pane = self._bench.panes[pane_id]
        if self.shown(pane_id):
            pane.close()
        else:
            self.show(pane_id)

    def show(self, pane_id: str) -> None:
        """Bring a pane to the front."""
        pane = self._bench.panes[pane_id]
        pane.show()
        pane.raise_()

    def show_or_use(self, pane_id: str, layout: str) -> None:
        """Bring a pane to the front; where it is nowhere, go to the layout that has it."""
        if self.shown(pane_id):
            self.show(pane_id)
        else:
            self.use(layout)
            self.show(pane_id)

    def shown(self, pane_id: str) -> bool:
        """Whether a pane is there, be it behind a tab."""
        return not self._bench.panes[pane_id].isHidden()

    def toggle_lock(self) -> None:
        """Fix all panes, or let them be moved again."""
        self.locked = not self.locked
        self._settings.setValue("layout/locked", "true" if self.locked else "false")
        self._lock()

    def save(self) -> None:
        """Remember the present arrangement."""
        if self.begun:
            self._settings.setValue(self._key(), self._bench.saveState(VERSION))
            self._settings.setValue(f"{self._key()}/suited", list(self._suited))
            self._settings.setValue("layout/name", self.name)

    def suit(self) -> None:
        """Another experiment, or other data: other arrangements, or other views in this one."""
        check = self._bench.lab.document.check
        if sort_of(check) != self._sort:
            self.save()
            self._sort = sort_of(check)
            self._enter()
            return
        before, self._suited = self._suited, suiting(check)
        for kin in (RESULTS, SHAPES, *([INSIDE] if self._inside else [])):
            self._swap(kin, [view for view in before if view in kin], [view for view in self._suited if view in kin])

    def _swap(self, kin: tuple[str, ...], before: list[str], views: list[str]) -> None:
        """Those of a kin that say nothing now make room for those that do."""
        if views == before or (before and not any(map(self.shown, kin))):
            return
        for view in kin:
            # One that suited before as well may have been closed for a reason.
            if view not in views or view not in before:
                self._bench.panes[view].setVisible(view in views)
        if views and (kin is not INSIDE or self.name == "inspect"):
            self._bench.panes[views[0]].raise_()
        self._bench.arranged()

    # --- arranging --------------------------------------------------------------------------------------------------

    def _key(self) -> str:
        return f"layout/{self._sort}{self.name}/{'narrow' if self.narrow else 'wide'}"

    @property
    def _layout(self) -> Layout:
        return SORTS[self._sort][self.name]

    @property
    def _declared(self) -> tuple[tuple[str, ...], ...]:
        return self._layout.narrow if self.narrow else self._layout.wide

    @property
    def _inside(self) -> bool:
        """Whether this arrangement has a place for views of some layers."""
        return any(_INSIDE in column for column in self._declared)

    def _enter(self) -> None:
        state = self._settings.value(self._key())
        if isinstance(state, QByteArray) and self._bench.restoreState(state, VERSION):
            kept = self._settings.value(f"{self._key()}/suited")
            self._suited = tuple(kept) if isinstance(kept, list) else ()
            self.suit()
        else:
            self._arrange()
        self._bench.arranged()

    def _columns(self) -> list[list[str]]:
        """The views that stand beside each other now, each with those behind it."""
        check = self._bench.lab.document.check
        stand_ins = {_RESULT: fitting(check), _SHAPE: shaping(check), _INSIDE: inside(check)}
        return [[v for name in column for v in stand_ins.get(name, (name,))] for column in self._declared]

    def _arrange(self) -> None:
        bench, columns = self._bench, self._columns()
        self._suited = suiting(bench.lab.document.check)
        for pane_id, area in (("palette", _LEFT), ("inspector", _RIGHT), ("outline", _RIGHT)):
            self._put(bench.panes[pane_id], area)
            bench.panes[pane_id].setVisible(pane_id != "outline")
        shown = {view for column in columns for view in column}
        for card in bench.cards:
            self._put(card, _BELOW)
            card.setVisible(card.objectName() in shown)
        heads = [bench.panes[column[0]] for column in columns]
        for left, right in itertools.pairwise(heads):
            bench.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for column in columns:
            # Those that don't suit wait behind their kin, for other data.
            kin = RESULTS if set(column) & set(RESULTS) else SHAPES if "silhouette" in column else ()
            kin = INSIDE if self._inside and "activations" in column else kin
            others = [view for view in kin if view not in shown]
            for view in (*column[1:], *others):
                bench.tabifyDockWidget(bench.panes[column[0]], bench.panes[view])
            bench.panes[column[0]].raise_()
        bench.arranged()
        self._size()
        # Sizes are kept only once the window has laid itself out.
        self._resized.start(0)

    def _put(self, pane: Pane, area: Qt.DockWidgetArea) -> None:
        pane.setFloating(False)
        self._bench.removeDockWidget(pane)
        self._bench.addDockWidget(area, pane)

    def _size(self) -> None:
        bench, layout, columns = self._bench, self._layout, self._columns()
        heads: list[Pane] = [bench.panes[column[0]] for column in columns]
        weights = list(layout.weights) if layout.weights and not self.narrow else [1] * len(heads)
        widths = [bench.width() * weight // sum(weights) for weight in weights]
        bench.resizeDocks(heads, widths, Qt.Orientation.Horizontal)
        bench.resizeDocks(heads[:1], [round(bench.height() * layout.share)], Qt.Orientation.Vertical)
        folded = bench.panes["palette"].sizeHint().width()
        bench.resizeDocks(
            [bench.panes["palette"]], [folded if self.narrow else _PALETTE_WIDTH], Qt.Orientation.Horizontal
        )
        bench.resizeDocks([bench.panes["inspector"]], [_INSPECTOR_WIDTH], Qt.Orientation.Horizontal)

    def _lock(self) -> None:
        for pane in self._bench.panes.values():
            pane.set_locked(self.locked)
