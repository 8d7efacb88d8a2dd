"""The line under a view of one sample: what it is, what the network says of it, and the way to the next one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from dllab.text import _
from ui.views.controls import Caption, IconButton
from ui.views.numbers import percent, show

if TYPE_CHECKING:
    from ui.lab import Lab


class SampleFoot(QWidget):
    """Steps through the samples of the validation part, for all views at once."""

    def __init__(self, lab: "Lab", parent: QWidget) -> None:
        super().__init__(parent)
        self._lab, self._count = lab, 0
        self.caption = Caption(self, quiet=False)
        self.previous_button = IconButton("mdi6.chevron-left", _("Previous sample"), self)
        self.previous_button.clicked.connect(lambda: self.move_by(-1))
        self.next_button = IconButton("mdi6.chevron-right", _("Next sample"), self)
        self.next_button.clicked.connect(lambda: self.move_by(1))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self.caption, 1)
        row.addWidget(self.previous_button)
        row.addWidget(self.next_button)

    def set_labels(self, labels: Mapping[str, Any]) -> None:
        """Say what a probe told of its sample."""
        self._count = int(labels.get("count", 0))
        self.caption.setText(sample_words(labels))

    def move_by(self, steps: int) -> None:
        """Go to another sample; after the last comes the first."""
        if self._count:
            self._lab.look_at_sample((self._lab.sample + steps) % self._count)


def sample_words(labels: Mapping[str, Any]) -> str:
    """Sample 214 · true 7 · says 7 (99.1 %)."""
    error = labels.get("error")
    if isinstance(error, float):
        text = _("sample {number} · mean error {error} where it is given again")
        return text.format(number=labels.get("sample", 0), error=show(error))
    true, says, confidence = labels.get("true", ""), labels.get("says", ""), labels.get("confidence")
    if not isinstance(confidence, float):
        text = _("sample {number} · true {true} · says {says}")
        return text.format(number=labels.get("sample", 0), true=true, says=says)
    text = _("sample {number} · true {true} · says {says} ({sure})")
    if true != says:
        text = _("sample {number} · true {true} · ✕ says {says} ({sure})")
    return text.format(number=labels.get("sample", 0), true=true, says=says, sure=percent(confidence))
