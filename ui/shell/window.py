"""The main window: it puts the parts together and passes messages between them; each part does its own work."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QMainWindow, QStackedWidget, QWidget

from dllab.document.experiment import Experiment
from dllab.document.paths import split_id
from dllab.engine import protocol
from dllab.text import _
from ui.data.imports import Imports, dropped_file
from ui.document import Document
from ui.recovery import Recovery
from ui.shell import home
from ui.shell.command_palette import CommandPalette
from ui.shell.dialogs import AboutPage, HistoryPage, ShortcutsPage
from ui.shell.files import Files
from ui.shell.menus import Actions, build_menus, fill_recent
from ui.shell.notices import Action, Notices
from ui.shell.recent import Recent
from ui.shell.recovered import Recovered
from ui.shell.theme import Scheme, theme
from ui.shell.transport import Transport
from ui.shell.trusting import Trusting
from ui.shell.walker import Walker
from ui.shell.welcome import Welcome

if TYPE_CHECKING:
    from ui.canvas import Canvas
    from ui.inspector import Inspector
    from ui.lab import Lab
    from ui.shell.layouts import Layouts
    from ui.shell.statusline import StatusLine
    from ui.shell.toprow import TopRow
    from ui.shell.workbench import Workbench
    from ui.shell.workpage import WorkPage

_SIZE, _SMALLEST = (1440, 900), (800, 600)


# long: every part meets every other here, one short method a message
class Window(QMainWindow):
    """One experiment, one engine, one window."""

    closed = Signal()

    # Said here as well as set below: commands, declared elsewhere, read these.
    document: Document
    files: Files
    imports: Imports
    transport: Transport
    walker: Walker
    selection: tuple[str, ...]
    minimap: bool

    def __init__(
        self, document: Document, settings: QSettings, recovery: Recovery, make_lab: Callable[[], "Lab"]
    ) -> None:
        super().__init__()
        self.document, self.settings, self.recovery = document, settings, recovery
        self._make_lab = make_lab
        self._work: WorkPage | None = None
        self.selection = ()
        self.minimap = settings.value("minimap", "true") == "true"
        self._ending = self._ended = self._painted = False
        self.setAcceptDrops(True)
        self.setMinimumSize(*_SMALLEST)
        self.transport = Transport(self)
        self.walker = Walker(self)
        self.files = Files(document, Recent(settings, self), self)
        self.imports = Imports(self)
        self.pages = QStackedWidget(self)
        self.welcome = Welcome(self.files.recent, self)
        self._waiting = QWidget(self)
        self.commands = Actions(self)
        self.menus = build_menus(self.menuBar(), self.commands)
        self.pages.addWidget(self.welcome)
        self.pages.addWidget(self._waiting)
        self.setCentralWidget(self.pages)
        self.notices = Notices(self)
        self.command_palette = CommandPalette(self)
        self.recovered = Recovered(self)
        self._join()
        self._restore()
        self._show_title()
        self.commands.refresh()

    # --- the page one works on ----------------------------------------------------------------------------------------

    @property
    def work(self) -> "WorkPage":
        """The page one works on. It is made right after the first picture of the window, or when first asked for."""
        if self._work is None:
            self._furnish()
        assert self._work is not None
        return self._work

    @property
    def lab(self) -> "Lab":
        """Engine, runs, selection."""
        return self.work.lab

    @property
    def bench(self) -> "Workbench":
        """The canvas and the panes around it."""
        return self.work.bench

    @property
    def canvas(self) -> "Canvas":
        """The network."""
        return self.work.bench.canvas

    @property
    def inspector(self) -> "Inspector":
        """The form of what is selected."""
        return self.work.bench.inspector

    @property
    def layouts(self) -> "Layouts":
        """Arrangements of the panes."""
        return self.work.bench.layouts

    @property
    def toprow(self) -> "TopRow":
        """Chips, run buttons, progress."""
        return self.work.toprow

    @property
    def statusline(self) -> "StatusLine":
        """The last line."""
        return self.work.statusline

    def commit(self) -> None:
        """Take over what is being typed in a field right now."""
        if self._work is not None:
            self._work.commit()

    def _furnish(self) -> None:
        """Build the page one works on, behind the welcome page unless an experiment has been opened already."""
        lab = self._make_lab()
        # Canvas, inspector and views take longer to import than the window takes to be on the screen.
        from ui.shell.workpage import WorkPage

        self._work = WorkPage(self, lab)
        self.pages.addWidget(self._work)
        self.notices.set_canvas(self.canvas)
        self.commands.put_on_canvas()
        self.canvas.set_minimap_visible(self.minimap)
        self.toprow.fit(self.width())
        self._join_work(lab)
        if self.pages.currentWidget() is self._waiting:
            self._on_opened()
        self.commands.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._complete)

    def _complete(self) -> None:
        """The window is on the screen: make what was left out to get it there."""
        if self._work is None and not self._ended:
            self._furnish()
        self.welcome.examples.draw_networks()

    # --- what commands ask for --------------------------------------------------------------------------------------

    @property
    def welcoming(self) -> bool:
        """Whether the welcome page is up."""
        return self._work is None or self.pages.currentWidget() is not self._work

    @property
    def scheme(self) -> Scheme:
        """The theme that was chosen."""
        return theme.scheme

    def use_theme(self, scheme: Scheme) -> None:
        """Light, dark, or as the system says; remembered."""
        self.settings.setValue("theme", scheme)
        theme.use(scheme)

    def switch_theme(self) -> None:
        """From light to dark or back."""
        self.use_theme("light" if theme.tokens.dark else "dark")

    def toggle_minimap(self) -> None:
        """Show or hide the small map."""
        self.minimap = not self.minimap
        self.settings.setValue("minimap", "true" if self.minimap else "false")
        self.canvas.set_minimap_visible(self.minimap)

    def toggle_full_screen(self) -> None:
        """Use the whole screen, or the former size."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def show_commands(self) -> None:
        """Open the command palette."""
        self.command_palette.open()

    def show_history(self) -> None:
        """Open the list of steps."""
        self._open_page(HistoryPage)

    def show_shortcuts(self) -> None:
        """Open the page with all keys."""
        self._open_page(ShortcutsPage)

    def show_about(self) -> None:
        """Say what this is."""
        self._open_page(AboutPage)

    def show_help(self) -> None:
        """Open the help page of the selected layer."""
        node = self.document.page.experiment.model.nodes.get(split_id(self.lab.selected)[1])
        if node is not None:
            self.bench.show_help(node.kind)

    def show_log(self) -> None:
        """Open the folder with the log."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(home.folder("logs"))))

    def take_focus_back(self) -> None:
        """Something that floated over the window has closed."""
        (self.welcome if self.welcoming else self.canvas).setFocus()

    # --- putting together -------------------------------------------------------------------------------------------

    def _join(self) -> None:
        files, welcome, document = self.files, self.welcome, self.document
        files.opened.connect(self._on_opened)
        files.left.connect(self._on_left)
        files.notice.connect(self.notices.tell)
        document.refused.connect(lambda sentence: self.notices.tell("warning", sentence))
        welcome.new_wanted.connect(files.new)
        welcome.open_wanted.connect(files.choose)
        welcome.template_wanted.connect(files.open_template)
        welcome.file_wanted.connect(files.open)
        welcome.back_wanted.connect(lambda: self.pages.setCurrentWidget(self.work))
        files.recent.changed.connect(self.commands.refresh_soon)
        files.recent.changed.connect(lambda: fill_recent(self.menus["recent"], files, self.commands))
        for signal in (document.changed, document.file_changed, document.undo_stack.indexChanged, theme.changed):
            signal.connect(self.commands.refresh_soon)
        self.pages.currentChanged.connect(self.commands.refresh_soon)
        document.file_changed.connect(self._show_title)
        document.changed.connect(self._on_changed)
        for menu in (self.menus["panes"], self.menus["view"]):
            menu.aboutToShow.connect(self.commands.refresh)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)
        fill_recent(self.menus["recent"], files, self.commands)

    def _join_work(self, lab: "Lab") -> None:
        for notice in (self.bench.notice, lab.notice):
            notice.connect(self.notices.tell)
        self.canvas.selection_changed.connect(self._on_selected)
        self.inspector.chip_wanted.connect(self.toprow.open_editor)
        lab.import_wanted.connect(self.imports.bring)
        for signal in (lab.state_changed, lab.runs.added, lab.runs.removed, lab.past.moved):
            signal.connect(self.commands.refresh_soon)
        lab.stepping.changed.connect(self.commands.refresh_soon)
        lab.state_changed.connect(self._on_state)
        lab.broken.connect(self._on_broken)
        self.trusting = Trusting(self)

    # --- following --------------------------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        if self._work is None:
            self.pages.setCurrentWidget(self._waiting)
            return
        # Runs belong to the experiment they trained; those of another one are not to be compared with.
        if self.lab.runs.all:
            self.lab.reset()
            self.lab.runs.clear()
        self.lab.look_at_sample(0)
        self.toprow.shut_panels()
        self.pages.setCurrentWidget(self.work)
        self.canvas.setFocus()
        # Once the canvas has its size on the page that has just come up.
        QTimer.singleShot(0, self, self.canvas.fit)

    def _on_left(self) -> None:
        if self._work is not None:
            self.toprow.shut_panels()
        self.welcome.back.setVisible(bool(self.document.experiment.model.nodes))
        self.pages.setCurrentWidget(self.welcome)
        self.welcome.examples.cards[0].setFocus()

    def _on_selected(self, ids: tuple[str, ...]) -> None:
        self.selection = tuple(ids)
        self.commands.refresh_soon()

    def _on_changed(self, old: Experiment, new: Experiment) -> None:
        if old.title != new.title:
            self._show_title()

    def _on_state(self, state: str) -> None:
        if state == "running":
            self.notices.drop_remarks()
        if state == "idle" and not self.transport.cannot_take_up():
            sentence = _("The training process is back. The run can go on from its last checkpoint.")
            self.notices.tell("info", sentence, Action(_("Go on"), self.lab.resume_lost))

    def _on_broken(self, state: protocol.State) -> None:
        self.notices.tell("error", state.text, Action(_("Show where"), self.transport.show_fault))

    def _on_system_scheme(self, _scheme: object) -> None:
        if theme.scheme == "system":
            theme.use("system")

    def _show_title(self) -> None:
        path = self.document.path
        name = path.name if path else _(self.document.experiment.title) or _("Untitled")
        self.setWindowTitle(f"{name}[*] – dllab")
        self.setWindowModified(self.document.modified)
        self.setWindowFilePath(str(path) if path else "")

    def _open_page(self, kind: type[QDialog]) -> None:
        page = next((child for child in self.findChildren(kind) if child.isVisible()), None) or kind(self)
        page.show()
        page.raise_()
        page.activateWindow()

    # --- the window itself ------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        geometry = self.settings.value("window/geometry")
        if not (isinstance(geometry, QByteArray) and self.restoreGeometry(geometry)):
            room = self.screen().availableGeometry()
            self.resize(min(_SIZE[0], room.width()), min(_SIZE[1], room.height() - 32))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._work is not None:
            self.toprow.fit(self.width())
            self.toprow.place_panels()
        self.notices.place()
        if self.command_palette.isVisible():
            self.command_palette.place()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_file(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            # Not from within the drop: whoever drags waits until it returns.
            QTimer.singleShot(0, self, lambda: self.imports.take(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.document.modified and not self._ending:
            event.ignore()
            self.files.keep_first(self._end)
            return
        event.accept()
        self._end_parts(keep=False)

    def _end(self) -> None:
        self._ending = True
        self.close()

    def end_now(self) -> None:
        """Close without a question; unsaved work waits for the next start."""
        self._end_parts(keep=True)
        self._end()

    def _end_parts(self, keep: bool) -> None:
        if self._ended:
            return
        self._ended = True
        if self._work is not None:
            self.layouts.save()
        self.settings.setValue("window/geometry", self.saveGeometry())
        self.settings.sync()
        # Gone from the screen at once; the engine may take a moment for its last checkpoint.
        self.hide()
        self.imports.close()
        self.recovered.leave()
        self.recovery.close(keep)
        if self._work is not None:
            self.lab.close()
        self.closed.emit()
