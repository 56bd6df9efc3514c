"""Analogies by arithmetic: answers to "a is to b as c is to what?", and pairs like she and he."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.text import vectors as vec

_CHUNK = 512  # rows at a time: their products with all words fit the cache


@dataclass(frozen=True)
class Pairs:
    """Word numbers, shape (m, 2), best first, and their ``scores``, shape (m,)."""

    words: Tensor
    scores: Tensor


def analogies(vectors: Tensor, questions: Tensor) -> Tensor:
    r"""The word nearest to :math:`b-a+c`, other than the three themselves.

    Parameters
    ----------
    vectors : Tensor, shape (n, d), one for each word of the vocabulary
    questions : LongTensor, shape (q, 3): the numbers of a, b, c, read "a is to b as c is to ..."

    Returns
    -------
    LongTensor, shape (q,): the number of the answer.

    Raises
    ------
    ValueError : if a vector is zero or not finite, or a number is not of the vocabulary.

    References
    ----------
    Mikolov et al. (2013). That the three words are barred changes what is found: Nissim et al.
    (2020). Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(vectors)
    if questions.ndim != 2 or questions.shape[1] != 3:
        raise ValueError(f"questions: expected shape (q, 3), found {tuple(questions.shape)}")
    validate.labels(questions.reshape(-1), questions.numel(), len(vectors), "questions")
    words = vec.unit(vectors)
    answers = []
    for chunk in questions.split(_CHUNK):
        a, b, c = (words[column] for column in chunk.T)
        similar = (b - a + c) @ words.T
        answers.append(similar.scatter(1, chunk, -torch.inf).argmax(1))
    return torch.cat(answers) if answers else questions.new_empty(0)


def pair_analogies(
    vectors: Tensor, difference: Tensor, *, reach: float = 1.0, top: int = 100
) -> Pairs:
    r"""The pairs (x, y) whose difference is most like a given one, such as she - he.

    The score is :math:`\cos(g, x-y)` where :math:`\|x-y\|\le` ``reach``, so that the two words
    are related; a word is at most once an x and at most once a y.

    Parameters
    ----------
    vectors : Tensor, shape (n, d), of the words to choose from
    difference : Tensor, shape (d,)
    reach : the greatest distance of two unit vectors, 0 to 2
    top : number of pairs to return

    Returns
    -------
    Pairs

    Raises
    ------
    ValueError : if a vector is zero or not finite.

    References
    ----------
    Bolukbasi et al. (2016), section 4. Explained in :doc:`/book/fairness/word-embeddings`.
    """
    vec.check(vectors)
    validate.radius(reach, "reach")
    validate.count(top, "top")
    words = vec.unit(vectors)
    along = words @ vec.basis(difference, words.shape[1], "difference")[0].to(words.dtype)
    rows, columns, scores = [], [], []
    for start in range(0, len(words), _CHUNK):
        here = slice(start, start + _CHUNK)
        distance = (2 - 2 * words[here] @ words.T).clamp(min=1e-12).sqrt()
        score = (along[here, None] - along) / distance
        score[distance > reach] = -torch.inf
        score[:, here].fill_diagonal_(-torch.inf)
        best, partner = score.max(1)  # each x with its best y
        rows.append(torch.arange(start, start + len(best)))
        columns.append(partner)
        scores.append(best)
    x, y, score = torch.cat(rows), torch.cat(columns), torch.cat(scores)
    chosen: list[int] = []
    taken: set[int] = set()
    for i in score.argsort(descending=True, stable=True).tolist():
        if len(chosen) == top or not score[i] > 0:
            break
        if (partner_of := int(y[i])) not in taken:
            taken.add(partner_of)
            chosen.append(i)
    return Pairs(torch.stack([x[chosen], y[chosen]], 1), score[chosen])
