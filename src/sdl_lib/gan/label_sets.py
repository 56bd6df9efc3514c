"""From a picture to a set of labels: a classifier whose whole answer is judged."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sdl_lib import validate
from sdl_lib.gan.losses import discriminator_loss, generator_loss


class F1(NamedTuple):
    """Harmonic means of precision and recall."""

    micro: float
    """of all labels counted together"""
    macro: float
    """the mean of the labels' own, each with the same weight"""


def f1_scores(predicted: Tensor, y: Tensor) -> F1:
    r"""Micro and macro F1, :math:`2\,tp/(2\,tp+fp+fn)`.

    Parameters
    ----------
    predicted, y : Tensor, shape (n, labels), 0 or 1. A label that is nowhere, neither predicted
        nor true, has an F1 of 0

    Raises
    ------
    ValueError : for other shapes or values.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    _check_sets(predicted, "predicted")
    _check_sets(y, "y")
    if predicted.shape != y.shape:
        raise ValueError(f"y: expected shape {tuple(predicted.shape)}, found {tuple(y.shape)}")
    hits = 2 * (predicted * y).double().sum(0)
    all_ = (predicted + y).double().sum(0)
    micro = float(hits.sum() / all_.sum().clamp_min(1))
    return F1(micro, float((hits / all_.clamp_min(1)).mean()))


class LabelJudge(nn.Module):
    """Judges a set of labels, beside the classifier's own logits: what a picture was seen to show.

    The logits tell it what the classifier knows of the picture; no gradient goes through them.

    Parameters
    ----------
    labels, width : how many labels there are; units of both hidden layers

    References
    ----------
    After Tsai & Lee (2018). Explained in :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, labels: int, width: int = 64) -> None:
        validate.count(labels, "labels")
        validate.count(width, "width")
        super().__init__()
        sizes = ((2 * labels, width), (width, width), (width, 1))
        dense = [part for a, b in sizes for part in (spectral_norm(nn.Linear(a, b)), _leaky())]
        self.layers = nn.Sequential(*dense[:-1])

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Logits (n,) of "real" for sets (n, labels) of 0 and 1, or what lies between."""
        seen = logits.detach().clamp(-4, 4) / 2
        verdict: Tensor = self.layers(torch.cat([seen, 2 * labels - 1], 1)).squeeze(1)
        return verdict


def straight_through(logits: Tensor) -> Tensor:
    r"""Sets of labels: 1 where the logit is positive, with the slope of :math:`\sigma(\ell)`.

    A threshold has no slope, so the backward pass pretends that there was none.

    Raises
    ------
    ValueError : if ``logits`` is no finite batch.

    References
    ----------
    Bengio et al. (2013). Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.finite_batch(logits, "logits")
    odds = logits.sigmoid()
    return odds + ((logits > 0).to(odds) - odds).detach()


def fit_label_sets(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    judge: nn.Module | None = None,
    weight: float = 0.1,
    batch_size: int = 64,
    lr: float = 2e-3,
    chance: torch.Generator | None = None,
) -> None:
    """Train a classifier of label sets in place, by cross-entropy and, with a judge, its verdict.

    The judge enters after a third of the steps. It learns to tell true sets from the classifier's
    thresholded ones, and the classifier to pass. Both are left in evaluation mode.

    Parameters
    ----------
    model : pictures to logits (n, labels)
    x, y : pictures, and sets (n, labels) of 0 and 1
    steps, batch_size, lr : as usual; Adam, its rate falling to zero over the second half
    judge : such as :class:`LabelJudge`; None for the cross-entropy alone
    weight : of the adversarial term
    chance : of batches; default: a new one with seed 0

    Raises
    ------
    ValueError : for sets that are not such, or a setting out of range.

    References
    ----------
    After Tsai & Lee (2018). Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.finite_batch(x)
    _check_sets(y, "y")
    if len(x) != len(y) or not len(x):
        raise ValueError(f"y: expected one set for each of {len(x)} pictures, found {len(y)}")
    validate.count(steps, "steps")
    validate.count(batch_size, "batch_size")
    validate.radius(weight, "weight")
    source = chance or torch.Generator().manual_seed(0)
    players = [m.train() for m in (model, judge) if m is not None]
    adam = [torch.optim.Adam(m.parameters(), lr=lr, betas=(0.5, 0.99)) for m in players]
    for step in range(steps):
        adam[0].param_groups[0]["lr"] = lr * min(1.0, 2 * (1 - step / steps))
        rows = torch.randint(len(x), (batch_size,), generator=source)
        logits, true = model(x[rows]), y[rows]
        loss = nn.functional.binary_cross_entropy_with_logits(logits, true)
        if judge is not None and step >= steps // 3:
            answer = straight_through(logits)
            verdicts = (judge(logits, v) for v in (true, answer.detach()))
            _descend(adam[1], discriminator_loss(*verdicts, kind="hinge"))
            judge.requires_grad_(False)
            loss = loss + weight * generator_loss(judge(logits, answer), kind="hinge")
            judge.requires_grad_(True)
        _descend(adam[0], loss)
    for player in players:
        player.eval().zero_grad(set_to_none=True)


def _check_sets(y: Tensor, name: str) -> None:
    if not isinstance(y, Tensor) or y.ndim != 2 or not bool(((y == 0) | (y == 1)).all()):
        raise ValueError(f"{name}: expected sets of labels, shape (n, labels), of 0 and 1")


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
