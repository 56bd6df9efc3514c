"""Generative adversarial networks: their game, its value and its equilibrium."""

from sdl_lib.gan.adagan import Mixture, adagan, adagan_weights, density_ratio
from sdl_lib.gan.bilinear import bilinear_matrix, play_bilinear
from sdl_lib.gan.blending import feather, poisson_blend
from sdl_lib.gan.caption_reader import read_captions
from sdl_lib.gan.conditional import (
    ConditionalHistory,
    Joined,
    matching_aware_loss,
    mismatched,
    train_conditional_gan,
)
from sdl_lib.gan.conditional_batch_norm import ConditionalBatchNorm2d
from sdl_lib.gan.cycle import (
    CycleHistory,
    CycleTerms,
    cycle_error,
    cycle_networks,
    cycle_terms,
    pairing_error,
    train_cycle,
)
from sdl_lib.gan.face_swap import fit_face_swap, warp_faces
from sdl_lib.gan.feature_matching import feature_matching
from sdl_lib.gan.frechet import frechet_distance, inception_features
from sdl_lib.gan.gaussians import GaussianGame, gaussian_game
from sdl_lib.gan.gumbel import gumbel_max, gumbel_noise, gumbel_softmax
from sdl_lib.gan.label_sets import F1, LabelJudge, f1_scores, fit_label_sets, straight_through
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
from sdl_lib.gan.policy import (
    expected_reward,
    gradient_samples,
    policy_gradients,
    rollout_values,
    token_log_probs,
    write,
)
from sdl_lib.gan.projection import Projection, project
from sdl_lib.gan.ring import Coverage, mode_coverage, ring_centres, ring_networks, ring_of_gaussians
from sdl_lib.gan.spectrum import (
    SpectralDetector,
    fit_spectral_detector,
    match_spectrum,
    radial_power,
)
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
    "CycleHistory",
    "CycleTerms",
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
    "Projection",
    "SpectralDetector",
    "adagan",
    "adagan_weights",
    "adain",
    "batch_similarity",
    "bilinear_matrix",
    "clip_weights",
    "critic_1d",
    "cycle_error",
    "cycle_networks",
    "cycle_terms",
    "density_ratio",
    "discriminator_loss",
    "expected_reward",
    "f1_scores",
    "feather",
    "feature_matching",
    "fit_face_swap",
    "fit_label_sets",
    "fit_pix2pix",
    "fit_spectral_detector",
    "fit_talking_head",
    "frechet_distance",
    "gan_value",
    "gaussian_game",
    "generator_loss",
    "gradient_norms",
    "gradient_penalty",
    "gradient_samples",
    "gumbel_max",
    "gumbel_noise",
    "gumbel_softmax",
    "inception_features",
    "jsd",
    "latent_direction",
    "match_spectrum",
    "matching_aware_loss",
    "matching_equilibrium",
    "mismatched",
    "mode_coverage",
    "nce_gaussian",
    "nearest_images",
    "optimal_discriminator",
    "pairing_error",
    "play_bilinear",
    "poisson_blend",
    "policy_gradients",
    "project",
    "radial_power",
    "read_captions",
    "receptive_field",
    "ring_centres",
    "ring_networks",
    "ring_of_gaussians",
    "rollout_values",
    "slerp",
    "straight_through",
    "token_log_probs",
    "train_conditional_gan",
    "train_cycle",
    "train_gan",
    "truncate",
    "warp_faces",
    "wasserstein_1d",
    "write",
]
