"""The command line: the laboratory without a window. Only `train`, `step` and `probe` load torch."""

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence

from dllab.cli.interrupt import Interrupt
from dllab.cli.parser import parser
from dllab.cli.said import BadInput, answers, complain, only_answers
from dllab.text import _, set_language

__all__ = ["main"]

# Loaded when asked for: `doctor` must run where nothing is installed yet, and torch takes a second or two.
_MODULES = {
    "doctor": "dllab.doctor",
    "templates": "dllab.cli.listing",
    "layers": "dllab.cli.listing",
    "datasets": "dllab.cli.listing",
    "new": "dllab.cli.making",
    "import": "dllab.cli.importing",
    "check": "dllab.cli.looking",
    "train": "dllab.cli.training",
    "cluster": "dllab.cli.clustering",
    "step": "dllab.cli.stepping",
    "probe": "dllab.cli.probing",
    "lr": "dllab.cli.rate",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. 0: done; 1: looked, and something is wrong; 2: could not do what was asked; 130: interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that lacks a character shows a question mark rather than a traceback.
            stream.reconfigure(errors="replace")
    if "DLLAB_LANGUAGE" in os.environ:
        set_language(os.environ["DLLAB_LANGUAGE"])
    try:
        options = parser().parse_args(arguments)
        alone = only_answers() if getattr(options, "json", False) else contextlib.nullcontext()
        with Interrupt() as options.interrupt, alone:
            code: int = importlib.import_module(_MODULES[options.command]).run(options)
            answers().flush()
            options.interrupt.check()
        return code
    except BadInput as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        complain(_("Stopped."))
        return 130
    except BrokenPipeError:
        # The reader (head, less) has gone. Python must not find a closed stream again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
