"""Checkers for the exercises on active learning."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib import active
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Margin = Callable[[Tensor, int], Tensor]
Length = Callable[[Tensor, Tensor], Tensor]
Farthest = Callable[[Tensor, Tensor, int], Tensor]


@guarded
def distance(answer: float) -> Verdict:
    """The least of |f| / ||w|| over A, B and C, for w = (3, 4): that of C, .4 / 5."""
    value = float(answer)
    if abs(value - 0.08) < 1e-6:
        return Verdict(True, "C is the nearest, and the cheapest to attack.")
    if abs(value - 0.4) < 1e-6:
        return Verdict(False, "That is the score of C. A distance is divided by the length of w.")
    if abs(value + 0.08) < 1e-6:
        return Verdict(False, "A distance has no sign: C lies on the other side, as near.")
    if abs(value - 0.4 / 7) < 1e-3:
        return Verdict(False, "You divided by the sum of the weights: that is the max norm's.")
    if any(abs(value - other) < 1e-6 for other in (1.0, 0.3)):
        return Verdict(False, "One of the other two points is nearer. Which is the least?")
    return Verdict(False, "Divide the score's size by the length of w, for each of the three.")


@guarded
def margin(answer: Margin) -> Verdict:
    """``answer(p, batch)``: rows of the least gap between the two greatest probabilities."""
    p = torch.tensor(
        [
            [0.1, 0.2, 0.7],
            [0.49, 0.51, 0.0],
            [0.34, 0.26, 0.4],
            [0.05, 0.9, 0.05],
            [0.25, 0.5, 0.25],
        ]
    )
    expected = torch.tensor([1, 2, 4])
    result = answer(p, 3)
    if problem := shape_problem(result, expected):
        return Verdict(False, problem)
    if torch.equal(result, expected):
        return Verdict(True, "The nearest ties first.")
    if torch.equal(result, torch.tensor([3, 0, 4])):
        return Verdict(False, "These are the widest margins: you ask what the network knows.")
    if torch.equal(result, active.entropy(p).argsort(descending=True)[:3]):
        return Verdict(False, "That is entropy. The margin looks at two classes alone.")
    if torch.equal(result.sort().values, expected.sort().values):
        return Verdict(False, "The right ones, in another order: the least margin comes first.")
    return Verdict(False, "Take the two greatest probabilities of each row, and their difference.")


@guarded
def egl(answer: Length) -> Verdict:
    """``answer(p, h)``: the expected gradient length of the last layer, bias included."""
    p = torch.tensor([[0.7, 0.2, 0.1], [0.34, 0.33, 0.33]])
    h = torch.tensor([[1.0, 2.0], [0.0, 0.5]])
    expected = active.expected_length(p, h)
    result = answer(p, h)
    if problem := shape_problem(result, expected):
        return Verdict(False, problem)
    if torch.allclose(result, expected, atol=1e-6):
        return Verdict(True, "A length for each label, and then the mean.")
    if torch.allclose(result, active.length_of_mean(p, h), atol=1e-6):
        return Verdict(
            False, "That is the norm of the mean, the mistake that this chapter is about."
        )
    reach = (h.square().sum(1) + 1).sqrt()
    if torch.allclose(result, expected / reach * h.norm(dim=1), atol=1e-6):
        return Verdict(False, "The bias is a weight too: its feature is 1.")
    if torch.allclose(result, expected / reach * reach.square(), atol=1e-6):
        return Verdict(False, "The features enter with their length, not with its square.")
    if torch.allclose(result, expected / reach, atol=1e-6):
        return Verdict(False, "The length of the features is missing.")
    return Verdict(
        False, "For each label the length of p - e_k, weighed with p_k, times that of (h, 1)."
    )


@guarded
def farthest(answer: Farthest) -> Verdict:
    """``answer(h, centres, count)``: greedy farthest-first rows."""
    h = torch.tensor([[1.0, 0.0], [9.0, 0.0], [10.0, 0.0], [0.0, 6.0], [4.0, 4.0]])
    centres = torch.zeros(1, 2)
    result = answer(h, centres, 3)
    if problem := shape_problem(result, torch.zeros(3, dtype=torch.int64)):
        return Verdict(False, problem)
    rows = [int(row) for row in result]
    if rows == [2, 3, 4]:
        return Verdict(True, "Each new point stands where nobody has stood.")
    if rows == [2, 1, 3]:
        return Verdict(
            False, "The second is next to the first: a chosen row becomes a centre for the next."
        )
    if rows[0] == 0:
        return Verdict(False, "You begin with the nearest. Farthest first covers the space.")
    if len(set(rows)) < 3:
        return Verdict(False, "A row was chosen twice.")
    return Verdict(
        False, "Keep each candidate's distance to the nearest centre; take the greatest."
    )


@guarded
def maximum(answer: float) -> Verdict:
    """Mean of the greatest of nine uniform draws from (-1, 1): (9 - 1) / (9 + 1)."""
    value = float(answer)
    if abs(value - 0.8) < 1e-6:
        return Verdict(True, "Eight tenths of a point, for having stopped learning.")
    if abs(value - 0.9) < 1e-6:
        return Verdict(False, "That is the mean on (0, 1). Stretch it to (-1, 1).")
    if abs(value - 1) < 1e-6:
        return Verdict(False, "One point is the bound, which nine draws do not reach on average.")
    if value == 0:
        return Verdict(False, "The mean of the noise is 0; that of its maximum is not.")
    return Verdict(False, "The greatest of n uniform draws from (0, 1) has the mean n / (n + 1).")


@guarded
def own_strategy(study: Mapping[str, Sequence[float]]) -> Verdict:
    """Accuracies by strategy: the reader's own, margin and random, at least three seeds each."""
    missing = [name for name in ("mine", "margin", "random") if name not in study]
    if missing:
        return Verdict(False, f"Your study lacks {', '.join(missing)}.")
    sizes = {len(values) for values in study.values()}
    if len(sizes) > 1:
        return Verdict(False, "Give each strategy the same seeds: their numbers differ.")
    if sizes.pop() < 3:
        return Verdict(False, "From fewer than three seeds nothing follows.")
    if not all(0 <= value <= 1 for values in study.values() for value in values):
        return Verdict(False, "Accuracies lie between 0 and 1.")
    mean = {name: sum(values) / len(values) for name, values in study.items()}
    lead = 100 * (mean["mine"] - mean["margin"])
    return Verdict(
        True, f"Yours differs from the margin by {lead:+.1f} points. Hold that against the seeds."
    )
