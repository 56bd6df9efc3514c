"""Checkers for the exercises on sequences and attention.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded
from sdl_lib.sequences import attention, collapse

Gate = Callable[[Tensor, Tensor, Tensor], Tensor]
LookUp = Callable[[Tensor, Tensor, Tensor], Tensor]
Mask = Callable[[int, int], Tensor]
Collapse = Callable[[Sequence[int]], Sequence[int]]


@guarded
def likeliest_transcript(answer: float) -> Verdict:
    """Probability of the likeliest transcript of two frames, each blank .6 and "a" .4."""
    value = float(answer)
    hints = {
        0.36: "That is the likeliest *path*, two blanks. Which paths spell the other transcript?",
        0.16: "That is one path that spells “a”. A blank before or after it changes nothing.",
        0.48: "Two of the three paths: does “aa” without a blank between not collapse as well?",
        0.40: "Nearly every frame counts by itself there; multiply along a path, add over paths.",
    }
    if abs(value - 0.64) < 1e-9:
        return Verdict(True, "a-, -a and aa together: .24 + .24 + .16, more than the .36 of --.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-9:
            return Verdict(False, hint)
    return Verdict(False, "There are four paths. Write each with its probability and transcript.")


@guarded
def update_gate(answer: Gate) -> Verdict:
    """``answer(h, candidate, score)`` is the last line of a GRU, its gate a sigmoid of a score."""
    generator = torch.Generator().manual_seed(0)
    h, candidate, score = (torch.randn(4, 6, generator=generator).double() for _ in range(3))
    given = h.clone()
    result = answer(h, candidate, score)
    if not isinstance(result, Tensor) or result.shape != h.shape:
        return Verdict(False, "Expected a tensor of the shape of h: does your function return it?")
    if not torch.equal(h, given):
        return Verdict(False, "Your function changed the h that it was given.")
    z = score.sigmoid()
    if torch.allclose(result, z * candidate + (1 - z) * h):
        return Verdict(
            False, "There an open gate writes. In our convention z near 1 keeps the old state."
        )
    if torch.allclose(result, (1 - score) * candidate + score * h):
        return Verdict(False, "A score may be -3 or 5: squash it into a share first.")
    if torch.allclose(result, candidate + z * h):
        return Verdict(False, "The shares of old and new must add up to one.")
    if not torch.allclose(result, (1 - z) * candidate + z * h):
        return Verdict(False, "Not yet a mixture of h and the candidate with weights z and 1 - z.")
    return Verdict(True, "A weighted mean, a different weight for each unit.")


@guarded
def soft_look_up(answer: LookUp) -> Verdict:
    """``answer(query, key, value)`` is scaled dot-product attention without a mask."""
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(2, 5, 4, generator=generator).double()
    key = torch.randn(2, 5, 4, generator=generator).double()
    value = torch.randn(2, 5, 3, generator=generator).double()
    result = answer(query, key, value)
    if not isinstance(result, Tensor):
        return Verdict(False, f"Expected a tensor, found {type(result).__name__}.")
    if result.shape != (2, 5, 3):
        return Verdict(False, f"Expected the shape (2, 5, 3), found {tuple(result.shape)}.")
    scores = query @ key.transpose(-1, -2)
    if torch.allclose(result, scores.softmax(-1) @ value):
        return Verdict(False, "Right but for the scale: divide by the root of the key's width.")
    if torch.allclose(result, (scores / 2).softmax(-2) @ value):
        return Verdict(False, "Your softmax sums to one over the queries; it must over the keys.")
    if torch.allclose(result, (scores / 4).softmax(-1) @ value):
        return Verdict(False, "You divided by the width, not by its root.")
    if not torch.allclose(result, attention(query, key, value).output):
        return Verdict(False, "Scores, softmax over the keys, weighted mean of the values: check.")
    return Verdict(True, "The same as sdl_lib.sequences.attention.")


@guarded
def window_mask(answer: Mask) -> Verdict:
    """``answer(length, window)``: each place sees itself and the ``window - 1`` before it."""
    length, window = 7, 3
    result = torch.as_tensor(answer(length, window))
    if result.shape != (length, length):
        return Verdict(False, f"Expected the shape (7, 7), found {tuple(result.shape)}.")
    if result.dtype != torch.bool:
        return Verdict(False, f"A mask is made of True and False, not of {result.dtype}.")
    lag = torch.arange(length)[:, None] - torch.arange(length)
    expected = (lag >= 0) & (lag < window)
    if torch.equal(result, expected):
        return Verdict(True, "Seven rows, never more than three open places, none in the future.")
    if torch.equal(result, expected.T):
        return Verdict(
            False, "Rows and columns are swapped: as it stands, each place sees later ones."
        )
    if torch.equal(result, lag >= 0):
        return Verdict(False, "That is the causal mask: nothing is forgotten yet.")
    if torch.equal(result, lag.abs() < window):
        return Verdict(False, "The window lies on both sides: it shows the future.")
    if torch.equal(result, (lag >= 0) & (lag <= window)):
        return Verdict(False, "One place too many: a window of 3 counts the place itself.")
    return Verdict(False, f"Row 4 should be open at 2, 3 and 4; found {result[4].tolist()}.")


@guarded
def collapse_path(answer: Collapse) -> Verdict:
    """``answer(path)`` is the transcript of a path of symbols, 0 being the blank."""
    paths: tuple[list[int], ...] = (
        [0, 1, 1, 0, 1, 2],
        [1, 1, 1],
        [0, 0],
        [2, 0, 2, 2, 0],
        [1, 2, 2, 1],
        [],
    )
    for path in paths:
        found = list(answer(list(path)))
        expected = list(collapse(path))
        if found == expected:
            continue
        without = [s for s in path if s != 0]
        merged = [s for i, s in enumerate(path) if i == 0 or s != path[i - 1]]
        if found == [s for i, s in enumerate(without) if i == 0 or s != without[i - 1]] != without:
            return Verdict(
                False, "You dropped the blanks first: then a double letter can never be written."
            )
        if found == without:
            return Verdict(False, "Blanks are gone, but a symbol held for two frames counts once.")
        if found == merged:
            return Verdict(False, "Neighbours are merged; the blanks still stand there.")
        if found == sorted(set(without)):
            return Verdict(False, "A set forgets order and repetition: “letter” has two t.")
        return Verdict(False, f"The path {path} spells {expected}; you found {found}.")
    return Verdict(True, "First merge, then drop: the blank is what keeps a double letter double.")


@guarded
def context_study(answer: Mapping[int, Sequence[float]]) -> Verdict:
    """``answer`` maps a length of context to bits a letter, one for each piece of text."""
    lengths = sorted(answer)
    if len(lengths) < 3:
        return Verdict(False, f"Try three lengths of context at least, not {len(lengths)}.")
    if lengths[-1] < 8 * lengths[0]:
        return Verdict(False, "Spread the lengths: the longest at least eight times the shortest.")
    if any(len(answer[length]) < 3 for length in lengths):
        return Verdict(False, "Measure on three pieces of text at least: how far do they differ?")
    values = torch.tensor([list(answer[n])[:3] for n in lengths], dtype=torch.float64)
    if not bool(((values > 0.5) & (values < 8)).all()):
        return Verdict(False, "Bits a letter lie between a half and eight here: check the unit.")
    if bool((values.std(1) == 0).all()):
        return Verdict(False, "All pieces give identical figures: are they different pieces?")
    gains = values.mean(1).diff().neg().tolist()
    steps = ", ".join(f"{g:+.2f}" for g in gains)
    return Verdict(
        True,
        f"Bits saved from one length to the next: {steps}. Is the last step more than chance? "
        "Compare it with how far the pieces differ.",
    )
