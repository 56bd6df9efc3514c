"""Distributional influence of the inner parts of a network on any quantity of its outputs."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.distributions import Distribution
from sdl_lib.attribution.quantities import Quantity, Score
from sdl_lib.attribution.slices import INPUT, Heard, listen

# on a CPU, points are worked off in chunks whose activations stay in the cache
_CHUNK = 64 * 28 * 28


def internal_influence(
    model: nn.Module,
    slice: str,
    quantity: Quantity | Score,
    distribution: Distribution,
    *,
    multiply: bool = False,
    batch_size: int | None = None,
) -> Tensor:
    r"""Mean gradient: :math:`\chi_j = E_{x\sim P}[\partial q(g(z))/\partial z_j\,|_{z=h(x)}]`.

    Parameters
    ----------
    model : :math:`f = g \circ h`, maps (n, ...) to logits (n, classes); in evaluation mode
    slice : the last part of :math:`h`, as in ``model.named_modules()``, or ``INPUT``
    quantity : :math:`q`, of :mod:`sdl_lib.attribution.quantities`, or any function from the
        logits to one number for each example, shape (n,)
    distribution : :math:`P`, of :mod:`sdl_lib.attribution.distributions`
    multiply : weigh by the activation: :math:`\chi_j (h_j(x) - h_j(b))` around an example
        :math:`x` (with :math:`h_j(b) = 0` where it has no baseline :math:`b`), and
        :math:`E[z_j\,\partial q/\partial z_j]` over data
    batch_size : points at a time

    Returns
    -------
    Tensor, shape (rows of the distribution, *shape of* :math:`h(x)`), signed, detached.

    Raises
    ------
    ValueError : if a part is unknown, the quantity is not one number an example or does not
        depend on the slice, a gradient is not finite, or the model is in training mode.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.eval_mode(model)
    size = _chunk(distribution.like) if batch_size is None else batch_size
    validate.count(size, "batch_size")
    inside = multiply and distribution.example is None  # weigh each point by its own activation
    total: Tensor | None = None
    for sample in distribution.points(size):
        z, slope = slopes(model, slice, quantity, sample.x)
        weight = sample.weight.to(slope).view(-1, *[1] * (slope.ndim - 1))
        if total is None:
            total = slope.new_zeros(distribution.rows, *slope.shape[1:])
        total.index_add_(0, sample.row, weight * (slope * z if inside else slope))
    if total is None:
        raise ValueError("distribution: has no points")
    if multiply and distribution.example is not None:
        total = total * _difference(model, slice, distribution, size)
    return total


def slopes(
    model: nn.Module, slice: str, quantity: Quantity | Score, x: Tensor
) -> tuple[Tensor, Tensor]:
    """What the slice computes from ``x``, and the gradient of the quantity there; detached."""
    found: dict[str, Tensor] = {}
    at = getattr(quantity, "at", "")

    def cut(output: Tensor) -> Tensor:
        found["z"] = output.detach().requires_grad_()
        return found["z"].clone()  # a copy: the next part may work in place

    def keep(output: Tensor) -> None:
        found["measured"] = output

    heard: list[dict[str, Heard]] = [{} if slice == INPUT else {slice: cut}, {at: keep}]
    with (
        torch.enable_grad(),
        listen(model, heard[0], name="slice"),
        listen(model, heard[1], name="quantity"),
    ):
        model(cut(x) if slice == INPUT else x.detach())
        for name, key in (("slice", "z"), ("quantity", "measured")):
            if key not in found:
                raise ValueError(f"{name}: its part is not used by the model")
        value = quantity(found["measured"])
        if value.shape != (len(x),):
            shape = tuple(value.shape)
            raise ValueError(f"quantity: expected shape ({len(x)},), found {shape}")
        slope = _gradient(value, found["z"], slice)
    return found["z"].detach(), slope


def _gradient(value: Tensor, z: Tensor, slice: str) -> Tensor:
    slope = None
    if value.requires_grad:
        (slope,) = torch.autograd.grad(value.sum(), z, allow_unused=True)
    if slope is None:
        raise ValueError(f"quantity: does not depend on the slice {slice!r}")
    if not all(math.isfinite(float(v)) for v in slope.aminmax()):
        raise ValueError("model: the gradient of the quantity is not finite")
    return slope


def _difference(model: nn.Module, slice: str, distribution: Distribution, size: int) -> Tensor:
    """What the slice computes from the example, less what it computes from the baseline."""
    assert distribution.example is not None
    z = _values(model, slice, distribution.example, size)
    if distribution.baseline is None:
        return z
    return z - _values(model, slice, distribution.baseline, size)


def _values(model: nn.Module, slice: str, x: Tensor, size: int) -> Tensor:
    if slice == INPUT:
        return x.detach()
    kept: list[Tensor] = []
    keep: Callable[[Tensor], None] = lambda output: kept.append(output.detach().clone())  # noqa: E731
    with torch.no_grad(), listen(model, {slice: keep}, name="slice"):
        for chunk in x.split(size):
            model(chunk)
    return torch.cat(kept)


def _chunk(like: Tensor) -> int:
    return max(1, _CHUNK // like[0].numel()) if like.device.type == "cpu" else 256
