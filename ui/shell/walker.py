"""What the commands of stepping do, and why one of them can't be done now."""

from typing import TYPE_CHECKING

from dllab.text import _

if TYPE_CHECKING:
    from ui.link.stepping import Stepping
    from ui.shell.window import Window


class Walker:
    """Decisions only: the lab's stepping does the work, the view beside it shows what comes of it."""

    def __init__(self, window: "Window") -> None:
        self._window = window

    @property
    def _stepping(self) -> "Stepping":
        return self._window.lab.stepping

    def next(self) -> None:
        """One more operation."""
        self.show()
        self._stepping.next()

    def back(self) -> None:
        """Undo one operation."""
        self.show()
        self._stepping.back()

    def run_slowly(self) -> None:
        """Go on by itself, or no longer."""
        self.show()
        self._stepping.run_slowly(not self._stepping.slowly)

    def until(self, phase: str) -> None:
        """Go on to this phase, of the selected layer where phases belong to layers."""
        node = "" if phase == "stop" else self._node()
        self.show()
        self._stepping.until(phase, node)

    def run_to(self, phase: str, name: str) -> None:
        """Go on to this phase of a layer of the page that is shown."""
        reason = self.cannot()
        if reason:
            self._window.notices.tell("info", reason)
            return
        self.show()
        self._stepping.until(phase, self._layer(self._window.document.page.whole_id(name)))

    def cannot(self) -> str:
        """Why no operation can be carried out."""
        return self._window.transport.cannot_walk()

    def cannot_go_back(self) -> str:
        """Why there is nothing to undo."""
        if self._window.welcoming:
            return self._window.transport.cannot_train()
        walked = self._stepping.walked
        return "" if walked is not None and walked.phase else _("No operation has been carried out yet.")

    def cannot_reach(self, phase: str) -> str:
        """Why the selected layer can't be run to."""
        reason = self.cannot()
        if reason:
            return reason
        if not self._window.lab.selected:
            return _("Select one layer first.")
        reached = self._stepping.reaches(phase, self._node())
        return "" if reached else _("A step of this run has no such operation: choose another layer.")

    def cannot_leave(self) -> str:
        """Why there is nothing to leave."""
        if self._window.welcoming:
            return self._window.transport.cannot_train()
        return "" if self._stepping.walked is not None else _("Nobody goes step by step now.")

    def _node(self) -> str:
        return self._layer(self._window.lab.selected)

    def _layer(self, home: str) -> str:
        from ui.views.nodes import Looking

        return Looking(self._window.lab).layer(home)

    def show(self) -> None:
        """Bring the view of the operations to the front."""
        self._window.layouts.show_or_use("stepper", "step")
