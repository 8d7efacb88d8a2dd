"""What is being typed and not yet in the document."""

from PySide6.QtWidgets import QApplication

from ui.inspector.number import LineField
from ui.inspector.title_field import NoteField


def commit_focused() -> None:
    """Take over what is being typed right now; for commands that come by mouse and leave the focus where it is."""
    widget = QApplication.focusWidget()
    if isinstance(widget, LineField | NoteField):
        widget.commit()
