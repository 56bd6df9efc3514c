"""Checkers for the exercises on the theory of GANs.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Best = Callable[[Tensor, Tensor], Tensor]
Losses = Callable[[Tensor], tuple[Tensor, Tensor]]
Transport = Callable[[Tensor, Tensor], Tensor]
Step = Callable[[float, float, float], tuple[float, float]]


@guarded
def best_value(answer: float) -> Verdict:
    """V(D*) for data uniform on {1, 2} and a generator uniform on {2, 3}."""
    value = float(answer)
    if abs(value + math.log(2)) < 1e-3:
        return Verdict(True, "-log 4 + 2 JSD with JSD = (log 2)/2: only the point 2 is in doubt.")
    if abs(value - math.log(2)) < 1e-3:
        return Verdict(False, "That is 2 JSD: the constant is missing, as in the lecture.")
    if abs(value - math.log(2) / 2) < 1e-3:
        return Verdict(False, "That is the JSD itself: what does the discriminator earn?")
    if abs(value + math.log(4)) < 1e-3:
        return Verdict(False, "That is the value where D knows nothing, but 1 and 3 give it away.")
    return Verdict(False, "Write down D* at the points 1, 2 and 3, then the two means of V.")


@guarded
def best_discriminator(answer: Best) -> Verdict:
    """``answer(p, q)`` is the chance of D* that a point is real, 1/2 where nothing ever falls."""
    p = torch.tensor([0.5, 0.3, 0.2, 0.0, 0.0]).double()
    q = torch.tensor([0.0, 0.3, 0.1, 0.6, 0.0]).double()
    expected = torch.tensor([1.0, 0.5, 2 / 3, 0.0, 0.5]).double()
    result = answer(p, q)
    if problem := shape_problem(result, p):
        return Verdict(False, problem)
    if bool(result.isnan().any()):
        return Verdict(False, "Where neither law has mass you divide 0 by 0: return 1/2 there.")
    if torch.allclose(result, torch.where(p + q > 0, q / (p + q), 0.5), atol=1e-6):
        return Verdict(False, "That is the chance of a fake: D says how likely a point is *real*.")
    if not torch.allclose(result, expected, atol=1e-6):
        wrong = int((result - expected).abs().argmax())
        return Verdict(
            False,
            f"For p = {p[wrong]:.1f} and q = {q[wrong]:.1f} you returned {result[wrong]:.3f}.",
        )
    return Verdict(True, "The share of the data in all that falls on a point.")


@guarded
def generator_losses(answer: Losses) -> Verdict:
    """``answer(logits)`` is the minimax and the non-saturating loss of a generator."""
    logits = torch.tensor([-1.0, 0.5, 2.0]).double()
    found = answer(logits)
    if not isinstance(found, tuple) or len(found) != 2:
        return Verdict(False, "Return two numbers: the minimax and the non-saturating loss.")
    minimax, other = (float(v) for v in found)
    want = float(-softplus(logits).mean()), float(softplus(-logits).mean())
    if abs(minimax - float((1 + softplus(-logits)).mean())) < 1e-6:
        return Verdict(
            False, "That is E[1 - log D], the lecture's slip: the 1 goes inside the log."
        )
    if max(abs(minimax - want[1]), abs(other - want[0])) < 1e-6:
        return Verdict(False, "You returned the two losses in the other order.")
    if abs(minimax + want[0]) < 1e-6 or abs(other + want[1]) < 1e-6:
        return Verdict(False, "A sign is wrong: the generator *lowers* both of its losses.")
    if max(abs(minimax - want[0]), abs(other - want[1])) > 1e-6:
        return Verdict(False, f"For logits -1, .5, 2 expected {want[0]:.4f} and {want[1]:.4f}.")
    sure = [float(v) for v in answer(torch.tensor([-200.0, 200.0]))]
    if not all(math.isfinite(v) and abs(abs(v) - 100) < 1e-3 for v in sure):
        return Verdict(False, "Logits of 200 round the sigmoid to 0 or 1: use softplus instead.")
    return Verdict(True, "log(1 - D) and -log D, from the logits, with nothing lost to rounding.")


@guarded
def transport(answer: Transport) -> Verdict:
    """``answer(x, y)`` is W1 of two samples of one size."""
    x = torch.tensor([0.0, 4.0, 1.0]).double()
    y = torch.tensor([5.0, 1.0, -1.0]).double()
    value = float(answer(x, y))
    if abs(value - float((x - y).abs().mean())) < 1e-9:
        return Verdict(False, "You paired the points as they came: the best plan keeps the order.")
    if abs(value - float(x.mean() - y.mean())) < 1e-9 or abs(value) < 1e-9:
        return Verdict(False, "Means may agree where laws do not: pair the points first.")
    if abs(value - 2 / 3) > 1e-9:
        return Verdict(False, f"For 0, 4, 1 against 5, 1, -1 expected 2/3, found {value:.4f}.")
    if x.tolist() != [0, 4, 1]:
        return Verdict(False, "Your function changed the sample that it was given.")
    return Verdict(True, "Sorted, then paired: nothing overtakes anything.")


@guarded
def extragradient(answer: Step) -> Verdict:
    """``answer(x, y, lr)`` is one extragradient step of min over x, max over y of x y."""
    x, y, lr = 1.0, 0.5, 0.2
    found = tuple(float(v) for v in answer(x, y, lr))
    if len(found) != 2:
        return Verdict(False, "Return the new x and the new y.")

    def near(a: float, b: float) -> bool:
        return abs(found[0] - a) < 1e-9 and abs(found[1] - b) < 1e-9

    ahead_x, ahead_y = x - lr * y, y + lr * x
    if near(ahead_x, ahead_y):
        return Verdict(False, "That is the simultaneous step: it spirals outwards.")
    if near(ahead_x, y + lr * ahead_x):
        return Verdict(False, "That is the alternating step: it goes round and round.")
    if near(ahead_x - lr * ahead_y, ahead_y + lr * ahead_x):
        return Verdict(False, "You took two steps: the second gradient moves the *first* point.")
    if not near(x - lr * ahead_y, y + lr * ahead_x):
        return Verdict(
            False, f"From (1, .5) with a step of .2 you went to {found}: look ahead first."
        )
    return Verdict(True, "Look one step ahead, then move by the gradient that you saw there.")


@guarded
def damping_study(answer: Mapping[float, Sequence[float]]) -> Verdict:
    """Final distances by damping, each over at least three sizes of step."""
    if not isinstance(answer, Mapping) or len(answer) < 3 or 0 not in answer:
        return Verdict(False, "Return a dictionary of at least three dampings, 0 among them.")
    if any(len(list(runs)) < 3 for runs in answer.values()):
        return Verdict(False, "Try at least three sizes of step for each damping.")
    if len({len(list(runs)) for runs in answer.values()}) > 1:
        return Verdict(False, "Use the same steps for each damping, or they cannot be compared.")
    values = [float(v) for runs in answer.values() for v in runs]
    if not all(math.isfinite(v) and v >= 0 for v in values):
        return Verdict(False, "A distance is a finite number of at least 0: take fewer steps.")
    undamped = [float(v) for v in answer[0]]
    if min(undamped) <= 1:
        return Verdict(
            False, "Without damping the path must leave: did you start 1 away, or further?"
        )
    return Verdict(True, "A fair comparison. Where did it turn, and what does the matrix say?")
