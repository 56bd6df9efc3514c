"""Defences of classifiers, and how to find out whether they defend.

Those that train return a trained copy; those that transform the input are functions of it. The
model that is given, its mode and its parameters stay as they were.
"""

from sdl_lib.defences.adversarial_training import adversarial_training
from sdl_lib.defences.certifiable import CERTIFIABLE, certifiable
from sdl_lib.defences.distillation import distillation
from sdl_lib.defences.evaluation import ATTACKS, Robustness, evaluate_robustness
from sdl_lib.defences.gloro import (
    Certificate,
    gloro,
    gloro_radius,
    gloro_training,
    lipschitz_bound,
)
from sdl_lib.defences.ibp import Bounds, ibp, ibp_bounds, ibp_radius, ibp_training
from sdl_lib.defences.input_transformations import (
    Transformed,
    bit_depth,
    median_smoothing,
    random_resize,
)
from sdl_lib.defences.shipped import HARDENED, hardened
from sdl_lib.defences.smoothing import (
    Smoothed,
    certify_smoothing,
    noise_training,
    noisy_counts,
)
from sdl_lib.defences.trades import trades

__all__ = [
    "ATTACKS",
    "CERTIFIABLE",
    "HARDENED",
    "Bounds",
    "Certificate",
    "Robustness",
    "Smoothed",
    "Transformed",
    "adversarial_training",
    "bit_depth",
    "certifiable",
    "certify_smoothing",
    "distillation",
    "evaluate_robustness",
    "gloro",
    "gloro_radius",
    "gloro_training",
    "hardened",
    "ibp",
    "ibp_bounds",
    "ibp_radius",
    "ibp_training",
    "lipschitz_bound",
    "median_smoothing",
    "noise_training",
    "noisy_counts",
    "random_resize",
    "trades",
]
