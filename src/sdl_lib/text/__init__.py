"""Bias in word vectors: measured, removed along a direction, and found again."""

from sdl_lib.text.analogies import Pairs, analogies, pair_analogies
from sdl_lib.text.debias import equalise, neutralise, soft_debias
from sdl_lib.text.gender import Subspace, direct_bias, gender_subspace
from sdl_lib.text.weat import Weat, weat

__all__ = [
    "Pairs",
    "Subspace",
    "Weat",
    "analogies",
    "direct_bias",
    "equalise",
    "gender_subspace",
    "neutralise",
    "pair_analogies",
    "soft_debias",
    "weat",
]
