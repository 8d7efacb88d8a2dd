"""Losses, optimisers, schedules and initialisations, declared once as data: the window draws forms from them, the engine builds torch objects."""

from dllab.recipe.initialisation import INITIALISATIONS
from dllab.recipe.losses import LOSSES
from dllab.recipe.optimisers import OPTIMISERS
from dllab.recipe.schedules import SCHEDULES

__all__ = ["INITIALISATIONS", "LOSSES", "OPTIMISERS", "SCHEDULES"]

INITIALISATIONS.load(())
LOSSES.load(())
OPTIMISERS.load(())
SCHEDULES.load(())
