"""Whether a run is in good health: rules over what was measured, each with its evidence and an experiment to try."""

from dllab.health.facts import Facts, LayerFacts
from dllab.health.rules import RULES, Finding, Rule, Suggestion, findings

__all__ = ["RULES", "Facts", "Finding", "LayerFacts", "Rule", "Suggestion", "findings"]
