"""Two classes whose features are independent Gaussians: a case in which all can be computed."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class ClassGaussians(NamedTuple):
    """P(y = 1), and of each feature the mean in either class and the standard deviation, (d,)."""

    prior: float
    negative: Tensor
    positive: Tensor
    sd: Tensor


def weak_features(count: int, *, prior: float = 0.7, sd: float = 3.0) -> ClassGaussians:
    r"""One strong feature and many weak ones, which all speak for the positive class.

    The strong feature has means -1 and 1 and standard deviation 1. A weak one has means 0 and 1
    and a large standard deviation: it is near zero in the absence of what it stands for.

    Parameters
    ----------
    count : number of weak features, at least 0
    prior : share of positives, in (0, 1)
    sd : standard deviation of the weak features, over 0

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    After Leino et al. (2019). Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    validate.count(count, "count", least=0)
    if not 0 < prior < 1:
        raise ValueError(f"prior: expected a share strictly between 0 and 1, found {prior}")
    if not 0 < sd < float("inf"):
        raise ValueError(f"sd: expected a finite number over 0, found {sd}")
    positive = torch.ones(count + 1, dtype=torch.float64)
    negative, sds = torch.zeros_like(positive), sd * positive
    negative[0], sds[0] = -1, 1
    return ClassGaussians(prior, negative, positive, sds)


def draw_classes(
    on: ClassGaussians, n: int, *, generator: torch.Generator, samples: int = 1
) -> tuple[Tensor, Tensor]:
    """Samples of n examples: features (samples, n, d) and classes (samples, n), both float64.

    Raises
    ------
    ValueError : if ``n`` or ``samples`` is under 1.
    """
    validate.count(n, "n")
    validate.count(samples, "samples")
    lot = torch.rand(samples, n, generator=generator, dtype=torch.float64)
    y = (lot < on.prior).double()
    noise = torch.randn(samples, n, len(on.sd), generator=generator, dtype=torch.float64)
    return torch.where(y[..., None] > 0, on.positive, on.negative) + noise * on.sd, y
