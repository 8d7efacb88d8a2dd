"""Movement that shows where something went, and none where the system asks for less."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation
from PySide6.QtWidgets import QApplication, QStyle

from ui.canvas.geometry import Point

MOTION_MS = 140
_MOST = 200


def reduced_motion() -> bool:
    """Whether nothing should move by itself: the system says so, or the application's property `reduced_motion`."""
    app = QApplication.instance()
    if not isinstance(app, QApplication) or app.property("reduced_motion"):
        return True
    return app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0


class Glide(QVariantAnimation):
    """Items glide from where they were to where they are."""

    def __init__(self, place: Callable[[Mapping[str, Point]], object], parent: QObject) -> None:
        super().__init__(parent)
        self._place = place
        self._ways: dict[str, tuple[Point, Point]] = {}
        self.setDuration(MOTION_MS)
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._show)

    def go(self, ways: Mapping[str, tuple[Point, Point]]) -> None:
        """Glide these, from and to; too many, or none when motion is reduced, are there at once."""
        self.halt()
        if ways and len(ways) <= _MOST and not reduced_motion():
            self._ways = dict(ways)
            self.start()

    def halt(self) -> None:
        """Be where they should be, now."""
        self.stop()
        ways, self._ways = self._ways, {}
        if ways:
            self._place({item_id: to for item_id, (_start, to) in ways.items()})

    def _show(self, share: float) -> None:
        self._place(
            {
                item_id: (start[0] + (to[0] - start[0]) * share, start[1] + (to[1] - start[1]) * share)
                for item_id, (start, to) in self._ways.items()
            }
        )
        if share >= 1.0:
            self._ways = {}
