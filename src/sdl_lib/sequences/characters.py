"""Text as numbers: a small alphabet, and the way there and back."""

import torch
from torch import Tensor

# what is left of English when case, digits and rare marks are given up; 38 characters
ALPHABET = "\n !'(),-.:;?abcdefghijklmnopqrstuvwxyz"
_NUMBER = {character: number for number, character in enumerate(ALPHABET)}
_REPLACED = str.maketrans({"’": "'", "‘": "'", "“": "'", "”": "'", '"': "'", "–": "-", "—": "-"})


def simplify(text: str) -> str:
    """``text`` in small letters, each character outside :data:`ALPHABET` turned into a space."""
    plain = text.lower().translate(_REPLACED)
    return "".join(c if c in _NUMBER else " " for c in plain)


def encode(text: str) -> Tensor:
    """The number of each character, shape (n,), int64.

    Raises
    ------
    ValueError : if a character is not in :data:`ALPHABET`; :func:`simplify` the text first.

    References
    ----------
    Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    for place, character in enumerate(text):
        if character not in _NUMBER:
            raise ValueError(
                f"text: expected characters of the alphabet, found {character!r} at {place}; "
                "simplify(text) replaces it"
            )
    return torch.tensor([_NUMBER[character] for character in text], dtype=torch.int64)


def decode(codes: Tensor) -> str:
    """The text of the numbers ``codes``, shape (n,): the inverse of :func:`encode`.

    Raises
    ------
    ValueError : if ``codes`` is not a row of int64 from 0 to 37.
    """
    if codes.ndim != 1 or codes.dtype != torch.int64:
        raise ValueError(
            f"codes: expected int64 of shape (n,), found {codes.dtype} of {tuple(codes.shape)}"
        )
    numbers = codes.tolist()
    if any(not 0 <= number < len(ALPHABET) for number in numbers):
        raise ValueError(f"codes: expected 0 to {len(ALPHABET) - 1}, found {set(numbers)}")
    return "".join(ALPHABET[number] for number in numbers)
