"""Digits spoken by synthetic voices, and phrases put together from them."""

import io
import lzma
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from sdl_lib import validate
from sdl_lib.data import passports

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAMPLE_RATE = 8000
_QUIET = 0.1  # seconds of silence before and after a phrase, at most


@dataclass(frozen=True)
class SpokenDigits:
    """Single words; :func:`spoken_digits` makes them."""

    sounds: tuple[Tensor, ...]
    y: Tensor
    voice: Tensor
    voices: tuple[str, ...]


@dataclass(frozen=True)
class SpokenPhrases:
    """Phrases of digits; :func:`spoken_phrases` makes them."""

    x: Tensor
    texts: tuple[str, ...]
    length: Tensor


def spoken_digits(split: Literal["train", "test"]) -> SpokenDigits:
    """The ten digits in English, each spoken once by each of many synthetic voices.

    Parameters
    ----------
    split : ``"train"``, 24 voices, or ``"test"``, 8 voices of other variants at other speeds

    Returns
    -------
    sounds : one Tensor for each word, shape (samples,), float32 in [-1, 1], 8,000 a second
    y : LongTensor, shape (n,): the digit
    voice : LongTensor, shape (n,): which of ``voices``, the settings of the synthesiser

    Raises
    ------
    ValueError : if ``split`` is neither.
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(split, ("train", "test"), "split")
    arrays = _arrays()
    voices = tuple(str(name) for name in arrays["names"])
    mine = [i for i, v in enumerate(arrays["voice"]) if voices[v].startswith(split)]
    ends = np.cumsum(arrays["length"])
    sounds = [_expand(arrays["sound"][ends[i] - arrays["length"][i] : ends[i]]) for i in mine]
    voice = torch.from_numpy(arrays["voice"][mine]).long()
    first = int(voice.min())
    return SpokenDigits(
        sounds=tuple(sounds),
        y=torch.from_numpy(arrays["digit"][mine]).long(),
        voice=voice - first,
        voices=tuple(v.split(" ", 1)[1] for v in voices if v.startswith(split)),
    )


def spoken_phrases(
    split: Literal["train", "test"],
    n: int,
    *,
    words: tuple[int, int] = (2, 4),
    noise_db: tuple[float, float] = (20.0, 40.0),
    stretch: float = 0.0,
    generator: torch.Generator | None = None,
) -> SpokenPhrases:
    """Phrases such as "four zero nine", each by one voice, with gaps, loudness and noise by chance.

    Parameters
    ----------
    split : which voices, see :func:`spoken_digits`
    n : how many phrases
    words : fewest and most digits of a phrase
    noise_db : least and most signal-to-noise ratio, in decibels, of the white noise that is added
    stretch : play a word up to this share faster or slower, which moves its pitch too
    generator : the source of chance; default: a new one with seed 0

    Returns
    -------
    x : Tensor, shape (n, samples), float32 in [-1, 1], silent after the end of each phrase
    texts : the words with a space between them
    length : LongTensor, shape (n,): samples to the end of the phrase

    Raises
    ------
    ValueError : if ``n`` or ``words`` are not counts in order, or ``stretch`` is not below .5.
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    validate.count(n, "n")
    validate.count(words[0], "words")
    validate.count(words[1], "words", least=words[0])
    if not 0 <= stretch < 0.5:
        raise ValueError(f"stretch: expected a number from 0 to .5, found {stretch}")
    clips = spoken_digits(split)
    chance = generator or torch.Generator().manual_seed(0)
    rows = [clips.voice == v for v in range(len(clips.voices))]
    phrases, texts = [], []
    for _ in range(n):
        voice = rows[_pick(len(rows), chance)].nonzero().flatten()
        count = words[0] + _pick(words[1] - words[0] + 1, chance)
        spoken = [int(voice[_pick(len(voice), chance)]) for _ in range(count)]
        sounds = [_stretched(clips.sounds[i], stretch, chance) for i in spoken]
        phrases.append(_phrase(sounds, noise_db, chance))
        texts.append(" ".join(DIGIT_WORDS[int(clips.y[i])] for i in spoken))
    length = torch.tensor([len(p) for p in phrases])
    x = torch.zeros(n, int(length.max()))
    for row, phrase in zip(x, phrases, strict=True):
        row[: len(phrase)] = phrase
    return SpokenPhrases(x, tuple(texts), length)


def _phrase(sounds: list[Tensor], noise_db: tuple[float, float], chance: torch.Generator) -> Tensor:
    """Words one after the other, with gaps of .02 to .12 s, and white noise over all."""
    parts = [torch.zeros(_samples(0.02, _QUIET, chance))]
    for sound in sounds:
        parts += [sound * _uniform(0.5, 1.0, chance), torch.zeros(_samples(0.02, 0.12, chance))]
    phrase = torch.cat([*parts, torch.zeros(_samples(0.02, _QUIET, chance))])
    phrase = phrase * _uniform(0.4, 1.0, chance)
    share = 10 ** (-_uniform(*noise_db, chance) / 20)
    noise = torch.randn(len(phrase), generator=chance)
    return (phrase + share * float(phrase.square().mean().sqrt()) * noise).clamp(-1, 1)


def _stretched(sound: Tensor, most: float, chance: torch.Generator) -> Tensor:
    if most == 0:
        return sound
    size = round(len(sound) * _uniform(1 - most, 1 + most, chance))
    return interpolate(sound[None, None], size=size, mode="linear", align_corners=True)[0, 0]


def _uniform(low: float, high: float, chance: torch.Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=chance))


def _samples(low: float, high: float, chance: torch.Generator) -> int:
    return round(SAMPLE_RATE * _uniform(low, high, chance))


def _pick(n: int, chance: torch.Generator) -> int:
    return int(torch.randint(n, (), generator=chance))


def _expand(code: np.ndarray) -> Tensor:
    """Samples in [-1, 1] of bytes in mu-law."""
    squeezed = torch.from_numpy(code).float() * (2 / 255) - 1
    return squeezed.sign() * torch.expm1(squeezed.abs() * float(np.log(256))) / 255


@cache
def _arrays() -> dict[str, np.ndarray]:
    content = lzma.decompress(passports.shipped(Path(__file__).with_suffix(".xz")))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
