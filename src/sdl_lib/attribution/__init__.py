"""Explanations: which inputs, units, concepts or training examples an answer rests on."""

from sdl_lib.attribution.influence import influence_function, self_influence
from sdl_lib.attribution.leave_one_out import leave_groups_out, leave_one_out, retrain_without
from sdl_lib.attribution.representer import representer_points
from sdl_lib.attribution.stationary import settle
from sdl_lib.attribution.tracin import tracin

__all__ = [
    "influence_function",
    "leave_groups_out",
    "leave_one_out",
    "representer_points",
    "retrain_without",
    "self_influence",
    "settle",
    "tracin",
]
