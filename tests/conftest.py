"""Where tests run: without a screen unless one is asked for, and with a home folder that is thrown away."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QT_API"] = "pyside6"
# Two engines and two test processes on two cores: more threads only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, recovery copies, logs and runs of this test alone."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DLLAB_HOME", str(folder))
    return folder
