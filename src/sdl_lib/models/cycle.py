"""Small translators between two sets of pictures, and the judges that they play against."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from sdl_lib import validate


class PictureTranslator(nn.Module):
    """Redraws a picture, pixel by pixel from its surroundings; any size will do.

    Four convolutions without strides and a sigmoid at the end: each new pixel sees 9 x 9 old
    ones. There is no shortcut from input to output, so nothing favours leaving things as they are.

    Parameters
    ----------
    channels : of the pictures, 1 or 3
    width : channels in between

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """

    def __init__(self, channels: int = 1, width: int = 16) -> None:
        super().__init__()
        sizes = (channels, width, width, width)
        hidden = [
            layer
            for a, b in pairwise(sizes)
            for layer in (nn.Conv2d(a, b, 3, padding=1), nn.LeakyReLU(0.2))
        ]
        self.layers = nn.Sequential(*hidden, nn.Conv2d(width, channels, 3, padding=1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (n, channels, h, w) in [0, 1], from pictures of the same shape."""
        drawn: Tensor = self.layers(x - 0.5)
        return drawn


class PatchJudge(nn.Module):
    """Judges patches of a picture: a logit for each, spectrally normalised throughout.

    Parameters
    ----------
    channels : of the pictures
    width : channels after the first convolution; later ones have twice as many

    References
    ----------
    Isola et al. (2017) for the patches, Miyato et al. (2018) for the normalisation. Explained in
    :doc:`/book/security/cycle-consistency-and-discrete`.
    """

    def __init__(self, channels: int = 1, width: int = 16) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            spectral_norm(nn.Conv2d(channels, width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(2 * width, 1, 3, padding=1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 1, h / 4, w / 4) of "real" for pictures (n, channels, h, w) in [0, 1]."""
        logits: Tensor = self.layers(2 * x - 1)
        return logits


class TranslatorPair(nn.Module):
    """A translator ``there``, from domain x to y, and one ``back``.

    Parameters
    ----------
    channels, width : of both, as in :class:`PictureTranslator`

    References
    ----------
    Explained in :doc:`/book/security/cycle-consistency-and-discrete`.
    """

    def __init__(self, channels: int = 1, width: int = 12) -> None:
        super().__init__()
        self.there = PictureTranslator(channels, width)
        self.back = PictureTranslator(channels, width)


class CycleDigits(nn.ModuleDict):
    """The pairs of translators of many runs on digits, by name: ``"plain 0"``, ``"pairs 2"`` ...

    The names are the settings of :data:`CYCLE_RUNS`, each with its seeds.
    """

    def __init__(self) -> None:
        super().__init__({name: TranslatorPair() for name in cycle_names()})


class CyclePosters(TranslatorPair):
    """The pair for colour photographs and their posters: three channels, 20 in between."""

    def __init__(self) -> None:
        super().__init__(channels=3, width=20)


CYCLE_RUNS = {"plain": 5, "identity": 3, "pairs": 3, "no cycle": 3}
"""Settings of the shipped runs on digits, and the number of seeds of each."""


def cycle_names(kind: str | None = None) -> list[str]:
    """Names of the shipped runs on digits: all of them, or those of one setting."""
    if kind is not None:
        validate.choice(kind, tuple(CYCLE_RUNS), "kind")
    kinds = CYCLE_RUNS if kind is None else {kind: CYCLE_RUNS[kind]}
    return [f"{name} {seed}" for name, seeds in kinds.items() for seed in range(seeds)]
