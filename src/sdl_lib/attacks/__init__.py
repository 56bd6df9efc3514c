"""Attacks on classifiers: small changes of an image that change the answer.

Each is a pure function of tensors. None changes its input, the model, its mode, its parameters'
gradients, or the global random state.
"""

from sdl_lib.attacks.fgsm import fgsm
from sdl_lib.attacks.lbfgs import Disguise, lbfgs_attack
from sdl_lib.attacks.pgd import pgd

__all__ = ["Disguise", "fgsm", "lbfgs_attack", "pgd"]
