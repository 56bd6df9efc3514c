"""Bias in word vectors and in models of language: measured, removed, and found again."""

from sdl_lib.text.analogies import Pairs, analogies, pair_analogies
from sdl_lib.text.counterfactual import GENDER_PAIRS, counterfactual_augmentation, swap_gender
from sdl_lib.text.debias import equalise, neutralise, soft_debias
from sdl_lib.text.gender import Subspace, direct_bias, gender_subspace
from sdl_lib.text.lm_bias import lm_bias, log_odds
from sdl_lib.text.ngram import NGram
from sdl_lib.text.pronoun_choice import choice_errors, pronoun_amplification
from sdl_lib.text.reviews import Reviews, double_edged, grammar, mood_words, reviews
from sdl_lib.text.templates import fill_slots
from sdl_lib.text.vocabulary import Vocabulary
from sdl_lib.text.weat import Weat, weat

__all__ = [
    "GENDER_PAIRS",
    "NGram",
    "Pairs",
    "Reviews",
    "Subspace",
    "Vocabulary",
    "Weat",
    "analogies",
    "choice_errors",
    "counterfactual_augmentation",
    "direct_bias",
    "double_edged",
    "equalise",
    "fill_slots",
    "gender_subspace",
    "grammar",
    "lm_bias",
    "log_odds",
    "mood_words",
    "neutralise",
    "pair_analogies",
    "pronoun_amplification",
    "reviews",
    "soft_debias",
    "swap_gender",
    "weat",
]
