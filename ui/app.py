"""Starts the window: looks whether one can open here, then hands over to the session.

Nothing of Qt is imported before that look, because Qt ends the process where it can't work.
"""

import argparse
import os
import sys
from pathlib import Path

from dllab.doctor import preflight
from dllab.text import LANGUAGES, PSEUDO, _, set_language


def main(argv: list[str]) -> int:
    """Open the window and stay until it closes; returns the exit code."""
    options = _parser().parse_args(argv[1:])
    if options.language:
        set_language(options.language)
    problems = preflight()
    if problems:
        print(problems[0], file=sys.stderr)  # noqa: T201
        return 1
    os.environ["QT_API"] = "pyside6"
    from ui.session import run

    return run(options.file, options.language, options.theme)


def start() -> None:
    """Entry point of the installed program."""
    sys.exit(main(sys.argv))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dllab-window", description=_("Opens the lab's window."))
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("an experiment to open (*.dllab)"))
    parser.add_argument("--language", choices=[*LANGUAGES, PSEUDO], help=_("language of the window"))
    parser.add_argument("--theme", choices=["system", "light", "dark", "contrast"], help=_("colours of the window"))
    return parser


if __name__ == "__main__":
    start()
