"""What all checkers share: a reader's answer may be missing, or may raise; a checker never does."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from sdl_lib.check import Verdict


def guarded(check: Callable[..., Verdict]) -> Callable[..., Verdict]:
    """Turn a missing answer into a verdict, and an exception inside it into one that quotes it."""

    def checker(*answers: Any) -> Verdict:
        if any(answer is None or answer is ... for answer in answers):
            return Verdict(False, "Put your answer in place of the three dots.")
        try:
            return check(*answers)
        except Exception as error:  # whatever a reader's code may raise
            return Verdict(False, f"Your answer raised {type(error).__name__}: {error}")

    checker.__doc__ = check.__doc__
    checker.__name__ = check.__name__
    return checker


def shape_problem(result: Any, expected: Tensor) -> str:
    """A hint if ``result`` is no tensor of the shape of ``expected``, else nothing."""
    if not isinstance(result, Tensor):
        return f"Expected a tensor, found {type(result).__name__}: does your function return it?"
    if result.shape != expected.shape:
        return f"Expected the shape {tuple(expected.shape)}, found {tuple(result.shape)}."
    return ""
