"""A translator that is as small as one can be: read, look back, write."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.sequences.attention import attention


class Translator(nn.Module):
    """Encoder, attention, decoder, over words.

    A bidirectional GRU reads the source; a GRU reads what has been written; its states look back
    at the source by scaled dot-product attention, and both together say what comes next.

    Parameters
    ----------
    source_classes, target_classes : sizes of the two vocabularies
    width : numbers a word, and a state; an even number
    """

    def __init__(self, source_classes: int, target_classes: int, *, width: int = 32) -> None:
        super().__init__()
        if width % 2:
            raise ValueError(f"width: expected an even number, found {width}")
        self.source_embedding = nn.Embedding(source_classes, width)
        self.target_embedding = nn.Embedding(target_classes, width)
        self.encoder = nn.GRU(width, width // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.output = nn.Linear(2 * width, target_classes)

    def forward(self, source: Tensor, written: Tensor) -> Tensor:
        """Logits (n, T, classes): what comes after each word of ``written`` (n, T)."""
        read, _ = self.encoder(self.source_embedding(source))
        states, _ = self.decoder(self.target_embedding(written))
        found = attention(states, read, read).output
        logits: Tensor = self.output(torch.cat([states, found], 2))
        return logits


@torch.no_grad()
def translate(
    model: nn.Module,
    source: Tensor,
    *,
    start: Sequence[int],
    length: int,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Write ``length`` words for each source sentence, one after the other.

    Parameters
    ----------
    model : maps (source, written) to logits (n, T, classes), in evaluation mode
    source : LongTensor, shape (n, S)
    start : words to go on from, at least one; a mark of the beginning, and with it any words that
        the translation is made to begin with
    length : words to write
    generator : if given, each word is drawn from the model's probabilities; if not, it is the
        likeliest (greedy decoding)

    Returns
    -------
    LongTensor, shape (n, length), without the start.

    Raises
    ------
    ValueError : if the model is in training mode, ``length`` is not at least 1, or
        ``start`` is empty.

    References
    ----------
    Bahdanau et al. (2015). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    validate.eval_mode(model)
    validate.count(length, "length")
    if len(start) == 0:
        raise ValueError("start: expected at least one word, found none")
    written = torch.tensor([list(start)] * len(source))
    for _ in range(length):
        logits = model(source, written)[:, -1].double()
        if generator is None:
            word = logits.argmax(1, keepdim=True)
        else:
            word = torch.multinomial(logits.softmax(1), 1, generator=generator)
        written = torch.cat([written, word], 1)
    return written[:, len(start) :]
