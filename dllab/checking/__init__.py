"""Shapes, parameter counts and problems of a whole experiment after every edit, without torch."""

from dllab.checking.check import Check, NodeCheck, check
from dllab.checking.problem import Fix, Problem, apply_fix

__all__ = ["Check", "Fix", "NodeCheck", "Problem", "apply_fix", "check"]
