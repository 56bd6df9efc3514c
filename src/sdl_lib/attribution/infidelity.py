"""Infidelity: does the map foretell what a perturbation will do to the answer?"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.attribution.removal import check_maps, class_scores, filled

# x (n, ...), chance -> what is taken away from x, shaped as x
Perturbation = Callable[[Tensor, torch.Generator], Tensor]


def infidelity(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    perturb: Perturbation,
    samples: int = 50,
    scaled: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""The mean over perturbations I of :math:`(I^\top\phi - (f_y(x) - f_y(x - I)))^2`.

    Parameters
    ----------
    model, x, y, attribution : as for :func:`removal_curve`
    perturb : draws I, shaped as ``x``: :func:`gaussian_noise`, :func:`square_removal`,
        :func:`whole_removal` or your own
    samples : how many I to draw
    scaled : first multiply each example's map by the number that serves it best
    generator : the source of I; default: a new one with seed 0

    Returns
    -------
    Tensor, shape (n,): in units of the squared logit; 0 is best.

    Raises
    ------
    ValueError : as :func:`removal_curve`, or if I has another shape than ``x``.

    References
    ----------
    Yeh et al. (2019). Explained in :doc:`/book/explanation/trusting-explanations`.
    """
    check_maps(model, x, y, attribution)
    validate.count(samples, "samples")
    source = generator or torch.Generator().manual_seed(0)
    x, phi = x.detach(), attribution.detach()
    whole = class_scores(model, x, y, "logit")
    foretold, seen = [], []
    for _ in range(samples):
        change = perturb(x, source)
        if change.shape != x.shape:
            raise ValueError(
                f"perturb: expected the shape of x, {tuple(x.shape)}, found {tuple(change.shape)}"
            )
        foretold.append((change * phi).flatten(1).sum(1))
        seen.append(whole - class_scores(model, x - change, y, "logit"))
    a, b = torch.stack(foretold), torch.stack(seen)
    if scaled:
        a = a * (a * b).mean(0) / a.square().mean(0).clamp(min=torch.finfo(a.dtype).tiny)
    return (a - b).square().mean(0)


def gaussian_noise(sigma: float) -> Perturbation:
    """Independent normal noise of standard deviation ``sigma`` on every number."""
    validate.radius(sigma, "sigma")
    return lambda x, chance: sigma * _normal(x, chance)


def square_removal(side: int, baseline: float | Tensor = 0.0) -> Perturbation:
    """One square patch of ``side`` pixels, at a random place for each example, to the baseline."""
    validate.count(side, "side")

    def perturb(x: Tensor, chance: torch.Generator) -> Tensor:
        if x.ndim != 4 or side > min(x.shape[2:]):
            raise ValueError(f"x: expected images of at least {side} pixels, found {x.shape}")
        patch = torch.ones_like(x[:, :1])
        for axis in (2, 3):
            length = x.shape[axis]
            shape = (len(x), 1, 1, 1)
            first = torch.randint(length - side + 1, shape, generator=chance, device=chance.device)
            at = torch.arange(length).view(-1, 1) if axis == 2 else torch.arange(length)
            patch = patch * ((at >= first) & (at < first + side)).to(x)
        return patch * (x - filled(x, baseline))

    return perturb


def whole_removal(baseline: float | Tensor = 0.0) -> Perturbation:
    """All of ``x`` at once, to the baseline, without any chance."""
    return lambda x, chance: x - filled(x, baseline)


def _normal(x: Tensor, chance: torch.Generator) -> Tensor:
    return torch.randn(x.shape, generator=chance, device=chance.device, dtype=x.dtype).to(x)
