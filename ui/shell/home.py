"""Where the window keeps what is its own: settings, recovery copies, the log, runs, saved groups."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
from PySide6.QtCore import QSettings

APPLICATION = "dllab"


def folder(name: str) -> Path:
    """The folder for "recovery", "logs", "runs" or "groups", made if it is not there.

    `DLLAB_HOME` puts all of them in one place.
    """
    own = os.environ.get("DLLAB_HOME")
    places: dict[str, Callable[..., Path]] = {
        "settings": platformdirs.user_config_path,
        "recovery": platformdirs.user_state_path,
        "logs": platformdirs.user_log_path,
        "runs": platformdirs.user_data_path,
        "groups": platformdirs.user_data_path,
    }
    path = Path(own) / name if own else places[name](APPLICATION, appauthor=False) / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def settings() -> QSettings:
    """The window's settings, in a file that people can read."""
    return QSettings(str(folder("settings") / "settings.ini"), QSettings.Format.IniFormat)


def resource(name: str) -> Path:
    """A folder or file that comes with the lab: beside the packages in the sources, a package of its own once installed."""
    root = Path(__file__).resolve().parents[2]
    installed = root / "dllab_resources"
    return (installed if installed.is_dir() else root / "resources") / name
