"""Photographs that come with scikit-image and scikit-learn."""

import hashlib
from pathlib import Path

import numpy as np
import skimage
import sklearn.datasets
import torch
from skimage import io as image_io
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.data import passports

_SKIMAGE = Path(skimage.__file__).parent / "data"
_SKLEARN = Path(sklearn.datasets.__file__).parent / "images"
# name -> the file, and the first half of its SHA-256: another release may carry another picture
_FILES = {
    "cat": (_SKIMAGE / "chelsea.png", "596aa1e7cb875eb79f437e310381d26b"),
    "coffee": (_SKIMAGE / "coffee.png", "cc02f8ca188b167c775a7101b5d767d1"),
    "rocket": (_SKIMAGE / "rocket.jpg", "c2dd0de7c538df8d111e479619b12946"),
    "motorcycle": (_SKIMAGE / "motorcycle_left.png", "db18e9c4157617403c3537a6ba355dfe"),
    "astronaut": (_SKIMAGE / "astronaut.png", "88431cd9653ccd539741b555fb0a46b6"),
    "temple": (_SKLEARN / "china.jpg", "8378025ad2519d649d02e32bd98990db"),
    "flower": (_SKLEARN / "flower.jpg", "a77f6ec41e353afdf8bdff2ea981b295"),
}


def photograph(name: str, size: int = 224) -> Tensor:
    """A real photograph, cut to its central square and scaled.

    Parameters
    ----------
    name : cat, coffee, rocket, motorcycle, astronaut, temple or flower
    size : pixels a side of the result

    Returns
    -------
    Tensor, shape (1, 3, size, size), float32 in [0, 1].

    Raises
    ------
    ValueError : if the name is unknown or ``size`` is less than 1.
    DataError : if the file is missing or is not the one that the passport describes.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(name, tuple(_FILES), "name")
    validate.count(size, "size")
    file, digest = _FILES[name]
    if not file.exists():
        raise passports.DataError(f"{name}: {file.name} is not part of the installed package")
    if not hashlib.sha256(file.read_bytes()).hexdigest().startswith(digest):
        raise passports.DataError(f"{name}: {file.name} is not the picture that was checked in")
    pixels = torch.from_numpy(np.asarray(image_io.imread(file))[..., :3].copy())
    x = pixels.permute(2, 0, 1).unsqueeze(0).float() / 255
    side = min(x.shape[2:])
    top, left = (x.shape[2] - side) // 2, (x.shape[3] - side) // 2
    square = x[:, :, top : top + side, left : left + side]
    # antialias: without it, shrinking invents patterns that a network can see
    small = nn.functional.interpolate(square, size=(size, size), mode="bilinear", antialias=True)
    return small.clamp(0, 1)
