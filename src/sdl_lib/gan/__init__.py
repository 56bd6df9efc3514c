"""Generative adversarial networks: their game, its value and its equilibrium."""

from sdl_lib.gan.bilinear import bilinear_matrix, play_bilinear
from sdl_lib.gan.gaussians import GaussianGame, gaussian_game
from sdl_lib.gan.nce import NceGaussian, nce_gaussian
from sdl_lib.gan.value import gan_value, optimal_discriminator
from sdl_lib.gan.wasserstein import critic_1d
from sdl_lib.probability import jsd, wasserstein_1d

__all__ = [
    "GaussianGame",
    "NceGaussian",
    "bilinear_matrix",
    "critic_1d",
    "gan_value",
    "gaussian_game",
    "jsd",
    "nce_gaussian",
    "optimal_discriminator",
    "play_bilinear",
    "wasserstein_1d",
]
