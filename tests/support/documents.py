"""Any experiment that a document can hold, for property tests."""

from typing import Any

from hypothesis import strategies as st

from dllab.document.experiment import (
    Choice,
    Experiment,
    Frame,
    Graph,
    Link,
    Node,
    Note,
    Preparation,
    Split,
    Training,
)

IDS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
PORTS = st.sampled_from(("in", "out", "a", "b"))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
COORDINATES = st.floats(-1e6, 1e6).map(lambda value: round(value, 1))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PARAMS = st.dictionaries(TEXTS, JSON, max_size=3)
CHOICES = st.builds(
    Choice, kind=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=9), params=PARAMS
)
NODES = st.builds(
    Node,
    kind=st.sampled_from(("input", "linear", "relu", "add", "output", "quantum")) | TEXTS.filter(bool),
    params=PARAMS,
    x=COORDINATES,
    y=COORDINATES,
    title=TEXTS,
    muted=st.booleans(),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Nodes, any links between them (loops too, as a file may hold them), notes and frames."""
    names = draw(st.lists(IDS, unique=True, max_size=8))
    cuts = sorted(draw(st.tuples(*[st.integers(0, len(names))] * 2)))
    nodes = {name: draw(NODES) for name in names[: cuts[1]]}
    notes = {n: Note(text=draw(TEXTS), x=draw(COORDINATES), y=draw(COORDINATES)) for n in names[cuts[1] :][::2]}
    frames = {n: Frame(title=draw(TEXTS), x=draw(COORDINATES), y=draw(COORDINATES)) for n in names[cuts[1] :][1::2]}
    links: dict[tuple[str, str], Link] = {}
    if nodes:
        places = st.tuples(st.sampled_from(tuple(nodes)), PORTS, st.sampled_from(tuple(nodes)), PORTS)
        for source, output, target, port in draw(st.lists(places, max_size=8)):
            links[target, port] = Link(source=source, output=output, target=target, input=port)
    return Graph(nodes=nodes, links=tuple(links.values()), notes=notes, frames=frames)


EXPERIMENTS = st.builds(
    Experiment,
    title=TEXTS,
    note=TEXTS,
    data=CHOICES,
    preparation=st.builds(Preparation, scaling=st.sampled_from(("none", "standardise", "minmax"))),
    split=st.builds(Split, test=st.floats(0, 0.9), validation=st.floats(0, 0.9), stratify=st.booleans()),
    model=graphs(),
    training=st.builds(
        Training,
        loss=CHOICES,
        optimiser=CHOICES,
        learning_rate=st.floats(0, 1e6, exclude_min=True),
        batch_size=st.integers(1, 1_000_000),
        epochs=st.integers(1, 1_000_000),
        weight_decay=st.floats(0, 1e3),
        drop_last=st.sampled_from((None, True, False)),
        patience=st.integers(0, 1_000_000),
        precision=st.sampled_from(("float32", "bfloat16", "float16")),
    ),
    seed=st.integers(0, 2**31 - 1),
)
