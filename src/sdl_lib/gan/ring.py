"""Gaussians on a ring: the smallest data on which a generator can forget most of the world."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate


class Coverage(NamedTuple):
    """What :func:`mode_coverage` finds."""

    covered: int
    """modes that get their share"""
    counts: Tensor
    """LongTensor, shape (modes,): examples near each mode"""
    near: float
    """share of the examples that are near any mode"""


def ring_centres(modes: int = 8, *, radius: float = 2.0) -> Tensor:
    """The centres of the modes, shape (modes, 2), evenly on a circle."""
    validate.count(modes, "modes")
    validate.radius(radius, "radius")
    angle = torch.arange(modes) * (2 * math.pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def ring_of_gaussians(
    n: int, *, modes: int = 8, radius: float = 2.0, sd: float = 0.02, chance: torch.Generator
) -> Tensor:
    """``n`` points from a mixture of equal Gaussians on a ring, shape (n, 2).

    Parameters
    ----------
    n : how many points
    modes, radius : as in :func:`ring_centres`
    sd : standard deviation of each Gaussian, in both directions
    chance : source of the modes and of the noise

    Raises
    ------
    ValueError : for a count below 1, or a negative radius or deviation.

    References
    ----------
    Metz et al. (2017) made it a test of GANs. Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    validate.count(n, "n")
    validate.radius(sd, "sd")
    centres = ring_centres(modes, radius=radius)
    which = torch.randint(modes, (n,), generator=chance)
    return centres[which] + sd * torch.randn(n, 2, generator=chance)


def mode_coverage(
    samples: Tensor, centres: Tensor, *, within: float = 0.3, least: float = 0.25
) -> Coverage:
    """How many modes the samples reach.

    A mode is covered when at least ``least`` of its fair share of the samples, that is
    ``least / modes`` of them all, lies within ``within`` of its centre.

    Parameters
    ----------
    samples : Tensor, shape (n, d)
    centres : Tensor, shape (modes, d)
    within : distance from a centre that counts as near
    least : the part of a fair share that is enough

    Returns
    -------
    Coverage : modes covered, examples near each, share of the examples near any.

    Raises
    ------
    ValueError : for shapes that do not match, an empty batch, or a negative number.

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """
    for name, points in (("samples", samples), ("centres", centres)):
        validate.finite_batch(points, name)
        if points.ndim != 2 or not len(points) or points.shape[1] != centres.shape[1]:
            raise ValueError(
                f"{name}: expected points of shape (n, d), found {tuple(points.shape)}"
            )
    validate.radius(within, "within")
    validate.radius(least, "least")
    distance, which = torch.cdist(samples.detach(), centres).min(dim=1)
    near = distance <= within
    counts = torch.bincount(which[near], minlength=len(centres))
    enough = counts >= max(least * len(samples) / len(centres), 1)
    return Coverage(int(enough.sum()), counts, float(near.double().mean()))


def ring_networks(
    *, seed: int, latent: int = 2, hidden: int = 64, pack: int = 1
) -> tuple[nn.Sequential, nn.Sequential]:
    """A generator (latent to 2) and a discriminator (2 * pack to a logit): two hidden layers each.

    The global random state stays as it was.
    """
    for name, value in (("latent", latent), ("hidden", hidden), ("pack", pack)):
        validate.count(value, name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (
            nn.Sequential(*_hidden(latent, hidden), nn.Linear(hidden, 2)),
            nn.Sequential(*_hidden(2 * pack, hidden), nn.Linear(hidden, 1), nn.Flatten(0)),
        )


def _hidden(inputs: int, width: int) -> list[nn.Module]:
    return [nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
