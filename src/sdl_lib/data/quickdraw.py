"""Quick, Draw!: sketches of four classes, as the DFAL study used them."""

import io

import numpy as np
import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.data.passports import DataError
from sdl_lib.data.published import published

_HOME = "https://storage.googleapis.com/quickdraw_dataset/full/numpy_bitmap"
# the label of a sketch is the place of its class
CLASSES = {
    "angel": "6076fced5c948a05d37dcb685a63be01c32759bfe6f3a0bd4e3fdf5e0eabe991",
    "cat": "21a281839d3f2eef601d57d2338a4eafdf24649f8d0a0e42d3ec3e595911463e",
    "dolphin": "053f60ab1ecdccca21bfa9048977adacfaf8626e1c58613c749ae0d967df4dbf",
    "face": "71d0bf790ed3133f59bc6c48033685de06b431b491cb0f339f2f3e45cd5768d7",
}


def quickdraw(
    *, count: int = 15_000, test: int = 2_500, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Sketches of an angel, a cat, a dolphin or a face; fetched on first use (436 MB).

    Parameters
    ----------
    count, test : sketches of each class to learn from and to test on
    seed : of the draw

    Returns
    -------
    x, y : to learn from, shapes (4 count, 1, 28, 28), float32 in [0, 1], and (4 count,)
    x_test, y_test : likewise

    Raises
    ------
    ValueError : if a class has fewer sketches than asked for.
    DataError : if a file cannot be fetched, has a wrong checksum, or is no bitmap.

    References
    ----------
    Ha & Eck (2018). Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.count(count, "count")
    validate.count(test, "test")
    chance = torch.Generator().manual_seed(seed)
    parts = [
        _draw(read_bitmaps(published(f"{_HOME}/{name}.npy", sha256), name), count + test, chance)
        for name, sha256 in CLASSES.items()
    ]
    label = torch.arange(len(parts))
    x, x_test = (
        torch.cat(some) for some in ([p[:count] for p in parts], [p[count:] for p in parts])
    )
    return x, label.repeat_interleave(count), x_test, label.repeat_interleave(test)


def read_bitmaps(content: bytes, name: str) -> Tensor:
    """Sketches in an npy file of bytes, shape (n, 784); ``DataError`` if it is not one."""
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        raise DataError(f"{name}: is not an npy file of numbers ({error})") from error
    if values.dtype != np.uint8 or values.ndim != 2 or values.shape[1] != 784:
        raise DataError(f"{name}: expected bytes of shape (n, 784), found {values.shape}")
    return torch.from_numpy(values)


def _draw(sketches: Tensor, n: int, chance: torch.Generator) -> Tensor:
    if n > len(sketches):
        raise ValueError(f"count, test: a class has {len(sketches)} sketches, {n} were asked for")
    rows = torch.randperm(len(sketches), generator=chance)[:n]
    return sketches[rows].float().div(255).view(-1, 1, 28, 28)
