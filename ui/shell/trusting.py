"""Asks before code from a document runs: when it is opened, and when it is to be trained."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from dllab.text import N_, _
from ui.shell.notices import Action
from ui.shell.question import Answer, Question

if TYPE_CHECKING:
    from ui.shell.window import Window

_HELD = N_("This experiment holds code. It doesn't run unless you trust it.")


class Trusting(QObject):
    """Opening, checking and saving never run code; training does, and so it needs a word."""

    def __init__(self, window: "Window") -> None:
        super().__init__(window)
        self._window = window
        self.question: Question | None = None
        window.files.opened.connect(self.greet)
        window.lab.trust_wanted.connect(self.ask)
        window.lab.trust.changed.connect(self._on_trusted)
        QTimer.singleShot(0, self, self.greet)

    def greet(self) -> None:
        """A document has come up: say so if it holds code that nobody here has trusted yet."""
        if self._missing():
            look, trust = Action(_("Look at it"), self.look), Action(_("Trust it"), self.trust)
            self._window.notices.tell("warning", _(_HELD), look, trust)

    def _on_trusted(self) -> None:
        if not self._missing():
            for notice in [n for n in self._window.notices.all if n.sentence == _(_HELD)]:
                self._window.notices.drop(notice)

    def ask(self, pace: str = "run") -> None:
        """Training was asked for at this pace, but there is code that is not trusted."""
        if not self._missing():
            return
        remark = _(
            "Code can do whatever you can do on this computer. Trust it only if you have read it or know its author."
        )
        answers = [
            Answer(_("Trust and train"), partial(self._trust_and_train, pace)),
            Answer(_("Look at it"), self.look, default=True),
            Answer(_("Cancel"), None, cancel=True),
        ]
        self.question = Question(
            self._window, _("This experiment holds code that you have not trusted yet."), remark, answers
        )
        self.question.open()

    def look(self) -> None:
        """Show the first layer whose code is not trusted."""
        for node in self._missing():
            self._window.canvas.show_node(node)
            self._window.layouts.show("inspector")
            return

    def trust(self) -> None:
        """Trust all code of the document as it stands."""
        self._window.lab.trust.add(self._missing().values())

    def _trust_and_train(self, pace: str) -> None:
        self.trust()
        if pace == "hold":
            # A run is held only to be walked through.
            self._window.lab.stepping.next()
        else:
            self._window.lab.train(pace)

    def _missing(self) -> dict[str, str]:
        return self._window.lab.trust.missing(self._window.document.experiment)
