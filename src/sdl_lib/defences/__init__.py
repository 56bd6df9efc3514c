"""Defences of classifiers, and how to find out whether they defend.

Those that train return a trained copy; those that transform the input are functions of it. The
model that is given, its mode and its parameters stay as they were.
"""

from sdl_lib.defences.adversarial_training import adversarial_training
from sdl_lib.defences.distillation import distillation
from sdl_lib.defences.evaluation import ATTACKS, Robustness, evaluate_robustness
from sdl_lib.defences.input_transformations import (
    Transformed,
    bit_depth,
    median_smoothing,
    random_resize,
)
from sdl_lib.defences.shipped import HARDENED, hardened
from sdl_lib.defences.trades import trades

__all__ = [
    "ATTACKS",
    "HARDENED",
    "Robustness",
    "Transformed",
    "adversarial_training",
    "bit_depth",
    "distillation",
    "evaluate_robustness",
    "hardened",
    "median_smoothing",
    "random_resize",
    "trades",
]
