"""Checkers for the exercises on trusting explanations.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib.attribution import rank_correlation
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Function = Callable[[Tensor], Tensor]
Correlation = Callable[..., float]
Deletion = Callable[[Function, Tensor, Tensor], float]
Infidelity = Callable[[Function, Tensor, Tensor, Tensor], float]
Slope = Callable[[Function, Tensor, Tensor], Tensor]


@guarded
def average_drop_by_hand(answer: float) -> Verdict:
    """Average drop of .8, .9, .5 falling to .6, .95 (a gain), .1."""
    value = float(answer)
    hints = {
        (0.25 - 0.05 / 0.9 + 0.8) / 3: "The second picture gained: a gain counts as a drop of 0.",
        (0.25 + 0.8) / 2: "All three pictures enter the mean, the one without a drop too.",
        (0.2 + 0 + 0.4) / 3: "Each drop is a share of the probability that was there before.",
        35.0: "As a share, between 0 and 1: you gave it in per cent.",
    }
    if abs(value - 0.35) < 1e-6:
        return Verdict(True, "A quarter, nothing and four fifths: 1.05 over 3.")
    for wrong, hint in hints.items():
        if abs(value - wrong) < 1e-3:
            return Verdict(False, hint)
    return Verdict(False, "Write down the drop of each picture over its probability, then average.")


@guarded
def rank_correlation_of(answer: Correlation) -> Verdict:
    """``answer(a, b, absolute=False)`` is Spearman's correlation of two maps without ties."""
    chance = torch.Generator().manual_seed(0)
    a = torch.randn(4, 6, generator=chance).exp() - 1.2
    b = a + torch.randn(4, 6, generator=chance)
    signed = float(rank_correlation(a[None], b[None]))
    plain = float(rank_correlation(a[None], b[None], absolute=True))
    found, found_absolute = float(answer(a, b)), float(answer(a, b, absolute=True))
    orders = torch.stack([m.flatten().argsort().double() for m in (a, b)])
    pearson = float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])
    if abs(found - signed) > 1e-6:
        if abs(found - float(torch.corrcoef(orders)[0, 1])) < 1e-6:
            return Verdict(
                False, "You correlated the orders: argsort says who comes first, not their ranks."
            )
        if abs(found - pearson) < 1e-5:
            return Verdict(False, "That correlates the values themselves. Rank them first.")
        if abs(found - plain) < 1e-6:
            return Verdict(False, "The signs were lost, although absolute is False.")
        return Verdict(False, f"Found {found:.4f} for maps whose correlation is {signed:.4f}.")
    if abs(found_absolute - plain) > 1e-6:
        return Verdict(False, "Right with signs. With absolute=True, rank the absolute values.")
    return Verdict(True, f"{signed:.3f} with signs, {plain:.3f} without, as SciPy finds them.")


def _probability(rows: Tensor) -> Tensor:
    return (rows @ torch.tensor([2.0, -1.0, 0.5, 1.5]) - 1).sigmoid()


def _curve(x: Tensor, order: Sequence[int]) -> Tensor:
    """The probabilities while features go in this order, shape (d + 1,)."""
    rows = torch.stack([x] * 5)
    for step, i in enumerate(order, 1):
        rows[step:, i] = 0
    return _probability(rows)


@guarded
def deletion_area(answer: Deletion) -> Verdict:
    """``answer(f, x, phi)`` is the area under the deletion curve."""
    x, phi = torch.tensor([0.9, 0.6, 0.8, 0.7]), torch.tensor([1.0, -0.4, 0.2, 0.6])
    given = x.clone()
    found = float(answer(_probability, x, phi))
    if not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    down = phi.argsort(descending=True).tolist()
    curve = _curve(x, down)
    right = float(torch.trapezoid(curve, dx=0.25))
    if abs(found - right) < 1e-5:
        return Verdict(True, f"The area is {right:.3f}; no order of these features has less.")
    hints = [
        (
            _curve(x, down[::-1]),
            "That is the area of insertion; to remove the least important first gives the same.",
        ),
        (
            _curve(x, phi.abs().argsort(descending=True).tolist()),
            "You ordered by absolute values: a negative attribution speaks against the answer.",
        ),
    ]
    for wrong, hint in hints:
        if abs(found - float(torch.trapezoid(wrong, dx=0.25))) < 1e-5:
            return Verdict(False, hint)
    if abs(found - float(curve.mean())) < 1e-5:
        return Verdict(False, "A mean of the points: in the trapezoidal rule both ends count half.")
    if abs(found - 4 * right) < 1e-5:
        return Verdict(False, "The shares run from 0 to 1: a step is 1/d wide, not 1.")
    return Verdict(False, f"Found {found:.4f}. Does the curve have d + 1 points, x itself first?")


@guarded
def infidelity_of(answer: Infidelity) -> Verdict:
    """``answer(f, x, phi, changes)`` is the mean squared error of what the map foretells."""
    chance = torch.Generator().manual_seed(1)
    x, phi = torch.rand(4, generator=chance), torch.tensor([0.4, -0.2, 0.1, 0.3])
    changes = torch.randn(50, 4, generator=chance)
    found = float(answer(_probability, x, phi, changes))
    told, here = changes @ phi, _probability(x[None])
    seen = here - _probability(x - changes)
    right = float((told - seen).square().mean())
    if abs(found - right) < 1e-6:
        return Verdict(True, f"{right:.4f}: the error of a linear forecast.")
    if abs(found - float((told - (_probability(x + changes) - here)).square().mean())) < 1e-6:
        return Verdict(False, "You added the perturbation; the definition takes it away from x.")
    if abs(found - float((told + seen).square().mean())) < 1e-6:
        return Verdict(False, "The fall of f is f(x) - f(x - I): yours has the other sign.")
    if abs(found - float((told - seen).abs().mean())) < 1e-6:
        return Verdict(False, "Absolute errors: the definition squares them.")
    if abs(found - float((told - seen).mean().square())) < 1e-6:
        return Verdict(False, "You squared the mean error, in which errors cancel. Square first.")
    return Verdict(False, f"Found {found:.4f}. Compare I·phi with f(x) - f(x - I), row by row.")


def _smooth(rows: Tensor) -> Tensor:
    weights = torch.tensor([[1.0, -2.0, 0.5], [0.3, 1.0, -1.0], [-0.7, 0.4, 1.2]]).to(rows)
    return (rows @ weights).tanh().prod(1) + rows.square().sum(1) / 5


@guarded
def second_gradient(answer: Slope) -> Verdict:
    """``answer(f, x, target)`` is the gradient of the map's mass inside the target."""
    x = torch.rand(5, 3, generator=torch.Generator().manual_seed(2)).double()
    target = torch.tensor([1.0, 0.0, 1.0]).double()
    given = x.clone()
    found = answer(_smooth, x, target)
    if problem := shape_problem(found, given):
        return Verdict(False, problem)
    if x.requires_grad or not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given: work on a copy.")
    inputs = given.clone().requires_grad_()
    (g,) = torch.autograd.grad(_smooth(inputs).sum(), inputs, create_graph=True)
    right, signless, everywhere = (
        torch.autograd.grad(mass.sum(), inputs, retain_graph=True)[0]
        for mass in (g.abs() * target, g * target, g.abs())
    )
    if torch.allclose(found.detach(), right):
        return Verdict(True, "A gradient of a gradient: one step along it, and the map obeys.")
    if torch.allclose(found.detach(), g.detach()) or torch.allclose(found.detach(), g * target):
        return Verdict(False, "That is the map. Now differentiate its mass in the target again.")
    if torch.allclose(found.detach(), signless):
        return Verdict(False, "The map is made of absolute values; you left them out.")
    if torch.allclose(found.detach(), everywhere):
        return Verdict(False, "You took the mass everywhere: multiply by the target first.")
    return Verdict(False, "Not yet the gradient of s. Differences of s would tell you where.")


@guarded
def sanity_study(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """``answer`` maps a method to its mean signed correlations, one for each seed."""
    if len(answer) < 2:
        return Verdict(False, "A method alone has no yardstick: try two at least.")
    if any(len(values) < 3 for values in answer.values()):
        return Verdict(False, "Randomise from three seeds at least: one row may agree by chance.")
    table = {name: torch.tensor(list(v)[:3], dtype=torch.float64) for name, v in answer.items()}
    if any(not bool((v.abs() <= 1).all()) for v in table.values()):
        return Verdict(False, "A correlation lies between -1 and 1, and is no nan.")
    if any(bool((v == v[0]).all()) for v in table.values()):
        return Verdict(False, "The seeds give identical figures: does the seed reach the weights?")
    means = {name: float(v.mean()) for name, v in table.items()}
    low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return Verdict(
        True,
        f"{low} has {means[low]:.2f}, {high} {means[high]:.2f}. Which outcome had you expected, "
        "and would absolute ranks have told the same?",
    )
