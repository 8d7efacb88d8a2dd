"""What a view says about itself, known without importing it: the plotting library takes a third of a second to load."""

import logging
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from ui.lab import Lab
    from ui.views.base import View

log = logging.getLogger(__name__)
GROUP = "dllab.views"


@dataclass(frozen=True)
class Declaration:
    """One view: texts marked for translation, and where its class lives. Calling it makes the widget."""

    id: str
    title: str
    help: str
    """"What am I looking at", in a few sentences."""
    icon: str
    """A name in qtawesome's offline set, as in "mdi6.chart-line"."""
    place: str
    """Module and class, as in "ui.views.curves:Curves"."""
    group: int = 9
    """Views of one group stand together in the menu: 1 the run, 2 its results, 3 inside the network, 4 the data, 5 clusters."""

    def __call__(self, lab: "Lab", parent: "QWidget | None" = None) -> "View":
        module, _colon, name = self.place.partition(":")
        view: View = getattr(import_module(module), name)(lab, parent)
        return view


def installed() -> list[Declaration]:
    """What plugins bring; one that can't be loaded is logged, not fatal."""
    found = []
    for entry in entry_points(group=GROUP):
        try:
            declaration = entry.load()
        except Exception:
            log.exception("%s: %s could not be loaded", GROUP, entry.name)
            continue
        found.append(declaration)
    return found
