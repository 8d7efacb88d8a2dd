"""`dllab train`: a run in the terminal, the same as in the window, number for number."""

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dllab.build import custom
from dllab.checking import check
from dllab.checking.loop import loop_problems
from dllab.cli.bar import Bar, clock
from dllab.cli.reading import changed, opened
from dllab.cli.said import BadInput, answers, complain
from dllab.document.code import codes, digest
from dllab.document.experiment import Experiment
from dllab.engine.trouble import explain, explain_non_finite
from dllab.files import in_words, write_atomic
from dllab.text import _, ngettext
from dllab.training.clusters import Following
from dllab.training.metrics import SCORES
from dllab.training.run import Result, train
from dllab.training.session import Outcome, Session

_EPOCH_KEYS = ("train_loss", "val_loss", "val_accuracy", "val_r2", "cluster_ari", "cluster_nmi")


def run(options: argparse.Namespace) -> int:
    """Train to the end of the recipe, then open the sealed test part once. 1 when the numbers went wrong."""
    experiment = _asked_for(options)
    refuse_code(experiment, options)
    refuse_untrainable(experiment, options.file)
    if options.results:
        _write(options.results, [])  # a place that can't be written is better known before the training
    report = Report(experiment, options.json)
    for problem in loop_problems(experiment.training):
        complain(problem.text)
    try:
        options.interrupt.check()
        result = train(
            experiment,
            options.device,
            on_epoch=report.epoch,
            on_step=report.step,
            should_stop=lambda: options.interrupt.seen,
        )
        options.interrupt.check()
        test = result.session.open_test() if result.trouble is None else {}
    except KeyboardInterrupt:
        report.bar.close()
        raise
    except Exception as problem:
        report.bar.close()
        raise BadInput(explain(problem, None).text) from problem
    report.done(result, test)
    if options.results:
        _write(options.results, report.lines)
    if result.trouble is not None:
        complain(explain_non_finite(result.session, result.trouble).text)
        return 1
    return 0


def _asked_for(options: argparse.Namespace) -> Experiment:
    settings = list(options.settings)
    if options.epochs is not None:
        settings.append(f"training.epochs={options.epochs}")
    if options.seed is not None:
        settings.append(f"seed={options.seed}")
    return changed(opened(options.file), settings)


def refuse_code(experiment: Experiment, options: argparse.Namespace) -> None:
    """Code from a file runs only when it was asked for."""
    found = codes(experiment)
    if found and not options.trust:
        text = _("{path} holds code (in {nodes}): read it, and use --trust to run it.")
        raise BadInput(text.format(path=options.file, nodes=", ".join(found)))
    custom.trust([digest(code) for code in found.values()])


def refuse_untrainable(experiment: Experiment, path: str) -> None:
    """Raise BadInput where checking finds an error."""
    errors = [problem for problem in check(experiment).problems if problem.severity == "error"]
    if errors:
        place = errors[0].node or errors[0].name
        text = _("{path} can't be trained: {place}{problem} All problems: dllab check {path}")
        raise BadInput(text.format(path=path, place=f"{place}: " if place else "", problem=errors[0].text))


def _write(path: str, lines: list[str]) -> None:
    try:
        write_atomic(Path(path), "".join(f"{line}\n" for line in lines).encode())
    except OSError as problem:
        raise BadInput(f"{path}: {in_words(problem)}") from problem


class Report:
    """What a run tells while it goes on: a bar on a terminal, a line an epoch elsewhere, or JSON lines."""

    def __init__(self, experiment: Experiment, as_json: bool) -> None:
        self.lines: list[str] = []
        """The run as JSON lines, whatever is shown."""
        self._json = as_json
        self._epochs = experiment.training.epochs
        # With JSON on standard output the bar goes to the other stream, unless both are the same terminal.
        self._stream = sys.stderr if as_json else sys.stdout
        self._live = self._stream.isatty() and not (as_json and answers().isatty())
        self.bar = Bar(self._stream)
        self._start = 0.0
        self._scores = ""
        self._following: Following | None = None

    def step(self, session: Session, outcome: Outcome) -> None:
        """After every batch."""
        if not self._start:
            self._start = time.monotonic()  # the first batch: loading the data is over
        elif self._live and self.bar.due():
            self._draw(session, outcome.loss)

    def _draw(self, session: Session, loss: float) -> None:
        total = session.epochs * session.steps_per_epoch
        rate = (session.step - 1) / max(time.monotonic() - self._start, 1e-9)
        text = _("epoch {epoch} of {epochs} · {rate:,.0f} steps/s · {left} left · loss {loss:.3g}{scores}").format(
            epoch=min(session.epoch + 1, session.epochs),
            epochs=session.epochs,
            rate=rate,
            left=clock(max(0, total - session.step) / max(rate, 1e-9)),
            loss=loss,
            scores=self._scores,
        )
        self.bar.draw(session.step / max(total, 1), text)

    def epoch(self, result: Result) -> None:
        """After every epoch."""
        number, session = len(result.epochs), result.session
        if self._following is None:
            self._following = Following(session)
        metrics = result.epochs[-1] | self._following.scores(always=session.epoch >= session.epochs)
        self._emit({"event": "epoch", "epoch": number, **_told(metrics)})
        self._scores = "".join(f" · {words}" for words in (*_in_words(metrics, "val_"), *_of_clusters(metrics)))
        if not self._json and not self._live:
            text = _("epoch {epoch} of {epochs} · training loss {loss:.4g}{scores}")
            print(
                text.format(epoch=number, epochs=self._epochs, loss=metrics["train_loss"], scores=self._scores),
                flush=True,
            )

    def done(self, result: Result, test: Mapping[str, float]) -> None:
        """At the end."""
        if self._live and result.losses:
            self._draw(result.session, result.losses[-1])
        self.bar.close()
        steps = len(result.losses)
        rate = steps / result.seconds if result.seconds > 0 else 0.0
        facts = {"epochs": len(result.epochs), "steps": steps, "steps_per_second": round(rate, 1), "test": dict(test)}
        if result.session.update.clips:
            facts["clipped"] = result.session.update.clipped
        if result.session.precision.scaler is not None:
            facts["skipped"] = result.session.update.skipped
        clusters = self._following.scores(always=True) if self._following and result.trouble is None else {}
        facts |= clusters
        if result.trouble is None:
            self._emit({"event": "done", **facts})
        else:
            node, step = result.trouble.node, result.trouble.step
            self._emit({"event": "failed", "code": "non-finite", "step": step, "node": node, **facts})
        if self._json:
            return
        if result.reason == "early-stop":
            print(_("Stopped early: the validation loss no longer fell."))
        text = ngettext(
            "{epochs} epoch, {steps:,} steps in {time} ({rate:,.0f} steps/s).",
            "{epochs} epochs, {steps:,} steps in {time} ({rate:,.0f} steps/s).",
            len(result.epochs),
        )
        time_taken = clock(result.seconds) if result.seconds >= 60 else _("{count:.1f} s").format(count=result.seconds)
        print(text.format(epochs=len(result.epochs), steps=steps, time=time_taken, rate=rate))
        if result.session.update.clips:
            text = _("Clipping acted in {count:,} of {steps:,} steps.")
            print(text.format(count=result.session.update.clipped, steps=steps))
        if result.session.update.skipped:
            text = _("float16 left out {count:,} of {steps:,} steps, until the scale of the loss fitted.")
            print(text.format(count=result.session.update.skipped, steps=steps))
        for words in _of_clusters(clusters):
            print(_("In the end {words} with the classes.").format(words=words))
        if test:
            print(_("Test part, opened once: {scores}").format(scores=", ".join(_in_words(test, ""))))

    def _emit(self, event: Mapping[str, Any]) -> None:
        line = json.dumps(_finite(event), allow_nan=False)
        self.lines.append(line)
        if self._json:
            print(line, file=answers(), flush=True)


def _told(metrics: Mapping[str, float]) -> dict[str, float]:
    """What the line of an epoch says; scores of further Outputs have their names behind a dot."""
    further = [name for name in metrics if name.startswith(("val_accuracy.", "val_r2."))]
    return {name: metrics[name] for name in (*_EPOCH_KEYS, *further) if name in metrics}


def _in_words(metrics: Mapping[str, float], prefix: str) -> list[str]:
    """The scores of a part, for people."""
    words: dict[str, Callable[[float], str]] = {
        "loss": lambda value: _("loss {value:.4g}").format(value=value),
        "accuracy": lambda value: _("accuracy {value:.1%}").format(value=value),
        "r2": lambda value: _("R² {value:.3f}").format(value=value),
    }
    part = _("validation ") if prefix else ""
    found = [f"{part}{tell(metrics[prefix + name])}" for name, tell in words.items() if prefix + name in metrics]
    for name, value in metrics.items():
        score, dot, end = name.removeprefix(prefix).partition(".")
        if dot and score in SCORES and name.startswith(prefix):
            found.append(f"{end}: {part}{words[score](value)}")
    return found


def _of_clusters(metrics: Mapping[str, float]) -> list[str]:
    """How well clusters and classes agree, for people."""
    if "cluster_ari" not in metrics:
        return []
    text = _("clusters agree by ARI {ari:.3f}, NMI {nmi:.3f}")
    return [text.format(ari=metrics["cluster_ari"], nmi=metrics["cluster_nmi"])]


def _finite(value: Any) -> Any:
    """JSON has no NaN: a number that isn't one is null."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
