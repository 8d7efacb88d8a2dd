"""Every layer, declared once; importing this package loads the built-in ones and installed plugins."""

from dllab.layers.base import LAYERS

__all__ = ["LAYERS"]

LAYERS.load(
    f"dllab.layers.{name}"
    for name in (
        "ends",
        "dense",
        "convolution",
        "pooling",
        "reshaping",
        "normalising",
        "regularising",
        "activations",
        "combining",
        "upscaling",
        "latent",
        "grouping",
        "analysing",
        "clusters",
        "densities",
        "custom",
        "recurrent",
        "attention",
    )
)
