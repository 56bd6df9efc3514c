"""The tips and tricks, one at a time: a game on the ring for each, and the record of many runs."""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sdl_lib import validate
from sdl_lib.gan.feature_matching import feature_matching
from sdl_lib.gan.minibatch_discrimination import MinibatchDiscrimination
from sdl_lib.gan.penalties import clip_weights, gradient_penalty
from sdl_lib.gan.ring import mode_coverage, ring_centres, ring_of_gaussians
from sdl_lib.gan.training import train_gan

RECORD = Path(__file__).with_name("tricks.json")
UPDATES = 3000
HIDDEN = 64
ROWS = 4  # of minibatch discrimination
EXTENT = 2.2  # no point of the ring of radius 2 lies further out


class TrickRun(NamedTuple):
    """One run: what of the ring the generator reached."""

    trick: str
    seed: int
    modes: int
    near: float


@dataclass(frozen=True)
class Trick:
    """A game that differs from the plain one in one thing (or in the few that belong together)."""

    scale: float = 1.0
    generator: tuple[str, ...] = ()
    discriminator: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    """of :func:`sdl_lib.gan.train_gan`"""


def balance(step: int, d_loss: float, g_loss: float) -> tuple[int, int]:
    """Update only the player that is losing: what the advice says not to do."""
    return (1, 0) if d_loss / 2 >= g_loss else (0, 1)


_CRITIC = {"loss": "wasserstein", "d_steps": 5}
TRICKS: dict[str, Trick] = {
    "plain": Trick(),
    "data in [-1, 1]": Trick(scale=1 / EXTENT),
    "data in [-1, 1], tanh": Trick(scale=1 / EXTENT, generator=("tanh",)),
    "deeper D": Trick(discriminator=("deeper",)),
    "label .9": Trick(options={"smoothing": 0.9}),
    "feature matching": Trick(options={"objective": partial(feature_matching, depth=4)}),
    "batch norm in G": Trick(generator=("batch norm",)),
    "minibatch discrimination": Trick(discriminator=("minibatch",)),
    "PacGAN, 4 at once": Trick(options={"pack": 4}),
    "balanced losses": Trick(options={"schedule": balance}),
    "G 5 times a step": Trick(options={"g_steps": 5}),
    "5 times, PacGAN": Trick(options={"g_steps": 5, "pack": 4}),
    "WGAN, clipped": Trick(options={**_CRITIC, "constrain": partial(clip_weights, c=0.1)}),
    "WGAN, penalty": Trick(
        options={**_CRITIC, "betas": (0.0, 0.9), "penalty": partial(gradient_penalty, weight=0.1)}
    ),
    "hinge, spectral norm": Trick(
        discriminator=("spectral",), options={"loss": "hinge", "d_steps": 5}
    ),
}


def run_trick(name: str, *, seed: int, updates: int = UPDATES) -> TrickRun:
    """Play the game ``name`` for about ``updates`` updates of the two networks together.

    Parameters
    ----------
    name : one of :data:`TRICKS`
    seed : of first weights, data, batches and latent vectors
    updates : the budget, the same for all games, whichever player they go to

    Raises
    ------
    ValueError : for an unknown game or a budget below 1.

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.choice(name, tuple(TRICKS), "name")
    validate.count(updates, "updates")
    trick = TRICKS[name]
    options = {"lr": 2e-3, **trick.options}
    chance = torch.Generator().manual_seed(seed)
    data = trick.scale * ring_of_gaussians(8192, chance=chance)
    generator, discriminator = networks(trick, seed=seed)
    a_step = options.get("d_steps", 1) + options.get("g_steps", 1)
    steps = updates // (1 if "schedule" in options else a_step)
    train_gan(generator, discriminator, data, steps=steps, latent=2, chance=chance, **options)
    with torch.no_grad():
        drawn = generator(torch.randn(2000, 2, generator=chance)) / trick.scale
    found = mode_coverage(drawn, ring_centres())
    return TrickRun(name, seed, found.covered, round(found.near, 4))


def networks(trick: Trick, *, seed: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Generator and discriminator of a game; the global random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        normal = "batch norm" in trick.generator
        generator = nn.Sequential(*_dense(2, 2, normal=normal), nn.Linear(HIDDEN, 2))
        if "tanh" in trick.generator:
            generator.append(nn.Tanh())
        depth = 3 if "deeper" in trick.discriminator else 2
        judge = nn.Sequential(*_dense(2 * trick.options.get("pack", 1), depth))
        if "minibatch" in trick.discriminator:
            judge.append(MinibatchDiscrimination(HIDDEN, rows=ROWS, columns=2))
        company = ROWS if "minibatch" in trick.discriminator else 0
        judge.append(nn.Linear(HIDDEN + company, 1)).append(nn.Flatten(0))
        if "spectral" in trick.discriminator:
            for layer in judge:
                if isinstance(layer, nn.Linear):
                    spectral_norm(layer)
    return generator, judge


def _dense(inputs: int, layers: int, *, normal: bool = False) -> list[nn.Module]:
    parts: list[nn.Module] = []
    for width in (inputs, *[HIDDEN] * (layers - 1)):
        parts.append(nn.Linear(width, HIDDEN))
        if normal:
            parts.append(nn.BatchNorm1d(HIDDEN))
        parts.append(nn.ReLU())
    return parts


def tricks_record() -> tuple[dict[str, str], list[TrickRun]]:
    """Provenance and runs of ``experiments/gan_tricks.py``, as shipped."""
    told = json.loads(RECORD.read_text(encoding="utf-8"))
    return told["provenance"], [TrickRun(*run) for run in told["runs"]]
