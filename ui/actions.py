"""Every command of the window, declared once: menus, buttons, the command palette and the shortcuts page derive from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dllab.data.own.published import DOWNLOADS
from dllab.text import N_, _
from ui.views import VIEWS
from ui.views.declared import Declaration

if TYPE_CHECKING:
    from ui.shell.window import Window

Do = Callable[["Window"], object]
Reason = Callable[["Window"], str]
"""Why a command can't be done now, as a sentence; empty when it can."""


@dataclass(frozen=True)
class Menu:
    """A menu of the menu bar, or one inside another, below the command `after`."""

    id: str
    title: str
    inside: str = ""
    after: str = ""


@dataclass(frozen=True)
class Command:
    """One thing a person can do. `text` and `tip` are marked with `N_` and translated where they are shown."""

    id: str
    menu: str
    text: str
    do: Do
    tip: str = ""
    icon: str = ""
    shortcuts: tuple[str, ...] = ()
    blocked: Reason | None = None
    checked: Callable[["Window"], bool] | None = None
    words: Callable[["Window"], str] | None = None
    """The text now, where it changes ("Undo: Add Dropout", "Pause")."""
    on_canvas: bool = False
    """Its keys count only while the canvas has the focus, because elsewhere they type or press something."""
    group: int = 0
    """A line stands in the menu between commands of different groups."""


MENUS = (
    Menu("file", N_("&File")),
    Menu("recent", N_("Open &recent"), "file", "open"),
    Menu("download", N_("&Download data"), "file", "import_folder"),
    Menu("edit", N_("&Edit")),
    Menu("align", N_("A&lign"), "edit", "arrange"),
    Menu("view", N_("&View")),
    Menu("panes", N_("&Panes"), "view", "minimap"),
    Menu("layouts", N_("&Layouts"), "view", "minimap"),
    Menu("theme", N_("&Theme"), "view", "lock"),
    Menu("run", N_("&Run")),
    Menu("walk", N_("Step &by step"), "run", "epoch"),
    Menu("help", N_("&Help")),
)


# --- when a command can't be done -----------------------------------------------------------------------------------


def _no_lab(w: "Window") -> str:
    return _("Open an experiment first.") if w.welcoming else ""


def _nothing_recent(w: "Window") -> str:
    return "" if w.files.recent.paths else _("No file has been opened yet.")


def _nothing_selected(w: "Window") -> str:
    return _no_lab(w) or ("" if w.selection else _("Nothing on the canvas is selected."))


def _not_one_selected(w: "Window") -> str:
    return _no_lab(w) or ("" if len(w.selection) == 1 else _("Select one layer first."))


def _no_group_selected(w: "Window") -> str:
    if w.welcoming:
        return _no_lab(w)
    nodes = w.canvas.scene.nodes
    groups = [i for i in w.selection if i in nodes and nodes[i].face.layers is not None]
    return "" if len(groups) == 1 else _("Select one group first: it is saved under its name.")


def _few_selected(w: "Window") -> str:
    return _no_lab(w) or ("" if len(w.selection) > 1 else _("Select two or more layers first."))


def _nothing_to_undo(w: "Window") -> str:
    return _no_lab(w) or ("" if w.document.undo_stack.canUndo() else _("Nothing has been changed yet."))


def _nothing_to_redo(w: "Window") -> str:
    return _no_lab(w) or ("" if w.document.undo_stack.canRedo() else _("Nothing has been undone."))


def _undo_words(w: "Window") -> str:
    step = w.document.undo_stack.undoText()
    return _("Undo: {step}").format(step=step) if step else _("Undo")


def _redo_words(w: "Window") -> str:
    step = w.document.undo_stack.redoText()
    return _("Redo: {step}").format(step=step) if step else _("Redo")


def _download(kind: str) -> Do:
    return lambda w: w.imports.download(kind)


# --- the commands ---------------------------------------------------------------------------------------------------

FILE = (
    Command("new", "file", N_("New experiment"), lambda w: w.files.new(), icon="file-outline",
            shortcuts=("Ctrl+N",), tip=N_("Start with an empty canvas")),
    Command("new_window", "file", N_("New window"), lambda w: w.files.new_window(), icon="dock-window",
            shortcuts=("Ctrl+Shift+N",), tip=N_("Open a second lab beside this one")),
    Command("templates", "file", N_("New from template…"), lambda w: w.files.welcome(), icon="view-grid-plus-outline",
            shortcuts=("Ctrl+Alt+N",), tip=N_("Choose a finished experiment to start from")),
    Command("open", "file", N_("Open…"), lambda w: w.files.choose(), icon="folder-open-outline",
            shortcuts=("Ctrl+O",), tip=N_("Open an experiment from a file"), group=1),
    Command("open_latest", "recent", N_("Open the newest"), lambda w: w.files.open(w.files.recent.paths[0]), icon="history",
            shortcuts=("Ctrl+R",), tip=N_("Open the file that was open last"), blocked=_nothing_recent),
    Command("clear_recent", "recent", N_("Clear the list"), lambda w: w.files.recent.clear(), icon="playlist-remove",
            shortcuts=("Ctrl+Shift+R",), tip=N_("Forget which files were open"), blocked=_nothing_recent),
    Command("import", "file", N_("Import data…"), lambda w: w.imports.choose(), icon="table-arrow-left",
            shortcuts=("Ctrl+Shift+I",), tip=N_("Bring data of your own: a table (CSV, TSV, Parquet), .npz or IDX"),
            group=1),
    Command("import_folder", "file", N_("Import folder of pictures…"), lambda w: w.imports.choose_folder(),
            icon="folder-image", tip=N_("Bring pictures of your own, those of each class in a folder"), group=1),
    *(
        Command(f"download_{found.kind}", "download", found.title, _download(found.kind), icon="cloud-download-outline",
                tip=found.about)
        for found in DOWNLOADS.values()
    ),
    Command("paint", "file", N_("Paint points…"), lambda w: w.imports.paint(), icon="brush-variant",
            tip=N_("Paint points of several classes with the mouse"), group=1),
    Command("save", "file", N_("Save"), lambda w: w.files.save(), icon="content-save-outline",
            shortcuts=("Ctrl+S",), tip=N_("Write the experiment to its file"), blocked=_no_lab, group=2),
    Command("save_as", "file", N_("Save as…"), lambda w: w.files.save_as(), icon="content-save-edit-outline",
            shortcuts=("Ctrl+Shift+S",), tip=N_("Write the experiment to another file"), blocked=_no_lab, group=2),
    Command("close", "file", N_("Close experiment"), lambda w: w.files.close(), icon="close",
            shortcuts=("Ctrl+W",), tip=N_("Leave this experiment and go to the welcome page"), blocked=_no_lab, group=3),
    Command("quit", "file", N_("Quit"), lambda w: w.close(), icon="exit-to-app",
            shortcuts=("Ctrl+Q",), tip=N_("Close the lab"), group=3),
)  # fmt: skip

EDIT = (
    Command("undo", "edit", N_("Undo"), lambda w: w.document.undo_stack.undo(), icon="undo", words=_undo_words,
            shortcuts=("Ctrl+Z",), tip=N_("Take back the last step"), blocked=_nothing_to_undo),
    Command("redo", "edit", N_("Redo"), lambda w: w.document.undo_stack.redo(), icon="redo", words=_redo_words,
            shortcuts=("Ctrl+Shift+Z", "Ctrl+Y"), tip=N_("Do again what was undone"), blocked=_nothing_to_redo),
    Command("history", "edit", N_("History"), lambda w: w.show_history(), icon="history",
            shortcuts=("Ctrl+Alt+Z",), tip=N_("See every step and go back to any of them"), blocked=_no_lab),
    Command("cut", "edit", N_("Cut"), lambda w: w.canvas.cut(), icon="content-cut", shortcuts=("Ctrl+X",),
            tip=N_("Move the selection to the clipboard"), blocked=_nothing_selected, on_canvas=True, group=1),
    Command("copy", "edit", N_("Copy"), lambda w: w.canvas.copy(), icon="content-copy", shortcuts=("Ctrl+C",),
            tip=N_("Copy the selection, as text that another window can paste"), blocked=_nothing_selected,
            on_canvas=True, group=1),
    Command("paste", "edit", N_("Paste"), lambda w: w.canvas.paste(), icon="content-paste", shortcuts=("Ctrl+V",),
            tip=N_("Insert what was copied"), blocked=_no_lab, on_canvas=True, group=1),
    Command("duplicate", "edit", N_("Duplicate"), lambda w: w.canvas.duplicate(), icon="content-duplicate",
            shortcuts=("Ctrl+D",), tip=N_("Make a second one of the selection"), blocked=_nothing_selected,
            on_canvas=True, group=1),
    Command("delete", "edit", N_("Delete"), lambda w: w.canvas.delete_selected(), icon="delete-outline",
            shortcuts=("Del", "Backspace"), tip=N_("Remove the selection; a chain stays joined"),
            blocked=_nothing_selected, on_canvas=True, group=1),
    Command("select_all", "edit", N_("Select all"), lambda w: w.canvas.select_all(), icon="select-all",
            shortcuts=("Ctrl+A",), tip=N_("Select everything on the canvas"), blocked=_no_lab, on_canvas=True, group=1),
    Command("add", "edit", N_("Add layer…"), lambda w: w.canvas.open_add_menu(), icon="plus",
            shortcuts=("Space", "Shift+A"), tip=N_("Search all layers and put one on the canvas"), blocked=_no_lab,
            on_canvas=True, group=2),
    Command("rename", "edit", N_("Rename"), lambda w: w.canvas.rename_selected(), icon="rename",
            shortcuts=("F2",), tip=N_("Give the selected layer another name"), blocked=_not_one_selected,
            on_canvas=True, group=2),
    Command("mute", "edit", N_("Mute"), lambda w: w.canvas.toggle_mute(), icon="volume-off", shortcuts=("M",),
            tip=N_("Bypass the selected layers, or take them in again"), blocked=_nothing_selected, on_canvas=True,
            group=2),
    Command("group", "edit", N_("Group"), lambda w: w.canvas.group_selected(), icon="group", shortcuts=("Ctrl+G",),
            tip=N_("Put the selected layers into a group that opens with a double-click"), blocked=_nothing_selected,
            on_canvas=True, group=3),
    Command("save_group", "edit", N_("Save group to palette"), lambda w: w.canvas.save_group(),
            icon="bookmark-plus-outline", tip=N_("Keep a copy of the selected group for other networks"),
            blocked=_no_group_selected, group=3),
    Command("ungroup", "edit", N_("Ungroup"), lambda w: w.canvas.ungroup_selected(), icon="ungroup",
            shortcuts=("Ctrl+Shift+G",), tip=N_("Put the layers of the selected group in its place"),
            blocked=_nothing_selected, on_canvas=True, group=3),
    Command("note", "edit", N_("Add note"), lambda w: w.canvas.add_note(), icon="note-text-outline", shortcuts=("N",),
            tip=N_("Write something on the canvas"), blocked=_no_lab, on_canvas=True, group=3),
    Command("frame", "edit", N_("Frame selection"), lambda w: w.canvas.frame_selection(), icon="vector-square",
            shortcuts=("F",), tip=N_("Draw a titled frame around the selection"), blocked=_nothing_selected,
            on_canvas=True, group=3),
    Command("arrange", "edit", N_("Arrange"), lambda w: w.canvas.arrange(), icon="auto-fix", shortcuts=("Ctrl+Shift+A",),
            tip=N_("Put the layers in order from left to right"), blocked=_no_lab, group=4),
    Command("align_left", "align", N_("Left edges"), lambda w: w.canvas.align("left"), icon="align-horizontal-left",
            tip=N_("Align the left edges of the selected layers"), blocked=_few_selected),
    Command("align_right", "align", N_("Right edges"), lambda w: w.canvas.align("right"), icon="align-horizontal-right",
            tip=N_("Align the right edges of the selected layers"), blocked=_few_selected),
    Command("align_top", "align", N_("Top edges"), lambda w: w.canvas.align("top"), icon="align-vertical-top",
            tip=N_("Align the top edges of the selected layers"), blocked=_few_selected),
    Command("align_bottom", "align", N_("Bottom edges"), lambda w: w.canvas.align("bottom"), icon="align-vertical-bottom",
            tip=N_("Align the bottom edges of the selected layers"), blocked=_few_selected),
)  # fmt: skip

VIEW = (
    Command("commands", "view", N_("All commands…"), lambda w: w.show_commands(), icon="magnify",
            shortcuts=("Ctrl+Shift+P",), tip=N_("Search every command and see its keys")),
    Command("zoom_in", "view", N_("Zoom in"), lambda w: w.canvas.zoom_in(), icon="magnify-plus-outline",
            shortcuts=("Ctrl++", "Ctrl+="), blocked=_no_lab, tip=N_("Make the network larger"), group=1),
    Command("zoom_out", "view", N_("Zoom out"), lambda w: w.canvas.zoom_out(), icon="magnify-minus-outline",
            shortcuts=("Ctrl+-",), blocked=_no_lab, tip=N_("Make the network smaller"), group=1),
    Command("zoom_reset", "view", N_("Actual size"), lambda w: w.canvas.zoom_reset(), icon="magnify",
            shortcuts=("Ctrl+0",), blocked=_no_lab, tip=N_("Show the network at 100 %"), group=1),
    Command("fit", "view", N_("Show all"), lambda w: w.canvas.fit(), icon="fit-to-page-outline",
            shortcuts=("Home",), blocked=_no_lab, on_canvas=True, tip=N_("Fit the whole network into the canvas"),
            group=1),
    Command("minimap", "view", N_("Overview map"), lambda w: w.toggle_minimap(), icon="map-outline", blocked=_no_lab,
            checked=lambda w: w.minimap, tip=N_("Show a small map of the network in the corner"), group=1),
    Command("pictures", "view", N_("Picture on each layer"), lambda w: w.bench.toggle_pictures(), blocked=_no_lab,
            icon="image-multiple-outline", shortcuts=("Ctrl+Shift+L",), checked=lambda w: w.bench.pictures,
            tip=N_("Show below every layer what it puts out now for the sample looked at"), group=1),
    Command("lock", "view", N_("Lock panes"), lambda w: w.layouts.toggle_lock(), icon="lock-outline",
            shortcuts=("Ctrl+Shift+F5",), blocked=_no_lab, checked=lambda w: w.layouts.locked,
            tip=N_("Keep every pane where it is"), group=3),
    Command("full_screen", "view", N_("Full screen"), lambda w: w.toggle_full_screen(), icon="fullscreen",
            shortcuts=("F11",), checked=lambda w: w.isFullScreen(), tip=N_("Use the whole screen"), group=3),
    Command("layout_build", "layouts", N_("Build"), lambda w: w.layouts.use("build"), icon="hammer-wrench",
            shortcuts=("Ctrl+1",), blocked=_no_lab, tip=N_("A large canvas and the data, for putting a network together")),
    Command("layout_train", "layouts", N_("Train"), lambda w: w.layouts.use("train"), icon="chart-line",
            shortcuts=("Ctrl+2",), blocked=_no_lab, tip=N_("Canvas and views side by side, for watching it learn")),
    Command("layout_inspect", "layouts", N_("Inspect"), lambda w: w.layouts.use("inspect"), icon="eye-outline",
            shortcuts=("Ctrl+3",), blocked=_no_lab, tip=N_("Large views, for looking inside")),
    Command("layout_step", "layouts", N_("Step by step"), lambda w: w.layouts.use("step"), icon="shoe-print",
            shortcuts=("Ctrl+4",), blocked=_no_lab,
            tip=N_("One operation of training at a time, beside the network and the curve")),
    Command("layout_reset", "layouts", N_("Reset layout"), lambda w: w.layouts.reset(), icon="restore",
            shortcuts=("Ctrl+Shift+0",), blocked=_no_lab, tip=N_("Put every pane back to where it belongs"), group=1),
    Command("theme_system", "theme", N_("System"), lambda w: w.use_theme("system"), icon="theme-light-dark",
            checked=lambda w: w.scheme == "system", tip=N_("Light or dark as the desktop says")),
    Command("theme_light", "theme", N_("Light"), lambda w: w.use_theme("light"), icon="white-balance-sunny",
            checked=lambda w: w.scheme == "light", tip=N_("Dark text on light ground")),
    Command("theme_dark", "theme", N_("Dark"), lambda w: w.use_theme("dark"), icon="weather-night",
            checked=lambda w: w.scheme == "dark", tip=N_("Light text on dark ground")),
    Command("theme_contrast", "theme", N_("High contrast"), lambda w: w.use_theme("contrast"), icon="contrast-circle",
            checked=lambda w: w.scheme == "contrast", tip=N_("White text and clear lines on black ground")),
    Command("theme_switch", "theme", N_("Switch light and dark"), lambda w: w.switch_theme(), icon="theme-light-dark",
            shortcuts=("Ctrl+Shift+T",), tip=N_("From light to dark or back"), group=1),
)  # fmt: skip

RUN = (
    Command("train", "run", N_("Train"), lambda w: w.transport.train(), icon="play", shortcuts=("F5",),
            words=lambda w: w.transport.train_words(), blocked=lambda w: w.transport.cannot_train(),
            tip=N_("Start training or clustering, pause it, or go on")),
    Command("step", "run", N_("Step"), lambda w: w.transport.step("step"), icon="debug-step-over", shortcuts=("F10",),
            blocked=lambda w: w.transport.cannot_step(), tip=N_("Train on one batch, then pause; F8 goes through it operation by operation")),
    Command("epoch", "run", N_("One epoch"), lambda w: w.transport.step("epoch"), icon="step-forward-2",
            shortcuts=("Shift+F10",), blocked=lambda w: w.transport.cannot_step(),
            tip=N_("Train once through all training samples, then pause")),
    Command("stop", "run", N_("Stop"), lambda w: w.lab.stop(), icon="stop", shortcuts=("Shift+F5",),
            blocked=lambda w: w.transport.cannot_stop(), tip=N_("End this run and keep what was learned")),
    Command("reset", "run", N_("Reset"), lambda w: w.lab.reset(), icon="restart", shortcuts=("Ctrl+F5",),
            blocked=lambda w: w.transport.cannot_reset(), tip=N_("Forget what was learned and start from random weights")),
    Command("more", "run", N_("Train 10 more epochs"), lambda w: w.lab.go_on(10), icon="fast-forward",
            blocked=lambda w: w.transport.cannot_go_on(), tip=N_("Go on with the run that has just ended"), group=1),
    Command("take_up", "run", N_("Take up the lost run"), lambda w: w.lab.resume_lost(), icon="lifebuoy",
            blocked=lambda w: w.transport.cannot_take_up(),
            tip=N_("Go on from the last checkpoint after the training process was lost"), group=1),
    Command("show_fault", "run", N_("Show where it broke"), lambda w: w.transport.show_fault(), icon="shoe-print",
            blocked=lambda w: w.transport.cannot_show_fault(),
            tip=N_("Open the operation that made the first number that is not finite, step by step"), group=1),
    Command("clear_runs", "run", N_("Clear earlier runs"), lambda w: w.lab.runs.clear_earlier(), icon="broom",
            blocked=lambda w: w.transport.no_earlier_runs(), tip=N_("Remove the curves of all runs but the last"), group=1),
    Command("open_test", "run", N_("Open the test part"), lambda w: w.lab.open_test(), icon="package-variant",
            blocked=lambda w: w.transport.cannot_open_test(),
            tip=N_("Measure the run on samples it has never seen; do it once, at the end"), group=2),
)  # fmt: skip

WALK = (
    Command("walk_next", "walk", N_("Next operation"), lambda w: w.walker.next(), icon="debug-step-into",
            shortcuts=("F8",), blocked=lambda w: w.walker.cannot(),
            tip=N_("Carry out one operation of training on one layer")),
    Command("walk_back", "walk", N_("Back one operation"), lambda w: w.walker.back(), icon="debug-step-out",
            shortcuts=("Shift+F8",), blocked=lambda w: w.walker.cannot_go_back(),
            tip=N_("Undo the last operation exactly")),
    Command("walk_slowly", "walk", N_("Run slowly"), lambda w: w.walker.run_slowly(), icon="play-speed",
            shortcuts=("Ctrl+F8",), blocked=lambda w: w.walker.cannot(), checked=lambda w: w.lab.stepping.slowly,
            tip=N_("Carry out one operation after the other, slowly enough to watch")),
    Command("walk_forward", "walk", N_("Run to the selected layer"), lambda w: w.walker.until("forward"),
            icon="arrow-right-bold-outline", blocked=lambda w: w.walker.cannot_reach("forward"),
            tip=N_("Go on until the selected layer is computed"), group=1),
    Command("walk_gradient", "walk", N_("Run to its gradient"), lambda w: w.walker.until("backward"),
            icon="arrow-left-bold-outline", blocked=lambda w: w.walker.cannot_reach("backward"),
            tip=N_("Go on until the gradient comes to the selected layer"), group=1),
    Command("walk_epoch", "walk", N_("Run to the end of the epoch"), lambda w: w.walker.until("stop"),
            icon="flag-checkered", blocked=lambda w: w.walker.cannot(),
            tip=N_("Train at full speed up to where it is decided whether training goes on"), group=1),
    Command("walk_leave", "walk", N_("Leave step by step"), lambda w: w.lab.stepping.leave(), icon="close",
            blocked=lambda w: w.walker.cannot_leave(),
            tip=N_("Show the canvas as always; the run stays paused"), group=2),
)  # fmt: skip

HELP = (
    Command("help", "help", N_("Help on the selected layer"), lambda w: w.show_help(), icon="help-circle-outline",
            shortcuts=("F1",), blocked=_not_one_selected, tip=N_("What this layer does, with its formula")),
    Command("shortcuts", "help", N_("Keyboard shortcuts"), lambda w: w.show_shortcuts(), icon="keyboard-outline",
            shortcuts=("Ctrl+F1",), tip=N_("Every key on one page")),
    Command("welcome", "help", N_("Welcome page"), lambda w: w.files.welcome(), icon="home-outline",
            tip=N_("Templates, recent files and recovered work")),
    Command("log", "help", N_("Show the log"), lambda w: w.show_log(), icon="text-box-search-outline",
            tip=N_("Open the folder with the lab's own record of what went wrong"), group=1),
    Command("about", "help", N_("About dllab"), lambda w: w.show_about(), icon="information-outline",
            tip=N_("Version, licence and what this installation uses"), group=1),
)  # fmt: skip


def _pane(pane: str, title: str, tip: str, icon: str) -> Command:
    return Command(
        f"pane_{pane}",
        "panes",
        title,
        lambda w: w.layouts.toggle(pane),
        tip=tip,
        icon=icon,
        blocked=_no_lab,
        checked=lambda w: w.layouts.shown(pane),
    )


def _view(view: Declaration) -> Command:
    made = _pane(view.id, view.title, N_("Show or hide this view"), view.icon.removeprefix("mdi6."))
    return replace(made, group=view.group)


PANES = (
    _pane("palette", N_("Layers"), N_("Show or hide the layers to choose from"), "shape-plus-outline"),
    _pane("inspector", N_("Inspector"), N_("Show or hide the settings of the selected layer"), "tune-variant"),
    _pane("outline", N_("Outline"), N_("Show or hide the network as a list"), "file-tree-outline"),
    *(_view(view) for view in sorted(VIEWS, key=lambda view: view.group)),
)

COMMANDS: tuple[Command, ...] = (*FILE, *EDIT, *VIEW, *PANES, *RUN, *WALK, *HELP)
