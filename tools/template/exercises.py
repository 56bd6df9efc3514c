"""Checkers for the exercises of the chapter <<title>>."""

from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib.check import Verdict

Answer = Callable[[Tensor], Tensor]
_X = torch.tensor([1.0, 2.0, 6.0])


def mean(answer: Answer) -> Verdict:
    """``answer(x)`` is the mean of a vector."""
    result = torch.as_tensor(answer(_X.clone()))
    if result.shape != ():
        return Verdict(False, f"Expected one number, found shape {tuple(result.shape)}.")
    if torch.isclose(result, _X.sum()):
        return Verdict(False, "That is the sum: by what is it to be divided?")
    if torch.isclose(result, _X.median()):
        return Verdict(False, "That is the median, which does not notice how large the 6 is.")
    if not torch.isclose(result, _X.mean()):
        return Verdict(False, f"For {_X.tolist()} you found {float(result):.3f}.")
    return Verdict(True, "Every entry counts the same.")


def spread(answer: Answer) -> Verdict:
    """``answer(x)`` is the largest distance of an entry from the mean."""
    result = torch.as_tensor(answer(_X.clone()))
    if result.shape != ():
        return Verdict(False, f"Expected one number, found shape {tuple(result.shape)}.")
    if torch.isclose(result, _X.max() - _X.min()):
        return Verdict(False, "That is the range: measure from the mean.")
    if torch.isclose(result, (_X - _X.mean()).max().neg()):
        return Verdict(False, "A distance is not negative.")
    if not torch.isclose(result, (_X - _X.mean()).abs().max()):
        return Verdict(False, f"For {_X.tolist()} you found {float(result):.3f}.")
    return Verdict(True, "The furthest entry decides.")
