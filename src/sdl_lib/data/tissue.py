"""Patches of one stained slide of colon tissue, for a first medical picture set."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import skimage
import torch
from skimage import io as image_io
from skimage.color import rgb2hed
from skimage.filters import threshold_otsu
from torch import Tensor

from sdl_lib.data import passports

_FILE = Path(skimage.__file__).parent / "data" / "ihc.png"
_PATCH, _STRIDE, _REGION, _REGIONS = 48, 16, 128, 4
_DARKEST = 0.06  # haematoxylin above this is drawn black


@dataclass(frozen=True)
class Tissue:
    """Patches of one slide; :func:`stained_tissue` makes them."""

    x: Tensor
    y: Tensor
    region: Tensor
    corner: Tensor
    colour: Tensor

    @property
    def fold(self) -> Tensor:
        """0 to 3: a quarter of the regions each, one in every row and in every column of four."""
        return (self.region // _REGIONS + self.region % _REGIONS) % 4


def stained_tissue(*, floor: float = 0.012) -> Tissue:
    """Nuclear stain of one tissue slide, and where a protein was found in it.

    The slide carries two dyes. Colour deconvolution separates them: haematoxylin, which marks
    nuclei, is the input; DAB, the brown that marks the protein, decides the label.

    Parameters
    ----------
    floor : haematoxylin below this reads as paper. Strong brown leaves a white ghost in the
        separated channel; at the default most of it is hidden, at 0 it gives the label away.

    Returns
    -------
    x : Tensor, shape (576, 1, 48, 48) in [0, 1]: haematoxylin, dark on light, each patch brought
        to the same mean and spread
    y : LongTensor, shape (576,): 1 where the mean DAB of the patch exceeds Otsu's threshold
    region : LongTensor, shape (576,): 0 to 15; no patch reaches over the edge of its region
    corner : LongTensor, shape (576, 2): row and column of the upper left pixel
    colour : Tensor, shape (576, 3, 48, 48) in [0, 1]: the patch as the microscope saw it

    Raises
    ------
    ValueError : if ``floor`` is not in [0, 0.05].
    DataError : if the picture is missing or is not the one that the passport describes.

    References
    ----------
    Ruifrok & Johnston (2001) for the deconvolution; Otsu (1979). Passport:
    :doc:`/book/appendix/data-and-models`.
    """
    if not 0 <= floor <= 0.05:
        raise ValueError(f"floor: expected a number from 0 to 0.05, found {floor}")
    colour, dyes = _slide()
    nuclei = np.clip(dyes[..., 0], floor, _DARKEST)
    brown = dyes[..., 2]
    limit = threshold_otsu(np.clip(brown, 0, 0.2))  # type: ignore[no-untyped-call]
    steps = range(0, _REGION - _PATCH + 1, _STRIDE)
    blocks = range(_REGIONS)
    places = [
        (_REGIONS * i + j, _REGION * i + a, _REGION * j + b)
        for i in blocks
        for j in blocks
        for a in steps
        for b in steps
    ]
    cut = [np.s_[top : top + _PATCH, left : left + _PATCH] for _, top, left in places]
    x = torch.from_numpy(np.stack([nuclei[s] for s in cut])).float().unsqueeze(1)
    spread = x.std((1, 2, 3), keepdim=True).clamp(min=1e-6)
    x = 0.5 - 0.2 * (x - x.mean((1, 2, 3), keepdim=True)) / spread
    pixels = torch.from_numpy(np.stack([colour[s] for s in cut])).float().div(255)
    where = torch.tensor(places)
    return Tissue(
        x=x.clamp(0, 1),
        y=torch.tensor([int(brown[s].mean() > limit) for s in cut]),
        region=where[:, 0].clone(),
        corner=where[:, 1:].clone(),
        colour=pixels.permute(0, 3, 1, 2).contiguous(),
    )


def tissue_slide() -> Tensor:
    """The whole slide in colour, shape (1, 3, 512, 512) in [0, 1]."""
    colour, _ = _slide()
    return torch.from_numpy(colour.copy()).permute(2, 0, 1).unsqueeze(0).float() / 255


@cache
def _slide() -> tuple[np.ndarray, np.ndarray]:
    """The checked picture in bytes, and its three dyes."""
    passport = passports.read(Path(__file__).with_suffix(".toml"))
    if not _FILE.exists():
        raise passports.DataError(f"{_FILE.name} is not part of the installed scikit-image")
    content = _FILE.read_bytes()
    if hashlib.sha256(content).hexdigest() != passport.sha256:
        raise passports.DataError(f"{_FILE.name} is not the picture that its passport describes")
    colour = np.asarray(image_io.imread(_FILE))[..., :3]
    return colour, rgb2hed(colour)
