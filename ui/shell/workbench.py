"""The page one works on: the canvas in the middle, panes around it, views below."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow, QWidget

from dllab.checking import Problem
from dllab.document.experiment import Experiment
from dllab.document.flat import home_of
from dllab.document.paths import has_node
from dllab.files import in_words
from dllab.text import _
from ui.canvas import Canvas, Outline, Palette
from ui.canvas.saved import saved
from ui.canvas.spotlight import light_of
from ui.inspector import Inspector
from ui.shell.layouts import NARROW, Layouts
from ui.shell.panel import Panel
from ui.shell.panes import Card, Pane, SidePane
from ui.shell.question import Answer, Question
from ui.shell.theme import theme
from ui.views import VIEWS
from ui.views.saving import save_data, save_picture

if TYPE_CHECKING:
    from ui.lab import Lab
    from ui.views.thumbnails import Thumbnails

# The cards bring their own tabs; the window's own tab bars would say the same twice.
_STYLE = """
QMainWindow > QTabBar { min-height: 0; max-height: 0; }
QMainWindow > QTabBar::tab {
  min-width: 0; min-height: 0; width: 0; height: 0; margin: 0; padding: 0; border: none;
}
"""


class Workbench(QMainWindow):
    """A main window inside the window: it knows how to dock."""

    notice = Signal(str, str)
    """(severity, sentence)"""

    def __init__(self, lab: "Lab", parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setStyleSheet(_STYLE)
        self.lab = lab
        self.canvas = Canvas(lab.document, self)
        self.palette_ = Palette(self)
        self.inspector = Inspector(lab, self)
        self.outline = Outline(lab.document, self.canvas)
        self.setCentralWidget(self.canvas)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
        self.cards = [Card(declaration, lab, self) for declaration in VIEWS]
        sides = (
            SidePane("palette", _("Layers"), self.palette_, self),
            SidePane("inspector", _("Inspector"), self.inspector, self),
            SidePane("outline", _("Outline"), self.outline, self),
        )
        self.panes: dict[str, Pane] = {pane.objectName(): pane for pane in (*sides, *self.cards)}
        self._panel: Panel | None = None
        self.question: Question | None = None
        self._thumbnails: Thumbnails | None = None
        self.layouts = Layouts(self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._show_tabs)
        self._join()

    @property
    def pictures(self) -> bool:
        """Whether the layers on the canvas wear pictures of what they put out."""
        return self.lab.settings.value("pictures", "false") == "true"

    def toggle_pictures(self) -> None:
        """Put them on, or take them off; remembered."""
        self.lab.settings.setValue("pictures", "false" if self.pictures else "true")
        self._show_pictures()

    def _show_pictures(self) -> None:
        self.canvas.pictures_button.setChecked(self.pictures)
        if self.pictures and self._thumbnails is None:
            # It brings what colours need, which takes longer to load than the window takes to be on the screen.
            from ui.views.thumbnails import Thumbnails

            self._thumbnails = Thumbnails(self.lab, self.canvas)
        if self._thumbnails is not None:
            self._thumbnails.set_wanted(self.pictures)

    def arranged(self) -> None:
        """Panes came, went or moved: bring the cards' tabs up to it."""
        if self._panel is not None:
            self._panel.shut()
        self._soon.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.layouts.begun:
            narrow = self.window().width() < NARROW
            self.palette_.set_compact(narrow)
            self.layouts.begin(narrow)
            QTimer.singleShot(0, self, self._show_pictures)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.layouts.begun:
            narrow = self.window().width() < NARROW
            self.palette_.set_compact(narrow)
            self.layouts.set_narrow(narrow)

    def paintEvent(self, event: QPaintEvent) -> None:
        # Lines only around the canvas: between cards the ground is enough.
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.tokens.background))
        painter.setPen(QColor(theme.tokens.line))
        painter.drawRect(self.canvas.geometry().adjusted(-1, -1, 0, 0))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Esc that a pane has no use for forgets what was picked, then leads back to the canvas without a mouse.
        if event.key() == Qt.Key.Key_Escape and not event.modifiers():
            if self.lab.picked:
                self.lab.pick(())
                return
            self.canvas.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        super().keyPressEvent(event)

    # --- joining the parts ------------------------------------------------------------------------------------------

    def _join(self) -> None:
        canvas, lab = self.canvas, self.lab
        canvas.selection_changed.connect(self._select)
        canvas.edit_requested.connect(self._edit)
        canvas.help_requested.connect(self.show_help)
        canvas.refused.connect(lambda sentence: self.notice.emit("warning", sentence))
        canvas.told.connect(lambda sentence: self.notice.emit("good", sentence))
        self.palette_.add_requested.connect(canvas.add_layer)
        self.palette_.remove_requested.connect(self._ask_to_remove)
        lab.state_changed.connect(lambda state: canvas.set_flowing(state == "running"))
        lab.health.changed.connect(self._mark_findings)
        lab.document.changed.connect(self._document_changed)
        lab.stepping.changed.connect(self._show_operation)
        lab.layer_wanted.connect(canvas.show_node)
        self.tabifiedDockWidgetActivated.connect(lambda _dock: self.arranged())
        for card in self.cards:
            card.moved.connect(self.arranged)
            card.wants.connect(self._serve)
            card.header.chosen.connect(self.layouts.show)

    def _mark_findings(self) -> None:
        found = (f for f in self.lab.health.findings if f.node)
        self.canvas.remark([Problem(f.rule, f"{f.title}: {f.evidence}", f.node, severity="warning") for f in found])

    def _ask_to_remove(self, key: str) -> None:
        kept = saved.get(key)
        if kept is not None:
            remark = _("Its file is deleted. Networks that hold a copy of the group keep it.")
            answers = [
                Answer(_("Remove"), lambda: self._remove(key)),
                Answer(_("Cancel"), None, default=True, cancel=True),
            ]
            sentence = _("Remove “{name}” from the palette?").format(name=kept.title)
            self.question = Question(self.window(), sentence, remark, answers)
            self.question.open()

    def _remove(self, key: str) -> None:
        try:
            saved.remove(key)
        except OSError as error:
            text = _("The group could not be removed: {reason}.")
            self.notice.emit("error", text.format(reason=in_words(error)))

    def _select(self, ids: tuple[str, ...]) -> None:
        self.inspector.show_selection(ids)
        self.lab.select(self.lab.document.page.whole_id(ids[0]) if len(ids) == 1 else "")

    def _show_operation(self) -> None:
        """The operation in hand, on the canvas: its layer is the selected one, on the page on which it stands."""
        walked = self.lab.stepping.walked
        if walked is not None and walked.node:
            home = home_of(walked.node)
            if not has_node(self.lab.document.experiment, home):
                # The run has a layer that has been deleted since: there is nothing to light.
                self.canvas.set_light(None)
                return
            self.canvas.show_node(home)
        self.canvas.set_light(light_of(walked))

    def _edit(self, node_id: str) -> None:
        self.layouts.show("inspector")
        self.inspector.edit(node_id)

    def show_help(self, kind: str) -> None:
        """Open the help page of a layer."""
        self.layouts.show("inspector")
        self.inspector.show_help(kind)

    def _document_changed(self, old: Experiment, new: Experiment) -> None:
        if self.layouts.begun and (old.data != new.data or old.model is not new.model):
            self.layouts.suit()

    def _show_tabs(self) -> None:
        for card in self.cards:
            together = {card, *self.tabifiedDockWidgets(card)}
            shown = [c for c in self.cards if c in together and (c is card or not c.isHidden())]
            card.header.show_tabs(shown, card)

    # --- what cards ask for -----------------------------------------------------------------------------------------

    def _serve(self, wish: str, card: Card) -> None:
        if wish == "help":
            self._explain(card)
            return
        card.build()
        picture = wish == "picture"
        dialog = QFileDialog(self, _("Save picture") if picture else _("Save data"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters([_("Picture (*.png)"), _("Drawing (*.svg)")] if picture else [_("Table (*.csv)")])
        dialog.setDefaultSuffix("png" if picture else "csv")
        dialog.selectFile(f"{card.objectName()}.{'png' if picture else 'csv'}")
        if picture:
            dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("svg" if "svg" in chosen else "png"))
        dialog.fileSelected.connect(lambda name: self.save_card(card, wish, Path(name)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def save_card(self, card: Card, what: str, path: Path) -> None:
        """Write the picture or the data of a card to a file."""
        card.build()
        assert card.view is not None
        try:
            if what == "picture":
                save_picture(card.view, path)
            else:
                save_data(card.view, path)
        except OSError as error:
            text = _("{name} could not be saved: {reason}.")
            self.notice.emit("error", text.format(name=path.name, reason=in_words(error)))
        else:
            self.notice.emit("good", _("{name} is saved.").format(name=path.name))

    def _explain(self, card: Card) -> None:
        if self._panel is not None:
            self._panel.shut()
            self._panel.deleteLater()
        label = QLabel(card.help_text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        label.setContentsMargins(4, 2, 4, 2)
        label.setAccessibleName(card.windowTitle())
        self._panel = Panel(card.window(), card.header.help, label, width=340)
        self._panel.open()
