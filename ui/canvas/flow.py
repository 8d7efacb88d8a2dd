"""The thin line that moves along wires while data flows through them."""

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from ui.canvas.camera import Camera
from ui.canvas.motion import reduced_motion

_INTERVAL_MS = 50
_SPEED = 0.012
"""Dashes (in widths of the line) for a millisecond."""
_MOST = 150


class Flow(QObject):
    """Runs only while something is to be seen: training, visible, few enough wires, motion allowed."""

    def __init__(self, camera: Camera) -> None:
        super().__init__(camera)
        self._camera = camera
        self._wanted = self._seen = False
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._step)

    @property
    def running(self) -> bool:
        """Whether the line moves."""
        return self._timer.isActive()

    def set_wanted(self, wanted: bool) -> None:
        """Data flows, or no longer does."""
        self._wanted = wanted
        self._look()

    def set_seen(self, seen: bool) -> None:
        """The canvas is shown, or no longer is."""
        self._seen = seen
        self._look()

    def _look(self) -> None:
        run = self._wanted and self._seen and not reduced_motion()
        if run and not self._timer.isActive():
            self._clock.start()
            self._timer.start()
        elif not run and self._timer.isActive():
            self._timer.stop()
            self._show(None)

    def _step(self) -> None:
        self._show(self._clock.elapsed() * _SPEED)

    def _show(self, flow: float | None) -> None:
        seen = self._camera.seen()
        wires = list(self._camera.stage.wires.values())
        if flow is not None:
            wires = [w for w in wires if seen.meets(w.box)]
            if len(wires) > _MOST:
                flow = None
        for wire in wires:
            if flow is not None or wire.flow is not None:
                wire.show_flow(flow)
