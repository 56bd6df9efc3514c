"""The language model that only counts."""

import torch
from torch import Tensor, nn

from sdl_lib import validate


class NGram(nn.Module):
    """Next-word probabilities counted after the last ``order - 1`` words.

    Nothing is smoothed: the answer is the share in the text. After words that the text does not
    have, all words are equally likely.

    Parameters
    ----------
    codes : LongTensor, shape (n, T): the text, sentences of one length
    order : 2 looks at one word, 3 at two; at the start of a sentence, at as many as there are
    classes : size of the vocabulary

    Raises
    ------
    ValueError : if ``codes`` holds no sentence, or a number is out of range.

    References
    ----------
    Shannon (1951). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """

    def __init__(self, codes: Tensor, *, order: int, classes: int) -> None:
        super().__init__()
        validate.count(order, "order", least=2)
        validate.count(classes, "classes")
        if codes.ndim != 2 or codes.shape[1] < 2 or len(codes) == 0:
            raise ValueError(
                f"codes: expected sentences, shape (n, at least 2), found {tuple(codes.shape)}"
            )
        validate.labels(codes.flatten(), codes.numel(), classes, "codes")
        self.order, self.classes = order, classes
        contexts = self._contexts(codes[:, :-1]).flatten(0, 1)
        seen, which = contexts.unique(dim=0, return_inverse=True)
        pairs = which * classes + codes[:, 1:].flatten()
        counts = torch.bincount(pairs, minlength=len(seen) * classes).double()
        table = counts.view(-1, classes)
        self._row = {tuple(context): i for i, context in enumerate(seen.tolist())}
        unseen = torch.full((1, classes), 1.0 / classes, dtype=torch.float64)
        self.table = torch.cat([table / table.sum(1, keepdim=True), unseen]).log()
        self.eval()

    def forward(self, codes: Tensor) -> Tensor:
        """Log-probabilities (n, T, classes), float64, of what comes after each place of ``codes``.

        Minus infinity for what the text never has after these words.
        """
        contexts = self._contexts(codes).flatten(0, 1).tolist()
        rows = [self._row.get(tuple(context), -1) for context in contexts]
        return self.table[rows].view(*codes.shape, self.classes)

    def _contexts(self, codes: Tensor) -> Tensor:
        """The last ``order - 1`` words at each place, (n, T, order - 1); -1 before the start."""
        length = self.order - 1
        padded = nn.functional.pad(codes, (length, 0), value=-1)
        return padded.unfold(1, length, 1)[:, 1:]
