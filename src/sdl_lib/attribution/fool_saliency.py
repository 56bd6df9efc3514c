"""Attack an explanation: the picture and the answer stay, the gradient map moves."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.interception import Interception, is_relu
from sdl_lib.training import predict

_F = nn.functional


class FooledMap(NamedTuple):
    """What :func:`fool_saliency` made: images, and where the model's answer is still the same."""

    x_adv: Tensor
    kept: Tensor


def fool_saliency(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    *,
    eps: float,
    steps: int = 40,
    beta: float = 10.0,
    weight: float = 1.0,
    step_size: float | None = None,
) -> FooledMap:
    r"""Minimise :math:`KL(t \,\|\, h(x')) + w\,KL(p(x) \,\|\, p(x'))` in a max-norm ball around x.

    h is the map :math:`\sum_c|\nabla_x f_y|`, over its sum, of the class y that the model names,
    and p its probabilities. A ReLU network is piecewise linear: the gradient of its gradient is 0
    almost everywhere. So we descend on a copy in which :math:`\log(1+e^{\beta z})/\beta` stands
    for each ReLU; the judgement, ``kept``, is that of the model itself.

    Parameters
    ----------
    model : maps ``x`` to logits (n, classes), in evaluation mode, with ReLU or ReLU6
    x : Tensor, shape (n, c, h, w), values in [0, 1]
    target : Tensor, shape (1 or n, 1, h, w), at least 0: the map to be shown; only shares count
    eps : radius of the ball, in units of pixel value
    steps, step_size : signed steps with momentum; default size: 4 ``eps / steps``, shrinking to 0
    beta, weight : as above

    Returns
    -------
    FooledMap : ``x_adv`` in ball and box; a row whose answer changed is the row of ``x`` again.

    Raises
    ------
    ValueError : if an argument is out of range, or the model has no ReLU.

    References
    ----------
    Ghorbani, Abid & Zou (2019); Dombrowski et al. (2019). Explained in
    :doc:`/book/explanation/trusting-explanations`.
    """
    _check(model, x, target, eps, beta, weight)
    validate.count(steps, "steps")
    size = 4 * eps / steps if step_size is None else step_size
    validate.radius(size, "step_size")
    x = x.detach()
    if len(x) == 0:
        return FooledMap(x.clone(), torch.zeros(0, dtype=torch.bool, device=x.device))
    before = predict(model, x, batch_size=1)
    validate.logits(before, len(x))
    shares = target.detach().to(x).expand(len(x), *target.shape[1:])
    shares = shares / shares.sum((1, 2, 3), keepdim=True)
    rows = zip(x.split(1), shares.split(1), before.split(1), strict=True)
    x_adv = torch.cat([_descend(model, *row, eps, steps, size, beta, weight) for row in rows])
    kept = predict(model, x_adv, batch_size=1).argmax(1) == before.argmax(1)
    return FooledMap(torch.where(kept.view(-1, 1, 1, 1), x_adv, x), kept)


def gradient_map(gradient: Tensor) -> Tensor:
    """Absolute values, added over channels, over their sum: (n, c, h, w) to (n, 1, h, w)."""
    size = gradient.abs().sum(1, keepdim=True)
    shares: Tensor = size / size.sum((1, 2, 3), keepdim=True).clamp_min(
        torch.finfo(size.dtype).tiny
    )
    return shares


def _descend(
    model: nn.Module,
    x: Tensor,
    target: Tensor,
    logits: Tensor,
    eps: float,
    steps: int,
    size: float,
    beta: float,
    weight: float,
) -> Tensor:
    x_adv, momentum = x.clone(), torch.zeros_like(x)
    y, p = logits.argmax(1, keepdim=True), logits.softmax(1)
    for k in range(steps):
        x_adv.requires_grad_()
        with torch.enable_grad(), Softened(beta) as soft:
            z = model(x_adv)
            (gradient,) = torch.autograd.grad(z.gather(1, y).sum(), x_adv, create_graph=True)
            # 1e-8 beside shares of about 1 / pixels: a pixel of gradient zero is not infinitely bad
            loss = -(target * (gradient_map(gradient) + 1e-8).log()).sum()
            loss = loss + weight * _F.kl_div(z.log_softmax(1), p, reduction="sum")
            (slope,) = torch.autograd.grad(loss, x_adv)
        if not soft.met:
            raise ValueError(
                "model: has no ReLU or ReLU6 to soften; its gradient can be bent as is"
            )
        momentum = 0.8 * momentum + slope / slope.abs().mean().clamp_min(1e-30)
        moved = x_adv.detach() - size * (1 - k / steps) * momentum.sign()
        x_adv = moved.clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


class Softened(Interception):
    """Inside, every ReLU and ReLU6 is a softplus; nothing in the user's model is replaced."""

    def __init__(self, beta: float) -> None:
        super().__init__()
        self.beta, self.met = beta, False

    def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not is_relu(func, kwargs):
            return func(*args, **kwargs)
        self.met = True
        soft = _F.softplus(args[0], self.beta)
        if func is _F.relu6 or func is _F.hardtanh:  # as torch writes ReLU6: a clamp to [0, 6]
            soft = soft - _F.softplus(args[0] - kwargs.get("max_val", 6.0), self.beta)
        return soft


def _check(
    model: nn.Module, x: Tensor, target: Tensor, eps: float, beta: float, weight: float
) -> None:
    validate.eval_mode(model)
    validate.images(x)
    validate.finite_batch(target, "target")
    if x.ndim != 4 or target.ndim != 4 or target.shape[1:] != (1, *x.shape[2:]):
        raise ValueError(
            f"target: expected a map of shape (n, 1, h, w) for images, found {tuple(target.shape)}"
        )
    if len(target) not in (1, len(x)):
        raise ValueError(f"target: expected 1 or {len(x)} maps, found {len(target)}")
    if bool((target < 0).any()) or not bool((target.sum((1, 2, 3)) > 0).all()):
        raise ValueError("target: expected values of at least 0, and not 0 everywhere in a map")
    validate.radius(eps)
    validate.radius(weight, "weight")
    if not (0 < beta < float("inf")):
        raise ValueError(f"beta: expected a finite number above 0, found {beta}")
