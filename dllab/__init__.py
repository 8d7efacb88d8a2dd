"""dllab: a desktop laboratory for learning deep learning. This package is the laboratory without its window."""

__version__ = "0.1.0"
