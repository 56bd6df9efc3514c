"""What an attack raises, one number an example: cross-entropy, and ratios of logit differences."""

from typing import Literal

import torch
from torch import Tensor

Loss = Literal["ce", "dlr"]


def loss_and_slope(
    logits: Tensor, y: Tensor, target: Tensor | None, kind: Loss, rival: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The loss, shape (n,), and its gradient with respect to the logits, shape (n, classes)."""
    z = logits.detach().requires_grad_()
    with torch.enable_grad():
        if kind == "ce":
            value = _log_odds(z, y if target is None else target)
            value = value if target is None else -value
        elif rival is not None:
            value = _targeted_ratio(z, y, rival)
        else:
            value = _ratio(z, y, target)
        total = value.sum()
    (slope,) = torch.autograd.grad(total, z)
    return value.detach(), slope


def _log_odds(z: Tensor, y: Tensor) -> Tensor:
    """log((1 - p) / p): rises with the cross-entropy -log p, and does not round to zero as it."""
    column = y.unsqueeze(1)
    others = z.scatter(1, column, -torch.inf)
    return others.logsumexp(1) - z.gather(1, column).squeeze(1)


def _ratio(z: Tensor, y: Tensor, target: Tensor | None) -> Tensor:
    """Lead of the wrong answer over the scale of the logits: DLR, equal for z and a z + b."""
    column = (y if target is None else target).unsqueeze(1)
    other = z.scatter(1, column, -torch.inf).amax(1)
    lead = other - z.gather(1, column).squeeze(1)
    top = z.topk(3, dim=1).values
    lead = lead if target is None else -lead
    return lead / (top[:, 0] - top[:, 2]).clamp_min(torch.finfo(z.dtype).tiny)


def _targeted_ratio(z: Tensor, y: Tensor, rival: Tensor) -> Tensor:
    lead = z.gather(1, rival.unsqueeze(1)) - z.gather(1, y.unsqueeze(1))
    top = z.topk(4, dim=1).values
    scale = top[:, 0] - (top[:, 2] + top[:, 3]) / 2
    return lead.squeeze(1) / scale.clamp_min(torch.finfo(z.dtype).tiny)
