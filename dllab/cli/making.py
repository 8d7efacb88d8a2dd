"""`dllab new`: an experiment file from a template."""

import argparse
from pathlib import Path

from dllab.cli.said import BadInput
from dllab.document.format import save
from dllab.files import in_words
from dllab.templates import TEMPLATES, load_template
from dllab.text import _


def run(options: argparse.Namespace) -> int:
    """Write the file and say what to do with it."""
    known = [template.id for template in TEMPLATES]
    if options.template not in known:
        text = _("there is no template {name}; there are {names}")
        raise BadInput(text.format(name=options.template, names=", ".join(known)))
    path = Path(options.output)
    try:
        if path.exists() and path.stat().st_size and not options.force:
            raise BadInput(_("{path} is there already; --force writes over it").format(path=path))
        save(load_template(options.template), path)
    except OSError as problem:
        raise BadInput(f"{path}: {in_words(problem)}") from problem
    except ValueError as problem:
        raise BadInput(f"{path}: {problem}") from problem
    print(_("Wrote {path}. Train it with: dllab train {path}").format(path=path))
    return 0
