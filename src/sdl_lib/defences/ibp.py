"""Interval bound propagation: carry a box through the network, and read the answer's box."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.defences.layers import LINEAR, in_order, without_bias
from sdl_lib.defences.loop import reach, train_copy


class Bounds(NamedTuple):
    """Entry by entry, from ``low`` to ``high``."""

    low: Tensor
    high: Tensor


def ibp_bounds(model: nn.Module, low: Tensor, high: Tensor) -> Bounds:
    r"""Where the logits can be when each pixel is anywhere between ``low`` and ``high``.

    An affine layer maps the centre as ever and the half-width by :math:`|W|`; ReLU and
    max-pooling, which are monotone, map both ends.

    Parameters
    ----------
    model : a sequence of Linear, Conv2d, pooling, ReLU and Flatten, in evaluation mode
    low, high : Tensors, shape (n, ...), ``low <= high`` everywhere

    Returns
    -------
    Bounds, of shape (n, classes) each; differentiable in the weights and in the ends.

    Raises
    ------
    ValueError : for an unknown layer, a model in training mode, or ends in the wrong order.

    References
    ----------
    Gowal et al. (2018). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.eval_mode(model)
    _check_box(low, high)
    inner, last = in_order(model)
    return _through([*inner, last], Bounds(low, high))


def ibp(
    model: nn.Module, x: Tensor, y: Tensor, *, eps: float, box: tuple[float, float] | None = (0, 1)
) -> Tensor:
    r"""A bound from below for the lead :math:`f_y-\max_{k\ne y}f_k` in the whole max-norm ball.

    Where it is positive, no point of the ball changes the answer. The last layer is elided: each
    difference of two logits is one affine function of the layer before, so its bound is sharper
    than the difference of two bounds. For a linear model it is exact.

    Parameters
    ----------
    model : as for :func:`ibp_bounds`
    x, y : Tensor, shape (n, ...), and LongTensor, shape (n,)
    eps : radius, in units of pixel value
    box : the range of a pixel, with which the ball is cut; None: it is not

    Returns
    -------
    Tensor, shape (n,): the least lead, or something less.

    Raises
    ------
    ValueError : as :func:`ibp_bounds`, and for bad labels or radius.

    References
    ----------
    Gowal et al. (2018). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.eval_mode(model)
    validate.finite_batch(x)
    validate.labels(y, len(x))
    validate.radius(eps)
    if box is not None and len(x) and not box[0] <= float(x.min()) <= float(x.max()) <= box[1]:
        raise ValueError(f"x: expected values in the box {box}; say box=None if there is none")
    return _least(_leads(model, x, y, eps, box), y)


def ibp_radius(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    most: float = 1.0,
    box: tuple[float, float] | None = (0, 1),
    halvings: int = 20,
) -> Tensor:
    """The largest radius at which :func:`ibp` still certifies ``y``; shape (n,), 0 where none.

    A larger ball has a larger box in every layer, so the bound only falls, and bisection finds
    where it meets zero, from below. ``most`` is where the search begins; 1 is all of a picture.
    """
    validate.radius(most, "most")
    validate.count(halvings, "halvings")
    with torch.no_grad():
        safe = torch.zeros(len(x), dtype=x.dtype, device=x.device)
        if len(x) == 0:
            return safe
        holds = ibp(model, x, y, eps=0.0, box=box) > 0
        step = most
        safe[holds & (ibp(model, x, y, eps=most, box=box) > 0)] = most
        for _ in range(halvings):
            step = step / 2
            tried = (safe + step).clamp_max(most)
            wide = tried.view(-1, *[1] * (x.ndim - 1))
            lead = _least(_leads(model, x, y, wide, box), y)
            safe = torch.where(holds & (lead > 0), tried, safe)
    return safe


def ibp_training(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    epochs: int = 10,
    kappa: float = 0.5,
    batch_size: int = 64,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    r"""Train on the worst logits of the box: :math:`\kappa L(f(x)) + (1-\kappa)L(\hat z)`.

    In :math:`\hat z` each rival has the largest lead over the true class that the bounds allow.
    Over the first half of the training the radius grows from 0 to ``eps`` and the share of the
    clean loss falls from 1 to ``kappa``: met at once, the full boxes would teach nothing.

    Parameters
    ----------
    model, x, y, epochs, batch_size, lr, show_progress : as for :func:`adversarial_training`
    eps : radius, in the max norm
    kappa : final share of the loss at the picture itself, 0 to 1
    generator : of the shuffling; default: a new one with seed 0

    Returns
    -------
    A trained copy, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : for an unknown layer, bad images, labels, radius or counts.

    References
    ----------
    Gowal et al. (2018). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.radius(eps)
    if not 0 <= kappa <= 1:
        raise ValueError(f"kappa: expected a number from 0 to 1, found {kappa}")
    in_order(model)

    def loss(student: nn.Module, images: Tensor, labels: Tensor, done: float) -> Tensor:
        worst = -_leads(student, images, labels, reach(eps, done), (0, 1))
        share = 1 - reach(1 - kappa, done)
        own = nn.functional.cross_entropy(student(images), labels)
        return share * own + (1 - share) * nn.functional.cross_entropy(worst, labels)

    source = generator or torch.Generator().manual_seed(0)
    return train_copy(
        model,
        x,
        y,
        loss,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        generator=source,
        show_progress=show_progress,
    )


def _leads(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    eps: float | Tensor,
    box: tuple[float, float] | None,
) -> Tensor:
    """Bounds from below for the lead of ``y`` over each class, shape (n, classes); 0 for itself."""
    low, high = x - eps, x + eps
    if box is not None:
        low, high = low.clamp(*box), high.clamp(*box)
    inner, last = in_order(model)
    low, high = _through(inner, Bounds(low, high))
    validate.labels(y, len(x), last.out_features)
    apart = last.weight[y].unsqueeze(1) - last.weight  # (n, classes, features)
    middle = torch.einsum("nkd,nd->nk", apart, (low + high) / 2)
    lead = middle - torch.einsum("nkd,nd->nk", apart.abs(), (high - low) / 2)
    bias: Tensor | None = last.bias
    return lead if bias is None else lead + bias[y].unsqueeze(1) - bias


def _least(leads: Tensor, y: Tensor) -> Tensor:
    return leads.scatter(1, y.unsqueeze(1), torch.inf).amin(1)


def _through(layers: list[nn.Module], bounds: Bounds) -> Bounds:
    low, high = bounds
    for layer in layers:
        if isinstance(layer, LINEAR):
            middle, half = (
                layer((low + high) / 2),
                without_bias(layer, (high - low) / 2, absolute=True),
            )
            low, high = middle - half, middle + half
        else:
            low, high = layer(low), layer(high)
    return Bounds(low, high)


def _check_box(low: Tensor, high: Tensor) -> None:
    validate.finite_batch(low, "low")
    validate.finite_batch(high, "high")
    if low.shape != high.shape:
        raise ValueError(f"high: expected shape {tuple(low.shape)}, found {tuple(high.shape)}")
    if bool((low > high).any()):
        raise ValueError("low: expected nothing above high")
