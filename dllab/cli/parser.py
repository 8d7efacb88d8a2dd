"""What can be typed. Standard library only, so that `dllab doctor` works where nothing else does."""

import argparse
from typing import NoReturn

from dllab import __version__, doctor
from dllab.text import _


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"dllab: {message} ({_('see')}: {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    result = Parser(
        prog="dllab",
        description=_("A laboratory for learning deep learning, without its window. The window: python main.py"),
        allow_abbrev=False,
    )
    result.add_argument("--version", action="version", version=f"dllab {__version__}")
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, help_text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=help_text, description=help_text, allow_abbrev=False)

    doctor.add_arguments(command("doctor", _("Look whether this machine has what the lab needs")))
    for name, text in (
        ("templates", _("List the experiments to start from")),
        ("layers", _("List the layers with their parameters")),
        ("datasets", _("List the data with its parameters")),
    ):
        _json_option(command(name, text))

    new = command("new", _("Make an experiment file from a template"))
    new.add_argument("template", metavar="TEMPLATE", help=_("one of: dllab templates"))
    new.add_argument("-o", "--output", metavar="FILE", required=True, help=_("file to write (*.dllab)"))
    new.add_argument("--force", action="store_true", help=_("write over a file that is there"))

    _import_options(
        command("import", _("Bring your own data into the lab: a table, a folder of pictures, .npz or IDX"))
    )

    check = command("check", _("Show shapes, parameters and problems; exit code 1 if it can't train"))
    check.add_argument("file", metavar="FILE")
    _json_option(check)
    _training_options(command("train", _("Train an experiment, then open the sealed test part once")))
    _cluster_options(command("cluster", _("Carry out the clusterings of an experiment")))
    _stepping_options(
        command("step", _("Walk through training one operation at a time: forward, loss, backward, update"))
    )
    _rate_options(command("lr", _("Let the learning rate grow from step to step and suggest one")))
    _probing_options(command("probe", _("Write what a view shows, as arrays")))
    return result


def _rate_options(rate: argparse.ArgumentParser) -> None:
    rate.add_argument("file", metavar="FILE")
    rate.add_argument("--from", type=float, default=1e-6, metavar="R", dest="lowest", help=_("the first rate"))
    rate.add_argument("--to", type=float, default=10.0, metavar="R", dest="highest", help=_("the last rate"))
    rate.add_argument("--steps", type=int, default=120, metavar="N", help=_("how many steps from the one to the other"))
    rate.add_argument("--device", default="auto", metavar="D", help=_("auto, cpu, cuda, cuda:1 or mps"))
    rate.add_argument("--trust", action="store_true", help=_("run the code of custom layers that the file holds"))
    _json_option(rate)


def _cluster_options(cluster: argparse.ArgumentParser) -> None:
    cluster.add_argument("file", metavar="FILE")
    cluster.add_argument(
        "--algorithm", default="", metavar="A", help=_("another algorithm: kmeans, dbscan, hdbscan, …")
    )
    cluster.add_argument("--device", default="auto", metavar="D", help=_("auto, cpu, cuda, cuda:1 or mps"))
    cluster.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help=_("a parameter of the clustering (eps=0.3), or anything in the file by its path (data.samples=1000)"),
    )  # fmt: skip
    _json_option(cluster)


def _json_option(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help=_("print JSON"))


def _import_options(bring: argparse.ArgumentParser) -> None:
    bring.add_argument("file", metavar="FILE", nargs="?", default="")
    bring.add_argument("-o", "--output", metavar="FILE", help=_("write a new experiment with this data (*.dllab)"))
    bring.add_argument("--into", metavar="FILE", help=_("let this experiment use the data"))
    bring.add_argument("--force", action="store_true", help=_("write over a file that is there"))
    bring.add_argument(
        "--as", default="", dest="way", choices=("table", "series", "sentences", "text", "images", "sequences", "tokens", "arrays"),
        help=_("what the file is taken for; else it is guessed. series: rows in time; tokens: sequences of indices"),
    )  # fmt: skip
    bring.add_argument("--target", default="", metavar="COLUMN", help=_("the column to predict; else it is guessed"))
    bring.add_argument("--no-target", action="store_true", help=_("nothing is to be predicted: only cluster"))
    bring.add_argument(
        "--type", action="append", default=[], metavar="COLUMN=TYPE", dest="types",
        help=_("what a column is: number, category, date, text or ignore"),
    )  # fmt: skip
    bring.add_argument(
        "--missing", default="", choices=("drop", "mean", "most_frequent"),
        help=_("rows with missing values: leave them out, or put something in"),
    )  # fmt: skip
    bring.add_argument("--encoding", default="", choices=("utf-8-sig", "utf-16", "gb18030", "cp1252"),
                       help=_("how the text is written; else it is guessed"))  # fmt: skip
    bring.add_argument("--delimiter", default="", choices=(",", ";", "\t", "tab", "|"), help=_("what parts the cells"))
    bring.add_argument("--decimal", default="", choices=(".", ","), help=_("what stands before the decimals"))
    bring.add_argument("--header", default="", choices=("yes", "no"), help=_("whether the first row holds names"))
    _cutting_options(bring)
    bring.add_argument("--side", type=int, metavar="PIXELS", help=_("pictures: make all of them this wide and high"))
    bring.add_argument("--colour", default="", choices=("rgb", "grey"), help=_("pictures: with or without colours"))
    bring.add_argument(
        "--download", default="", choices=("mnist", "fashion_mnist", "cifar10"),
        help=_("fetch well-known pictures from the internet instead of reading a file"),
    )  # fmt: skip
    bring.add_argument("--from", default="", metavar="URL", dest="base", help=_("fetch them from this server"))
    bring.add_argument("--content", default="", metavar="ID", help=_("use what was imported before, by its content"))
    _json_option(bring)


def _cutting_options(bring: argparse.ArgumentParser) -> None:
    bring.add_argument("--unit", choices=("character", "word"), help=_("text: what it is made of"))
    bring.add_argument("--small", choices=("yes", "no"), help=_("text: make capital letters small"))
    bring.add_argument("--vocabulary", type=int, default=0, metavar="N",
                       help=_("text, sentences: how many different characters or words are known"))  # fmt: skip
    bring.add_argument("--window", type=int, default=0, metavar="N", help=_("text and series: steps in a sample"))
    bring.add_argument("--stride", type=int, default=0, metavar="N",
                       help=_("text: steps from one sample to the next"))  # fmt: skip
    bring.add_argument("--words", default="", metavar="COLUMN", help=_("sentences: the column that is read"))
    bring.add_argument("--length", type=int, default=0, metavar="N", help=_("sentences: words in a sample"))
    bring.add_argument("--horizon", type=int, default=0, metavar="N",
                       help=_("series: how many rows ahead the forecast lies"))  # fmt: skip


def _training_options(train: argparse.ArgumentParser) -> None:
    train.add_argument("file", metavar="FILE")
    train.add_argument("--epochs", type=int, metavar="N", help=_("how many epochs, instead of the file's"))
    train.add_argument("--seed", type=int, metavar="S", help=_("the seed, instead of the file's"))
    train.add_argument("--device", default="auto", metavar="D", help=_("auto, cpu, cuda, cuda:1 or mps"))
    train.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", dest="settings",
        help=_("change anything in the file: training.learning_rate=0.01, model.nodes.NAME.features=64"),
    )  # fmt: skip
    train.add_argument("--trust", action="store_true", help=_("run the code of custom layers that the file holds"))
    train.add_argument("--json", action="store_true", help=_("print one JSON object a line"))
    train.add_argument("--results", metavar="FILE", help=_("also write the JSON lines to this file"))


def _stepping_options(step: argparse.ArgumentParser) -> None:
    step.add_argument("file", metavar="FILE")
    step.add_argument("--batches", type=int, default=1, metavar="K", help=_("how many batches; else one"))
    step.add_argument("--seed", type=int, metavar="S", help=_("the seed, instead of the file's"))
    step.add_argument("--trust", action="store_true", help=_("run the code of custom layers that the file holds"))
    step.add_argument("-o", "--output", metavar="OUT.npz", help=_("write all arrays, named batch/phase/node/array"))
    step.add_argument("--json", action="store_true", help=_("print one JSON object an operation"))


def _probing_options(probe: argparse.ArgumentParser) -> None:
    probe.add_argument("file", metavar="FILE")
    what = probe.add_mutually_exclusive_group(required=True)
    what.add_argument("--what", metavar="NAME", help=_("what to look at; one of --list"))
    what.add_argument("--list", action="store_true", help=_("say what can be looked at here, and why the rest can't"))
    probe.add_argument("--node", default="", metavar="N", help=_("the layer; else the first with something to show"))
    probe.add_argument("--sample", type=int, default=0, metavar="I", help=_("position in the validation part"))
    probe.add_argument("--epochs", type=int, metavar="E", help=_("train so long before; else not at all"))
    probe.add_argument("--seed", type=int, metavar="S", help=_("the seed, instead of the file's"))
    probe.add_argument("--trust", action="store_true", help=_("run the code of custom layers that the file holds"))
    probe.add_argument("-o", "--output", metavar="OUT.npz", help=_("file to write"))
