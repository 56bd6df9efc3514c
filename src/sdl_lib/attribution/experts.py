"""Experts: the channels that matter most for a class, and what a network reads from them alone."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.slices import listen


def sum_over_positions(influence: Tensor) -> Tensor:
    """Influence of whole channels: (n, c, h, w) to (n, c); (n, c) stays.

    By the chain rule this is the influence of a number that is added to all of a channel.
    """
    return influence.flatten(2).sum(2) if influence.ndim > 2 else influence


def expert_channels(influence: Tensor, k: int) -> Tensor:
    """The ``k`` channels of the highest influence in each row, the most influential first.

    Parameters
    ----------
    influence : Tensor, shape (n, c), signed; of equals, the lower number comes first
    k : from 1 to c

    Returns
    -------
    LongTensor, shape (n, k).

    Raises
    ------
    ValueError : if ``influence`` is not (n, c), or ``k`` is out of range.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    if influence.ndim != 2:
        found = tuple(influence.shape)
        raise ValueError(f"influence: expected shape (n, channels), found {found}")
    validate.count(k, "k")
    if k > influence.shape[1]:
        raise ValueError(f"k: expected at most {influence.shape[1]} channels, found {k}")
    return influence.sort(dim=1, descending=True, stable=True).indices[:, :k]


class _Kept(nn.Module):
    """A network in which only some channels of one part pass."""

    def __init__(self, model: nn.Module, at: str, keep: Tensor) -> None:
        super().__init__()
        self.model, self.at, self.keep = model, at, keep
        self.train(model.training)

    def forward(self, x: Tensor) -> Tensor:
        """The output of the model with all other channels at zero."""
        with listen(self.model, {self.at: self._mask}):
            result: Tensor = self.model(x)
        return result

    def _mask(self, output: Tensor) -> Tensor:
        if output.ndim < 2 or int(self.keep.max()) >= output.shape[1]:
            raise ValueError(
                f"keep: expected channels of an output of shape {tuple(output.shape)}, "
                f"found {self.keep.tolist()}"
            )
        mask = torch.zeros(output.shape[1], dtype=output.dtype, device=output.device)
        mask[self.keep] = 1
        return output * mask.view(-1, *[1] * (output.ndim - 2))


def keep_channels(model: nn.Module, at: str, keep: Tensor) -> nn.Module:
    """The network in which all channels of the part ``at`` but those in ``keep`` are zero.

    Parameters
    ----------
    model : in evaluation mode; shared, not copied, and not changed
    at : a part of it, as in ``model.named_modules()``, with outputs (n, c, ...)
    keep : LongTensor, shape (k,): numbers of channels, k > 0

    Raises
    ------
    ValueError : if the part is unknown, a number is out of range (when it is first used), or
        the model is in training mode.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.eval_mode(model)
    if at not in dict(model.named_modules()):
        raise ValueError(f"at: {at!r} is no part of {type(model).__name__}")
    validate.labels(keep, keep.numel(), name="keep")
    if len(keep) == 0:
        raise ValueError("keep: expected at least one channel, found none")
    return _Kept(model, at, keep.detach().clone())


class Detector(NamedTuple):
    """How well a network tells one class from the rest."""

    recall: float  # share of the class that gets the answer
    precision: float  # share of the answers that are right; nan where it is never given
    auc: float  # chance that one of the class has a higher logit than one of the rest


def detector_scores(logits: Tensor, y: Tensor, k: int) -> Detector:
    """Recall and precision of the answer ``k``, and how well its logit ranks, threshold or not.

    Parameters
    ----------
    logits : Tensor, shape (n, classes), finite
    y : LongTensor, shape (n,): the true classes
    k : the class to detect

    Raises
    ------
    ValueError : if all examples, or none, are of class ``k``: the scores are not defined.

    References
    ----------
    Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.logits(logits, len(logits), "logits")
    validate.labels(y, len(logits), logits.shape[1])
    said, true = logits.argmax(1) == k, y == k
    if not bool(true.any()) or bool(true.all()):
        raise ValueError(f"y: expected some examples of class {k}, and some of others")
    hits = int((said & true).sum())
    precision = hits / int(said.sum()) if bool(said.any()) else float("nan")
    own, rest = logits[true, k, None], logits[~true, k]
    above = (own > rest).double().mean() + 0.5 * (own == rest).double().mean()
    return Detector(hits / int(true.sum()), precision, float(above))
