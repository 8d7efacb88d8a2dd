"""An experiment with one of everything, and what the engine would send: for tests of the inspector."""

import numpy as np
from graphs import chain

from dllab.document.experiment import Choice, Experiment, Frame, Node, Note
from dllab.engine import protocol


def cnn() -> Experiment:
    """Digits, a convolution, a classifier; a note, a frame and a layer that nobody knows."""
    graph = chain(
        "input",
        ("conv2d", {"out_channels": 16, "padding": 1}),
        "relu",
        "flatten",
        ("linear", {"features": 10}),
        "output",
    )
    return Experiment(
        title="Digits",
        data=Choice(kind="digits"),
        model=graph.model_copy(
            update={
                "nodes": {**graph.nodes, "mystery": Node(kind="quantum", params={"spin": 0.5})},
                "notes": {"note": Note(text="hello", x=0, y=0)},
                "frames": {"frame": Frame(title="block", x=0, y=0)},
            }
        ),
    )


def weights(node: str, *shape: int) -> protocol.Picture:
    """What the probe sends for a layer."""
    values = np.linspace(-1, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    facts = {"weight": {"shape": list(shape), "mean": 0.0, "std": 0.5}}
    return protocol.Picture(1, "run", 1, {"weight.values": protocol.pack(values)}, {"node": node, "parameters": facts})
