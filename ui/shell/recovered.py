"""Work that a crash left behind: offered on the welcome page until it is taken, discarded, or left for the next start."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from dllab.text import _
from ui.recovery import Copy, Found
from ui.shell.notices import Action

if TYPE_CHECKING:
    from ui.shell.window import Window


class Recovered(QObject):
    """The copies that wait for a decision."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self._copies: tuple[Copy, ...] = ()
        window.welcome.copy_wanted.connect(self._take)
        window.welcome.copy_unwanted.connect(self._discard)
        window.recovery.failed.connect(self._on_failed)

    def offer(self, found: Found) -> None:
        """Tell what a crash has left behind."""
        window = self._window
        self._show(found.copies)
        if found.copies and not window.welcoming:
            sentence = _("Work that was not saved when the lab ended is still there.")
            window.notices.tell("info", sentence, Action(_("Show it"), window.files.welcome))
        if found.bad:
            sentence = _("A recovery copy could not be read. It is kept as {name}.")
            window.notices.tell("warning", sentence.format(name=found.bad[0].name))

    def leave(self) -> None:
        """Keep what is still undecided for the next start."""
        for copy in self._copies:
            copy.leave()

    def _show(self, copies: tuple[Copy, ...]) -> None:
        self._copies = copies
        self._window.welcome.show_copies(copies)

    def _without(self, copy: Copy) -> tuple[Copy, ...]:
        return tuple(other for other in self._copies if other is not copy)

    def _take(self, copy: Copy) -> None:
        def take() -> None:
            self._show(self._without(copy))
            self._window.recovery.take(copy)
            self._window.files.opened.emit()

        self._window.files.keep_first(take)

    def _discard(self, copy: Copy) -> None:
        copy.discard()
        self._show(self._without(copy))

    def _on_failed(self, reason: str) -> None:
        text = _("Unsaved work can't be kept safe in the background: {reason}. Save it to a file.")
        self._window.notices.tell("warning", text.format(reason=reason))
