"""Losses, optimisers and schedules, declared once as data: the window draws forms from them, the engine builds torch objects."""

from dllab.recipe.losses import LOSSES
from dllab.recipe.optimisers import OPTIMISERS
from dllab.recipe.schedules import SCHEDULES

__all__ = ["LOSSES", "OPTIMISERS", "SCHEDULES"]

LOSSES.load(())
OPTIMISERS.load(())
SCHEDULES.load(())
