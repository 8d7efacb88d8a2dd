"""What in one sample makes the network say what it says."""

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from dllab.checking import NodeCheck
from dllab.engine.protocol import Picture, unpack
from dllab.text import N_, _
from ui.views import SALIENCY
from ui.views.arranging import Choices
from ui.views.bars import Bars
from ui.views.base import Rows, View, Want, column
from ui.views.controls import Caption, Tabs
from ui.views.following import SampleFoot
from ui.views.heat import ColourBar, HeatMap
from ui.views.nodes import Among
from ui.views.numbers import show
from ui.views.overlay import Overlay, ShadedWords
from ui.views.sample import SamplePicture

if TYPE_CHECKING:
    from ui.lab import Lab

_WIDE = 520


class Saliency(View):
    """Follows `lab.sample`; for Grad-CAM also the selected convolution."""

    declaration = SALIENCY
    empty = N_("Press Train to see what the network looks at.")
    main = "saliency"

    def __init__(self, lab: "Lab", parent: QWidget | None = None) -> None:
        super().__init__(lab, parent)
        self._looking = Among(lab, _convolves)
        self._build()
        for signal in (lab.selection_changed, lab.sample_changed, lab.runs.added):
            signal.connect(self.ask)

    def _build(self) -> None:
        self.methods = Tabs(_("How it is found out"), self.body)
        self.toward = Tabs(_("Which answer is explained"), self.body)
        self.toward.set_tabs([("says", _("what it says")), ("true", _("the true answer"))])
        for tabs in (self.methods, self.toward):
            tabs.chosen.connect(self.ask)
        self.sample = SamplePicture(self.body, _("The sample that goes in"))
        self.overlay = Overlay(self.body, _("How much each place counts"))
        self.bars = Bars(self.body, _("How much each feature counts"))
        self.shaded = ShadedWords(self.body, _("How much each word counts"))
        self.heat = HeatMap(self.body, _("How much each step counts"))
        self.pages = QStackedWidget(self.body)
        for page in (self.overlay, self.bars, self.shaded, self.heat):
            self.pages.addWidget(page)
        self.scale = ColourBar(self.body)
        self.caption = Caption(self.body)
        self.foot = SampleFoot(self.lab, self.body)
        self._top = Choices([self.methods, self.toward])
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.sample)
        row.addWidget(self.pages, 1)
        row.addWidget(self.scale)
        layout = column(self.body, 2)
        layout.addLayout(self._top)
        layout.addLayout(row, 1)
        layout.addWidget(self.caption)
        layout.addWidget(self.foot)

    # --- asking -----------------------------------------------------------------------------------------------------

    def wants(self) -> dict[str, Want]:
        self._offer()
        params: dict[str, Any] = {"sample": self.lab.sample, "method": self.methods.current or "gradient"}
        params["toward"] = self.toward.current
        if params["method"] == "gradcam":
            params["node"] = self._looking.node()
        return {"saliency": Want("saliency", params)}

    def _offer(self) -> None:
        """Grad-CAM where there is a convolution; two answers where there are classes."""
        cam = [("gradcam", _("Grad-CAM"))] if self._looking.layers() else []
        self.methods.set_tabs([("gradient", _("Gradient")), ("integrated", _("Integrated")), *cam])
        data = self._looking.check.data
        self.toward.setVisible(data is not None and data.task == "classification")

    # --- drawing ----------------------------------------------------------------------------------------------------

    def draw(self) -> None:
        picture = self.pictures["saliency"]
        relevance, given = unpack(picture.arrays["relevance"]), unpack(picture.arrays["input"])
        data = self._looking.check.data
        tokens = list(data.tokens) if data is not None else []
        features = list(data.features) if data is not None else []
        self.sample.setVisible(not tokens and given.ndim > 1)
        self.sample.set_sample(given, features)
        if tokens:
            self._draw_words(relevance, given, tokens)
        elif given.ndim == 3:
            self._draw_over(relevance, given)
        elif given.ndim == 2:
            self.heat.set_values(relevance.T[None], square=False)
            self._show(self.heat, self.heat)
        else:
            names = features if len(features) == relevance.size else []
            self.bars.set_values(relevance, names, int(np.argmax(np.abs(relevance))))
            self._show(self.bars, None)
        self.foot.set_labels(picture.labels)
        self.caption.setText(self._facts(picture))
        self.set_subtitle(str(picture.labels["toward"]))
        self.summarise(f"{self.foot.caption.text()}. {self.caption.text()}")

    def _draw_over(self, relevance: np.ndarray, given: np.ndarray) -> None:
        flat = relevance if relevance.ndim == 2 else relevance.sum(0)
        self.overlay.set_overlay(flat, given)
        self._show(self.overlay, self.overlay)

    def _draw_words(self, relevance: np.ndarray, given: np.ndarray, tokens: list[str]) -> None:
        indices = np.ravel(given).astype(int)
        words = [tokens[i] if 0 <= i < len(tokens) else "?" for i in indices]
        # Padding is no word.
        kept = [place for place, word in enumerate(words) if word]
        visible = {" ": "␣", "\n": "⏎"}
        values = np.ravel(relevance)[kept]
        self.shaded.set_words([visible.get(words[place], words[place]) for place in kept], values)
        self._show(self.shaded, None)

    def _show(self, page: QWidget, scaled: HeatMap | None) -> None:
        self.pages.setCurrentWidget(page)
        self.scale.setVisible(scaled is not None)
        if scaled is not None:
            self.scale.set_scale(scaled.lut, scaled.low, scaled.high)

    def _facts(self, picture: Picture) -> str:
        labels = picture.labels
        answer = str(labels["toward"])
        match labels["method"]:
            case "integrated":
                text = _("speaks for {answer} (orange) or against it (blue); adds up to {sum} of {difference}")
                numbers = {"sum": show(float(labels["sum"])), "difference": show(float(labels["difference"]))}
                return text.format(answer=answer, **numbers)
            case "gradcam":
                text = _("where the maps of {layer} speak for {answer}")
                return text.format(layer=self._looking.title(str(labels["node"])), answer=answer)
        text = _("a little more here raises (orange) or lowers (blue) the output for {answer}")
        return text.format(answer=answer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self._top.fit(wide)
        self._top.setSpacing(28 if wide else 0)
        self.sample.updateGeometry()
        self.mark()

    def rows(self) -> Rows:
        picture = self.pictures.get("saliency")
        if picture is None or picture.message:
            return [], []
        relevance = unpack(picture.arrays["relevance"])
        header = [*(f"axis_{i}" for i in range(relevance.ndim)), "relevance"]
        return header, ((*place, float(relevance[place])) for place in np.ndindex(*relevance.shape))


def _convolves(found: NodeCheck) -> bool:
    return found.layer is not None and found.layer.kind == "conv2d"
