"""A training step one operation at a time, forward and back, with the numbers of the run itself."""

from dllab.stepping.stepper import Stepper
from dllab.stepping.timeline import Timeline
from dllab.stepping.walk import Operation, walk

__all__ = ["Operation", "Stepper", "Timeline", "walk"]
