"""What is known of the samples in an embedding: what their colours mean, what is said of one, of all, and in a file."""

import numpy as np
from PySide6.QtGui import QColor

from dllab.engine.protocol import Picture, unpack
from dllab.layers.analysing import UNSEEN
from dllab.text import _, ngettext
from ui.shell.theme import theme
from ui.views.base import Rows
from ui.views.clustering import MOST_KEYS, cluster_colour, cluster_line, cluster_symbol
from ui.views.colours import MARKS, SYMBOLS, class_colour
from ui.views.numbers import percent, show
from ui.views.points import class_keys
from ui.views.readout import Line


def heights(picture: Picture, colour: str) -> np.ndarray | None:
    """What the points are coloured by, where that is a number."""
    name = {"loss": "loss", "value": "true"}.get(colour, "")
    return unpack(picture.arrays[name]) if name else None


def kinds(
    picture: Picture, colour: str, clusters: int
) -> tuple[np.ndarray, list[tuple[str, QColor]], list[tuple[str, str, str]]]:
    """Which kind each point is of, what the kinds look like, and their names."""
    tokens = theme.tokens
    classes = [str(c) for c in picture.labels["classes"]]
    if colour == "error":
        wrong = (unpack(picture.arrays["true"]) != unpack(picture.arrays["says"])).astype(int)
        looks = [("o", QColor(tokens.good)), ("x", QColor(tokens.bad))]
        counts = np.bincount(wrong, minlength=2)
        keys = [
            ("●", tokens.good, _("right ({count})").format(count=f"{counts[0]:,}")),
            ("✖", tokens.bad, _("wrong ({count})").format(count=f"{counts[1]:,}")),
        ]
        return wrong, looks, keys
    if colour == "cluster" and "clustering" in picture.labels:
        return _canvas_clusters(unpack(picture.arrays["cluster"]))
    if colour == "cluster":
        found = picture.arrays.get("cluster")
        chosen = unpack(found) if found is not None else np.zeros(len(unpack(picture.arrays["loss"])), int)
        names = [_("cluster {number}").format(number=i + 1) for i in range(clusters)]
    else:
        chosen, names = unpack(picture.arrays["true"]), classes
    looks = [(SYMBOLS[i % len(SYMBOLS)], class_colour(i, tokens)) for i in range(len(names))]
    return chosen, looks, class_keys(names)


def _canvas_clusters(
    found: np.ndarray,
) -> tuple[np.ndarray, list[tuple[str, QColor]], list[tuple[str, str, str]]]:
    """As `kinds`, of a clustering on the canvas: marks and colours are those of its own views."""
    numbers, chosen = np.unique(found, return_inverse=True)
    looks = [_look(int(number)) for number in numbers]
    return chosen, looks, [_line(int(number)) for number in numbers[:MOST_KEYS]]


def _look(number: int) -> tuple[str, QColor]:
    tokens = theme.tokens
    return ("o", QColor(tokens.line)) if number == UNSEEN else (cluster_symbol(number), cluster_colour(number, tokens))


def _line(number: int) -> Line:
    if number == UNSEEN:
        return "●", theme.tokens.line, _("not among those clustered")
    return cluster_line(number, theme.tokens)


def sample_lines(picture: Picture, row: int) -> list[Line]:
    """What is said of one sample."""
    tokens = theme.tokens
    lines: list[Line] = []
    if "true" in picture.arrays:
        true, says = (unpack(picture.arrays[name])[row] for name in ("true", "says"))
        classes = [str(c) for c in picture.labels["classes"]]
        words = [classes[int(v)] if classes else show(float(v)) for v in (true, says)]
        mark = (MARKS[int(true) % len(MARKS)], class_colour(int(true), tokens).name()) if classes else None
        lines.append((*(mark or ("●", tokens.text)), _("true {value}").format(value=words[0])))
        wrong = bool(classes) and true != says
        colour = tokens.bad if wrong else tokens.good if classes else tokens.train
        lines.append(("✖" if wrong else "●", colour, _("predicted {value}").format(value=words[1])))
    loss = float(unpack(picture.arrays["loss"])[row])
    lines.append(("↕", tokens.muted, _("loss {value}").format(value=show(loss))))
    if "cluster" in picture.arrays:
        number = int(unpack(picture.arrays["cluster"])[row])
        own = "◇", tokens.muted, _("cluster {number}").format(number=number + 1)
        lines.append(_line(number) if "clustering" in picture.labels else own)
    return lines


def facts(picture: Picture, count: int, method: str) -> str:
    """How the points were placed, and how many there are."""
    words = _kept(picture, method)
    whole = int(picture.labels["samples"])
    if whole > count:
        return words + " · " + _("first {count} of {whole} samples").format(count=f"{count:,}", whole=f"{whole:,}")
    return words + " · " + ngettext("{count} sample", "{count} samples", count).format(count=f"{count:,}")


def clusters_of(title: str) -> str:
    """Which clusters the colours mean, by the title of their clustering; "" is none on the canvas."""
    if not title:
        return _("clusters by k-means, as none of the canvas follows this layer")
    return _("clusters of {clustering} on the canvas").format(clustering=title)


def _kept(picture: Picture, method: str) -> str:
    """What of the layer's numbers is still seen in two."""
    numbers = f"{picture.labels['features']:,}"
    if "explained" not in picture.labels:
        text = _("{method} of {numbers} numbers at step {step}: near is alike, far says little")
        return text.format(method=method, numbers=numbers, step=f"{picture.step:,}")
    first, second = (float(v) for v in picture.labels["explained"])
    text = _("PCA of {numbers} numbers: shows {share} of the variance ({first} + {second})")
    shares = {"share": first + second, "first": first, "second": second}
    return text.format(numbers=numbers, **{name: percent(share) for name, share in shares.items()})


def numbers(picture: Picture) -> Rows:
    """What is known of every point, for a file."""
    names = [name for name in ("true", "says", "loss", "cluster") if name in picture.arrays]
    columns = [unpack(picture.arrays[name]).tolist() for name in names]
    classes = [str(c) for c in picture.labels["classes"]]
    columns = [
        [classes[v] for v in values] if classes and name in ("true", "says") else values
        for name, values in zip(names, columns, strict=True)
    ]
    points = unpack(picture.arrays["points"]).tolist()
    both = enumerate(zip(points, *columns, strict=True))
    return ["sample", "x", "y", *names], ((i, *point, *rest) for i, (point, *rest) in both)
