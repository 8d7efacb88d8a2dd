"""Losses and optimisers, declared once as data: the window draws forms from them, the engine builds torch objects."""

from dllab.recipe.losses import LOSSES
from dllab.recipe.optimisers import OPTIMISERS

__all__ = ["LOSSES", "OPTIMISERS"]

LOSSES.load(())
OPTIMISERS.load(())
