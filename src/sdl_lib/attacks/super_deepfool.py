"""SuperDeepFool: go to the boundary as DeepFool does, then slide along it to the nearest point."""

import torch
from torch import Tensor, nn

from sdl_lib import training, validate
from sdl_lib.attacks.deepfool import cross_boundary, likeliest_others, nearest_boundary
from sdl_lib.attacks.geometry import length
from sdl_lib.attacks.gradient import check_arguments
from sdl_lib.attacks.verdict import Disguise, clearly_fooled, settle, shorten


def super_deepfool(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int = 4,
    candidates: int = 9,
    searches: int = 6,
    target: Tensor | None = None,
) -> Disguise:
    r"""Alternate DeepFool with :math:`r \leftarrow (r\cdot w)\,w/\|w\|^2`, w the boundary's normal.

    DeepFool ends near the boundary, but not where it is nearest. There the change would stand at
    right angles to the boundary: so we keep only its part along w, and start again from there.

    Parameters
    ----------
    model, x, y, target : as for :func:`fgsm`
    steps : rounds of DeepFool and projection
    candidates : as for :func:`deepfool`
    searches : halvings of the way from ``x`` to the nearest success, at the end

    Returns
    -------
    x_adv : Tensor as ``x``: the nearest success met, by Euclidean distance, in [0, 1]; a row
        that failed is the row of ``x``, unchanged
    success : BoolTensor, shape (n,)

    Raises
    ------
    ValueError : as :func:`fgsm`, and for a setting that is out of range.

    References
    ----------
    Abdollahpoorrostam et al. (2023). Explained in :doc:`/book/security/stronger-attacks`.
    """
    check_arguments(model, x, y, None, target)
    for value, name in ((steps, "steps"), (candidates, "candidates"), (searches, "searches")):
        validate.count(value, name)
    x = x.detach()
    if len(x) == 0:
        return settle(model, x, x, y, target)
    best, shortest = x.clone(), torch.full_like(length(x), torch.inf)
    here = x
    shape = shortest.shape
    for _ in range(steps):
        across = cross_boundary(
            model, here, y, target, candidates, norm="l2", steps=20, overshoot=0.02, box=True
        )
        logits = training.predict(model, across)
        hit = clearly_fooled(logits, y, target)
        across = torch.where(
            hit.view(shape), shorten(model, x, across, y, target, searches), across
        )
        size = length(across - x)
        nearer = hit.view(shape) & (size < shortest)
        best, shortest = torch.where(nearer, across, best), torch.where(nearer, size, shortest)
        here = _slide(model, x, across, y, target, logits)
    return settle(model, x, best, y, target)


def _slide(
    model: nn.Module, x: Tensor, across: Tensor, y: Tensor, target: Tensor | None, logits: Tensor
) -> Tensor:
    """Keep of the change only the part at right angles to the boundary, inside the box."""
    column = y if target is None else target
    rival = likeliest_others(logits, column, 1)
    _, _, w = nearest_boundary(model, across, column, rival, "l2")
    axes = tuple(range(1, x.ndim))
    # a pixel at its wall cannot follow w beyond it: there the wall, too, holds the change
    change = across - x
    free = torch.where((across <= 0) | (across >= 1), change != 0, True)
    w = w * free
    tiny = torch.finfo(x.dtype).tiny
    share = (change * w).sum(axes, keepdim=True) / (w * w).sum(axes, keepdim=True).clamp_min(tiny)
    return (x + share * w).clamp_(0, 1)
