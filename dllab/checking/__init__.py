"""Shapes, parameter counts and problems of a whole experiment after every edit, without torch."""

from dllab.checking.check import Check, check
from dllab.checking.groups import page
from dllab.checking.known import NodeCheck
from dllab.checking.problem import Fix, Problem, apply_fix

__all__ = ["Check", "Fix", "NodeCheck", "Problem", "apply_fix", "check", "page"]
