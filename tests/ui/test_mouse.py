"""The real mouse on a real X display: a layer goes from the palette to the canvas of `python main.py`."""

import ctypes.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from canvas_stage import chain
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from dllab.document.format import load, save
from ui.document import Document
from ui.shell.window import Window

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.screen


def missing() -> str:
    """Why there is no display to be had here."""
    tools = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    libraries = [name for name in ("xcb-cursor", "xkbcommon-x11") if ctypes.util.find_library(name) is None]
    return f"not installed: {', '.join(tools + libraries)}" if tools + libraries else ""


def wait_until(what: str, true: Callable[[], object], seconds: float = 30.0) -> object:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)
    return found


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> "Iterator[subprocess.Popen[bytes]]":
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def display() -> Iterator[str]:
    """A display of its own, on a number that the server finds free."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp"]
    with ended(subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)):
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"


class Hand:
    """xdotool on one display."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment

    def __call__(self, *words: object) -> str:
        done = subprocess.run(
            ["xdotool", *map(str, words)], env=self._environment, capture_output=True, text=True, timeout=20
        )
        return done.stdout.strip()

    def drag(self, start: tuple[int, int], end: tuple[int, int], steps: int = 12) -> None:
        """Press, move in steps as a hand does, release."""
        self("mousemove", *start)
        self("mousedown", 1)
        for step in range(1, steps + 1):
            place = [round(a + (b - a) * step / steps) for a, b in zip(start, end, strict=True)]
            self("mousemove", *place)
            time.sleep(0.02)
        time.sleep(0.2)
        self("mouseup", 1)


def places(make_window: Callable[..., Window], document: Document, size: tuple[int, int]) -> dict[str, QPoint]:
    """Where things are in a window of this size: a twin without a screen tells."""
    twin = make_window(document, size)
    palette = twin.bench.palette_
    field = palette.field.mapTo(twin, palette.field.rect().center())
    palette.field.setText("dropout")
    QApplication.processEvents()
    chip = next(c for c in palette.shelf.chips if c.entry.kind == "dropout")
    view = twin.canvas.view
    wire = next(w for link, w in twin.canvas.scene.wires.items() if link.source == "relu")
    return {
        "field": field,
        "chip": chip.mapTo(twin, chip.rect().center()),
        "wire": view.viewport().mapTo(twin, view.to_view(wire.points[len(wire.points) // 2])),
    }


def test_a_layer_moves_from_the_palette_into_a_wire_with_the_real_mouse(
    display: str, home: Path, tmp_path: Path, make_window: Callable[..., Window]
) -> None:
    file = tmp_path / "mine.dllab"
    save(chain(), file)
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "DLLAB_HOME": str(home)}
    hand = Hand(environment)
    command = [sys.executable, "main.py", str(file), "--theme", "light"]
    with ended(subprocess.Popen(command, cwd=ROOT, env=environment)) as lab:
        window = str(wait_until("the window", lambda: hand("search", "--onlyvisible", "--name", "mine.dllab")))
        shell = dict(line.split("=") for line in hand("getwindowgeometry", "--shell", window).splitlines())
        left, top, width, height = (int(shell[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))
        document = Document()
        document.open(chain(), file)
        at = {name: (left + p.x(), top + p.y()) for name, p in places(make_window, document, (width, height)).items()}

        recovery = home / "recovery"
        wait_until("the engine", lambda: b"dllab.engine" in subprocess.check_output(["ps", "-eo", "args"]))
        hand("windowfocus", "--sync", window)
        hand("mousemove", *at["field"], "click", 1)
        hand("type", "dropout")
        hand.drag(at["chip"], at["wire"])
        copies = wait_until(
            "the recovery copy", lambda: [f for f in recovery.glob("*.recovery") if "dropout_2" in f.read_text()]
        )
        assert copies
        assert load(file).experiment == chain(), "dragging saves nothing by itself"

        hand("key", "ctrl+s")
        wait_until("the file", lambda: load(file).experiment != chain())
        saved = load(file).experiment.model
        assert {str(link) for link in saved.links} >= {"relu.out -> dropout_2.in", "dropout_2.out -> linear.in"}

        hand("key", "ctrl+z", "ctrl+s")
        wait_until("the undone file", lambda: load(file).experiment == chain())
        hand("key", "ctrl+q")
        assert lab.wait(20) == 0
