"""What a right click on a curve offers for the step below it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from dllab.text import _

if TYPE_CHECKING:
    from ui.lab import Lab


def offer_step(lab: "Lab", menu: QMenu, place: tuple[float, float] | None) -> None:
    """Going to the step at this place of the plot, and opening its operations; grey while the run can't look back."""
    run = lab.runs.current
    if run is None or place is None or run.step <= run.first:
        return
    step = min(max(round(place[0]), run.first + 1), run.step)
    first = menu.actions()[0]
    wanted: tuple[tuple[str, Callable[[int], None]], ...] = (
        (_("Go to step {step}"), lab.past.seek),
        (_("Open step {step} operation by operation"), lab.stepping.open),
    )
    for words, do in wanted:
        action = QAction(words.format(step=f"{step:,}"), menu)
        action.triggered.connect(lambda _checked=False, do=do: do(step))
        action.setEnabled(lab.past.run is not None)
        menu.insertAction(first, action)
    menu.insertSeparator(first)
