"""From an experiment to torch: network, loss, optimiser, and the same as Python text. Here torch is imported."""

from dllab.build.code import code_line, to_code
from dllab.build.loss import build_loss, encode_targets
from dllab.build.making import BuildProblem
from dllab.build.module import Network, build, initialise
from dllab.build.optimiser import build_optimiser

__all__ = [
    "BuildProblem",
    "Network",
    "build",
    "build_loss",
    "build_optimiser",
    "code_line",
    "encode_targets",
    "initialise",
    "to_code",
]
