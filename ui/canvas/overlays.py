"""What lies over the canvas: zoom buttons, and what to do while it is empty."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from dllab.text import _
from ui.canvas.camera import STEP, Camera
from ui.shell.icons import icon
from ui.shell.theme import interface_font, number_font, theme


class ZoomButtons(QWidget):
    """Closer, farther, actual size, everything; and whether layers wear pictures."""

    def __init__(self, camera: Camera, parent: QWidget) -> None:
        super().__init__(parent)
        self._camera = camera
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(0)
        self._icons: list[tuple[QToolButton, str]] = []
        self._share = QToolButton(self)
        self._share.setFont(number_font(11))
        self._share.setFixedWidth(52)
        self._share.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._share.setToolTip(_("Show at actual size"))
        self._share.clicked.connect(lambda: camera.zoom_to(1.0))
        row.addWidget(self._button("mdi6.minus", _("Zoom out"), lambda: camera.zoom_by(1 / STEP)))
        row.addWidget(self._share)
        row.addWidget(self._button("mdi6.plus", _("Zoom in"), lambda: camera.zoom_by(STEP)))
        row.addWidget(self._button("mdi6.fit-to-page-outline", _("Show all"), camera.fit))
        self.pictures = self._button("mdi6.image-multiple-outline", _("Picture on each layer"), self.update)
        self.pictures.setCheckable(True)
        row.addWidget(self.pictures)
        camera.looked.connect(self._say)
        theme.changed.connect(self._wear)
        self._say()
        self._wear()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.tokens.line), 1))
        ground = QColor(theme.tokens.surface)
        ground.setAlphaF(0.92)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.end()

    def _button(self, name: str, words: str, do: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setIconSize(QSize(16, 16))
        button.clicked.connect(do)
        self._icons.append((button, name))
        return button

    def _say(self) -> None:
        text = _("{percent} %").format(percent=round(self._camera.zoom * 100))
        if text != self._share.text():
            self._share.setText(text)
            self._share.setAccessibleName(_("Zoom {percent} %").format(percent=round(self._camera.zoom * 100)))

    def _wear(self) -> None:
        for button, name in self._icons:
            button.setIcon(icon(name, theme.tokens.text))
        self.update()


class EmptyState(QWidget):
    """What to do on an empty canvas."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._picture = QLabel(self)
        self._title = QLabel(_("Drag a layer here, or press Space"), self)
        self._title.setFont(interface_font(15, bold=True))
        self._rest = QLabel(_("Start with Input, end with Output, and join what lies between."), self)
        self._rest.setFont(interface_font(13))
        self._rest.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(1)
        for label in (self._picture, self._title, self._rest):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addStretch(1)
        theme.changed.connect(self._wear)
        self._wear()

    def _wear(self) -> None:
        tokens = theme.tokens
        picture = icon("mdi6.gesture-tap-hold", tokens.muted)
        self._picture.setPixmap(picture.pixmap(QSize(40, 40), self.devicePixelRatioF()))
        self._title.setStyleSheet(f"color: {tokens.text};")
        self._rest.setStyleSheet(f"color: {tokens.muted};")
