"""Layer-wise relevance propagation: hand the logit back, layer by layer, and lose nothing."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, overload

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.gradient import check_arguments, class_logits, input_gradient
from sdl_lib.attribution.interception import Interception, is_relu

Rule = Literal["epsilon", "z+"]

_F = nn.functional
_WEIGHTED = (_F.linear, torch.conv1d, torch.conv2d)
# A choice of one input, or a sum with weights that are not negative: the derivative is the rule
_KEPT = {
    *(_F.max_pool2d, torch.max_pool2d, _F.avg_pool2d, _F.adaptive_avg_pool2d, _F.dropout),
    *(torch.flatten, Tensor.flatten, Tensor.view, Tensor.reshape, torch.mean, Tensor.mean),
    *(torch.add, Tensor.add, Tensor.add_),
}
# With weights of either sign, or a constant that takes its share as a bias does
_SHIFTED = (_F.batch_norm, torch.sub, Tensor.sub, torch.div, Tensor.div)


@overload
def lrp(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    rule: Rule = "epsilon",
    epsilon: float = 1e-6,
    return_gap: Literal[False] = False,
) -> Tensor: ...


@overload
def lrp(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    rule: Rule = "epsilon",
    epsilon: float = 1e-6,
    return_gap: Literal[True],
) -> tuple[Tensor, Tensor]: ...


def lrp(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    rule: Rule = "epsilon",
    epsilon: float = 1e-6,
    return_gap: bool = False,
) -> Tensor | tuple[Tensor, Tensor]:
    r"""Share each unit's relevance among its inputs, :math:`R_j=\sum_k \frac{a_jw_{jk}}{z_k}R_k`.

    Parameters
    ----------
    model : as for :func:`saliency`; of linear and convolution layers, ReLU, pooling, sums, and,
        for ``"epsilon"``, batch normalisation
    x, y : as for :func:`saliency`
    rule : ``"epsilon"``: :math:`z_k=\sum_ja_jw_{jk}+b_k`, moved away from zero by ``epsilon``;
        biases keep their share. ``"z+"``: positive weights alone, no biases, ``x`` at least 0;
        then what goes in comes out.
    epsilon : at least 0, in units of activation; unused by ``"z+"``
    return_gap : also return the conservation gap, shape (n,): the sum of the relevances less the
        logit

    Returns
    -------
    Tensor, same shape, dtype and device as ``x``, signed, in units of the logit; or a pair.

    Raises
    ------
    ValueError : as :func:`saliency`, and where a rule meets a function that it does not cover.

    References
    ----------
    Bach et al. (2015). Explained in :doc:`/book/explanation/gradient-attribution`.
    """
    check_arguments(model, x, y)
    validate.choice(rule, ("epsilon", "z+"), "rule")
    validate.radius(epsilon, "epsilon")
    x = x.detach()
    if len(x) == 0:
        return (x.clone(), x.new_zeros(0)) if return_gap else x.clone()
    # what travels back is relevance over activation; so the input's share is a product
    relevance = x * input_gradient(model, x, y, inside=partial(_Rules, rule, epsilon))
    if not return_gap:
        return relevance
    return relevance, relevance.flatten(1).sum(1) - class_logits(model, x, y)


class _Rules(Interception):
    """Gives each layer the values it has, and a derivative that hands on relevance."""

    def __init__(self, rule: Rule, epsilon: float) -> None:
        super().__init__()
        self.rule, self.epsilon = rule, epsilon

    def call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if func in _WEIGHTED and self.rule == "z+":
            return _positive(func, *args, **kwargs)
        output = func(*args, **kwargs)
        if not (isinstance(output, Tensor) and output.requires_grad) or func in _KEPT:
            return output
        if is_relu(func, kwargs):  # relevance passes: R / z = (R / a) (a / z)
            return _scaled(args[0], output, _ratio(output, args[0]))
        if func in _WEIGHTED or (func in _SHIFTED and self.rule == "epsilon" and _one(args)):
            moved = output + self.epsilon * torch.where(output >= 0, 1.0, -1.0).to(output)
            return _scaled(output, output, _ratio(output, moved))
        name = getattr(func, "__name__", str(func))
        raise ValueError(f"model: the {self.rule} rule does not cover {name}")


def _positive(
    func: Callable[..., Tensor], a: Tensor, weight: Tensor, bias: Tensor | None = None, *rest: Any
) -> Tensor:
    """A layer's own value, with the derivative of its positive part scaled to that value."""
    if float(a.detach().amin()) < 0:
        raise ValueError("x: the z+ rule needs a layer's inputs to be at least 0, found less")
    value = func(a, weight, bias, *rest)
    positive = func(a, weight.clamp(min=0), None, *rest)
    return _scaled(positive, value, _ratio(value, positive))


def _scaled(source: Tensor, value: Tensor, factor: Tensor) -> Tensor:
    """``value``, whose derivative is ``factor`` times that of ``source``."""
    return value.detach() + factor.detach() * (source - source.detach())


def _ratio(a: Tensor, b: Tensor) -> Tensor:
    """a / b, and 0 where b is 0: a unit that gets nothing has nothing to share."""
    return torch.where(b == 0, torch.zeros_like(a), a / torch.where(b == 0, torch.ones_like(b), b))


def _one(args: tuple[Any, ...]) -> bool:
    """Whether the function is of one activation, the others being constants."""
    return sum(isinstance(arg, Tensor) and arg.requires_grad for arg in args) == 1
