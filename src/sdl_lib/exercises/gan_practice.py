"""Checkers for the exercises on training GANs."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem
from sdl_lib.gan import batch_similarity, mode_coverage, ring_centres


@guarded
def two_sided(answer: float) -> Verdict:
    """D* where p = .2, q = .6, real examples have the label .9 and fakes .1."""
    hints = {
        0.225: "That is one-sided smoothing: here the fakes have a label as well.",
        0.25: "That is D* without smoothing.",
        0.9: "The label is where it tops, not what it is here.",
    }
    value = float(answer)
    if abs(value - 0.3) < 1e-6:
        return Verdict(True, "The fakes' density now stands in the numerator too.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-6:
            return Verdict(False, hint)
    return Verdict(False, "The best D is the mean label of what is found at x, real or fake.")


@guarded
def similarity(answer: Callable[[Tensor], Tensor]) -> Verdict:
    """``answer(m)`` returns o, shape (n, b), of a tensor of shape (n, b, c)."""
    m = torch.randn(6, 3, 2, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    given, right = answer(m.clone()), batch_similarity(m)
    if problem := shape_problem(given, right):
        return Verdict(False, problem)
    given = given.double()
    if torch.allclose(given, right):
        same = answer(m[:1].expand(5, -1, -1).clone())
        if bool((same == 4).all()):
            return Verdict(True, "And a collapsed batch of five scores exactly 4.")
        return Verdict(False, "Right here; but five equal examples should score exactly 4.")
    if torch.allclose(given, right + 1):
        return Verdict(False, "You counted each example as company of itself.")
    apart = (m[:, None] - m[None]).square().sum(-1)
    if torch.allclose(given, torch.exp(-apart.sqrt()).sum(1) - 1):
        return Verdict(False, "That is the Euclidean distance; the formula has the 1-norm.")
    if torch.allclose(given, torch.exp(-apart).sum(1) - 1):
        return Verdict(False, "That is the squared distance; the formula has the 1-norm.")
    return Verdict(False, "For each b: the 1-norm over c, exp of minus it, the sum over others.")


@guarded
def coverage(answer: Callable[[Tensor, Tensor], int]) -> Verdict:
    """``answer(samples, centres)`` counts the modes that get a quarter of their share."""
    centres = ring_centres()
    everywhere = centres.repeat(20, 1)
    between = torch.cat([centres[:4].repeat(30, 1), 0.6 * centres[5:6].repeat(40, 1)])
    thin = torch.cat([centres[:1].repeat(150, 1), centres[1:].repeat(1, 1)])
    cases = {"everywhere": everywhere, "between": between, "thin": thin}
    found = {name: int(answer(x.clone(), centres.clone())) for name, x in cases.items()}
    right = {name: mode_coverage(x, centres).covered for name, x in cases.items()}
    if found == right:
        return Verdict(True, "A stray point is not yet a mode.")
    if found["everywhere"] != 8:
        return Verdict(False, f"Points on all 8 centres; you count {found['everywhere']}.")
    if found["between"] != right["between"]:
        return Verdict(False, "Points inside the ring, far from all modes, were counted.")
    return Verdict(False, "One stray point is not enough: a mode needs a quarter of its share.")


@guarded
def penalty(answer: Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]) -> Verdict:
    """``answer(critic, real, fake, u)`` returns the mean of (slope - 1)^2 between the two."""
    chance = torch.Generator().manual_seed(3)
    real, fake = (torch.randn(6, 2, generator=chance, dtype=torch.float64) for _ in range(2))
    u = torch.rand(6, 1, generator=chance, dtype=torch.float64)
    critic = _Bowl()

    def of(x: Tensor, target: float = 1.0) -> float:
        return float((_slope(critic, x) - target).square().mean())

    given = answer(critic, real, fake, u)
    if problem := shape_problem(given, torch.zeros(())):
        return Verdict(False, problem)
    value, between = float(given.detach()), u * real + (1 - u) * fake
    wrong = {
        of(real): "That is the slope at the real points: mix them with the fakes first.",
        of(between, 0.0): "You punish every slope: it should be 1, not 0.",
        float((_slope(critic, between).mean() - 1) ** 2): "Square first, then take the mean.",
    }
    if abs(value - of(between)) > 1e-9:
        for other, hint in wrong.items():
            if abs(value - other) < 1e-9:
                return Verdict(False, hint)
        return Verdict(False, f"Expected {of(between):.4f} on a test critic, found {value:.4f}.")
    if not given.requires_grad:
        return Verdict(False, "Right, but nothing can be trained by it: create_graph=True.")
    return Verdict(True, "And it can be differentiated again, as a training needs.")


@guarded
def rescue(answer: Mapping[str, Sequence[int]]) -> Verdict:
    """``answer`` maps a setting to the modes covered, one number for each seed."""
    if len(answer) < 3:
        return Verdict(False, f"Compare three settings at least, not {len(answer)}.")
    if any(len(modes) < 3 for modes in answer.values()):
        return Verdict(False, "Three seeds for each setting at least: one run is an anecdote.")
    if any(not 0 <= count <= 8 for modes in answer.values() for count in modes):
        return Verdict(False, "There are 8 modes: counts lie from 0 to 8.")
    if len({count for modes in answer.values() for count in modes}) == 1:
        return Verdict(False, "All runs agree exactly: does each have its own setting and seed?")
    means = {name: sum(modes) / len(modes) for name, modes in answer.items()}
    best = max(means, key=lambda name: means[name])
    return Verdict(
        True, f"Best on average: {best}, {means[best]:.1f} modes. Is the lead larger than a spread?"
    )


class _Bowl(nn.Module):
    """A critic whose slope differs from place to place."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.7, 0.4], dtype=torch.float64))

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight * x.square()).sum(dim=1)


def _slope(critic: nn.Module, x: Tensor) -> Tensor:
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(critic(x).sum(), x)
    length: Tensor = slope.norm(dim=1)
    return length
