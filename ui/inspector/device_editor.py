"""The editor behind the device chip: where the arithmetic is done."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from dllab.text import _
from ui.inspector.sheet import Sheet, button, clear, column, label
from ui.shell.theme import interface_font

if TYPE_CHECKING:
    from ui.lab import Lab

_INSTALL_PAGE = "https://pytorch.org/get-started/locally/"


class DeviceEditor(Sheet):
    """The devices the engine found. No GPU is a state like any other, not an error."""

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lab = lab
        self.setAccessibleName(_("Device"))
        self.buttons: dict[str, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self.found = label("")
        self.advice = label("", "muted")
        self.link = button(_("How to install PyTorch for CUDA…"), self._on_link, "link", _INSTALL_PAGE)
        self.next = label(_("The next run trains there; a run in training stays where it is."), "muted")
        parts = column(self.found, self._list, self.next, self.advice, self.link, gap=10)
        parts.addStretch(1)
        self.setLayout(parts)
        lab.devices_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the engine found, and what is chosen."""
        devices = self._lab.devices
        names = ["auto", *(name for name, _words in devices)] if devices else []
        if names != list(self.buttons):
            self._rebuild(names)
        chosen = self._lab.device if self._lab.device in self.buttons else "auto"
        if chosen in self.buttons:
            self.buttons[chosen].setChecked(True)
            self.setFocusProxy(self.buttons[chosen])
        gpu = any(name != "cpu" for name, _words in devices)
        self.found.setText(self._words(gpu))
        self.advice.setText(
            _("With an NVIDIA card, install PyTorch's CUDA build of the same version and start the lab again.")
        )
        self.advice.setVisible(bool(devices) and not gpu)
        self.link.setVisible(bool(devices) and not gpu)
        self.next.setVisible(bool(devices))

    def _words(self, gpu: bool) -> str:
        if not self._lab.devices:
            return _("The engine is starting; it looks for devices in a moment.")
        return _("Where to train") if gpu else _("No GPU found: training runs on the CPU.")

    def _rebuild(self, names: list[str]) -> None:
        clear(self._list)
        self.buttons.clear()
        words = dict(self._lab.devices)
        for name in names:
            text = words.get(name) or _("Automatic: the best there is ({device})").format(
                device=self._lab.devices[0][1]
            )
            choice = QRadioButton(text)
            choice.setFont(interface_font(13))
            choice.clicked.connect(partial(self._on_chosen, name))
            self._group.addButton(choice)
            self._list.addWidget(choice)
            self.buttons[name] = choice

    def _on_chosen(self, name: str, _checked: bool = False) -> None:
        if name != self._lab.device:
            self._lab.use_device(name)

    def _on_link(self) -> None:
        QDesktopServices.openUrl(QUrl(_INSTALL_PAGE))
