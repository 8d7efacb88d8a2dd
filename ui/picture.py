"""Pictures of the real window, taken without a screen: for a server that has none, and for the README.

`python -m ui.picture FILE PICTURE` trains an experiment and keeps the window as it looks then;
`python -m ui.picture FOLDER` takes the pictures of the documentation, with `--views` one of every view, light and dark.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dllab.document.format import FileProblem, load
from dllab.text import _

if TYPE_CHECKING:
    from ui.session import Session

_SIZE = (1440, 900)
_PATIENCE_S = 120.0
_SETTLE_S = 1.5
"""What the views ask for comes in its own time; a picture should show all of it."""


@dataclass(frozen=True)
class Shot:
    """A picture of the documentation: a template in training, with a layer selected."""

    name: str
    template: str
    scheme: str
    node: str
    epoch: int
    """Taken once this many epochs are over."""


SHOTS = (
    Shot("window", "digits-cnn", "light", "conv2d", 14),
    Shot("dark", "digits-cnn", "dark", "conv2d_2", 14),
    Shot("spirals", "spiral-mlp", "light", "linear", 60),
)


class NoPicture(RuntimeError):
    """The run did not come to where the picture was to be taken."""


SUBJECTS = {
    "boundary": ("spiral-mlp", "linear"),
    "predictions": ("diabetes-linear", "linear"),
    "attention": ("text-attention", "transformer_encoder"),
    "gates": ("adding-lstm", "lstm"),
}
"""Template and layer for the pictures of views that have nothing to show of the digits network."""
_SUBJECT = ("digits-cnn", "conv2d_2")
_CARD = (640, 440)
_TRAINED = 6
"""Epochs before the views are pictured."""


def finished(file: Path, picture: Path, scheme: str = "light") -> None:
    """Train the experiment in a window that nobody sees, and keep a picture of it with the finished run."""
    load(file)  # the window would ask what to do about a file it can't open, and nobody is there to answer
    with _session(scheme) as session:
        session.start(file)
        _train(session)
        _wait(session, lambda: session.lab.state in ("done", "failed", "non-finite"))
        _settle(session)
        _save(session, picture)


def in_training(shot: Shot, folder: Path) -> Path:
    """Take one picture of the documentation."""
    path = folder / f"{shot.name}.png"
    with _session(shot.scheme) as session:
        session.window.files.open_template(shot.template)
        session.start()
        session.window.canvas.select([shot.node])
        _train(session)
        _wait(session, lambda: _epochs(session) >= shot.epoch)
        # Halted while the pictures are drawn, and shown as running again: the numbers belong together.
        session.lab.pause()
        _wait(session, lambda: session.lab.state == "paused")
        _settle(session)
        session.lab.resume()
        _wait(session, lambda: session.lab.state == "running")
        _save(session, path)
        session.lab.stop()
    return path


def of_views(folder: Path) -> "Iterator[Path]":
    """Take a picture of every view in light and dark, on a network of which it has something to show."""
    from ui.views import VIEWS

    subjects: dict[tuple[str, str], list[str]] = {}
    for view in VIEWS:
        subjects.setdefault(SUBJECTS.get(view.id, _SUBJECT), []).append(view.id)
    for (template, node), views in subjects.items():
        with _session("light") as session:
            session.window.files.open_template(template)
            session.start()
            session.window.layouts.use("inspect")
            session.window.canvas.select([node])
            if "gradients" in views:
                # What is measured only while somebody looks must be looked at from the start.
                session.window.layouts.show("gradients")
            _train(session)
            _wait(session, lambda: _epochs(session) >= _TRAINED or session.lab.state == "done")
            session.lab.pause()
            _wait(session, lambda: session.lab.state in ("paused", "done"))
            # Stepping leads the selection away from the layer.
            for view_id in sorted(views, key=lambda view_id: view_id == "stepper"):
                for scheme in ("light", "dark"):
                    session.window.use_theme(scheme)
                    yield _of_view(session, view_id, folder / f"{view_id}-{scheme}.png")


def _of_view(session: "Session", view_id: str, path: Path) -> Path:
    """A card as it looks in the window, once it has something to show or says why not."""
    card = next(card for card in session.window.bench.cards if card.objectName() == view_id)
    if not session.window.layouts.shown(view_id):
        # It has no place of its own in this layout, and beside all others it would be narrow.
        card.setFloating(True)
        card.resize(*_CARD)
    session.window.layouts.show(view_id)
    if view_id == "stepper" and session.lab.state == "paused":
        session.lab.walk("next")
    _settle(session)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not card.grab().save(str(path)):
        raise NoPicture(_("{path} could not be written.").format(path=path))
    return path


@contextmanager
def _session(scheme: str) -> "Iterator[Session]":
    """A window of its own that leaves no trace in the person's settings."""
    with tempfile.TemporaryDirectory(prefix="dllab-") as home:
        os.environ.update(DLLAB_HOME=home, QT_QPA_PLATFORM="offscreen", QT_API="pyside6")
        from ui.session import Session

        session = Session("en", scheme)
        session.window.resize(*_SIZE)
        try:
            yield session
        finally:
            session.window.end_now()
            session.application.processEvents()


def _train(session: "Session") -> None:
    _wait(session, lambda: session.lab.state == "idle")
    problems = [problem.text for problem in session.document.check.problems if problem.severity == "error"]
    if problems:
        raise NoPicture(problems[0])
    session.lab.train()


def _epochs(session: "Session") -> int:
    run = session.lab.runs.current
    return run.progress.epoch if run is not None and run.progress is not None else 0


def _settle(session: "Session") -> None:
    end = time.monotonic() + _SETTLE_S
    _wait(session, lambda: time.monotonic() > end)


def _wait(session: "Session", until: Callable[[], bool]) -> None:
    from PySide6.QtCore import QEventLoop

    end = time.monotonic() + _PATIENCE_S
    while not until():
        if time.monotonic() > end:
            raise NoPicture(_("The training did not come far enough: it is {state}.").format(state=session.lab.state))
        session.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


def _save(session: "Session", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not session.window.grab().save(str(path)):
        raise NoPicture(_("{path} could not be written.").format(path=path))


def main(arguments: list[str] | None = None) -> int:
    """Take one picture of a file, or those of the documentation."""
    parser = argparse.ArgumentParser(prog="python -m ui.picture", description=_("Takes pictures of the window."))
    parser.add_argument("source", type=Path, help=_("an experiment (*.dllab), or the folder for the documentation"))
    parser.add_argument("picture", type=Path, nargs="?", help=_("where its picture goes (*.png)"))
    parser.add_argument("--views", action="store_true", help=_("pictures of every view, into the folder"))
    options = parser.parse_args(arguments)
    try:
        if options.picture:
            finished(options.source, options.picture)
            print(_("A picture of the window with this run: {path}").format(path=options.picture))
        elif options.views:
            for path in of_views(options.source):
                print(path)
        else:
            for shot in SHOTS:
                print(in_training(shot, options.source))
    except (ImportError, NoPicture, OSError, FileProblem) as problem:
        print(_("No picture could be taken: {reason}").format(reason=problem), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
