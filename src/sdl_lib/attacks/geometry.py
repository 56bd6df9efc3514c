"""Balls in three norms, and the box [0, 1]: lengths, steepest steps, projections, random points."""

from typing import Literal

import torch
from torch import Tensor

Norm = Literal["linf", "l2", "l1"]

# The steepest step of length 1 in the l1 norm changes one pixel. A hundredth of them at once
# gets as far in fewer steps (Tramèr & Boneh 2019).
_SHARE = 100


def length(v: Tensor, norm: Norm = "l2") -> Tensor:
    """Length of each example, shape (n, 1, ...)."""
    order = {"linf": torch.inf, "l2": 2, "l1": 1}[norm]
    size: Tensor = torch.linalg.vector_norm(v, order, dim=tuple(range(1, v.ndim)), keepdim=True)
    return size


def dual_length(v: Tensor, norm: Norm) -> Tensor:
    """Most that a step of length 1 in ``norm`` can move a function of gradient ``v``."""
    dual: dict[Norm, Norm] = {"linf": "l1", "l2": "l2", "l1": "linf"}
    return length(v, dual[norm])


def unit(direction: Tensor, norm: Norm, x_adv: Tensor) -> Tensor:
    """The step of length 1 in ``norm`` that climbs fastest; zero where the gradient is zero.

    For ``"l1"`` the step goes along the largest entries of ``direction`` whose pixels are not at
    the wall of the box that they would have to cross; ``x_adv`` says where they are.
    """
    if norm == "linf":
        return direction.sign()
    # over the largest entry first: the squares of a tiny gradient would underflow to zero
    tiny = torch.finfo(direction.dtype).tiny
    scaled = direction / length(direction, "linf").clamp_min(tiny)
    if norm == "l2":
        return scaled / length(scaled).clamp_min(tiny)
    free = torch.where(scaled > 0, x_adv < 1, x_adv > 0)
    flat = (scaled * free).flatten(1)
    count = max(1, flat.shape[1] // _SHARE)
    rows = flat.abs().topk(count, dim=1).indices
    signs = flat.gather(1, rows).sign()
    sparse = torch.zeros_like(flat).scatter_(1, rows, signs)
    return (sparse / signs.abs().sum(1, keepdim=True).clamp_min(1)).view_as(direction)


def project(x_adv: Tensor, x: Tensor, eps: float, norm: Norm) -> Tensor:
    """Back into the ball of radius ``eps`` around ``x``, then into [0, 1].

    The second step cannot undo the first: ``x`` lies in the box, so clipping to it brings every
    pixel closer to ``x`` or leaves it. For ``"l2"`` and ``"l1"`` the result is in both sets
    without being the nearest such point, which would take a search.
    """
    if norm == "linf":
        return x_adv.clamp(x - eps, x + eps).clamp_(0, 1)
    delta = x_adv - x
    if norm == "l1":
        return (x + _onto_l1_ball(delta.flatten(1), eps).view_as(x)).clamp_(0, 1)
    # tiny, so that a radius of zero does not divide zero by zero
    shrink = eps / length(delta).clamp_min(max(eps, torch.finfo(x.dtype).tiny))
    return (x + delta * shrink).clamp_(0, 1)


def _onto_l1_ball(delta: Tensor, eps: float) -> Tensor:
    """Nearest point of the l1 ball, row by row (Duchi et al. 2008): shrink all entries alike."""
    long = delta.abs().sum(1) > eps
    if not bool(long.any()):
        return delta
    # sums of hundreds of pixels: never in half precision
    sizes = delta[long].abs().to(torch.promote_types(delta.dtype, torch.float32))
    ordered = sizes.sort(1, descending=True).values
    ranks = torch.arange(1, delta.shape[1] + 1, device=delta.device)
    levels = (ordered.cumsum(1) - eps) / ranks
    kept = (ordered > levels).sum(1, keepdim=True).clamp_min(1)
    level = levels.gather(1, kept - 1).clamp_min(0)
    result = delta.clone()
    result[long] = ((sizes - level).clamp_min(0)).to(delta.dtype) * delta[long].sign()
    return result


def random_point(x: Tensor, eps: float, norm: Norm, generator: torch.Generator | None) -> Tensor:
    """Uniform in the ball, then clipped to [0, 1]; drawn on the device of the generator."""
    source = generator or torch.Generator().manual_seed(0)
    if norm == "linf":
        offset = 2 * torch.rand(x.shape, generator=source, device=source.device) - 1
    elif norm == "l2":
        # a uniform direction, and a length r with P(r < s) = s^d, the share of the volume inside
        gauss = torch.randn(x.shape, generator=source, device=source.device)
        share = torch.rand(len(x), generator=source, device=source.device)
        radius = share.pow(1 / x[0].numel()).view(-1, *[1] * (x.ndim - 1))
        offset = gauss / length(gauss) * radius
    else:
        # d of d + 1 exponential waiting times over their sum: uniform in the simplex; then signs
        pixels = x[0].numel()
        uniform = torch.rand(len(x), pixels + 1, generator=source, device=source.device)
        waiting = -torch.log1p(-uniform)
        signs = torch.randint(2, (len(x), pixels), generator=source, device=source.device) * 2 - 1
        offset = (waiting[:, 1:] / waiting.sum(1, keepdim=True) * signs).view(x.shape)
    return project(x + eps * offset.to(x), x, eps, norm)


def onto_plane(x: Tensor, w: Tensor, gap: Tensor, norm: Norm) -> Tensor:
    r"""Shortest :math:`\delta` with :math:`w\cdot\delta` = ``gap`` and :math:`x+\delta` in the box.

    Where the plane misses the box, :math:`\delta` leads to the corner that comes nearest to it.
    The farther we go, the more pixels stand at their wall: in the order in which they arrive
    there, the value gained is piecewise linear, and the plane is met in one of the pieces.

    Parameters
    ----------
    x, w : Tensors, shape (n, d); ``x`` in [0, 1]
    gap : Tensor, shape (n,), of either sign
    """
    w = torch.where(gap.unsqueeze(1) < 0, -w, w)
    gap, size = gap.abs(), w.abs()
    room = torch.where(w > 0, 1 - x, x)
    if norm == "l1":  # pixels one after the other, the steepest first
        order = size.argsort(1, descending=True)
        gains = (size * room).gather(1, order)
        left = gap.unsqueeze(1) - gains.cumsum(1) + gains
        part = (left / gains.clamp_min(torch.finfo(x.dtype).tiny)).clamp_(0, 1)
        share = torch.zeros_like(x).scatter_(1, order, part)
        return w.sign() * room * share
    speed = size if norm == "l2" else (size > 0).to(x)
    arrival = torch.where(size > 0, room / speed, torch.inf)
    ordered, order = arrival.sort(1)
    gain = size * room  # of pixels at their wall
    rate = size * speed  # of pixels on their way
    full = gain.gather(1, order).cumsum(1)
    rates = rate.gather(1, order)
    moving = rates.flip(1).cumsum(1).flip(1)  # before each arrival
    before = full - gain.gather(1, order)
    reached = before + torch.where(ordered.isfinite(), ordered, 0) * moving  # value at an arrival
    piece = (reached < gap.unsqueeze(1)).sum(1, keepdim=True).clamp_max(x.shape[1] - 1)
    rate_now = moving.gather(1, piece).clamp_min(torch.finfo(x.dtype).tiny)
    time = (gap.unsqueeze(1) - before.gather(1, piece)) / rate_now
    way = torch.where(speed > 0, time.clamp_min(0) * speed, 0)  # no inf times zero
    return w.sign() * torch.minimum(room, way)
