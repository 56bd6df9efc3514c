"""Distributions of interest: the inputs over which an explanation averages.

Those around an example (:func:`point`, :func:`segment`, :func:`gaussian`) make one explanation
for each row of ``x``; those of data (:func:`data`, :func:`class_data`) make one for all rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.attribution.integrated_gradients import as_baseline


class Sample(NamedTuple):
    """Some points of a distribution: where they are, whose they are, and what they weigh."""

    x: Tensor  # (b, ...)
    row: Tensor  # (b,) the explanation that each belongs to
    weight: Tensor  # (b,); the weights of one row add up to 1


@dataclass(frozen=True)
class Distribution:
    """Weighted points, for one explanation or for several.

    Attributes
    ----------
    rows : how many explanations
    points : of a chunk size: the points, at most about so many at a time; the same at each call
    example : what each row explains, shape (rows, ...); ``None`` where it explains no one input
    baseline : what ``example`` is compared with, shaped like it, where there is such a thing
    """

    rows: int
    points: Callable[[int], Iterator[Sample]]
    like: Tensor  # one point: its shape, dtype and device
    example: Tensor | None = None
    baseline: Tensor | None = None


def point(x: Tensor) -> Distribution:
    """All weight on the example itself: influence here is the gradient there.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    x = _rows(x, "x")
    return Distribution(len(x), lambda size: _spread(lambda _i: x, 1, len(x), size), x[:1], x)


def segment(x: Tensor, baseline: Tensor | float | None = None, *, steps: int = 50) -> Distribution:
    r"""Uniform on the straight line from a baseline to the example.

    The midpoint rule: points :math:`b + \frac{i - 1/2}{n} (x - b)`, :math:`i = 1, \ldots, n`,
    each of weight :math:`1/n`.

    Parameters
    ----------
    x : Tensor, shape (n, ...)
    baseline : a number, or a Tensor that broadcasts to ``x``; default: zero
    steps : points on each line

    Raises
    ------
    ValueError : if ``x`` is empty or not finite, or ``baseline`` does not fit.

    References
    ----------
    Sundararajan, Taly & Yan (2017); Leino et al. (2018). Explained in
    :doc:`/book/explanation/internal-influence`.
    """
    x = _rows(x, "x")
    validate.count(steps, "steps")
    start = as_baseline(baseline, x)

    def at(i: int) -> Tensor:
        return start + (i + 0.5) / steps * (x - start)

    return Distribution(len(x), lambda size: _spread(at, steps, len(x), size), x[:1], x, start)


def gaussian(
    x: Tensor, *, sigma: float, samples: int = 50, generator: torch.Generator
) -> Distribution:
    """Normal noise of standard deviation ``sigma`` around the example; may leave the pixel box.

    The draws are fixed when the distribution is made: used twice, it is the same sample.

    References
    ----------
    Smilkov et al. (2017), as SmoothGrad. Explained in
    :doc:`/book/explanation/internal-influence`.
    """
    x = _rows(x, "x")
    validate.radius(sigma, "sigma")
    validate.count(samples, "samples")
    seed = int(torch.randint(2**62, (), generator=generator))

    def points(size: int) -> Iterator[Sample]:
        own = torch.Generator().manual_seed(seed)

        def draw(_i: int) -> Tensor:
            noise = torch.randn(x.shape, generator=own, dtype=x.dtype)
            return x + sigma * noise.to(x.device)

        return _spread(draw, samples, len(x), size)

    return Distribution(len(x), points, x[:1], x)


def data(x: Tensor) -> Distribution:
    """Uniform on the given inputs: one explanation for all of them.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    x = _rows(x, "x")

    def points(size: int) -> Iterator[Sample]:
        for chunk in x.split(size):
            one = chunk.new_full((len(chunk),), 1 / len(x))
            yield Sample(chunk, torch.zeros(len(chunk), dtype=torch.long, device=x.device), one)

    return Distribution(1, points, x[:1])


def class_data(x: Tensor, y: Tensor, k: int) -> Distribution:
    """Uniform on the given inputs of class ``k``: one explanation for the class.

    References
    ----------
    Leino et al. (2018). Explained in :doc:`/book/explanation/internal-influence`.
    """
    validate.labels(y, len(x))
    if not bool((y == k).any()):
        raise ValueError(f"k: no example of class {k} is given")
    return data(x[y == k])


def _spread(draw: Callable[[int], Tensor], draws: int, n: int, size: int) -> Iterator[Sample]:
    """``draws`` points for each of ``n`` rows, in chunks of at most ``size``."""
    together = max(1, size // n)
    for first in range(0, draws, together):
        x = torch.cat([draw(i) for i in range(first, min(first + together, draws))])
        row = torch.arange(n, device=x.device).repeat(len(x) // n)
        weight = x.new_full((len(x),), 1 / draws)
        for part in zip(x.split(size), row.split(size), weight.split(size), strict=True):
            yield Sample(*part)


def _rows(x: Tensor, name: str) -> Tensor:
    validate.finite_batch(x, name)
    if len(x) == 0:
        raise ValueError(f"{name}: expected at least one example, found none")
    return x.detach()
