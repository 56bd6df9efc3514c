"""The adversarial patch: one sticker that outshouts whatever it lies on."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attacks.gradient import ascent_direction, check_arguments
from sdl_lib.attacks.random_views import Views, random_views


def adversarial_patch(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    target: int,
    size: int,
    steps: int = 200,
    batch_size: int = 32,
    step_size: float = 0.05,
    views: Views | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Train one patch to raise the target's mean log odds, wherever it is pasted.

    At every step it is pasted at random places of random pictures, seen in random views. There
    is no ball: the patch may be as loud as [0, 1] permits, but it covers its own pixels only.
    (Brown et al. raise the log probability, whose gradient fades once the model is sure.)

    Parameters
    ----------
    model : maps ``x`` to logits, in evaluation mode
    x : Tensor, shape (n, c, h, w), n > 0, values in [0, 1]: the pictures to learn from
    y : LongTensor, shape (n,): their classes; those of class ``target`` teach nothing
    target : the class that the patch is to shout
    size : pixels of its side
    steps, batch_size : pictures in each of so many steps
    step_size : largest move of a pixel in one step; it shrinks to a tenth on the way
    views : what the camera does to the patched picture; default: nothing
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    Tensor, shape (c, size, size) in [0, 1]; :func:`apply_patch` pastes it.

    Raises
    ------
    ValueError : as :func:`fgsm`, and if the patch does not fit or all pictures are the target.

    References
    ----------
    Brown et al. (2017). Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    check_arguments(model, x, y, None, None)
    validate.count(steps, "steps")
    validate.count(batch_size, "batch_size")
    validate.radius(step_size, "step_size")
    _check_size(x, size, size)
    others = (y != target).nonzero().squeeze(1)
    if len(others) == 0:
        raise ValueError("y: expected a picture of another class than the target, found none")
    camera, source = views or random_views(), generator or torch.Generator().manual_seed(0)
    patch = torch.full((x.shape[1], size, size), 0.5).to(x)
    mean = torch.zeros_like(patch)
    aims = torch.full((batch_size,), target, device=x.device)
    for step in range(steps):
        drawn = torch.randint(len(others), (batch_size,), generator=source, device=source.device)
        rows = others[drawn.to(others.device)]
        corner = random_corners(x[rows], size, generator=source)
        with torch.enable_grad():
            leaf = patch.clone().requires_grad_()
            seen = camera(_paste(x[rows], leaf, corner), source)
        pull, _ = ascent_direction(model, seen.detach(), y[rows], aims)
        (g,) = torch.autograd.grad(seen, leaf, pull)
        mean = 0.9 * mean + g / g.abs().sum().clamp_min(torch.finfo(g.dtype).tiny)
        rate = step_size * (1 - 0.9 * step / steps)
        patch = (patch + rate * mean.sign()).clamp(0, 1)
    return patch


def apply_patch(x: Tensor, patch: Tensor, corner: Tensor) -> Tensor:
    """Paste a patch (c, s, t) over pictures (n, c, h, w), each at its own place.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, w), values in [0, 1]
    patch : Tensor, shape (c, s, t), values in [0, 1]
    corner : LongTensor, shape (n, 2): row and column of its upper left pixel

    Returns
    -------
    Tensor as ``x``, equal to it off the patch.

    Raises
    ------
    ValueError : if the shapes do not fit or the patch would leave a picture.

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    validate.images(x)
    validate.images(patch.unsqueeze(0), "patch")
    if x.ndim != 4 or patch.ndim != 3 or patch.shape[0] != x.shape[1]:
        raise ValueError(
            f"patch: expected shape (c, s, t) for pictures {tuple(x.shape)}, found "
            f"{tuple(patch.shape)}"
        )
    _check_size(x, patch.shape[1], patch.shape[2])
    if corner.shape != (len(x), 2) or corner.dtype != torch.int64:
        raise ValueError(
            f"corner: expected a row and a column for each of {len(x)} pictures, found "
            f"{corner.dtype}, {tuple(corner.shape)}"
        )
    room = torch.tensor(x.shape[2:]) - torch.tensor(patch.shape[1:])
    if len(x) and (int(corner.min()) < 0 or bool((corner.cpu() > room).any())):
        raise ValueError("corner: the patch leaves the picture")
    return _paste(x, patch, corner)


def random_corners(x: Tensor, size: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Places, (n, 2), where a square of ``size`` pixels fits into pictures (n, c, h, w)."""
    _check_size(x, size, size)
    source = generator or torch.Generator().manual_seed(0)
    draw = torch.rand(len(x), 2, generator=source, device=source.device).to(x.device)
    room = torch.tensor(x.shape[2:], device=x.device) - size + 1
    return (draw * room).long()


def _paste(x: Tensor, patch: Tensor, corner: Tensor) -> Tensor:
    rows = corner[:, :1] + torch.arange(patch.shape[1], device=x.device)
    columns = corner[:, 1:] + torch.arange(patch.shape[2], device=x.device)
    n = torch.arange(len(x), device=x.device).view(-1, 1, 1)
    where = (n, slice(None), rows.unsqueeze(2), columns.unsqueeze(1))
    result = x.detach().clone()
    # an index after a slice puts the channels last
    result[where] = patch.permute(1, 2, 0).expand(len(x), -1, -1, -1)
    return result


def _check_size(x: Tensor, height: int, width: int) -> None:
    validate.count(height, "size")
    if x.ndim != 4 or height > x.shape[2] or width > x.shape[3]:
        raise ValueError(
            f"size: expected a patch that fits into pictures of shape {tuple(x.shape)}, found "
            f"{height} x {width}"
        )
