"""A machine without a screen still gets a picture of the window with its run in it."""

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QColor, QImage

from dllab.document.format import save
from dllab.templates import load_template
from ui.picture import SUBJECTS
from ui.shell.theme import DARK, LIGHT
from ui.views import VIEWS


def picture(*arguments: str) -> subprocess.CompletedProcess[str]:
    without_screen = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-m", "ui.picture", *arguments],
        capture_output=True,
        text=True,
        timeout=110,
        env=without_screen,
    )


def test_the_window_with_the_finished_run_becomes_a_picture(tmp_path: Path) -> None:
    experiment = load_template("xor-mlp")
    save(experiment, tmp_path / "xor.dllab")
    done = picture(str(tmp_path / "xor.dllab"), str(tmp_path / "pictures" / "xor.png"))
    assert done.returncode == 0, done.stderr
    assert "xor.png" in done.stdout
    image = QImage(str(tmp_path / "pictures" / "xor.png"))
    assert (image.width(), image.height()) == (1440, 900)
    # The curve is drawn in its own colour below the canvas: without a run there is none.
    curves = image.copy(0, 620, 440, 220)
    blue = QColor(LIGHT.train)
    pixels = (curves.pixelColor(x, y) for x in range(curves.width()) for y in range(40, curves.height()))
    assert sum(abs(p.red() - blue.red()) + abs(p.green() - blue.green()) < 40 for p in pixels) > 50


def test_every_view_has_something_to_be_pictured_on() -> None:
    assert set(SUBJECTS) == {view.id for view in VIEWS}
    for template, node in SUBJECTS.values():
        assert node in load_template(template).model.nodes


def test_views_are_pictured_in_light_and_dark_and_what_is_made_on_request_is_made(tmp_path: Path) -> None:
    done = picture(str(tmp_path), "--views", "silhouette", "cluster-sweep")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{view}-{scheme}.png" for view in ("cluster-sweep", "silhouette") for scheme in ("dark", "light")
    ]
    for view in ("silhouette", "cluster-sweep"):
        for scheme, tokens in (("light", LIGHT), ("dark", DARK)):
            image = QImage(str(tmp_path / f"{view}-{scheme}.png"))
            ground = QColor(tokens.surface)
            inner = image.copy(20, 60, image.width() - 40, image.height() - 80)
            places = [(x, y) for x in range(0, inner.width(), 2) for y in range(0, inner.height(), 2)]
            empty = sum(inner.pixelColor(x, y) == ground for x, y in places) / len(places)
            # One sentence in an empty frame would cover less than a hundredth.
            assert 0.3 < empty < 0.98, (view, scheme)


def test_a_run_that_can_not_be_says_so_in_one_line(tmp_path: Path) -> None:
    done = picture(str(tmp_path / "nosuch.dllab"), str(tmp_path / "x.png"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "x.png").exists()
