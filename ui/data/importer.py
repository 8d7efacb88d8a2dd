"""Reading a file in a process of its own: the window stays quick, and cancelling is ending the process."""

from typing import Any

from PySide6.QtCore import Signal

from dllab.text import _
from ui.link.command import JsonCommand


class Importer(JsonCommand):
    """Runs `dllab import … --json`, one at a time, and tells what it says."""

    progressed = Signal(float, float)
    """(share done, seconds left)"""
    found = Signal(dict)
    """What is in the file."""
    chosen = Signal(str, dict)
    """(kind of dataset, parameters): ready to be used."""

    def read(self, arguments: list[str]) -> None:
        """Begin anew with these arguments; what was under way is ended."""
        self.stop()
        self.begin(["import", "--json", *arguments])

    def take(self, event: dict[str, Any]) -> bool:
        match event["event"]:
            case "progress":
                self.progressed.emit(event["done"] / max(event["total"], 1), event["left"])
            case "found":
                self.found.emit(event["facts"])
            case "chosen":
                self.chosen.emit(event["kind"], event["params"])
                return True
            case "problem":
                self.refused.emit(event["text"])
                return True
        return False

    def ended(self, words: str) -> str:
        reason = words or _("not enough memory, perhaps")
        return _("Reading ended before the file did: {reason}").format(reason=reason)
