"""What the selected layer puts out for one sample."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QWidget

from dllab.engine.protocol import unpack
from dllab.text import N_, _
from ui.views import ACTIVATIONS
from ui.views.bars import Bars
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, IconButton, TextButton
from ui.views.following import sample_words
from ui.views.heat import ColourBar, HeatMap
from ui.views.nodes import Looking
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 480


class Activations(View):
    """Follows `lab.selected` and `lab.sample`."""

    declaration = ACTIVATIONS
    empty = N_("Press Train, then select a layer on the canvas to see what it puts out.")
    main = "activations"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Looking(lab)
        self._seeking = False
        self._build()
        lab.selection_changed.connect(self.ask)
        lab.sample_changed.connect(self.ask)
        lab.runs.added.connect(self.ask)

    def _build(self) -> None:
        self.sample = SamplePicture(self.body, _("The sample that goes in"))
        self.heat = HeatMap(self.body, _("What the layer puts out"))
        self.bars = Bars(self.body, _("What the layer puts out"))
        self.scale = ColourBar(self.body)
        self.output = QStackedWidget(self.body)
        self.output.addWidget(self.heat)
        self.output.addWidget(self.bars)
        self.caption = Caption(self.body, quiet=False)
        self.previous_button = IconButton("mdi6.chevron-left", _("Previous sample"), self.body)
        self.previous_button.clicked.connect(lambda: self._step(-1))
        self.next_button = IconButton("mdi6.chevron-right", _("Next sample"), self.body)
        self.next_button.clicked.connect(lambda: self._step(1))
        self.mistake_button = TextButton(_("Next mistake"), self.body)
        self.mistake_button.clicked.connect(self.seek_mistake)
        picture = QHBoxLayout()
        picture.setSpacing(12)
        picture.addWidget(self.sample)
        picture.addWidget(self.output, 1)
        picture.addWidget(self.scale)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.previous_button, self.next_button, self.mistake_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._foot = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._foot.setSpacing(2)
        self._foot.addWidget(self.caption, 1)
        self._foot.addLayout(buttons)
        layout = column(self.body, 6)
        layout.addLayout(picture, 1)
        layout.addLayout(self._foot)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        node = self._looking.node()
        if not node:
            return {}
        wanted = {"activations": Want("activations", {"node": node, "sample": self.lab.sample})}
        if self._seeking:
            wanted["confusion"] = Want("confusion", {})
        return wanted

    def arrived(self, key: str) -> None:
        if key == "confusion":
            self._found_mistakes()

    def _step(self, move: int) -> None:
        picture = self.pictures.get("activations")
        count = int(picture.labels.get("count", 0)) if picture is not None else 0
        if count:
            self.lab.look_at_sample((self.lab.sample + move) % count)

    def seek_mistake(self) -> None:
        """Go to the next sample that the network gets wrong; the confusion probe is asked once for it."""
        self._seeking = True
        self.ask()

    def _found_mistakes(self) -> None:
        self._seeking = False
        picture = self.pictures.pop("confusion")
        self.ask()
        if picture.message:
            return
        wrong = np.flatnonzero(unpack(picture.arrays["true"]) != unpack(picture.arrays["says"]))
        if not len(wrong):
            self.lab.notice.emit("info", _("The network makes no mistake on the validation samples."))
            return
        later = wrong[wrong > self.lab.sample]
        self.lab.look_at_sample(int(later[0] if len(later) else wrong[0]))

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["activations"]
        node = str(picture.labels.get("node", self._looking.node()))
        values, given = unpack(picture.arrays["output"]), unpack(picture.arrays["input"])
        data = self._looking.check.data
        self.sample.set_sample(
            given, list(data.features) if data is not None else [], data.tokens if data is not None else ()
        )
        self._show_output(node, values)
        self.set_subtitle(self._looking.subtitle(node))
        self.caption.setText(sample_words(picture.labels))
        self.mistake_button.setVisible("confidence" in picture.labels)
        spoken = _("{layer} for {sample}").format(layer=self.subtitle, sample=self.caption.text())
        self.output.setAccessibleDescription(spoken)
        self.summarise(spoken)

    def _show_output(self, node: str, values: np.ndarray) -> None:
        as_bars = values.ndim == 1 and len(values) <= max(self.output.width() - 40, 60)
        self.scale.setVisible(not as_bars)
        self.output.setCurrentWidget(self.bars if as_bars else self.heat)
        if as_bars:
            marked = int(values.argmax()) if self._looking.is_output(node) and len(values) > 1 else -1
            self.bars.set_values(values, self._looking.names(node, len(values)), marked)
            return
        if values.ndim == 1:
            self.heat.set_values(folded(values, self.output.width() / max(self.output.height(), 1)), True, "vector")
        elif values.ndim == 2:
            # Steps of a sequence go from left to right, as its lines do.
            self.heat.set_values(values.T[None], False)
        else:
            self.heat.set_values(values.reshape(-1, *values.shape[-2:]))
        self.scale.set_scale(self.heat.lut, self.heat.low, self.heat.high)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self._foot.setDirection(direction)
        self.sample.updateGeometry()
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("activations")
        if picture is None or picture.message:
            return [], []
        values = unpack(picture.arrays["output"])
        header = [f"axis_{i}" for i in range(values.ndim)] + ["value"]
        return header, ((*place, float(values[place])) for place in np.ndindex(*values.shape))


def folded(values: np.ndarray, aspect: float) -> np.ndarray:
    """A long vector as rows of one map (1, rows, columns), as near to the aspect as whole rows allow."""
    n = len(values)
    ideal = (n * aspect) ** 0.5
    columns = min((c for c in range(1, n + 1) if n % c == 0), key=lambda c: abs(np.log(c / ideal)))
    result: np.ndarray = values.reshape(1, n // columns, columns)
    return result
