"""Explanations of a model's answers: what each input, unit or example contributed.

Each is a pure function. None changes its input, the model, its mode, its parameters' gradients, or
the global random state.
"""

from sdl_lib.attribution.games import Game, all_coalitions, feature_game
from sdl_lib.attribution.kernel_shap import kernel_shap
from sdl_lib.attribution.lime import lime, lime_kernel
from sdl_lib.attribution.qii import (
    group_disparity,
    kept_decisions,
    marginal_qii,
    qii_game,
    set_qii,
    shapley_qii,
    unary_qii,
)
from sdl_lib.attribution.shapley import shapley_exact, shapley_sampling
from sdl_lib.attribution.surrogate import linear_surrogate

__all__ = [
    "Game",
    "all_coalitions",
    "feature_game",
    "group_disparity",
    "kept_decisions",
    "kernel_shap",
    "lime",
    "lime_kernel",
    "linear_surrogate",
    "marginal_qii",
    "qii_game",
    "set_qii",
    "shapley_exact",
    "shapley_qii",
    "shapley_sampling",
    "unary_qii",
]
