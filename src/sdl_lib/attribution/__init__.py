"""Attribution: what an answer rests on, told in inputs, inner units, concepts or training examples.

Each is a pure function. None changes its input, the model, its mode, its parameters' gradients, or
the global random state.
"""

from sdl_lib.attribution.average_drop import average_drop
from sdl_lib.attribution.cascading_randomisation import Cascade, cascading_randomisation
from sdl_lib.attribution.deletion_insertion import Areas, deletion_insertion
from sdl_lib.attribution.experts import (
    detector_scores,
    expert_channels,
    keep_channels,
    sum_over_positions,
)
from sdl_lib.attribution.fool_lime_shap import Scaffold, fool_lime_shap
from sdl_lib.attribution.fool_saliency import FooledMap, Softened, fool_saliency, gradient_map
from sdl_lib.attribution.games import Game, all_coalitions, feature_game
from sdl_lib.attribution.grad_cam import grad_cam
from sdl_lib.attribution.gradient_x_input import gradient_x_input
from sdl_lib.attribution.guided_backprop import guided_backprop
from sdl_lib.attribution.infidelity import gaussian_noise, infidelity, square_removal, whole_removal
from sdl_lib.attribution.influence import influence_function, self_influence
from sdl_lib.attribution.integrated_gradients import integrated_gradients
from sdl_lib.attribution.internal_influence import internal_influence
from sdl_lib.attribution.kernel_shap import kernel_shap
from sdl_lib.attribution.leave_one_out import leave_groups_out, leave_one_out, retrain_without
from sdl_lib.attribution.lime import lime, lime_kernel
from sdl_lib.attribution.lrp import lrp
from sdl_lib.attribution.occlusion import occlusion
from sdl_lib.attribution.orderings import necessity, sufficiency
from sdl_lib.attribution.qii import (
    group_disparity,
    kept_decisions,
    marginal_qii,
    qii_game,
    set_qii,
    shapley_qii,
    unary_qii,
)
from sdl_lib.attribution.rank_correlation import rank_correlation
from sdl_lib.attribution.removal import removal_curve
from sdl_lib.attribution.representer import representer_points
from sdl_lib.attribution.saliency import saliency
from sdl_lib.attribution.sensitivity import sensitivity
from sdl_lib.attribution.shapley import shapley_exact, shapley_sampling
from sdl_lib.attribution.slices import INPUT, after, listen
from sdl_lib.attribution.smoothgrad import smoothgrad
from sdl_lib.attribution.sparse_autoencoder import SparseAutoencoder, fit_sparse_autoencoder
from sdl_lib.attribution.stationary import settle
from sdl_lib.attribution.superposition import (
    ToyModels,
    feature_dimensionality,
    kept,
    toy_inputs,
    toy_loss,
    train_toys,
)
from sdl_lib.attribution.surrogate import linear_surrogate
from sdl_lib.attribution.tcav import (
    Tcav,
    concept_direction,
    concept_directions,
    conceptual_sensitivity,
    layer_gradient,
    pooled_activations,
    random_directions,
    tcav,
    tcav_score,
)
from sdl_lib.attribution.tracin import tracin

__all__ = [
    "INPUT",
    "Areas",
    "Cascade",
    "FooledMap",
    "Game",
    "Scaffold",
    "Softened",
    "SparseAutoencoder",
    "Tcav",
    "ToyModels",
    "after",
    "all_coalitions",
    "average_drop",
    "cascading_randomisation",
    "concept_direction",
    "concept_directions",
    "conceptual_sensitivity",
    "deletion_insertion",
    "detector_scores",
    "expert_channels",
    "feature_dimensionality",
    "feature_game",
    "fit_sparse_autoencoder",
    "fool_lime_shap",
    "fool_saliency",
    "gaussian_noise",
    "grad_cam",
    "gradient_map",
    "gradient_x_input",
    "group_disparity",
    "guided_backprop",
    "infidelity",
    "influence_function",
    "integrated_gradients",
    "internal_influence",
    "keep_channels",
    "kept",
    "kept_decisions",
    "kernel_shap",
    "layer_gradient",
    "leave_groups_out",
    "leave_one_out",
    "lime",
    "lime_kernel",
    "linear_surrogate",
    "listen",
    "lrp",
    "marginal_qii",
    "necessity",
    "occlusion",
    "pooled_activations",
    "qii_game",
    "random_directions",
    "rank_correlation",
    "removal_curve",
    "representer_points",
    "retrain_without",
    "saliency",
    "self_influence",
    "sensitivity",
    "set_qii",
    "settle",
    "shapley_exact",
    "shapley_qii",
    "shapley_sampling",
    "smoothgrad",
    "square_removal",
    "sufficiency",
    "sum_over_positions",
    "tcav",
    "tcav_score",
    "toy_inputs",
    "toy_loss",
    "tracin",
    "train_toys",
    "unary_qii",
    "whole_removal",
]
