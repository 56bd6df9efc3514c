"""DeepFool: step to the nearest boundary of the linearised model, until the model is fooled."""

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.geometry import Norm, dual_length
from sdl_lib.attacks.gradient import (
    answer,
    check_arguments,
    check_finite,
    check_logits,
    chunks,
)
from sdl_lib.attacks.verdict import Disguise, clearly_fooled, settle

# Where the box cuts a step short, the next is shorter still, and so on: the way would end just
# before the boundary. From the second step on we add this length.
_MORE = 1e-4
# The nearest boundary at the first step is almost always among the nearest three at all others
_KEPT = 1


def deepfool(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "l2",
    steps: int = 50,
    overshoot: float = 0.02,
    candidates: int = 9,
    target: Tensor | None = None,
    box: bool = True,
) -> Disguise:
    r"""Step by :math:`r = |f_k|\,w_k/\|w_k\|^2`, to the nearest of the linearised boundaries.

    Here :math:`f_k = z_k - z_y` and :math:`w_k = \nabla f_k` at the present point, and k has the
    least :math:`|f_k|/\|w_k\|`. On an affine model one step is exact, apart from the overshoot.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    norm : ``"l2"``, or ``"linf"`` with :math:`r = |f_k|\,\mathrm{sign}(w_k)/\|w_k\|_1`
    steps : at most so many; an example that is fooled costs nothing more
    overshoot : go so much farther than the sum of the steps, to land beyond the boundary
    candidates : the boundaries to so many of the likeliest classes other than y are compared;
        after the first step, only the three that were nearest
    box : clip to [0, 1] after each step; without, the distance is that of the open space, and
        the images may be none

    Returns
    -------
    x_adv : Tensor as ``x``; a row that failed is the row of ``x``, unchanged
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Moosavi-Dezfooli, Fawzi & Frossard (2016). Explained in
    :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, None, target)
    validate.choice(norm, ("linf", "l2"), "norm")
    validate.count(steps, "steps")
    validate.count(candidates, "candidates")
    validate.radius(overshoot, "overshoot")
    x = x.detach()
    if len(x):
        search = {"norm": norm, "steps": steps, "overshoot": overshoot, "box": box}
        x_adv = cross_boundary(model, x, y, target, candidates, **search)  # type: ignore[arg-type]
        return settle(model, x, x_adv, y, target)
    return settle(model, x, x, y, target)


def cross_boundary(
    model: nn.Module,
    start: Tensor,
    y: Tensor,
    target: Tensor | None,
    candidates: int,
    *,
    norm: Norm,
    steps: int,
    overshoot: float,
    box: bool,
) -> Tensor:
    """The iteration itself, from any start; rows that did not get across are where it stopped."""
    logits = check_logits(model, start, y, target)
    rivals = likeliest_others(logits, y, candidates) if target is None else target.unsqueeze(1)
    x_adv, total = start.clone(), torch.zeros_like(start)
    rows = (~clearly_fooled(logits, y, target)).nonzero().flatten()
    rivals = rivals[rows]
    for t in range(steps):
        if len(rows) == 0:
            break
        # towards a target we leave whatever class is now the likeliest
        own = y[rows] if target is None else likeliest_others(logits[rows], target[rows], 1)[:, 0]
        distance, gap, w = nearest_boundary(model, x_adv[rows], own, rivals, norm)
        total[rows] += _step(gap, w, norm, _MORE if t else 0)
        there = start[rows] + (1 + overshoot) * total[rows]
        x_adv[rows] = there.clamp_(0, 1) if box else there
        # a forward pass decides who takes the next, ten times dearer step
        logits[rows] = training.predict(model, x_adv[rows])
        aims = None if target is None else target[rows]
        standing = ~clearly_fooled(logits[rows], y[rows], aims)
        if not box:  # in the open a way may lead to where the model has no answer
            lost = ~logits[rows].isfinite().all(1)
            x_adv[rows[lost]] = start[rows[lost]]
            standing &= ~lost
        if rivals.shape[1] > _KEPT:
            near = distance.topk(_KEPT, dim=1, largest=False).indices
            rivals = rivals.gather(1, near)
        rows, rivals = rows[standing], rivals[standing]
    return x_adv


def likeliest_others(logits: Tensor, y: Tensor, count: int) -> Tensor:
    """The ``count`` likeliest classes apart from y, the likeliest first; shape (n, count)."""
    count = min(count, logits.shape[1] - 1)
    return logits.scatter(1, y.unsqueeze(1), -torch.inf).topk(count, dim=1).indices


def nearest_boundary(
    model: nn.Module, x: Tensor, y: Tensor, rivals: Tensor, norm: Norm
) -> tuple[Tensor, Tensor, Tensor]:
    """Distances to the linearised boundaries with all rivals, and the nearest one's gap and normal.

    One forward pass serves all ``rivals``, shape (n, k); of their gradients only the best is kept.
    """
    parts = [_nearest(model, x[rows], y[rows], rivals[rows], norm) for rows in chunks(x)]
    distance, gap, w = (torch.cat(part) for part in zip(*parts, strict=True))
    return distance, gap, w


def _nearest(
    model: nn.Module, x: Tensor, y: Tensor, rivals: Tensor, norm: Norm
) -> tuple[Tensor, Tensor, Tensor]:
    inputs, own = x.detach().requires_grad_(), y.unsqueeze(1)
    z = answer(model, inputs, y)
    f = (z.gather(1, rivals) - z.gather(1, own)).detach()
    distance, w = torch.full_like(f, torch.inf), torch.zeros_like(x)
    for j in range(rivals.shape[1]):
        weights = torch.zeros_like(z).scatter_(1, rivals[:, j : j + 1], 1.0).scatter_(1, own, -1.0)
        more = j + 1 < rivals.shape[1]
        (g,) = torch.autograd.grad(z, inputs, weights, retain_graph=more)
        check_finite(g)
        size = dual_length(g, norm).flatten().clamp_min(torch.finfo(g.dtype).tiny)
        nearer = f[:, j].abs() / size < distance.amin(1)
        distance[:, j] = f[:, j].abs() / size
        w = torch.where(nearer.view(-1, *[1] * (x.ndim - 1)), g, w)
    best = distance.argmin(1, keepdim=True)
    return distance, f.gather(1, best).squeeze(1), w


def _step(gap: Tensor, w: Tensor, norm: Norm, more: float) -> Tensor:
    """The shortest step along ``w`` that closes the gap, and a little more.

    Where ``w`` is zero, the step is; where it is nearly zero, the step is long and yet a number.
    """
    limits = torch.finfo(w.dtype)
    size = dual_length(w, norm).clamp_min(limits.tiny)
    distance = (gap.abs().view_as(size) / size + more).clamp_max(limits.max**0.25)
    return distance * (w.sign() if norm == "linf" else w / size)
