"""Explanations: which inputs, units, concepts and examples a model's answer rests on."""

from sdl_lib.attribution.sparse_autoencoder import SparseAutoencoder, fit_sparse_autoencoder
from sdl_lib.attribution.superposition import (
    ToyModels,
    feature_dimensionality,
    kept,
    toy_inputs,
    toy_loss,
    train_toys,
)
from sdl_lib.attribution.tcav import (
    Tcav,
    concept_direction,
    concept_directions,
    layer_gradient,
    pooled_activations,
    random_directions,
    sensitivity,
    tcav,
    tcav_score,
)

__all__ = [
    "SparseAutoencoder",
    "Tcav",
    "ToyModels",
    "concept_direction",
    "concept_directions",
    "feature_dimensionality",
    "fit_sparse_autoencoder",
    "kept",
    "layer_gradient",
    "pooled_activations",
    "random_directions",
    "sensitivity",
    "tcav",
    "tcav_score",
    "toy_inputs",
    "toy_loss",
    "train_toys",
]
