"""Checkers for the exercises on stronger attacks."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Project = Callable[[Tensor, Tensor, float], Tensor]
Pgd = Callable[[nn.Module, Tensor, Tensor, float, float, int], Tensor]
Hinge = Callable[[Tensor, Tensor, float], Tensor]
Worst = Callable[[nn.Module, Sequence[Tensor], Tensor], float]


@guarded
def nearest_boundary(answer: float) -> Verdict:
    """Distance to the nearest boundary: gaps 2 and 3, gradients (1, 0) and (0, 3)."""
    value = float(answer)
    if abs(value - 1) < 1e-9:
        return Verdict(True, "3 / 3 against 2 / 1: the larger gap belongs to the nearer boundary.")
    if abs(value - 2) < 1e-9:
        return Verdict(False, "That is the boundary with the smaller gap. Divide by the slope.")
    if abs(value - 1 / 3) < 1e-9:
        return Verdict(False, "You divided by the squared norm: that scales w, and w has a length.")
    return Verdict(False, "For each rival: how far does one unit of length change its gap?")


@guarded
def projection(answer: Project) -> Verdict:
    """``answer(x_adv, x, eps)`` lies in the Euclidean ball around x and in the box."""
    x = torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.02, 0.5]])
    x_adv = torch.tensor([[0.8, 0.9], [0.51, 0.5], [-0.28, 0.9]])
    given = x_adv.clone()
    result = answer(x_adv, x, 0.25)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if not torch.equal(x_adv, given):
        return Verdict(False, "Your function changed the x_adv that it was given: work on a copy.")
    expected = torch.tensor([[0.65, 0.7], [0.51, 0.5], [0.0, 0.7]])
    if torch.allclose(result, expected, atol=1e-6):
        return Verdict(True, "Inside the ball, inside the box, and the near point stayed put.")
    if torch.allclose(result, x_adv.clamp(x - 0.25, x + 0.25).clamp(0, 1)):
        return Verdict(False, "That is the ball of the max norm: a corner is too far away.")
    if float(result.min()) < 0:
        return Verdict(False, "The third point left [0, 1]: clip it, after the ball.")
    if not torch.allclose(result[1], expected[1]):
        return Verdict(False, "The second point was inside the ball already: leave it there.")
    return Verdict(False, f"Expected {expected[0].tolist()} first, found {result[0].tolist()}.")


def _network() -> tuple[nn.Module, Tensor, Tensor]:
    """A small network in double precision with 30 inputs, and its own answers as labels."""
    generator = torch.Generator().manual_seed(3)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 3)).double()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=generator))
    x = 0.1 + 0.8 * torch.rand(30, 8, generator=generator).double()
    model.eval().requires_grad_(False)
    return model, x, model(x).argmax(1)


def _ascend(model: nn.Module, x: Tensor, y: Tensor, step: float, steps: int, eps: float) -> Tensor:
    x_adv = x.clone()
    for _ in range(steps):
        inputs = x_adv.clone().requires_grad_()
        loss = nn.functional.cross_entropy(model(inputs), y, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, inputs)
        x_adv = (x_adv + step * gradient.sign()).clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


@guarded
def projected_ascent(answer: Pgd) -> Verdict:
    """``answer(model, x, y, eps, step, steps)`` is PGD in the max norm, started at x."""
    model, x, y = _network()
    result = answer(model, x.clone(), y, 0.1, 0.03, 10)
    if problem := shape_problem(result, x):
        return Verdict(False, problem)
    if result.requires_grad:
        return Verdict(False, "The result still carries a graph: detach it.")
    if torch.equal(result, x):
        return Verdict(False, "The inputs came back as they were.")
    if float((result - x).abs().max()) > 0.1 + 1e-9:
        return Verdict(False, "Some pixel is farther than eps from the original: project.")
    expected = _ascend(model, x, y, 0.03, 10, 0.1)
    if torch.allclose(result, expected, atol=1e-9):
        hits = float((model(result).argmax(1) != y).double().mean())
        one = float((model(_ascend(model, x, y, 0.1, 1, 0.1)).argmax(1) != y).double().mean())
        return Verdict(
            True, f"It fools our network on {hits:.0%} of the inputs; FGSM, on {one:.0%}."
        )
    if torch.allclose(result, _ascend(model, x, y, -0.03, 10, 0.1), atol=1e-9):
        return Verdict(False, "You went down the loss: the network is now surer of the truth.")
    if torch.allclose(result, _ascend(model, x, y, 0.1, 1, 0.1), atol=1e-9):
        return Verdict(False, "One step of size eps: that is FGSM. Take a new gradient each time.")
    stale = _ascend(model, x, y, 0.03, 1, 1.0) - x
    if torch.allclose(result, (x + 10 * stale).clamp(x - 0.1, x + 0.1).clamp(0, 1), atol=1e-9):
        return Verdict(False, "Every step used the gradient at x. Take it where you are.")
    return Verdict(False, "Close, but the last iterate differs from ten projected signed steps.")


@guarded
def hinge(answer: Hinge) -> Verdict:
    """``answer(logits, y, kappa)`` is max(z_y - max of the others, -kappa) for each row."""
    logits = torch.tensor([[3.0, 1.0, 2.0], [0.0, 4.0, 1.0], [-9.0, -5.0, -7.0]])
    y = torch.tensor([0, 0, 1])
    result = answer(logits, y, 1.5)
    expected = torch.tensor([1.0, -1.5, 2.0])
    if problem := shape_problem(result, expected):
        return Verdict(False, problem)
    if torch.allclose(result, expected):
        return Verdict(True, "Also where all logits are negative.")
    if torch.allclose(result[:2], expected[:2]) and float(result[2]) != 2.0:
        return Verdict(
            False,
            "Wrong where all logits are negative: did you multiply the own class by zero? Zero "
            "is then the largest of the others.",
        )
    if torch.allclose(result, torch.tensor([1.0, -4.0, 2.0])):
        return Verdict(False, "Nothing holds the second row at -kappa: it will run on for ever.")
    if torch.allclose(result[0], torch.tensor(0.0)):
        return Verdict(False, "The largest of *the others*: leave the own class out of it.")
    return Verdict(False, f"Expected {expected.tolist()}, found {result.tolist()}.")


@guarded
def worst_case(answer: Worst) -> Verdict:
    """``answer(model, tries, y)``: the share of examples that withstand every try."""
    model = nn.Identity().eval()
    y = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    hit = torch.tensor(
        [[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0, 0]]
    )
    tries = [nn.functional.one_hot(torch.where(row == 1, 1 - y, y), 2).float() for row in hit]
    value = float(answer(model, tries, y))
    verdicts = {
        2 / 8: Verdict(True, "Two of eight withstand all three attacks; the best one leaves five."),
        5 / 8: Verdict(
            False, "That is the strongest single attack. Others may fool examples that it missed."
        ),
        17 / 24: Verdict(False, "An average over attacks: an attacker does not average."),
        6 / 8: Verdict(
            False, "That is a share of errors, or of the weakest attack: who withstands?"
        ),
    }
    for share, verdict in verdicts.items():
        if abs(value - share) < 1e-6:
            return verdict
    return Verdict(False, f"Found {value:.3f}. An example counts only if no try has turned it.")


@guarded
def step_study(answer: Mapping[int, Sequence[float]]) -> Verdict:
    """``answer`` maps the number of PGD steps to robust accuracies, one for each start."""
    counts = sorted(answer)
    if len(counts) < 3:
        return Verdict(False, f"Two points make no curve: try three numbers, not {len(counts)}.")
    if any(len(answer[n]) < 3 for n in counts):
        return Verdict(False, "Draw at least three random starts: how far does chance carry?")
    values = torch.tensor([list(answer[n])[:3] for n in counts], dtype=torch.float64)
    if not bool(((values >= 0) & (values <= 1)).all()):
        return Verdict(False, "An accuracy lies between 0 and 1.")
    if bool((values == values[0, 0]).all()):
        return Verdict(False, "All alike: choose an eps at which some fall and some stand.")
    first, last = float(values[0].mean()), float(values[-1].mean())
    spread = float((values.amax(1) - values.amin(1)).max())
    return Verdict(
        True,
        f"From {counts[0]} to {counts[-1]} steps the accuracy goes from {first:.3f} to {last:.3f}; "
        f"starts differ by up to {spread:.3f}. Where would you stop, and what would you report?",
    )
