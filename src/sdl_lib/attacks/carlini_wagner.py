"""The attack of Carlini and Wagner: the shortest change, in a loss that an optimiser likes."""

from typing import Literal

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.geometry import length
from sdl_lib.attacks.gradient import check_arguments, check_logits, pull_back
from sdl_lib.attacks.verdict import Disguise, clearly_fooled, depth, settle

Box = Literal["tanh", "clip"]
# Nearer to 0 or 1 the tangent hyperbolic is flat: the optimiser could never leave a black pixel
_INSIDE = 1e-3


def carlini_wagner(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int = 100,
    searches: int = 4,
    c: float = 1.0,
    kappa: float = 0.0,
    lr: float = 0.05,
    target: Tensor | None = None,
    box: Box = "tanh",
) -> Disguise:
    r"""Minimise :math:`\|x'-x\|^2 + c\,\max(z_y - \max_{k\ne y} z_k, -\kappa)` by Adam.

    The weight c is searched for each example: tenfold or halved in its bracket, smaller after a
    success.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    steps : of Adam for each weight, one gradient each; ``searches`` : weights tried
    c : the first weight; ``lr`` : Adam's rate, in units of the variable below
    kappa : by how much, in logits, the wrong answer must lead
    box : ``"tanh"``: :math:`x' = (1 + \tanh w)/2`, the paper's variable, slow where a pixel is
        black or white; ``"clip"``: Adam moves :math:`x'` itself, which is clipped to [0, 1]

    Returns
    -------
    x_adv : Tensor as ``x``: the nearest success met; a row that failed is the row of ``x``
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Carlini & Wagner (2017). Explained in :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, None, target)
    validate.choice(box, ("tanh", "clip"), "box")
    for number, name in ((steps, "steps"), (searches, "searches")):
        validate.count(number, name)
    for value, name in ((c, "c"), (kappa, "kappa"), (lr, "lr")):
        validate.radius(value, name)
    x = x.detach()
    if len(x) == 0:
        return settle(model, x, x, y, target)
    wrong = clearly_fooled(check_logits(model, x, y, target), y, target)
    best, shortest = x.clone(), torch.where(wrong, 0.0, torch.inf).to(x.dtype)
    weight, low, high = (torch.full_like(shortest, v) for v in (c, 0.0, torch.inf))
    for _ in range(searches):
        x_adv, distance = _descend(model, x, y, target, weight, steps, kappa, lr, box)
        hit = distance.isfinite()
        nearer = distance < shortest
        best[nearer], shortest = x_adv[nearer], torch.minimum(distance, shortest)
        low, high = torch.where(hit, low, weight), torch.where(hit, weight, high)
        weight = torch.where(high.isfinite(), (low + high) / 2, 10 * weight)
    return settle(model, x, best, y, target)


def _descend(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    target: Tensor | None,
    weight: Tensor,
    steps: int,
    kappa: float,
    lr: float,
    box: Box,
) -> tuple[Tensor, Tensor]:
    """Nearest success for one weight each, and its distance, infinite where there was none."""
    variable = (x.clamp(_INSIDE, 1 - _INSIDE) * 2 - 1).atanh() if box == "tanh" else x.clone()
    adam = torch.optim.Adam([variable], lr=lr)
    best, shortest = x.clone(), torch.full_like(weight, torch.inf)
    shape = (-1, *[1] * (x.ndim - 1))

    def weigh(logits: Tensor, rows: slice) -> Tensor:
        aims = None if target is None else target[rows]
        return _hinge(logits, y[rows], aims, kappa) * weight[rows, None]

    for _ in range(steps):
        x_adv = (1 + variable.tanh()) / 2 if box == "tanh" else variable.clamp(0, 1)
        gradient, logits = pull_back(model, x_adv, y, target, weigh)
        delta = x_adv - x
        size = length(delta).flatten()
        hit = clearly_fooled(logits, y, target) & (depth(logits, y, target) >= kappa)
        nearer = hit & (size < shortest)
        shortest = torch.where(nearer, size, shortest)
        best = torch.where(nearer.view(shape), x_adv, best)
        gradient = gradient.add_(delta, alpha=2)
        # dx'/dw = 2 x' (1 - x')
        variable.grad = gradient * (2 * x_adv * (1 - x_adv)) if box == "tanh" else gradient
        adam.step()
        if box == "clip":
            variable.clamp_(0, 1)
    return best, shortest


def _hinge(logits: Tensor, y: Tensor, target: Tensor | None, kappa: float) -> Tensor:
    """Gradient of max(-depth, -kappa) with respect to the logits; shape (n, classes)."""
    column = (y if target is None else target).unsqueeze(1)
    rival = logits.scatter(1, column, -torch.inf).argmax(1, keepdim=True)
    slope = torch.zeros_like(logits).scatter_(1, column, 1.0).scatter_(1, rival, -1.0)
    slope = slope if target is None else -slope
    return slope * (depth(logits, y, target) < kappa).unsqueeze(1)
