"""Generative adversarial networks: a generator and a discriminator that learn from each other.

A discriminator returns logits of shape (n,), a generator maps z (n, latent) to examples.
"""

from sdl_lib.gan.adagan import Mixture, adagan, adagan_weights, density_ratio
from sdl_lib.gan.feature_matching import feature_matching
from sdl_lib.gan.frechet import frechet_distance
from sdl_lib.gan.latent import latent_direction, slerp
from sdl_lib.gan.losses import discriminator_loss, generator_loss
from sdl_lib.gan.mapping import MappingNetwork, adain, truncate
from sdl_lib.gan.minibatch_discrimination import MinibatchDiscrimination, batch_similarity
from sdl_lib.gan.nearest import Nearest, nearest_images
from sdl_lib.gan.penalties import clip_weights, gradient_norms, gradient_penalty
from sdl_lib.gan.ring import (
    Coverage,
    mode_coverage,
    ring_centres,
    ring_networks,
    ring_of_gaussians,
)
from sdl_lib.gan.training import History, train_gan

__all__ = [
    "Coverage",
    "History",
    "MappingNetwork",
    "MinibatchDiscrimination",
    "Mixture",
    "Nearest",
    "adagan",
    "adagan_weights",
    "adain",
    "batch_similarity",
    "clip_weights",
    "density_ratio",
    "discriminator_loss",
    "feature_matching",
    "frechet_distance",
    "generator_loss",
    "gradient_norms",
    "gradient_penalty",
    "latent_direction",
    "mode_coverage",
    "nearest_images",
    "ring_centres",
    "ring_networks",
    "ring_of_gaussians",
    "slerp",
    "train_gan",
    "truncate",
]
