"""How much a noisy curve is evened out."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from dllab.text import _
from ui.shell.theme import Tokens, theme
from ui.views.controls import Caption


class Smoothing(QWidget):
    """How much a noisy curve is evened out: a slider from 0 to 0.99."""

    changed = Signal(float)

    def __init__(self, value: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.setSpacing(6)
        self.caption = Caption(self)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 99)
        self.slider.setFixedWidth(90)
        self.slider.setAccessibleName(_("Smoothing"))
        self.setToolTip(
            _(
                "Averages neighbouring steps of the training curve; the raw curve stays faintly behind. Validation has one point an epoch and is never smoothed."
            )
        )
        row.addWidget(self.caption)
        row.addWidget(self.slider)
        self.setFixedWidth(220)
        self.slider.setValue(round(value * 100))
        self.slider.valueChanged.connect(self._on_value)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._say()

    def _restyle(self) -> None:
        self.slider.setStyleSheet(slider_style(theme.tokens))

    def set_value(self, value: float) -> None:
        """Show this value."""
        self.slider.setValue(round(value * 100))

    def _on_value(self, value: int) -> None:
        self._say()
        self.changed.emit(value / 100)

    def _say(self) -> None:
        value = self.slider.value() / 100
        self.caption.setText(_("Smoothing {value}").format(value=f"{value:.2f}") if value else _("No smoothing"))


def slider_style(t: Tokens) -> str:
    """How the views' sliders look."""
    return (
        f"QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.line}; }}"
        f"QSlider::sub-page:horizontal {{ border-radius: 2px; background: {t.accent}; }}"
        f"QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;"
        f" background: {t.surface}; border: 2px solid {t.accent}; }}"
        f"QSlider::handle:horizontal:focus {{ background: {t.accent}; }}"
        f"QSlider::sub-page:horizontal:disabled {{ background: {t.muted}; }}"
        f"QSlider::handle:horizontal:disabled {{ border-color: {t.muted}; }}"
    )
