"""Experiments to start from: each one a file that anybody can open, change and save elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dllab.document.experiment import Experiment
from dllab.document.format import SUFFIX, load
from dllab.text import N_

FAMILIES: Mapping[str, str] = {
    "image": N_("Pictures"),
    "points": N_("Points in the plane, curves"),
    "table": N_("Tables"),
    "sequence": N_("Sequences"),
    "text": N_("Words"),
    "cluster": N_("Clusters"),
}


@dataclass(frozen=True)
class Template:
    """What a person chooses from; title and sentence are marked, show them as `_(…)`."""

    id: str
    title: str
    sentence: str
    family: str
    """Of its data, or what it is made for: a key of FAMILIES."""


TEMPLATES: tuple[Template, ...] = (
    Template(
        "digits-cnn",
        N_("Digits, convolutional network"),
        N_("Handwriting read by two layers of small learned kernels: the classic of deep learning."),
        "image",
    ),
    Template(
        "digits-mlp",
        N_("Digits, multilayer perceptron"),
        N_("The same digits as a plain row of 64 numbers, through one hidden layer."),
        "image",
    ),
    Template(
        "digits-softmax",
        N_("Digits, softmax regression"),
        N_("The simplest classifier there is: one weight for each pixel and class."),
        "image",
    ),
    Template(
        "lenet-digits",
        N_("Digits, LeNet"),
        N_("The network that read cheques in 1998, made a little smaller: two convolutions, then three full layers."),
        "image",
    ),
    Template(
        "resnet-digits",
        N_("Digits, residual network"),
        N_("Two blocks with a wire that skips them: each only learns what is still missing."),
        "image",
    ),
    Template(
        "vit-digits",
        N_("Digits, vision transformer"),
        N_("A picture cut into 16 patches that ask each other what they see."),
        "image",
    ),
    Template(
        "autoencoder-digits",
        N_("Digits, autoencoder"),
        N_("Each digit squeezed through eight numbers and drawn again: what is left out was not worth keeping."),
        "image",
    ),
    Template(
        "vae-digits",
        N_("Digits, variational autoencoder"),
        N_(
            "A code of four numbers with a spread each, held near a normal distribution: one loss pulls against another."
        ),
        "image",
    ),
    Template(
        "digits-softmax-shapes",
        N_("Digits in colour, softmax regression"),
        N_("Three channels of 64 pixels: 192 weights for each class and an offset, 1,930 numbers in all."),
        "image",
    ),
    Template(
        "moons-mlp",
        N_("Moons, multilayer perceptron"),
        N_("Two crescents of points and a boundary that learns to bend between them."),
        "points",
    ),
    Template(
        "spiral-mlp",
        N_("Spirals, multilayer perceptron"),
        N_("Two arms wound around each other: the hardest pattern in the plane."),
        "points",
    ),
    Template(
        "circles-mlp",
        N_("Circles, multilayer perceptron"),
        N_("A ring inside a ring: the boundary has to close."),
        "points",
    ),
    Template(
        "xor-mlp",
        N_("XOR, multilayer perceptron"),
        N_("Four corners that no straight line can divide: why hidden layers are needed."),
        "points",
    ),
    Template(
        "sine-mlp",
        N_("Sine wave, multilayer perceptron"),
        N_("A curve that bends until it follows the points: regression."),
        "points",
    ),
    Template(
        "iris-softmax",
        N_("Iris, softmax regression"),
        N_("Three species of flowers told apart by four lengths."),
        "table",
    ),
    Template(
        "wine-mlp",
        N_("Wine, multilayer perceptron"),
        N_("Three cultivars told apart by 13 measurements on very different scales."),
        "table",
    ),
    Template(
        "breast-cancer-logistic",
        N_("Breast cancer, logistic regression"),
        N_("A yes-or-no question answered by one score and one threshold."),
        "table",
    ),
    Template(
        "diabetes-linear",
        N_("Diabetes, linear regression"),
        N_("A number predicted as a weighted sum of ten measurements."),
        "table",
    ),
    Template(
        "house-price-mlp",
        N_("House prices, multilayer perceptron"),
        N_("Area, rooms, floor and age of homes in a made-up town: a curve that a line misses."),
        "table",
    ),
    Template(
        "adding-rnn",
        N_("Adding problem, RNN"),
        N_("Two marked numbers to add, up to 50 steps back: what a plain recurrent network can't remember."),
        "sequence",
    ),
    Template(
        "adding-lstm",
        N_("Adding problem, LSTM"),
        N_("The same sum by a memory that gates open and close."),
        "sequence",
    ),
    Template(
        "adding-gru",
        N_("Adding problem, GRU"),
        N_("The same sum by a memory with two gates."),
        "sequence",
    ),
    Template(
        "forecast-lstm",
        N_("Mixed waves, LSTM"),
        N_("A series that can be foretold, and how much better than saying that nothing changes."),
        "sequence",
    ),
    Template(
        "random-walk-lstm",
        N_("Random walk, LSTM"),
        N_("A series that can't be foretold, as prices nearly can't: no network beats saying that nothing changes."),
        "sequence",
    ),
    Template(
        "copy-attention",
        N_("Copy, attention"),
        N_("Symbols held over a pause: every step looks up the one it has to repeat."),
        "sequence",
    ),
    Template(
        "reverse-attention",
        N_("Reverse, attention"),
        N_("Symbols turned round: solved by places, hopeless without them."),
        "sequence",
    ),
    Template(
        "seq2seq-gru",
        N_("Reverse, sequence to sequence, GRU"),
        N_("One network reads a word to its end, another says it backwards from that one state."),
        "sequence",
    ),
    Template(
        "char-lm",
        N_("Verse, letter by letter, GRU"),
        N_("Which letter comes next? A language model as small as can be."),
        "text",
    ),
    Template(
        "text-gru",
        N_("Opinions, GRU"),
        N_('Sentences that praise or complain, where "not" turns everything round.'),
        "text",
    ),
    Template(
        "text-attention",
        N_("Opinions, attention"),
        N_("The same sentences by two transformer blocks."),
        "text",
    ),
    Template(
        "recommender-mf",
        N_("Ratings, matrix factorisation"),
        N_("Stars for films nobody has told of, from hidden tastes: a recommender."),
        "text",
    ),
    Template(
        "cluster-moons",
        N_("Clusters: moons"),
        N_("DBSCAN finds two crescents without being told that there are two."),
        "cluster",
    ),
    Template(
        "cluster-circles",
        N_("Clusters: circles"),
        N_("A ring inside a ring, joined sample by sample into a tree."),
        "cluster",
    ),
    Template(
        "cluster-blobs",
        N_("Clusters: blobs"),
        N_("Round clouds of one size: what KMeans is made for."),
        "cluster",
    ),
    Template(
        "cluster-uneven-blobs",
        N_("Clusters: uneven blobs"),
        N_("Clouds of different widths, told apart by a Gaussian mixture."),
        "cluster",
    ),
    Template(
        "cluster-stretched-blobs",
        N_("Clusters: stretched blobs"),
        N_("Long clouds side by side, which KMeans cuts across."),
        "cluster",
    ),
    Template(
        "cluster-iris",
        N_("Clusters: iris"),
        N_("Three species of flowers as a tree that nobody has labelled."),
        "cluster",
    ),
    Template(
        "cluster-digits",
        N_("Clusters: digits"),
        N_("Handwriting sorted into ten heaps by likeness alone."),
        "cluster",
    ),
    Template(
        "cluster-digits-cnn",
        N_("Clusters: what a CNN has learned"),
        N_("A network learns digits, and clusters of its features come to agree with them."),
        "cluster",
    ),
)


def load_template(template_id: str) -> Experiment:
    """A fresh experiment of the template. Raises KeyError for an id that isn't there."""
    if template_id not in {template.id for template in TEMPLATES}:
        raise KeyError(template_id)
    return load(_folder() / f"{template_id}{SUFFIX}").experiment


def _folder() -> Path:
    """Beside the packages: `resources` in the sources, a folder of its own name once installed."""
    root = Path(__file__).resolve().parent.parent
    installed = root / "dllab_resources"
    return (installed if installed.is_dir() else root / "resources") / "templates"
