"""Checkers for the exercises on networks and backpropagation.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sdl_lib.autodiff import unbroadcast as _unbroadcast
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Numbers = npt.NDArray[np.float64]
Pair = tuple[Numbers, Numbers]


@guarded
def closed_gate(answer: Sequence[float]) -> Verdict:
    """The gradient of the example with w = 3, x = 2, b = -7, t = 5, for w, x and b."""
    found = [float(v) for v in answer]
    if len(found) != 3:
        return Verdict(False, f"Three numbers, please: for w, x and b. Found {len(found)}.")
    if np.allclose(found, [0, -6, 0]):
        return Verdict(True, "The gate is shut: x is heard through the short cut alone.")
    if np.allclose(found, [0, 0, 0]):
        return Verdict(False, "x reaches the loss on two paths, and only one of them has a gate.")
    if np.allclose(found, [-12, -24, -6]):
        return Verdict(False, "You let the gradient through the ReLU. What is w·x + b here?")
    if np.allclose(found, [0, 6, 0]):
        return Verdict(False, "Look at the sign of the gap: does a larger x bring the sum nearer?")
    return Verdict(False, "Go forward first: what are w·x + b, the gate, the gap and the loss?")


@guarded
def exclusive_or(hidden: Any, shift: Any, weights: Any, offset: Any) -> Verdict:
    """A network of two ReLU units, ``weights @ relu(hidden @ x + shift) + offset``, that is XOR."""
    first, bias = np.asarray(hidden, float), np.asarray(shift, float)
    last, end = np.asarray(weights, float), float(offset)
    if first.shape != (2, 2) or bias.shape != (2,) or last.shape != (2,):
        return Verdict(False, "Expected a 2 × 2 matrix, two shifts, two weights and one offset.")
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    wanted = np.array([0, 1, 1, 0])
    before = x @ first.T + bias
    result = np.maximum(before, 0) @ last + end
    if np.allclose(result, wanted):
        return Verdict(True, "Two hinges fold the square, and its diagonal corners come together.")
    if np.allclose(before @ last + end, result):
        return Verdict(
            False, "None of your units is ever shut, so the network is affine: it cannot do it."
        )
    if np.allclose(result, 1 - wanted):
        return Verdict(False, "That is the opposite: 1 where the two inputs are equal.")
    if np.allclose(result, [0, 1, 1, 1]):
        return Verdict(False, "That is the inclusive or: only (1, 1) is still wrong.")
    table = ", ".join(f"{v:.3g}" for v in result)
    return Verdict(False, f"For (0,0), (0,1), (1,0), (1,1) your network gives {table}.")


@guarded
def unbroadcast(answer: Callable[[Numbers, tuple[int, ...]], Numbers]) -> Verdict:
    """``answer(gradient, shape)`` sums over the axes along which ``shape`` was repeated."""
    chance = np.random.default_rng(0)
    cases = [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((2, 3, 4), (3, 1)), ((3, 4), ())]
    for large, small in cases:
        gradient = chance.normal(size=large)
        kept = gradient.copy()
        found = np.asarray(answer(gradient, small))
        if not np.array_equal(kept, gradient):
            return Verdict(False, "Your function changed the gradient that it was given.")
        story = f"From shape {large} to {small}: "
        if found.shape != small:
            return Verdict(False, f"{story}found shape {found.shape}.")
        right = _unbroadcast(gradient, small)
        if large != small and np.allclose(found * gradient.size / max(right.size, 1), right):
            return Verdict(False, f"{story}you took the mean. The contributions of all uses add.")
        if not np.allclose(found, right):
            return Verdict(False, f"{story}the right shape, but not the sum over all uses.")
    return Verdict(True, "Right for all five pairs of shapes.")


@guarded
def sigmoid(answer: Callable[[Numbers], tuple[Numbers, Callable[[Numbers], Numbers]]]) -> Verdict:
    """``answer(x)`` is the logistic function of x and its pullback."""
    x = np.array([-2.0, 0.0, 0.5, 3.0])
    with np.errstate(all="raise"):
        value, pull = answer(x)
        g = np.array([1.0, 2.0, -1.0, 4.0])
        pulled = pull(g)
        right = 1 / (1 + np.exp(-x))
        if not np.allclose(value, right):
            return Verdict(False, f"At x = {x.tolist()} expected {right.round(4).tolist()}.")
        if np.allclose(pulled, right * (1 - right)):
            return Verdict(False, "That is the slope. A pullback multiplies it by what arrives.")
        if not np.allclose(pulled, g * right * (1 - right)):
            return Verdict(False, "The value is right, the pullback is not: derive s(x) once more.")
        try:
            far, pull = answer(np.array([-1000.0, 1000.0]))
        except FloatingPointError:
            return Verdict(False, "Right, until x = -1000: there your exponential overflows.")
    if not np.allclose(far, [0, 1]) or not np.allclose(pull(np.ones(2)), 0):
        return Verdict(False, "Right in the middle, wrong far from it: try x = -1000 and 1000.")
    return Verdict(True, "Value and pullback, for small and for very large x.")


@guarded
def product_rule(answer: Callable[[Pair, Pair], Pair]) -> Verdict:
    """``answer((a, da), (b, db))`` is the matrix product and its directional derivative."""
    chance = np.random.default_rng(1)
    a, da = chance.normal(size=(2, 3, 4))
    b, db = chance.normal(size=(2, 4, 2))
    value, slope = answer((a, da), (b, db))
    if not np.allclose(value, a @ b):
        return Verdict(False, "The value should be the product of the two values.")
    if np.shape(slope) != (3, 2):
        return Verdict(False, f"The slope has the shape of the product, not {np.shape(slope)}.")
    if np.allclose(slope, da @ b + a @ db):
        return Verdict(True, "Each factor moves in turn while the other stands still.")
    if np.allclose(slope, da @ db):
        return Verdict(False, "The product of the slopes: that is the term of second order.")
    if np.allclose(slope, da @ b) or np.allclose(slope, a @ db):
        return Verdict(False, "Half of it: the other factor moves as well.")
    return Verdict(False, "Write (a + h·da)(b + h·db) and collect what is of first order in h.")


@guarded
def depth_study(answer: Mapping[int, Sequence[Sequence[float]]]) -> Verdict:
    """``answer`` maps a depth to pairs of ratios (plain, with short cuts), one for each seed."""
    depths = sorted(answer)
    if len(depths) < 3:
        return Verdict(False, f"Two points make no trend: three depths at least, not {len(depths)}")
    if any(len(answer[depth]) < 3 for depth in depths):
        return Verdict(False, "Three seeds a depth at least: how far do they differ?")
    ratios = np.array([[list(pair) for pair in list(answer[d])[:3]] for d in depths], float)
    if ratios.shape[2] != 2 or not (np.isfinite(ratios) & (ratios > 0)).all():
        return Verdict(False, "Each seed gives two positive numbers: without and with short cuts.")
    if (ratios.max(axis=1) == ratios.min(axis=1)).all():
        return Verdict(False, "The seeds give identical figures: is the seed used at all?")
    plain, short = np.exp(np.log(ratios).mean(axis=1))[-1]
    return Verdict(
        True,
        f"At depth {depths[-1]} the plain network's ratio is {plain:.2g}, with short cuts "
        f"{short:.2g}. Too much is as bad as too little: what would you change?",
    )
