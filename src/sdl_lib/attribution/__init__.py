"""Explanations of a model's answers: how much each input, or each inner unit, contributed.

Each is a pure function of tensors. None changes its input, the model, its mode, its parameters'
gradients, or the global random state.
"""

from sdl_lib.attribution import distributions, quantities
from sdl_lib.attribution.experts import (
    detector_scores,
    expert_channels,
    keep_channels,
    sum_over_positions,
)
from sdl_lib.attribution.internal_influence import internal_influence
from sdl_lib.attribution.slices import INPUT, after, listen

__all__ = [
    "INPUT",
    "after",
    "detector_scores",
    "distributions",
    "expert_channels",
    "internal_influence",
    "keep_channels",
    "listen",
    "quantities",
    "sum_over_positions",
]
