"""MNIST-10k: ten thousand real handwritten digits."""

import io
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.data import passports


def mnist10k(split: Literal["train", "test"]) -> tuple[Tensor, Tensor]:
    """Ten thousand real handwritten digits, 8,000 to train on and 2,000 to test on.

    Parameters
    ----------
    split : ``"train"`` or ``"test"``; the split is fixed

    Returns
    -------
    x : Tensor, shape (n, 1, 28, 28), float32 in [0, 1]; 0 is paper, 1 is ink
    y : LongTensor, shape (n,): the digit

    Raises
    ------
    ValueError : if ``split`` is neither.
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    LeCun et al. (1998). Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(split, ("train", "test"), "split")
    arrays = _arrays()
    x = torch.from_numpy(arrays[f"x_{split}"]).float().div(255).unsqueeze(1)
    return x, torch.from_numpy(arrays[f"y_{split}"]).long()


@cache
def _arrays() -> dict[str, np.ndarray]:
    content = passports.shipped(Path(__file__).with_suffix(".npz"))
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
