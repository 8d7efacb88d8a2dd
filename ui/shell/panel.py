"""The panel that opens below a chip: part of the window, closed by Escape or a press beside it."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from ui.shell.raised import SHADOW, paint_raised
from ui.shell.theme import theme

_INSIDE = 12


class Panel(QWidget):
    """One editor below one chip. The lab goes on underneath, so that changes can be watched."""

    def __init__(self, window: QWidget, chip: QAbstractButton, content: QWidget, width: int) -> None:
        super().__init__(window)
        self._chip, self._content, self._width = chip, content, width
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW + _INSIDE, SHADOW + _INSIDE, SHADOW + _INSIDE // 2, SHADOW + _INSIDE)
        layout.addWidget(self._scroll)
        self.setAccessibleName(content.accessibleName() or chip.toolTip())
        self.hide()
        theme.changed.connect(self.update)

    def open(self) -> None:
        """Show it below its chip and give it the focus."""
        self.place()
        self.show()
        self.raise_()
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self._content.setFocus(Qt.FocusReason.PopupFocusReason)
        if not self._content.hasFocus():
            self._content.focusNextPrevChild(True)
        self._chip.setChecked(True)

    def shut(self) -> None:
        """Hide it; the chip has the focus again if the panel had it."""
        if self.isHidden():
            return
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        if self.isAncestorOf(QApplication.focusWidget() or self._chip):
            self._chip.setFocus(Qt.FocusReason.PopupFocusReason)
        self.hide()
        self._chip.setChecked(False)

    def place(self) -> None:
        """Below the chip, or above where there is more room, inside the window, as tall as the editor needs."""
        window = self.window()
        corner = self._chip.mapTo(window, QPoint(0, 0))
        width = min(self._width, window.width() - 2 * SHADOW)
        wanted = self._wanted(width).height()
        top = corner.y() + self._chip.height() + SHADOW
        below, above = window.height() - top - SHADOW, corner.y() - SHADOW - SHADOW
        height = min(wanted, max(below, above))
        if wanted > below and above > below:
            top = corner.y() - SHADOW - height
        left = max(SHADOW, min(corner.x(), window.width() - width - SHADOW))
        around = QRect(left, top, width, height).adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW)
        self.setGeometry(around)

    def _wanted(self, width: int) -> QSize:
        # As much room as the scroll bar may take, so that nothing moves when it comes.
        inside = width - _INSIDE - _INSIDE // 2 - self._scroll.verticalScrollBar().sizeHint().width()
        content = self._content
        height = content.heightForWidth(inside) if content.hasHeightForWidth() else content.sizeHint().height()
        return QSize(width, height + 2 * _INSIDE + 2)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            if isinstance(watched, QWidget) and not self._is_inside(watched):
                self.shut()
        elif event.type() == QEvent.Type.LayoutRequest and watched is self._content:
            self.place()
        return False

    def _is_inside(self, widget: QWidget) -> bool:
        """Whether a press on this widget belongs to the panel: its own widgets, its chip, and lists that pop up."""
        at: QWidget | None = widget
        while at is not None:
            if at is self or at is self._chip:
                return True
            at = at.parentWidget()
        return widget.window() is not self.window()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_raised(self)
