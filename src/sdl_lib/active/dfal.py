"""Ask about the images that are the easiest to attack."""

import torch
from torch import Tensor, nn

from sdl_lib import training
from sdl_lib.active.query import Query, check_query
from sdl_lib.attacks import Disguise, deepfool


def dfal_0(
    model: nn.Module,
    candidates: Tensor,
    known: Tensor,
    batch: int,
    *,
    generator: torch.Generator,
    steps: int = 10,
    overshoot: float = 0.02,
    box: bool = True,
) -> Query:
    """Query the candidates that DeepFool turns with the shortest change.

    The length approximates the distance to the decision boundary, which nobody can compute. A
    candidate that DeepFool does not turn counts as infinitely far.

    Parameters
    ----------
    model : maps (n, ...) to logits (n, classes), in evaluation mode
    candidates : Tensor, shape (n, ...), values in [0, 1]
    known, generator : not used
    batch : at most n
    steps, overshoot, box : of :func:`sdl_lib.attacks.deepfool`; the authors' code has 10, 0 and no
        box

    Returns
    -------
    Query

    Raises
    ------
    ValueError : as :func:`uncertainty`.

    References
    ----------
    Ducoffe & Precioso (2018). Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    rows, _ = nearest(model, candidates, batch, steps, overshoot, box)
    return Query(rows)


def dfal(
    model: nn.Module,
    candidates: Tensor,
    known: Tensor,
    batch: int,
    *,
    generator: torch.Generator,
    steps: int = 10,
    overshoot: float = 0.02,
    box: bool = True,
) -> Query:
    """Query as :func:`dfal_0`, and add each query's adversarial example with the same label.

    One annotation gives two labelled points. Parameters and errors are those of :func:`dfal_0`.

    Returns
    -------
    Query, with ``twins``; the twin of an image that DeepFool did not turn is the image itself

    References
    ----------
    Ducoffe & Precioso (2018). Explained in :doc:`/book/security/active-learning-from-attacks`.
    """
    check_query(model, candidates, batch)
    rows, x_adv = nearest(model, candidates, batch, steps, overshoot, box)
    return Query(rows, twins=x_adv[rows])


def nearest(
    model: nn.Module, x: Tensor, count: int, steps: int, overshoot: float, box: bool
) -> tuple[Tensor, Tensor]:
    """Rows of ``x`` that DeepFool turns with the shortest changes, and all its images."""
    answer = training.predict(model, x).argmax(1)
    found = deepfool(model, x, answer, steps=steps, overshoot=overshoot, box=box)
    return lengths(x, found).argsort(stable=True)[:count], found.x_adv


def lengths(x: Tensor, found: Disguise) -> Tensor:
    """Euclidean length of each change, infinite where there is none that works; shape (n,)."""
    change: Tensor = torch.linalg.vector_norm((found.x_adv - x).flatten(1), dim=1)
    return change.masked_fill(~found.success, torch.inf)
