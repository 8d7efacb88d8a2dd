"""How the parts of a view lie: choices above a figure, and a map with the scale of its colours."""

from collections.abc import Sequence

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from ui.views.heat import ColourBar, HeatMap


class Choices(QBoxLayout):
    """What can be chosen, in a row; below each other where that is too narrow."""

    def __init__(self, left: Sequence[QWidget], right: Sequence[QWidget] = (), gap: int = 4) -> None:
        super().__init__(QBoxLayout.Direction.LeftToRight)
        self.setSpacing(gap)
        for widget in left:
            self.addWidget(widget)
        self.addStretch(1)
        for widget in right:
            self.addWidget(widget)

    def fit(self, wide: bool) -> None:
        """Beside each other or below."""
        self.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)


def with_scale(parent: QWidget, heat: HeatMap, scale: ColourBar, above: int = 0) -> QWidget:
    """A map and what its colours mean, as one widget."""
    both = QWidget(parent)
    row = QHBoxLayout(both)
    row.setContentsMargins(0, above, 0, 0)
    row.setSpacing(12)
    row.addWidget(heat, 1)
    row.addWidget(scale)
    return both
