"""Attacks on classifiers: small changes of an image that change the answer.

Each is a pure function of tensors. None changes its input, the model, its mode, its parameters'
gradients, or the global random state. Attacks within a radius return images; searches for a
success return a :class:`Disguise`, which says for each example whether there was one.
"""

from sdl_lib.attacks.adversarial_patch import adversarial_patch, apply_patch, random_corners
from sdl_lib.attacks.apgd import apgd
from sdl_lib.attacks.boundary_attack import boundary_attack
from sdl_lib.attacks.boundary_distance import boundary_distance
from sdl_lib.attacks.carlini_wagner import carlini_wagner
from sdl_lib.attacks.ctc_attack import Whisper, ctc_attack, signal_to_noise
from sdl_lib.attacks.ddn import ddn
from sdl_lib.attacks.deepfool import deepfool
from sdl_lib.attacks.expectation_over_transformation import expectation_over_transformation
from sdl_lib.attacks.fab import fab
from sdl_lib.attacks.few_pixel import few_pixel
from sdl_lib.attacks.fgsm import fgsm
from sdl_lib.attacks.gaas import Subspace, gaas
from sdl_lib.attacks.keypoints import Keypoints, keypoints
from sdl_lib.attacks.lbfgs import lbfgs_attack
from sdl_lib.attacks.mifgsm import mifgsm
from sdl_lib.attacks.one_pixel import one_pixel
from sdl_lib.attacks.pgd import pgd
from sdl_lib.attacks.prepare import prepare
from sdl_lib.attacks.random_views import random_views
from sdl_lib.attacks.square_attack import Asked, square_attack
from sdl_lib.attacks.super_deepfool import super_deepfool
from sdl_lib.attacks.tampering import inject, remove
from sdl_lib.attacks.transfer_matrix import transfer_matrix
from sdl_lib.attacks.universal_perturbation import Universal, universal_perturbation
from sdl_lib.attacks.verdict import Disguise, fooled

__all__ = [
    "Asked",
    "Disguise",
    "Keypoints",
    "Subspace",
    "Universal",
    "Whisper",
    "adversarial_patch",
    "apgd",
    "apply_patch",
    "boundary_attack",
    "boundary_distance",
    "carlini_wagner",
    "ctc_attack",
    "ddn",
    "deepfool",
    "expectation_over_transformation",
    "fab",
    "few_pixel",
    "fgsm",
    "fooled",
    "gaas",
    "inject",
    "keypoints",
    "lbfgs_attack",
    "mifgsm",
    "one_pixel",
    "pgd",
    "prepare",
    "random_corners",
    "random_views",
    "remove",
    "signal_to_noise",
    "square_attack",
    "super_deepfool",
    "transfer_matrix",
    "universal_perturbation",
]
