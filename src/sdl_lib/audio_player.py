"""Sound on a page: waveforms as files of 16 bits, and players that carry them."""

import base64
import html
import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

_FULL = 2**15 - 1


def as_16_bits(waveform: Tensor) -> Tensor:
    """``waveform`` in [-1, 1] as a file of 16 bits a sample holds it: rounded to 1/32,767."""
    _check(waveform)
    return (waveform * _FULL).round() / _FULL


def wav(waveform: Tensor, *, rate: int = 8000) -> bytes:
    """A WAV file, one channel of 16 bits a sample, of ``waveform`` (samples,) in [-1, 1].

    Raises
    ------
    ValueError : if ``waveform`` is not one row of numbers in [-1, 1].
    """
    _check(waveform)
    if waveform.ndim != 1:
        raise ValueError(f"waveform: expected shape (samples,), found {tuple(waveform.shape)}")
    samples = (waveform.detach().cpu() * _FULL).round().short().numpy().astype("<i2")
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return stream.getvalue()


@dataclass(frozen=True)
class Players:
    """Audio players, one below the other; :func:`players` makes them."""

    titles: tuple[str, ...]
    files: tuple[bytes, ...]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = []
        for title, content in zip(self.titles, self.files, strict=True):
            name, data = html.escape(title), base64.b64encode(content).decode()
            rows.append(
                f'<p class="sdl-player">{name}<br><audio controls preload="metadata" '
                f'aria-label="{name}" src="data:audio/wav;base64,{data}" '
                'style="width: 100%; max-width: 30rem"></audio></p>'
            )
        plain = "\n".join(f"[sound] {title}" for title in self.titles)
        return {"text/plain": plain, "text/html": "\n".join(rows)}


def players(waveforms: Tensor, titles: Sequence[str], *, rate: int = 8000) -> Players:
    """A player for each waveform, under its title; the sound is part of the page.

    Parameters
    ----------
    waveforms : Tensor, shape (n, samples), values in [-1, 1]
    titles : for each what is to be heard; screen readers say it as well
    rate : samples a second

    Raises
    ------
    ValueError : if there are not as many titles as waveforms, or a value leaves [-1, 1].

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    if len(titles) != len(waveforms):
        raise ValueError(f"titles: expected {len(waveforms)}, found {len(titles)}")
    return Players(tuple(titles), tuple(wav(row, rate=rate) for row in waveforms))


def _check(waveform: Tensor) -> None:
    if not waveform.is_floating_point() or not bool((waveform.abs() <= 1).all()):
        raise ValueError("waveform: expected floats in [-1, 1]")
