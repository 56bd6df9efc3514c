"""Checkers for the exercises on adversarial examples.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Step = Callable[[Tensor, Tensor, float], Tensor]
Targeted = Callable[[nn.Module, Tensor, Tensor, float], Tensor]
Smallest = Callable[[nn.Module, Tensor, Tensor, Sequence[float]], Tensor]
Rate = Callable[[Tensor, Tensor, Tensor], float]


@guarded
def linear_drop(answer: float) -> Verdict:
    """The margin lost by w = (3, -1, 2, 0) when an attacker may move each input by 0.1."""
    value = float(answer)
    if abs(value - 0.6) < 1e-9:
        return Verdict(True, "0.1 times the 1-norm, 3 + 1 + 2 + 0: each input moves against w.")
    if abs(value - 0.1 * 14**0.5) < 5e-3:
        return Verdict(
            False, "That is eps times the 2-norm: the answer to an attacker bound in Euclid's norm."
        )
    if abs(value - 0.4) < 1e-9:
        return Verdict(
            False, "You added the weights with their signs: the attacker chooses the sign of each."
        )
    return Verdict(False, "Move one input at a time: by how much can each of them lower w·x?")


@guarded
def signed_step(answer: Step) -> Verdict:
    """``answer(x, gradient, eps)`` is one step of the fast gradient sign method."""
    x = torch.tensor([[0.5, 0.5, 0.02, 0.97, 0.3]])
    gradient = torch.tensor([[2.0, -0.5, -1.0, 3.0, 0.0]])
    given = x.clone()
    result = answer(x, gradient, 0.1)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    if torch.allclose(result, (given - 0.1 * gradient.sign()).clamp(0, 1)):
        return Verdict(False, "You walked down the gradient: the attacker wants the loss to rise.")
    if torch.allclose(result, given + 0.1 * gradient.sign()):
        return Verdict(False, "The third and fourth value left [0, 1]: those are no pixels.")
    if torch.allclose(result, (given + 0.1 * gradient).clamp(0, 1)):
        return Verdict(False, "A pixel with a small gradient hardly moved: take the sign first.")
    if not torch.allclose(result, (given + 0.1 * gradient.sign()).clamp(0, 1)):
        wrong = int((result - (given + 0.1 * gradient.sign()).clamp(0, 1)).abs().argmax())
        return Verdict(
            False,
            f"For x = {given[0, wrong]:.2f}, a gradient of {gradient[0, wrong]:.1f} and eps = 0.1 "
            f"you returned {result[0, wrong]:.2f}.",
        )
    return Verdict(True, "Full steps along the signs, and the picture remains a picture.")


def _linear_model(seed: int) -> tuple[nn.Module, Tensor]:
    """A linear model of 12 inputs and 4 classes, and 40 inputs not far from its boundaries."""
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(12, 4)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(4, 12, generator=generator))
        layer.bias.copy_(-layer.weight.sum(1) / 2)  # undecided at the middle of the box
    x = 0.35 + 0.3 * torch.rand(40, 12, generator=generator)
    return nn.Sequential(nn.Flatten(), layer).eval().requires_grad_(False), x


def _step(model: nn.Module, x: Tensor, y: Tensor, eps: float) -> Tensor:
    inputs = x.clone().requires_grad_()
    loss = nn.functional.cross_entropy(model(inputs), y, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, inputs)
    return (x + eps * gradient.sign()).clamp(0, 1)


@guarded
def targeted_step(answer: Targeted) -> Verdict:
    """``answer(model, x, target, eps)`` makes the model say ``target``."""
    model, x = _linear_model(seed=1)
    y = model(x).argmax(1)
    target = (y + 1) % 4
    result = answer(model, x, target, 0.1)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if torch.equal(result, x):
        return Verdict(False, "The inputs came back as they were.")
    if float((result - x).abs().max()) > 0.1 + 1e-6:
        return Verdict(False, "Some pixel moved by more than eps.")
    if torch.allclose(result, _step(model, x, target, 0.1)):
        return Verdict(False, "You raised the target's loss: that drives the network away from it.")
    if torch.allclose(result, _step(model, x, y, 0.1)):
        return Verdict(
            False, "You fled from the present class: any other class will do for that. Aim."
        )
    if not torch.allclose(result, _step(model, x, target, -0.1)):
        return Verdict(False, "Close, but not one signed step down the loss of the target.")
    hits = float((model(result).argmax(1) == target).float().mean())
    return Verdict(True, f"On our test problem {hits:.0%} of the inputs now bear the target.")


@guarded
def smallest_eps(answer: Smallest) -> Verdict:
    """``answer(model, x, y, grid)`` is the first eps of the grid that fools each example."""
    model, x = _linear_model(seed=2)
    y = model(x).argmax(1)
    y[:3] = (y[:3] + 1) % 4  # three that are wrong before anything is done to them
    grid = [0.0, 0.005, 0.01, 0.02, 0.03]
    fooled = torch.stack([model(_step(model, x, y, eps)).argmax(1) != y for eps in grid])
    first = torch.where(fooled.any(0), torch.tensor(grid)[fooled.int().argmax(0)], torch.inf)
    result = torch.as_tensor(answer(model, x, y, grid), dtype=torch.float32)
    if result.shape != first.shape:
        return Verdict(
            False, f"One number for each of the 40 examples, please: found {tuple(result.shape)}."
        )
    if torch.allclose(result, first):
        never = int(first.isinf().sum())
        return Verdict(True, f"Including {never} examples that no eps of the grid fools.")
    finite = first.isfinite()
    if torch.allclose(result[finite], first[finite]):
        return Verdict(
            False, "Right where the attack works. Where it never does, say float('inf')."
        )
    last = torch.tensor(grid)[len(grid) - 1 - fooled.flip(0).int().argmax(0)]
    if torch.allclose(result[finite], last[finite]):
        return Verdict(False, "You kept the last eps that fools each example, not the first.")
    late = int((result > first).sum())
    early = int((result < first).sum())
    return Verdict(False, f"Too small a budget for {early} of 40 examples, too large for {late}.")


@guarded
def success_rate(answer: Rate) -> Verdict:
    """``answer(before, after, y)`` is the share of right answers that the attack turned wrong."""
    y = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
    before = torch.tensor([0, 0, 0, 1, 1, 1, 0, 0, 1, 1])
    after = torch.tensor([0, 0, 0, 2, 2, 2, 2, 0, 1, 1])
    value = float(answer(before, after, y))
    verdicts = {
        3 / 6: Verdict(True, "Three of the six that were right before: 50 %."),
        6 / 10: Verdict(
            False, "That is the error after the attack: it counts mistakes made without any attack."
        ),
        4 / 10: Verdict(
            False, "You counted changed answers. One of them changed from wrong to right!"
        ),
        3 / 10: Verdict(False, "The right numerator: now divide by those that could be turned."),
    }
    for share, verdict in verdicts.items():
        if abs(value - share) < 1e-6:
            return verdict
    return Verdict(False, f"Found {value:.3f}. Which examples were right before the attack?")


@guarded
def resolution_study(answer: Mapping[int, Sequence[float]]) -> Verdict:
    """``answer`` maps a side in pixels to the median smallest eps, one for each seed."""
    sides = sorted(answer)
    if len(sides) < 3:
        return Verdict(
            False, f"Two points make no trend: try three sizes at least, not {len(sides)}."
        )
    if any(len(answer[side]) < 3 for side in sides):
        return Verdict(False, "Train at least three networks a size: how far do seeds differ?")
    values = torch.tensor([list(answer[side])[:3] for side in sides], dtype=torch.float64)
    if not bool(((values > 0) & (values <= 1)).all()):
        return Verdict(False, "A median eps lies above 0 and is at most 1: check for failures.")
    if bool((values.std(1) == 0).all()):
        return Verdict(False, "The seeds give identical figures: is the seed used in training?")
    small, large = float(values[0].mean()), float(values[-1].mean())
    trend = "falls" if large < small else "does not fall"
    return Verdict(
        True,
        f"From {sides[0]} to {sides[-1]} pixels a side the median eps {trend} "
        f"({small:.3f} to {large:.3f}). Say what you expected, and why, before you interpret it.",
    )
