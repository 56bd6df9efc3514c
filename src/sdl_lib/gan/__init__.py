"""Generative adversarial networks: their game, its value and its equilibrium."""

from sdl_lib.gan.adagan import Mixture, adagan, adagan_weights, density_ratio
from sdl_lib.gan.bilinear import bilinear_matrix, play_bilinear
from sdl_lib.gan.caption_reader import read_captions
from sdl_lib.gan.conditional import (
    ConditionalHistory,
    Joined,
    matching_aware_loss,
    mismatched,
    train_conditional_gan,
)
from sdl_lib.gan.conditional_batch_norm import ConditionalBatchNorm2d
from sdl_lib.gan.feature_matching import feature_matching
from sdl_lib.gan.frechet import frechet_distance
from sdl_lib.gan.gaussians import GaussianGame, gaussian_game
from sdl_lib.gan.label_sets import (
    F1,
    LabelJudge,
    f1_scores,
    fit_label_sets,
    straight_through,
)
from sdl_lib.gan.latent import latent_direction, slerp
from sdl_lib.gan.losses import discriminator_loss, generator_loss
from sdl_lib.gan.mapping import MappingNetwork, adain, truncate
from sdl_lib.gan.matching_equilibrium import matching_equilibrium
from sdl_lib.gan.minibatch_discrimination import MinibatchDiscrimination, batch_similarity
from sdl_lib.gan.nce import NceGaussian, nce_gaussian
from sdl_lib.gan.nearest import Nearest, nearest_images
from sdl_lib.gan.patch import PatchDiscriminator, receptive_field
from sdl_lib.gan.penalties import clip_weights, gradient_norms, gradient_penalty
from sdl_lib.gan.pix2pix import fit_pix2pix
from sdl_lib.gan.ring import Coverage, mode_coverage, ring_centres, ring_networks, ring_of_gaussians
from sdl_lib.gan.talking_head import fit_talking_head
from sdl_lib.gan.training import History, train_gan
from sdl_lib.gan.value import gan_value, optimal_discriminator
from sdl_lib.gan.wasserstein import critic_1d
from sdl_lib.probability import jsd, wasserstein_1d

__all__ = [
    "F1",
    "ConditionalBatchNorm2d",
    "ConditionalHistory",
    "Coverage",
    "GaussianGame",
    "History",
    "Joined",
    "LabelJudge",
    "MappingNetwork",
    "MinibatchDiscrimination",
    "Mixture",
    "NceGaussian",
    "Nearest",
    "PatchDiscriminator",
    "adagan",
    "adagan_weights",
    "adain",
    "batch_similarity",
    "bilinear_matrix",
    "clip_weights",
    "critic_1d",
    "density_ratio",
    "discriminator_loss",
    "f1_scores",
    "feature_matching",
    "fit_label_sets",
    "fit_pix2pix",
    "fit_talking_head",
    "frechet_distance",
    "gan_value",
    "gaussian_game",
    "generator_loss",
    "gradient_norms",
    "gradient_penalty",
    "jsd",
    "latent_direction",
    "matching_aware_loss",
    "matching_equilibrium",
    "mismatched",
    "mode_coverage",
    "nce_gaussian",
    "nearest_images",
    "optimal_discriminator",
    "play_bilinear",
    "read_captions",
    "receptive_field",
    "ring_centres",
    "ring_networks",
    "ring_of_gaussians",
    "slerp",
    "straight_through",
    "train_conditional_gan",
    "train_gan",
    "truncate",
    "wasserstein_1d",
]
