"""Games on the ring with more or fewer steps for either player, and their trainings in pictures."""

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.gan.ring import ring_networks, ring_of_gaussians
from sdl_lib.gan.training import train_gan

RECORD = Path(__file__).with_name("playback.json")
POINTS = RECORD.with_suffix(".npz")
SEEDS = 3
EVERY = 60
"""updates of both players together between two pictures"""
PICTURES = 50
"""of a game, after the one before its first step"""
DRAWN = 192
"""points in a picture, drawn from the same latent vectors each time"""
REACH = 3.2
"""what lies further out is kept at this distance, along either axis"""
LEVELS = 256


class Game(NamedTuple):
    """The steps of each player in a round, and how many points the discriminator sees at once."""

    g_steps: int
    d_steps: int
    pack: int = 1


GAMES = {
    "5:1": Game(5, 1),
    "2:1": Game(2, 1),
    "1:1": Game(1, 1),
    "1:2": Game(1, 2),
    "1:5": Game(1, 5),
    "5:1 packed": Game(5, 1, 4),
}


class Playback(NamedTuple):
    """One game as it is shipped."""

    levels: Tensor
    """uint8, shape (1 + PICTURES, DRAWN, 2): the points of seed 0; see :func:`from_levels`"""
    covered: list[list[int]]
    """modes covered in each picture, for each seed"""


def play_game(name: str, *, seed: int, pictures: int = PICTURES) -> Tensor:
    """Train on the ring, and look at the same latent vectors every 60 updates.

    Parameters
    ----------
    name : one of :data:`GAMES`: steps of the generator, then of the discriminator
    seed : of first weights, data, batches and latent vectors
    pictures : how many, after the one before the first step

    Returns
    -------
    Tensor, shape (1 + pictures, 192, 2) : what the generator draws.

    Raises
    ------
    ValueError : for an unknown game or a count below 1.

    References
    ----------
    Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.choice(name, tuple(GAMES), "name")
    validate.count(pictures, "pictures")
    g_steps, d_steps, pack = GAMES[name]
    chance = torch.Generator().manual_seed(seed)
    data = ring_of_gaussians(8192, chance=chance)
    generator, discriminator = ring_networks(seed=seed, pack=pack)
    # the first of the points that the page itself looks at
    z = torch.randn(2000, 2, generator=torch.Generator().manual_seed(9))[:DRAWN]

    def look(drawing: nn.Module, _: int) -> Tensor:
        drawn: Tensor = drawing(z)
        return drawn

    every = EVERY // (g_steps + d_steps)
    history = train_gan(
        generator,
        discriminator,
        data,
        steps=pictures * every,
        g_steps=g_steps,
        d_steps=d_steps,
        pack=pack,
        latent=2,
        lr=2e-3,
        chance=chance,
        watch=look,
        every=every,
    )
    return torch.stack([points for _, points in history.seen])


def to_levels(points: Tensor) -> Tensor:
    """Points as they are shipped: a byte for each coordinate."""
    return ((points + REACH) * (LEVELS / (2 * REACH))).floor().clamp(0, LEVELS - 1).byte()


def from_levels(levels: Tensor) -> Tensor:
    """The points in the middle of what became the same bytes, in double precision."""
    return (levels.double() + 0.5) * (2 * REACH / LEVELS) - REACH


@cache
def playback_record() -> tuple[dict[str, str], dict[str, Playback]]:
    """Provenance and games of ``experiments/ring_playback.py``, as shipped."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    with np.load(POINTS, allow_pickle=False) as file:
        levels = torch.from_numpy(file["levels"])
    games = {
        name: Playback(played, record["covered"][name])
        for name, played in zip(GAMES, levels, strict=True)
    }
    return record["provenance"], games


def furthest(points: Tensor, levels: Tensor) -> float:
    """The greatest distance, along an axis, between points and those that were shipped."""
    return float((points.double().clamp(-REACH, REACH) - from_levels(levels)).abs().max())
