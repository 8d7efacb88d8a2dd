"""A training step one operation at a time, forward and back, with the numbers of the run itself."""

from dllab.stepping.course import PHASES, course
from dllab.stepping.stepper import Passed, Stepper, Unreachable
from dllab.stepping.timeline import Timeline
from dllab.stepping.walk import Operation, walk

__all__ = ["PHASES", "Operation", "Passed", "Stepper", "Timeline", "Unreachable", "course", "walk"]
