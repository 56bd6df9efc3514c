"""Checkers for the exercises on training-data influence.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Influence = Callable[[Tensor, Tensor, Tensor], Tensor]
Solver = Callable[[Callable[[Tensor], Tensor], Tensor, int], Tensor]
Alpha = Callable[[Tensor, Tensor, float], Tensor]
Lift = Callable[[Tensor, Tensor, float], float]
Study = Mapping[float, tuple[Sequence[float], Sequence[float]]]


@guarded
def leverage(answer: float) -> Verdict:
    """The true rise where influence predicts 0.3 and the leverage is 0.25."""
    value = float(answer)
    if abs(value - 0.4) < 1e-9:
        return Verdict(True, "0.3 / (1 - 0.25): the example that leaves held the weights in place.")
    if abs(value - 0.225) < 1e-9:
        return Verdict(False, "You made it smaller. Is the influence function too large or small?")
    if abs(value - 0.375) < 1e-9:
        return Verdict(False, "You multiplied by 1 + h: only the first term of 1 / (1 - h).")
    return Verdict(False, "The theorem on ridge regression has a factor with the leverage in it.")


def _problem(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """A positive definite matrix and gradients for it."""
    chance = torch.Generator().manual_seed(seed)
    root = torch.randn(6, 6, generator=chance, dtype=torch.float64)
    g_train = torch.randn(9, 6, generator=chance, dtype=torch.float64)
    g_test = torch.randn(4, 6, generator=chance, dtype=torch.float64)
    return root @ root.T + torch.eye(6), g_train, g_test


@guarded
def influence(answer: Influence) -> Verdict:
    """``answer(hessian, g_train, g_test)`` is the matrix of influences."""
    hessian, g_train, g_test = _problem(0)
    result = answer(hessian.clone(), g_train.clone(), g_test.clone())
    right = g_test @ torch.linalg.solve(hessian, g_train.T) / 9
    if isinstance(result, Tensor) and result.shape == right.T.shape:
        return Verdict(False, "One row for each test example, please: yours is transposed.")
    if problem := shape_problem(result, right):
        return Verdict(False, problem)
    if torch.allclose(result, -right):
        return Verdict(False, "The sign: leaving an example out is a step of -1 in its weight.")
    if torch.allclose(result, 9 * right):
        return Verdict(False, "Each example enters the mean with 1/n: divide by n.")
    if torch.allclose(result, g_test @ hessian @ g_train.T / 9):
        return Verdict(False, "You multiplied by the Hessian: its inverse is asked for.")
    if torch.allclose(result, g_test @ g_train.T) or torch.allclose(result, g_test @ g_train.T / 9):
        return Verdict(False, "These are inner products of gradients: where is the Hessian?")
    if not torch.allclose(result, right):
        return Verdict(False, "The shape is right, the values are not: read the formula once more.")
    return Verdict(True, "One linear solve for each test example serves all training examples.")


@guarded
def conjugate_gradient(answer: Solver) -> Verdict:
    """``answer(product, b, steps)`` solves a symmetric system from products alone."""
    matrix, _, right = _problem(1)
    b, used = right[0], 0

    def product(v: Tensor) -> Tensor:
        nonlocal used
        used += 1
        return matrix @ v

    exact = torch.linalg.solve(matrix, b)
    result = answer(product, b.clone(), 6)
    if problem := shape_problem(result, b):
        return Verdict(False, problem)
    if used > 6:
        return Verdict(False, f"You used {used} products where 6 were allowed.")
    if not bool(torch.isfinite(result).all()):
        return Verdict(False, "Not a number: did you divide by a residual of zero?")
    if torch.allclose(result, exact, rtol=1e-6):
        long = answer(product, b.clone(), 60)
        if not bool(torch.isfinite(long).all()):
            return Verdict(False, "Right after 6 steps, but not a number after 60: stop in time.")
        return Verdict(True, "Six unknowns, six products: exact, as theory promises.")
    if torch.allclose(result, _steepest(matrix, b, 6)):
        return Verdict(False, "That is steepest descent: keep a part of the last direction.")
    size = float((matrix @ result - b).norm() / b.norm())
    return Verdict(False, f"After 6 steps a residual of {size:.0%} is left; there should be none.")


def _steepest(matrix: Tensor, b: Tensor, steps: int) -> Tensor:
    s = torch.zeros_like(b)
    for _ in range(steps):
        r = b - matrix @ s
        s = s + (r @ r) / (r @ matrix @ r) * r
    return s


@guarded
def alpha(answer: Alpha) -> Verdict:
    """``answer(logits, y, weight_decay)`` is the matrix of representer coefficients."""
    chance = torch.Generator().manual_seed(2)
    logits = torch.randn(7, 3, generator=chance, dtype=torch.float64)
    y = torch.tensor([0, 1, 2, 0, 1, 2, 0])
    own, p = nn.functional.one_hot(y, 3).double(), logits.softmax(1)
    right = (own - p) / (0.1 * 7)
    result = answer(logits.clone(), y, 0.1)
    if problem := shape_problem(result, right):
        return Verdict(False, problem)
    if torch.allclose(result, -right):
        return Verdict(False, "The sign: an example must excite the logit of its own class.")
    if torch.allclose(result, right / 2):
        return Verdict(False, "The 2 belongs to the paper's penalty; ours is half as large.")
    if torch.allclose(result, 7 * right) or torch.allclose(result, 0.1 * right):
        return Verdict(False, "Divide by both: the penalty and the number of examples.")
    if torch.allclose(result, own / (0.1 * 7)):
        return Verdict(False, "The derivative of the cross-entropy also holds the probabilities.")
    if not torch.allclose(result, right):
        return Verdict(False, "Not yet: what is the derivative of the cross-entropy in a logit?")
    return Verdict(True, "Positive for the own class, negative for the others; each row sums to 0.")


@guarded
def lift(answer: Lift) -> Verdict:
    """``answer(score, bad, share)`` is the rate of bad ones among the checked, over the base."""
    bad = torch.zeros(40, dtype=torch.bool)
    bad[[3, 11, 12, 25, 30]] = True
    score = torch.arange(40).remainder(13).double() + torch.arange(40) / 100
    checked = score.argsort(descending=True)[:8]
    hits = int(bad[checked].sum())
    value = float(answer(score.clone(), bad.clone(), 0.2))
    right = (hits / 8) / (5 / 40)
    low = int(bad[score.argsort()[:8]].sum())
    if abs(value - right) < 1e-6:
        return Verdict(
            True, f"{hits} of 8 checked are bad, against 5 of 40: a lift of {right:.1f}."
        )
    if abs(value - hits / 8) < 1e-6:
        return Verdict(False, "That is the precision: compare it with checking at random.")
    if abs(value - hits / 5) < 1e-6:
        return Verdict(False, "That is the recall: the share of the bad ones that were found.")
    if abs(value - (low / 8) / (5 / 40)) < 1e-6:
        return Verdict(False, "You checked the lowest scores first.")
    return Verdict(False, f"Found {value:.3f}. How many are checked, and how many of them are bad?")


@guarded
def label_study(answer: Study) -> Verdict:
    """``answer`` maps a penalty to the ROC areas of (loss, self-influence), one for each seed."""
    penalties = sorted(answer)
    if len(penalties) < 3:
        return Verdict(False, f"Try three penalties at least, not {len(penalties)}.")
    for penalty in penalties:
        pair = answer[penalty]
        if len(pair) != 2 or len(pair[0]) != len(pair[1]):
            return Verdict(False, "For each penalty a pair of lists of equal length, please.")
        if len(pair[0]) < 3:
            return Verdict(False, "Use at least three seeds: how far do the areas differ?")
    areas = torch.tensor(
        [[list(side)[:3] for side in answer[p]] for p in penalties], dtype=torch.float64
    )
    if not bool(((areas >= 0) & (areas <= 1)).all()):
        return Verdict(False, "An area under the ROC curve lies between 0 and 1.")
    if bool((areas.std(2) == 0).all()):
        return Verdict(False, "The seeds give identical areas: is the seed used at all?")
    loss, own = areas.mean(2)[0].tolist()
    return Verdict(
        True,
        f"At the weakest penalty: loss {loss:.2f}, self-influence {own:.2f}. "
        "Say what you expected before you interpret it.",
    )
