"""Checkers for the exercises on language models and translation.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Pairs = Sequence[tuple[str, str]]
Swap = Callable[[Sequence[str], Pairs], Sequence[str]]
Bias = Callable[[Tensor, Tensor, int, int], float]
Offer = Callable[[Tensor, float], Sequence[tuple[str, ...]]]

_LEAST_WORDS = 10


@guarded
def worth(answer: float) -> Verdict:
    """What odds of 4 : 1 are worth, in nats a word, with five words a sentence."""
    value = float(answer)
    entropy = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2))
    right = (math.log(2) - entropy) / 5
    if abs(value - right) < 2e-4:
        return Verdict(True, "What the job tells of the pronoun, spread over the words.")
    if abs(value - 5 * right) < 1e-3:
        return Verdict(False, "That is the loss of a sentence: share it among the words predicted.")
    if abs(value - right / math.log(2)) < 2e-4:
        return Verdict(False, "That is in bits; take natural logarithms.")
    if abs(value - entropy / 5) < 1e-3:
        return Verdict(False, "That is what the pronoun costs the best model; compare with ln 2.")
    if abs(value + right) < 2e-4:
        return Verdict(False, "The sign is turned: how much is lost?")
    return Verdict(False, "Odds of 4 : 1 are shares of .8 and .2: take ln 2 less their entropy.")


@guarded
def three_jobs(answer: float) -> Verdict:
    """The amplification of the likelier pronoun for shares of .1, .4 and .7."""
    value = float(answer)
    if abs(value - 0.8 / 3) < 2e-3:
        return Verdict(True, "The mean of the smaller shares.")
    if abs(value - 0.8) < 2e-3:
        return Verdict(False, "That is the sum; take the mean over the jobs.")
    if abs(value - 2.2 / 3) < 2e-3:
        return Verdict(False, "That is the mean of the larger shares: what is missing to one?")
    if abs(value - 0.4) < 2e-3:
        return Verdict(False, "In the third job the likelier pronoun is she: what is the rest?")
    if abs(value + 0.2 / 3) < 2e-3:
        return Verdict(False, "Count a shift to she up where women are more, else down.")
    return Verdict(False, "In each job, how far does the output move, on the text's side?")


@guarded
def swap(answer: Swap) -> Verdict:
    """``answer(words, pairs)`` exchanges each word of a pair for its partner."""
    pairs = [("he", "she"), ("man", "woman")]
    words = ["she", "saw", "the", "man", "and", "he", "the", "woman"]
    given = list(words)
    result = answer(given, pairs)
    if given != words:
        return Verdict(False, "Your function changed the list that it was given.")
    if isinstance(result, str) or result is None:
        return Verdict(False, "Return a list of words.")
    found = list(result)
    right = ["he", "saw", "the", "woman", "and", "she", "the", "man"]
    if found == right:
        return Verdict(True, "And applied twice, it gives the words back.")
    if len(found) != len(words):
        return Verdict(False, f"Expected {len(words)} words, found {len(found)}.")
    if found == words:
        return Verdict(False, "Nothing was swapped.")
    if "he" not in found or "she" not in found:
        return Verdict(False, "One direction only, or one after the other: swap both at once.")
    return Verdict(False, f"For {' '.join(words)!r} you returned {' '.join(found)!r}.")


@guarded
def bias(answer: Bias) -> Verdict:
    """``answer(logits, lean, first, second)`` is the mean log-odds along the stereotype."""
    logits = 2 * torch.randn(6, 5, generator=torch.Generator().manual_seed(3)).double()
    lean = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, -1.0]).double()
    value = float(answer(logits.clone(), lean.clone(), 3, 1))
    odds = logits[:, 3] - logits[:, 1]
    right = float((lean * odds).mean())
    if abs(value - right) < 1e-6:
        return Verdict(True, "A difference of logits: the softmax's sum cancels.")
    if abs(value + right) < 1e-6:
        return Verdict(False, "The sign is turned: the first word over the second.")
    if abs(value - float(odds.mean())) < 1e-6:
        return Verdict(False, "Each prompt has a direction: multiply by lean, then take the mean.")
    if abs(value - 6 * right) < 1e-6:
        return Verdict(False, "That is the sum; take the mean over the prompts.")
    chance = logits.softmax(1)
    if abs(value - float((lean * (chance[:, 3] - chance[:, 1])).mean())) < 1e-6:
        return Verdict(False, "A difference of probabilities: take their logarithms first.")
    return Verdict(False, f"For our logits the bias is {right:.3f}; you returned {value:.3f}.")


@guarded
def offer(answer: Offer) -> Verdict:
    """``answer(odds, least)`` shows both pronouns where the rarer is likely enough."""
    odds = torch.tensor([0.0, 3.0, -3.0, 1.2, -1.2, 6.0]).double()
    both = ("she", "he")
    right = [both, ("she",), ("he",), both, both, ("she",)]
    found = [tuple(shown) for shown in answer(odds.clone(), 0.2)]
    if found == right:
        return Verdict(True, "Both where the source is silent, one where it is not.")
    if len(found) != len(odds):
        return Verdict(False, f"Expected an entry for each of {len(odds)} sentences.")
    if any(set(shown) == set(both) and shown != both for shown in found):
        return Verdict(False, "Both are shown in the order ('she', 'he').")
    if [len(shown) for shown in found] == [len(shown) for shown in right]:
        return Verdict(False, "Where one is shown, it must be the likelier: above 0 it is she.")
    if all(len(shown) == 1 for shown in found):
        return Verdict(False, "You always show one: when should there be two?")
    if len(found[3]) != len(found[4]):
        return Verdict(False, "Look at the rarer of the two, whichever it is, and at its chance.")
    return Verdict(False, "Log-odds are no chance: take the sigmoid first.")


@guarded
def third_pronoun(answer: Mapping[str, Any]) -> Verdict:
    """Shares of three pronouns, and the log-odds of they against he before and after a swap."""
    if set(answer) != {"shares", "before", "after", "instead"}:
        return Verdict(False, "Give 'shares', 'before', 'after' and 'instead'.")
    if ... in answer["shares"].values():
        return Verdict(False, "Put your answer in place of the three dots.")
    shares = {word: float(share) for word, share in answer["shares"].items()}
    if set(shares) != {"she", "he", "they"} or min(shares.values()) <= 0:
        return Verdict(False, "Give three shares, each above zero: she, he and they.")
    if abs(sum(shares.values()) - 1) > 1e-6:
        return Verdict(False, "The three shares do not sum to 1.")
    before, after = float(answer["before"]), float(answer["after"])
    if abs(before - math.log(shares["they"] / shares["he"])) > 1e-3:
        return Verdict(False, "Before: the logarithm of the share of they over that of he.")
    middle = (shares["she"] + shares["he"]) / 2
    if abs(after - math.log(shares["they"] / middle)) > 1e-3:
        return Verdict(False, "After: he gets the mean of she and he; they keeps its share.")
    if not isinstance(answer["instead"], str) or len(answer["instead"].split()) < _LEAST_WORDS:
        return Verdict(False, f"Say in at least {_LEAST_WORDS} words what you would do instead.")
    return Verdict(True, "The numbers agree. Whom would you ask first?")
