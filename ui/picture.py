"""Pictures of the real window, taken without a screen: for a server that has none, and for the README.

`python -m ui.picture FILE PICTURE` trains an experiment and keeps the window as it looks then;
`python -m ui.picture FOLDER` takes the pictures of the documentation, with `--views` one of every view, light and dark.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dllab.document.edits import set_path
from dllab.document.format import FileProblem, load
from dllab.text import _

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

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


_DIGITS = ("digits-cnn", "conv2d_2")
_BLOBS, _FLOWERS, _MOONS = ("cluster-blobs", "kmeans"), ("cluster-iris", "agglomerative"), ("cluster-moons", "dbscan")
SUBJECTS = {
    **dict.fromkeys(("curves", "activations", "confusion", "weights", "embedding", "saliency", "landscape"), _DIGITS),
    **dict.fromkeys(("gradients", "distribution", "losses", "stepper", "data"), _DIGITS),
    "health": ("digits-mlp", "linear"),
    "boundary": ("spiral-mlp", "linear"),
    "predictions": ("diabetes-linear", "linear"),
    "reconstruction": ("autoencoder-digits", "code"),
    "sampled_text": ("char-lm", "gru"),
    "attention": ("text-attention", "transformer_encoder"),
    "gates": ("adding-lstm", "lstm"),
    **dict.fromkeys(("silhouette", "cluster-steps", "cluster-sweep"), _BLOBS),
    **dict.fromkeys(("dendrogram", "profile", "contingency"), _FLOWERS),
    **dict.fromkeys(("clusters", "k_distances"), _MOONS),
}
"""Template and layer of which a view has something to show, for its picture."""
_TOO_HIGH = 2.0
"""A learning rate at which a run falls ill."""
_PRESSES = {"stepper": ("gradient",), "cluster-steps": ("next", "next", "next")}
"""Buttons of a view that are pressed before its picture is taken."""
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
        _save(session.window, picture)


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
        _save(session.window, path)
        session.lab.stop()
    return path


def of_views(folder: Path, only: Sequence[str] = ()) -> "Iterator[Path]":
    """Take a picture of every view, or of some by their ids, in light and dark, on something it has something to show of."""
    from ui.views import VIEWS

    subjects: dict[tuple[str, str], list[str]] = {}
    for view in VIEWS:
        if not only or view.id in only:
            # A view from elsewhere says by itself what it needs.
            subjects.setdefault(SUBJECTS.get(view.id, _DIGITS), []).append(view.id)
    for subject, views in subjects.items():
        yield from _of_subject(subject, views, folder)


def _of_subject(subject: tuple[str, str], views: list[str], folder: Path) -> "Iterator[Path]":
    template, node = subject
    with _session("light") as session:
        session.window.files.open_template(template)
        if "health" in views:
            # Of a healthy run there is nothing to see.
            session.document.apply(
                _("Learning rate"), partial(set_path, path="training.learning_rate", value=_TOO_HIGH)
            )
        session.start()
        session.window.layouts.use("inspect")
        session.window.canvas.select([node])
        if "gradients" in views:
            # What is measured only while somebody looks must be looked at from the start.
            session.window.layouts.show("gradients")
            _settle(session)
        _train(session)
        _wait(session, lambda: _epochs(session) >= _TRAINED or session.lab.state == "done")
        if session.lab.state != "done":
            session.lab.pause()
            _wait(session, lambda: session.lab.state in ("paused", "done"))
        # Stepping leads the selection away from the layer.
        for view_id in sorted(views, key=lambda view_id: view_id == "stepper"):
            card = _show(session, view_id)
            _press(session, view_id, card)
            for scheme in ("light", "dark"):
                session.window.use_theme(scheme)
                _settle(session)
                path = folder / f"{view_id}-{scheme}.png"
                _save(card, path)
                yield path


def _show(session: "Session", view_id: str) -> "QWidget":
    """The card as it looks in the window, once it has something to show or says why not."""
    card = next(card for card in session.window.bench.cards if card.objectName() == view_id)
    if not session.window.layouts.shown(view_id):
        # It has no place of its own in this layout, and beside all others it would be narrow.
        card.setFloating(True)
        card.resize(*_CARD)
    session.window.layouts.show(view_id)
    _settle(session)
    return card


def _press(session: "Session", view_id: str, card: "QWidget") -> None:
    """Press the button of what is made only on request, and wait for it; go to where there is something to see."""
    from ui.views.base import View
    from ui.views.requests import RequestBar

    for name in _PRESSES.get(view_id, ()):
        for view in card.findChildren(View):
            getattr(view, name).click()
        _settle(session, 0.2)
    for bar in card.findChildren(RequestBar):
        if bar.isVisible():
            bar.ask_button.click()
            _wait(session, bar.ask_button.isHidden)
            _wait(session, bar.cancel_button.isHidden)


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


def _settle(session: "Session", seconds: float = _SETTLE_S) -> None:
    end = time.monotonic() + seconds
    _wait(session, lambda: time.monotonic() > end)


def _wait(session: "Session", until: Callable[[], bool]) -> None:
    from PySide6.QtCore import QEventLoop

    end = time.monotonic() + _PATIENCE_S
    while not until():
        if time.monotonic() > end:
            raise NoPicture(_("The training did not come far enough: it is {state}.").format(state=session.lab.state))
        session.application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.002)


def _save(widget: "QWidget", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(path)):
        raise NoPicture(_("{path} could not be written.").format(path=path))


def main(arguments: list[str] | None = None) -> int:
    """Take one picture of a file, or those of the documentation."""
    parser = argparse.ArgumentParser(prog="python -m ui.picture", description=_("Takes pictures of the window."))
    parser.add_argument("source", type=Path, help=_("an experiment (*.dllab), or the folder for the documentation"))
    parser.add_argument("picture", type=Path, nargs="?", help=_("where its picture goes (*.png)"))
    parser.add_argument(
        "--views", nargs="*", metavar="VIEW", help=_("pictures of every view, or of these, into the folder")
    )
    options = parser.parse_args(arguments)
    try:
        if options.picture:
            finished(options.source, options.picture)
            print(_("A picture of the window with this run: {path}").format(path=options.picture))
        elif options.views is not None:
            for path in of_views(options.source, options.views):
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
