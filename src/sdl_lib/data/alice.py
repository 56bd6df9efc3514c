"""A whole book to learn letters from: Alice's Adventures in Wonderland."""

from functools import cache
from pathlib import Path
from typing import Literal

from sdl_lib import validate
from sdl_lib.data import passports


def alice(split: Literal["train", "test"]) -> str:
    """*Alice's Adventures in Wonderland* (1865), a paragraph a line.

    Parameters
    ----------
    split : ``"train"``, chapters I to X, or ``"test"``, the last two; as printed, with capitals
        and punctuation (:func:`sdl_lib.sequences.simplify` gives up both)

    Raises
    ------
    ValueError : if ``split`` is neither.
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(split, ("train", "test"), "split")
    train, test = _book()
    return train if split == "train" else test


@cache
def _book() -> tuple[str, str]:
    text = passports.shipped(Path(__file__).with_suffix(".txt")).decode("utf-8")
    cut = text.index("CHAPTER XI.")
    return text[:cut], text[cut:]
