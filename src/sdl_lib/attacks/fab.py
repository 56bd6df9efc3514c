"""FAB: walk along the boundary, drawn back to the image at each step."""

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.deepfool import likeliest_others, nearest_boundary
from sdl_lib.attacks.geometry import Norm, length, onto_plane
from sdl_lib.attacks.gradient import check_arguments, check_logits
from sdl_lib.attacks.verdict import Disguise, clearly_fooled, settle, shorten


def fab(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    norm: Norm = "linf",
    steps: int = 50,
    alpha: float = 0.1,
    beta: float = 0.9,
    eta: float = 1.05,
    candidates: int = 9,
    target: Tensor | None = None,
) -> Disguise:
    r"""Project the present point and x onto the linearised boundary, and go between the two.

    With the projections :math:`d_1` from the present point z and :math:`d_0` from x, both within
    the box: :math:`z \leftarrow (1-a)(z + \eta d_1) + a\,(x + \eta d_0)`,
    :math:`a = \min(\|d_1\|/(\|d_1\|+\|d_0\|), \alpha)`. After a success z steps back towards x.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    norm : of the distance that is to be short: ``"linf"``, ``"l2"`` or ``"l1"``
    steps : each as dear as one of :func:`deepfool`
    alpha : greatest weight of the way from x; ``eta`` : overshoot
    beta : after a success keep this share of the distance to x
    candidates : the boundaries to so many of the likeliest classes are compared

    Returns
    -------
    x_adv : Tensor as ``x``: the nearest success met; a row that failed is the row of ``x``
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Croce & Hein (2020, "Minimally distorted adversarial examples"). Explained in
    :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, None, target)
    validate.choice(norm, ("linf", "l2", "l1"), "norm")
    for number, name in ((steps, "steps"), (candidates, "candidates")):
        validate.count(number, name)
    for value, name in ((alpha, "alpha"), (beta, "beta"), (eta, "eta")):
        validate.radius(value, name)
    x = x.detach()
    if len(x) == 0:
        return settle(model, x, x, y, target)
    logits = check_logits(model, x, y, target)
    rivals = likeliest_others(logits, y, candidates) if target is None else target.unsqueeze(1)
    best, here = x.clone(), x.clone()
    hit = clearly_fooled(logits, y, target).view(-1, *[1] * (x.ndim - 1))
    shortest = torch.where(hit, 0, torch.full_like(length(x), torch.inf))
    for _ in range(steps):
        own = y if target is None else likeliest_others(logits, target, 1)[:, 0]
        _, gap, w = nearest_boundary(model, here, own, rivals, norm)
        here = _between(x, here, gap, w, norm, alpha, eta)
        logits = training.predict(model, here)
        hit = clearly_fooled(logits, y, target).view(shortest.shape)
        size = length(here - x, norm)
        nearer = hit & (size < shortest)
        best, shortest = torch.where(nearer, here, best), torch.where(nearer, size, shortest)
        here = torch.where(hit, x + beta * (here - x), here)
    x_adv, success = settle(model, x, best, y, target)
    x_adv[success] = shorten(model, x[success], x_adv[success], y[success], _at(target, success), 6)
    return settle(model, x, x_adv, y, target)


def _between(
    x: Tensor, here: Tensor, gap: Tensor, w: Tensor, norm: Norm, alpha: float, eta: float
) -> Tensor:
    """The next point: mostly across the boundary from here, partly across it from x."""
    shape = (-1, *[1] * (x.ndim - 1))
    flat_w, flat_x, flat_here = w.flatten(1), x.flatten(1), here.flatten(1)
    gap_x = gap + (flat_w * (flat_x - flat_here)).sum(1)
    d_here = onto_plane(flat_here, flat_w, -gap, norm).view_as(x)
    d_x = onto_plane(flat_x, flat_w, -gap_x, norm).view_as(x)
    from_here, from_x = length(d_here, norm), length(d_x, norm)
    tiny = torch.finfo(x.dtype).tiny
    a = (from_here / (from_here + from_x).clamp_min(tiny)).clamp_max(alpha).view(shape)
    return ((1 - a) * (here + eta * d_here) + a * (x + eta * d_x)).clamp_(0, 1)


def _at(labels: Tensor | None, rows: Tensor) -> Tensor | None:
    return None if labels is None else labels[rows]
