"""A fountain that is heard and seen: clips of rushing water whose loudness is the jet's height."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate

FOUNTAIN_SIDE, FOUNTAIN_SAMPLES = 16, 2000
_BANDS, _WINDOW = 8, 200
_LEAST_DB, _LOWEST, _HIGHEST = -40.0, 2.0, 13.0


class Fountains(NamedTuple):
    """What :func:`fountains` makes."""

    sound: Tensor
    """shape (n, 2000), float32 in [-1, 1]: a quarter of a second at 8,000 samples"""
    x: Tensor
    """shape (n, 1, 16, 16), float32 in [0, 1]"""
    db: Tensor
    """shape (n,): loudness, from -40 to 0, under the loudest"""


def fountains(n: int, *, generator: torch.Generator | None = None) -> Fountains:
    """Draw ``n`` clips, each with its picture: the louder the water, the higher the jet.

    The clip is noise, coloured by chance; its root mean square rises from .002 to .2. The jet's
    height is that of the loudness in decibels, give or take a third of a pixel, and its place and
    width are left to chance.

    Raises
    ------
    ValueError : if ``n`` is no count.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`. Explained in
    :doc:`/book/security/conditional-gans`.
    """
    validate.count(n, "n")
    source = generator or torch.Generator().manual_seed(0)
    db = _LEAST_DB * torch.rand(n, generator=source)
    noise = torch.randn(n, FOUNTAIN_SAMPLES + 1, generator=source)
    colour = torch.rand(n, 1, generator=source)  # from hissing to rushing
    water = noise[:, 1:] + colour * noise[:, :-1]
    water = water / water.square().mean(1, keepdim=True).sqrt()
    sound = (0.2 * 10 ** (db / 20))[:, None] * water
    height = jet_height_of(db) + (2 * torch.rand(n, generator=source) - 1) / 3
    place = FOUNTAIN_SIDE / 2 + 2 * (2 * torch.rand(n, generator=source) - 1)
    width = 1.2 + 0.5 * torch.rand(n, generator=source)
    line = torch.arange(FOUNTAIN_SIDE) + 0.5
    above = FOUNTAIN_SIDE - line
    across = (width[:, None] + 0.5 - (line - place[:, None]).abs()).clamp(0, 1)
    up = (height[:, None] + 0.5 - above).clamp(0, 1)
    return Fountains(sound.clamp_(-1, 1), (up[:, None, :, None] * across[:, None, None]), db)


def jet_height_of(db: Tensor) -> Tensor:
    """The height, in pixels, that belongs to a loudness: from 2 at -40 dB to 13 at 0 dB."""
    return _LOWEST + (_HIGHEST - _LOWEST) * (1 - db / _LEAST_DB)


def jet_height(x: Tensor) -> Tensor:
    """The height of the jet that is seen, in pixels: the sum over rows of the brightest pixel."""
    if x.ndim != 4:
        raise ValueError(f"x: expected shape (n, 1, h, w), found {tuple(x.shape)}")
    return x.amax(3).sum(2)[:, 0]


def sound_bands(sound: Tensor) -> Tensor:
    """The spectrogram of each clip: log power in 8 bands of equal width in 10 windows, (n, 80).

    Raises
    ------
    ValueError : if ``sound`` is not of shape (n, samples) with at least one window.

    References
    ----------
    Explained in :doc:`/book/security/conditional-gans`.
    """
    validate.finite_batch(sound, "sound")
    if sound.ndim != 2 or sound.shape[1] < _WINDOW:
        raise ValueError(f"sound: expected shape (n, samples), found {tuple(sound.shape)}")
    windows = sound.unfold(1, _WINDOW, _WINDOW) * torch.hann_window(_WINDOW).to(sound)
    power = torch.fft.rfft(windows)[..., 1:97].abs().square()
    bands = power.unflatten(2, (_BANDS, -1)).mean(3)
    spectrogram: Tensor = ((bands + 1e-7).log10() / 2).flatten(1)
    return spectrogram
