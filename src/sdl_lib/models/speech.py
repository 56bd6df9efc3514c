"""A small listener: from the waveform to letters, differentiable all the way."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sdl_lib.sequences.ctc import greedy_decode

# the blank first; then what spells the ten digits
LETTERS = "_ efghinorstuvwxz"
_RATE, _WINDOW, _HOP, _BANDS = 8000, 200, 80, 32


class SpeechCTC(nn.Module):
    """A convolutional network that writes letters for speech at 8,000 samples a second.

    Loudness in 32 bands every 10 ms (log-mel), halved to a frame every 20 ms by a convolution,
    then four convolutions that look ever further; for each frame a blank, a space or a letter.
    The fifteen letters are those of the digits' names, so that other words can be spelt as well.

    Parameters
    ----------
    width : channels; the shipped weights have 64
    """

    def __init__(self, *, width: int = 64) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(_WINDOW), persistent=False)
        self.register_buffer("bands", _mel(_BANDS), persistent=False)
        self.first = nn.Conv1d(_BANDS, width, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(_Block(width, 2**i) for i in range(4))
        self.output = nn.Conv1d(width, len(LETTERS), 1)

    def forward(self, waveform: Tensor) -> Tensor:
        """Log-probabilities (n, frames, 17) of ``waveform`` (n, samples) in [-1, 1]."""
        x = self.first(self.loudness(waveform))
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.output(x)
        return logits.transpose(1, 2).log_softmax(2)

    def loudness(self, waveform: Tensor) -> Tensor:
        """Logarithm of the power in each band, shape (n, 32, samples / 80 + 1), about 0 to 2."""
        window, bands = self.get_buffer("window"), self.get_buffer("bands")
        waves = torch.stft(
            waveform,
            256,
            hop_length=_HOP,
            win_length=_WINDOW,
            window=window,
            pad_mode="constant",
            return_complex=True,
        )
        power = waves.real.square() + waves.imag.square()
        # the floor stands for the noise that every telephone line has
        return (bands @ power + 1e-3).log10() / 2 + 1


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        # each frame is normalised by itself: what it says does not depend on silence far off
        frames = self.norm(x.transpose(1, 2)).transpose(1, 2)
        change: Tensor = self.conv(nn.functional.gelu(frames))
        return x + change


def spell(text: str) -> list[int]:
    """The numbers of the letters of ``text``.

    Raises
    ------
    ValueError : if a letter is not among those of the digits' names, or ``text`` is empty.
    """
    if not text or any(c not in LETTERS[1:] for c in text):
        raise ValueError(f"text: expected letters of {LETTERS[1:]!r}, found {text!r}")
    return [LETTERS.index(c) for c in text]


def transcribe(model: nn.Module, waveform: Tensor) -> list[str]:
    """What the model writes for each row of ``waveform`` (n, samples): the likeliest path, read.

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    with torch.no_grad():
        found = model(waveform)
    return [as_text(greedy_decode(row)) for row in found]


def as_text(symbols: Sequence[int]) -> str:
    """The letters with these numbers, without spaces at the ends and with one between words."""
    return " ".join("".join(LETTERS[s] for s in symbols).split())


def word_accuracy(found: Sequence[str], texts: Sequence[str]) -> float:
    """One less the word errors (substituted, left out, put in) for each word that was said."""
    errors = sum(_distance(a.split(), b.split()) for a, b in zip(found, texts, strict=True))
    return 1 - errors / sum(len(text.split()) for text in texts)


def _distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Levenshtein's: fewest insertions, deletions and substitutions that make ``a`` into ``b``."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def _mel(bands: int) -> Tensor:
    """Triangles of equal width on the mel scale, from 60 Hz to 3.8 kHz; shape (bands, 129)."""

    def mel(hertz: Tensor) -> Tensor:
        return 2595 * torch.log10(1 + hertz / 700)

    low, high = mel(torch.tensor([60.0, 3800.0])).tolist()
    edges = torch.linspace(low, high, bands + 2)
    place = mel(torch.linspace(0, _RATE / 2, 129))
    rise = (place - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - place) / (edges[2:] - edges[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0)
