"""Checkers for the exercises on discrete outputs."""

from collections.abc import Callable

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.gan.gumbel import gumbel_noise, gumbel_softmax


@guarded
def straight_through(answer: Callable[[Tensor, Tensor, float], Tensor]) -> Verdict:
    """``answer(logits, noise, tau)`` is one-hot in value and soft in its gradient."""
    chance = torch.Generator().manual_seed(2)
    values = torch.randn(6, 4, generator=chance, dtype=torch.float64)
    weight = torch.randn(6, 4, generator=chance, dtype=torch.float64)
    noise = gumbel_noise(values, chance=chance)

    def slope_of(logits: Tensor, out: Tensor) -> Tensor:
        (slope,) = torch.autograd.grad((weight * out).sum(), logits)
        return slope

    ours, theirs = values.clone().requires_grad_(), values.clone().requires_grad_()
    right = gumbel_softmax(ours, noise=noise, tau=0.5, hard=True)
    soft = gumbel_softmax(values, noise=noise, tau=0.5)
    given = answer(theirs, noise.clone(), 0.5)
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    value = given.detach().double()
    if torch.allclose(value, soft):
        return Verdict(False, "That is the soft sample: its value must be one-hot.")
    quiet = torch.zeros_like(values).scatter(-1, values.argmax(-1, keepdim=True), 1.0)
    if torch.allclose(value, quiet):
        return Verdict(False, "The largest logit is always the same: where is the noise?")
    if not torch.allclose(value, right.detach()):
        return Verdict(False, "In value it must be the one-hot vector of the largest soft entry.")
    if not given.requires_grad:
        return Verdict(False, "Right in value, but no gradient passes: add the soft sample to it.")
    slope = slope_of(theirs, given)
    if torch.allclose(slope, slope_of(ours, right)):
        return Verdict(True, "Hard to whoever reads it, soft to whoever trains it.")
    return Verdict(False, "Right in value; its gradient should be that of the soft sample.")


@guarded
def two_tokens(exact: float, softened: float) -> Verdict:
    """The slope of the expected verdict at p = 1/2, and the one that softmax input reports."""
    if abs(float(exact) - 0.25) > 1e-6:
        if abs(float(exact) - 1) < 1e-6:
            return Verdict(False, "J = p: but its slope in the logit is p(1 - p), not 1.")
        if abs(float(exact) - 0.5) < 1e-6:
            return Verdict(False, "That is J itself; its slope in the logit is p(1 - p).")
        return Verdict(False, "Hard tokens get f(1) = 1 or f(0) = 0, so J = p = sigmoid(logit).")
    if abs(float(softened)) < 1e-6:
        return Verdict(True, "The judge dislikes softness, and so the estimate stands still.")
    if abs(float(softened) - 0.25) < 1e-6:
        return Verdict(False, "f is not linear: its slope at p = 1/2, times p(1 - p).")
    return Verdict(False, "The slope of (2p - 1)^2 p at p = 1/2, times p(1 - p).")
