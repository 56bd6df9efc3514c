"""Word vectors: the 26,423-word subset of GoogleNews of the debiasing literature."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sdl_lib.data import passports, wheels


@cache
def googlenews() -> tuple[tuple[str, ...], Tensor]:
    """Words and their word2vec vectors, trained on news text; fetched on first use (28 MB).

    Returns
    -------
    words : 26,423 words
    vectors : Tensor, shape (26423, 300), float32, each of length 1

    Raises
    ------
    DataError : if the file cannot be fetched or has a wrong checksum.

    References
    ----------
    Mikolov et al. (2013); the subset is that of Bolukbasi et al. (2016).
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    content = wheels.fetch(passports.read(Path(__file__).with_suffix(".toml")))
    stream = io.BytesIO(content)
    count, width = (int(field) for field in stream.readline().split())
    words: list[str] = []
    vectors = np.empty((count, width), dtype=np.float32)
    for row in range(count):
        words.append(_word(stream))
        vectors[row] = np.frombuffer(stream.read(4 * width), dtype="<f4")
    tensor = torch.from_numpy(vectors)
    return tuple(words), tensor / tensor.norm(dim=1, keepdim=True)


def _word(stream: io.BytesIO) -> str:
    """The next word of a word2vec binary file: bytes up to a space, after an optional newline."""
    letters = bytearray()
    while (byte := stream.read(1)) != b" ":
        if not byte:
            raise passports.DataError("googlenews: the file ends in the middle of a word")
        if byte != b"\n":
            letters += byte
    return letters.decode("utf-8")
