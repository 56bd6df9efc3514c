"""Words as numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Vocabulary:
    """The words of a text, each with its number.

    Parameters
    ----------
    words : no word twice; their place is their number

    Raises
    ------
    ValueError : if a word stands there twice.

    References
    ----------
    Explained in :doc:`/book/fairness/language-models-and-translation`.
    """

    words: tuple[str, ...]
    _number: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        number = {word: i for i, word in enumerate(self.words)}
        if len(number) < len(self.words):
            raise ValueError("words: expected each word once, found one twice")
        object.__setattr__(self, "_number", number)

    @classmethod
    def of(cls, sentences: Iterable[str]) -> "Vocabulary":
        """All words of the sentences, separated by spaces, in alphabetical order."""
        return cls(tuple(sorted({word for sentence in sentences for word in sentence.split()})))

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, word: str) -> int:
        """The number of a word; ``ValueError`` if the word is not there."""
        if word not in self._number:
            raise ValueError(f"word: {word!r} is not among the {len(self)} words")
        return self._number[word]

    def encode(self, sentences: Sequence[str]) -> Tensor:
        """Numbers, shape (n, T), int64; ``ValueError`` unless all sentences have T words."""
        rows = [[self[word] for word in sentence.split()] for sentence in sentences]
        lengths = {len(row) for row in rows}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(
                f"sentences: expected some, all of one length; found lengths {sorted(lengths)}"
            )
        return torch.tensor(rows)

    def decode(self, codes: Tensor) -> list[str]:
        """The sentences that ``codes`` (n, T) stand for."""
        return [" ".join(self.words[i] for i in row) for row in codes.tolist()]
