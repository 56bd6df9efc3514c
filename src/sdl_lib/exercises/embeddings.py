"""Checkers for the exercises on word embeddings.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from sdl_lib import text
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded, shape_problem

Neutralise = Callable[[Tensor, Tensor], Tensor]
Effect = Callable[[Tensor, Tensor, Tensor, Tensor], float]
Neighbours = Callable[[Tensor, Tensor, int], Tensor]

_LEAST_HALVES = 20


@guarded
def direct_bias_on_paper(answer: float) -> Verdict:
    """The direct bias of three unit vectors with first coordinates .6, 0 and -.8."""
    value = float(answer)
    if abs(value - 1.4 / 3) < 2e-3:
        return Verdict(True, "Absolute values first, then the mean.")
    if abs(value + 0.2 / 3) < 2e-3:
        return Verdict(False, "Signed components cancel: the definition takes absolute values.")
    if abs(value - 1 / 3) < 2e-3:
        return Verdict(False, "You squared the components, which is c = 2.")
    if abs(value - 1.4) < 2e-3:
        return Verdict(False, "That is the sum; the direct bias is the mean over the words.")
    return Verdict(False, "The cosine of a unit vector with (1, 0) is its first coordinate.")


@guarded
def smallest_p(answer: float) -> Verdict:
    """The smallest p-value of a permutation test with four words a side."""
    value = float(answer)
    if abs(value - 1 / 70) < 1e-6:
        return Verdict(True, "One split of seventy, the one that was found.")
    if value == 0:
        return Verdict(False, "The split that was found counts among the splits: p is never 0.")
    if abs(value - 2 / 70) < 1e-6:
        return Verdict(False, "The test is one-sided: the mirrored split does not count.")
    if abs(value - 1 / 256) < 1e-6:
        return Verdict(False, "Both sets keep their size: not every word may go to either side.")
    if abs(value - 1 / 40320) < 1e-8:
        return Verdict(False, "The order of the words within a set does not matter.")
    return Verdict(False, "In how many ways can four of eight words be the first set?")


def _words(n: int, *, seed: int, width: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, width, generator=generator, dtype=torch.float64)


@guarded
def neutralise(answer: Neutralise) -> Verdict:
    """``answer(vectors, direction)`` takes a direction out of each word and rescales."""
    given = torch.nn.functional.normalize(_words(5, seed=1), dim=1)
    direction = 3 * _words(1, seed=2)[0]
    vectors, g = given.clone(), direction / direction.norm()
    result = answer(vectors, direction.clone())
    if problem := shape_problem(result, given):
        return Verdict(False, problem)
    if not torch.equal(vectors, given):
        return Verdict(False, "Your function changed the vectors that it was given.")
    if torch.allclose(result, given):
        return Verdict(False, "Nothing was taken out: subtract the part of each word along g.")
    rest = given - (given @ g)[:, None] * g
    if torch.allclose(result, rest):
        return Verdict(False, "The words are shorter now: scale them back to length 1.")
    if (result @ g).abs().max() > 1e-6:
        return Verdict(
            False,
            "A component along the direction is left. Does your formula need a g of length 1?",
        )
    if not torch.allclose(result, torch.nn.functional.normalize(rest, dim=1)):
        return Verdict(False, "More than the component along the direction has changed.")
    return Verdict(True, "Zero along the direction, length 1, and all else in proportion.")


@guarded
def effect(answer: Effect) -> Verdict:
    """``answer(x, y, a, b)`` is the effect size of an association test."""
    x, y, a, b = (_words(n, seed=i) * (1 + i) for i, n in enumerate((5, 4, 3, 6)))
    x = x + 0.8 * torch.nn.functional.normalize(a, dim=1).mean(0)
    x = x * torch.tensor([[1.0], [4.0], [0.3], [2.0], [9.0]])
    value = float(answer(x.clone(), y.clone(), a.clone(), b.clone()))
    right = text.weat(x, y, a, b).effect
    if abs(value - right) < 1e-6:
        return Verdict(True, "Cosines, means, and the spread over all target words.")
    if abs(value + right) < 1e-6:
        return Verdict(False, "The sign is turned: x less y, and a less b.")
    unit = [torch.nn.functional.normalize(t, dim=1) for t in (x, y, a, b)]
    s = torch.cat(unit[:2]) @ (unit[2].mean(0) - unit[3].mean(0))
    if abs(value - float((s[:5].mean() - s[5:].mean()) / s.std(correction=0))) < 1e-6:
        return Verdict(False, "That is the population's standard deviation: divide by n - 1.")
    if abs(value - float(s[:5].mean() - s[5:].mean())) < 1e-6:
        return Verdict(False, "The difference is not yet in units of the standard deviation.")
    raw = torch.cat([x, y]) @ (a.mean(0) - b.mean(0))
    if abs(value - float((raw[:5].mean() - raw[5:].mean()) / raw.std())) < 1e-6:
        return Verdict(False, "Long vectors count more than short ones: use cosines.")
    return Verdict(False, f"For our four sets the effect is {right:.3f}; you returned {value:.3f}.")


@guarded
def neighbour_bias(answer: Neighbours) -> Verdict:
    """``answer(vectors, leaned, k)`` is the share of a word's neighbours that leaned to she."""
    vectors, leaned = _words(12, seed=5) * 3, _words(12, seed=6)[:, 0]
    result = answer(vectors.clone(), leaned.clone(), 3)
    if problem := shape_problem(result, leaned):
        return Verdict(False, problem)
    unit = torch.nn.functional.normalize(vectors, dim=1)
    similar = unit @ unit.T
    own = similar.topk(3, dim=1).indices
    right = (similar - 9 * torch.eye(12)).topk(3, dim=1).indices
    if torch.allclose(result.double(), (leaned[right] > 0).double().mean(1)):
        return Verdict(True, "The company that a word keeps, which no projection hides.")
    if torch.allclose(result.double(), (leaned[own] > 0).double().mean(1)):
        return Verdict(False, "A word is among its own neighbours: leave it out.")
    if torch.allclose(result.double(), leaned[right].mean(1)):
        return Verdict(False, "A share is asked for: count the neighbours that leaned to she.")
    far = (torch.cdist(vectors, vectors) + 99 * torch.eye(12)).topk(3, dim=1, largest=False)
    if torch.allclose(result.double(), (leaned[far.indices] > 0).double().mean(1)):
        return Verdict(False, "Nearest by cosine, so scale the words to length 1 first.")
    return Verdict(False, "Some neighbours are not the nearest ones by cosine.")


@guarded
def stability(answer: Mapping[str, Sequence[float]]) -> Verdict:
    """A study of effects over random halves of the attribute words, before and after."""
    if set(answer) != {"before", "after"}:
        return Verdict(False, "Return a dictionary with the two lists 'before' and 'after'.")
    sizes = {len(effects) for effects in answer.values()}
    if min(sizes) < _LEAST_HALVES:
        return Verdict(False, f"Draw at least {_LEAST_HALVES} random halves for each.")
    if len(sizes) > 1:
        return Verdict(False, "The same halves before and after: the lists differ in length.")
    for name, effects in answer.items():
        if len({round(float(value), 9) for value in effects}) < _LEAST_HALVES / 2:
            return Verdict(False, f"Many effects {name} are the same: are your halves random?")
        if any(abs(float(value)) > 2.5 for value in effects):
            return Verdict(False, "An effect beyond 2.5 is no effect in standard deviations.")
    return Verdict(True, "A study of its own uncertainty. What did you expect beforehand?")
