"""Where to put facilities, from a cost matrix only: proven best, or best found with its gap."""

from maps.analysis.siting.ask import (
    CLOSABLE,
    FIXED,
    MODELS,
    NEW,
    RELOCATABLE,
    Ask,
    Problem,
    Siting,
    Step,
    Unreachable,
    Watch,
    WrongAnswer,
)
from maps.analysis.siting.matrix import Pairs
from maps.analysis.siting.solve import solve

__all__ = [
    "CLOSABLE",
    "FIXED",
    "MODELS",
    "NEW",
    "RELOCATABLE",
    "Ask",
    "Pairs",
    "Problem",
    "Siting",
    "Step",
    "Unreachable",
    "Watch",
    "WrongAnswer",
    "solve",
]
