"""The whole of MNIST, in the idx format in which it is published."""

import gzip
import math
import struct
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.data.passports import DataError
from sdl_lib.data.published import published

_HOME = "https://ossci-datasets.s3.amazonaws.com/mnist"
_NAMES = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
_SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}


def mnist70k(split: Literal["train", "test"]) -> tuple[Tensor, Tensor]:
    """All of MNIST, 60,000 to train on and 10,000 to test on; fetched on first use (11 MB).

    Parameters
    ----------
    split : ``"train"`` or ``"test"``, as published

    Returns
    -------
    x : Tensor, shape (n, 1, 28, 28), float32 in [0, 1]
    y : LongTensor, shape (n,)

    Raises
    ------
    ValueError : if ``split`` is neither.
    DataError : if a file cannot be fetched or has a wrong checksum.

    References
    ----------
    LeCun et al. (1998). Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(split, ("train", "test"), "split")
    images, labels = (
        read_idx(published(f"{_HOME}/{name}", _SHA256[name]), name) for name in _NAMES[split]
    )
    return images.float().div(255).unsqueeze(1), labels.long()


def read_idx(content: bytes, name: str) -> Tensor:
    """The array of bytes in an idx file (gzip or plain); ``DataError`` if it is not one."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DataError(f"{name}: is not an idx file of unsigned bytes")
    rank = content[3]
    start = 4 + 4 * rank
    shape = struct.unpack(f">{rank}I", content[4:start]) if len(content) >= start else ()
    if len(content) - start != math.prod(shape) or len(shape) != rank:
        raise DataError(f"{name}: its length is not that of its shape")
    values = np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
    return torch.from_numpy(values.copy())
