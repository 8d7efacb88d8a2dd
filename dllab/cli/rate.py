"""`dllab lr`: the loss while the learning rate grows, and a rate that would do."""

import argparse
import math

from dllab.cli.reading import opened
from dllab.cli.said import BadInput, print_line
from dllab.cli.training import refuse_code, refuse_untrainable
from dllab.engine.trouble import explain
from dllab.text import _, show
from dllab.training.rate_test import Point, suggested, sweep


def run(options: argparse.Namespace) -> int:
    """Print a line a step, then the suggestion. 1 when the loss never falls."""
    if not 0 < options.lowest < options.highest < math.inf:
        raise BadInput(_("--from must be more than 0 and less than --to."))
    experiment = opened(options.file)
    refuse_code(experiment, options)
    refuse_untrainable(experiment, options.file)
    points: list[Point] = []
    steps = max(10, options.steps)
    try:
        going = sweep(
            experiment, options.device, options.lowest, options.highest, steps, lambda: options.interrupt.seen
        )
        for point in going:
            points.append(point)
            if options.json:
                print_line({"event": "point", "rate": point.rate, "loss": point.loss, "smooth": point.smooth})
            else:
                text = _("learning rate {rate} · loss {loss} · smoothed {smooth}")
                print(text.format(rate=show(point.rate), loss=show(point.loss), smooth=show(point.smooth)))
    except Exception as problem:
        raise BadInput(explain(problem, None).text) from problem
    options.interrupt.check()
    rate = suggested(points)
    if options.json:
        print_line({"event": "done", "suggestion": rate})
    elif rate is None:
        print(_("The loss hardly falls at any of these rates: look at the data, the loss and the network first."))
    else:
        print(_("Suggestion: {rate}, where the loss falls fastest.").format(rate=show(rate)))
    return 0 if rate is not None else 1
