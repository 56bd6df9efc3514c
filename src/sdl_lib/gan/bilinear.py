"""The smallest game of minimax type, x y: where gradient play goes, step by step and by matrix."""

import math

import torch
from torch import Tensor

from sdl_lib import validate

RULES = ("simultaneous", "alternating", "extragradient")


def play_bilinear(start: tuple[float, float], *, lr: float, steps: int, rule: str) -> Tensor:
    r"""Play :math:`\min_x\max_y xy` by gradient steps; its only equilibrium is (0, 0).

    Parameters
    ----------
    start : x and y before the first step
    lr : size of a step, over 0
    steps : number of steps, at least 1
    rule : "simultaneous" (both players look, then both move), "alternating" (x moves first, y
        answers) or "extragradient" (both look one step ahead, and use the gradient there)

    Returns
    -------
    Tensor of float64, shape (steps + 1, 2): the path, start included.

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    Korpelevich (1976) for the extragradient. Explained in :doc:`/book/security/gan-theory`.
    """
    validate.choice(rule, RULES, "rule")
    validate.count(steps, "steps")
    _check_step(lr)
    x, y = start
    path = [(x, y)]
    for _ in range(steps):
        if rule == "simultaneous":
            x, y = x - lr * y, y + lr * x
        elif rule == "alternating":
            x = x - lr * y
            y = y + lr * x
        else:
            ahead_x, ahead_y = x - lr * y, y + lr * x
            x, y = x - lr * ahead_y, y + lr * ahead_x
        path.append((x, y))
    return torch.tensor(path, dtype=torch.float64)


def bilinear_matrix(*, lr: float, rule: str) -> Tensor:
    r"""One step of :func:`play_bilinear` as a matrix: its eigenvalues decide where the path goes.

    Their modulus is :math:`\sqrt{1+\eta^2}` (simultaneous: outwards), 1 (alternating, while
    :math:`\eta<2`: round and round), :math:`\sqrt{1-\eta^2+\eta^4}` (extragradient: inwards while
    :math:`\eta<1`).

    Parameters
    ----------
    lr : size :math:`\eta` of a step, over 0
    rule : as in :func:`play_bilinear`

    Returns
    -------
    Tensor of float64, shape (2, 2).

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    Explained in :doc:`/book/security/gan-theory`.
    """
    validate.choice(rule, RULES, "rule")
    _check_step(lr)
    square = lr * lr
    rows = {
        "simultaneous": [[1.0, -lr], [lr, 1.0]],
        "alternating": [[1.0, -lr], [lr, 1 - square]],
        "extragradient": [[1 - square, -lr], [lr, 1 - square]],
    }
    return torch.tensor(rows[rule], dtype=torch.float64)


def _check_step(lr: float) -> None:
    if not math.isfinite(lr) or lr <= 0:
        raise ValueError(f"lr: expected a finite number over 0, found {lr}")
