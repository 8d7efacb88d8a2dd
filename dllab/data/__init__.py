"""Datasets declared once; splitting and preparing them. Importing this package does not import scikit-learn."""

from dllab.data.base import DATASETS

__all__ = ["DATASETS"]

DATASETS.load(
    f"dllab.data.{name}"
    for name in (
        "bundled",
        "generated",
        "made_up",
        "sequences",
        "series",
        "language",
        "ratings",
        "table",
        "own_series",
        "texts",
        "sentences",
        "kept",
        "painted",
    )
)
