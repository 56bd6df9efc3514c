"""Checkers for Shapley values, LIME's relatives and input influence."""

from collections.abc import Callable, Mapping, Sequence
from itertools import permutations
from math import comb

import torch
from torch import Tensor

from sdl_lib.attribution import Game, all_coalitions, shapley_exact
from sdl_lib.check import Verdict
from sdl_lib.exercises.guard import guarded

Values = Callable[[Game, int], Tensor]
Influence = Callable[..., float]


@guarded
def by_hand(answer: Sequence[float]) -> Verdict:
    """``answer`` has the Shapley values of income, guarantor and house."""
    values = [float(v) for v in answer]
    if len(values) != 3:
        return Verdict(False, f"Three players, three numbers, please: found {len(values)}.")
    hints = {
        (2 / 3, 1 / 6, 1 / 6): Verdict(True, "Income decides in four of the six orders."),
        (3 / 4, 1 / 4, 1 / 4): Verdict(
            False,
            "You weighed every coalition alike (that is Banzhaf's index): these do not sum to 1. "
            "Count orders.",
        ),
        (1, 0, 0): Verdict(
            False, "That is what is lost when one leaves last. In other orders the others matter."
        ),
        (1 / 2, 1 / 4, 1 / 4): Verdict(
            False,
            "A fair-looking split, but count: in how many of the six orders does each decide?",
        ),
    }
    for wanted, verdict in hints.items():
        if all(abs(a - b) < 0.006 for a, b in zip(values, wanted, strict=True)):
            return verdict
    if abs(sum(values) - 1) > 0.01:
        return Verdict(False, f"They sum to {sum(values):.2f}, and v(all) - v(none) is 1.")
    return Verdict(False, "The sum is right. Write down the six orders, and who turns 0 into 1.")


def _random_game(d: int, seed: int) -> tuple[Game, Tensor]:
    worths = torch.rand(2**d, generator=torch.Generator().manual_seed(seed)).double()
    places = 2 ** torch.arange(d - 1, -1, -1)
    return lambda masks: worths[(masks.long() * places).sum(1)], worths


def _orders(worths: Tensor, d: int, *, first: bool) -> Tensor:
    """What each adds to nobody (``first``), or to all the others."""
    bits = [1 << (d - 1 - i) for i in range(d)]
    full = 2**d - 1
    pairs = [(bit, 0) if first else (full, full - bit) for bit in bits]
    return torch.stack([worths[a] - worths[b] for a, b in pairs])


@guarded
def shapley(answer: Values) -> Verdict:
    """``answer(value, features)`` gives the Shapley values of a game."""
    game, worths = _random_game(4, seed=0)
    result = torch.as_tensor(answer(game, 4)).double()
    if result.shape != (4,):
        return Verdict(False, f"Expected four numbers, found shape {tuple(result.shape)}.")
    if not bool(result.any()):
        return Verdict(False, "All values are 0. Which gains did you add up?")
    cube = worths.view(2, 2, 2, 2)
    banzhaf = torch.stack([(cube.select(i, 1) - cube.select(i, 0)).mean() for i in range(4)])
    if torch.allclose(result, banzhaf, atol=1e-6):
        return Verdict(
            False, "Every coalition has the same weight here: then the sum is not v(all)."
        )
    for first, word in ((True, "first"), (False, "last")):
        if torch.allclose(result, _orders(worths, 4, first=first), atol=1e-6):
            return Verdict(
                False, f"That is what each adds as the {word} to join. Mean over orders!"
            )
    exact = shapley_exact(game, 4)
    if not torch.allclose(result, exact, atol=1e-6):
        gap = float(result.sum() - (worths[-1] - worths[0]))
        if abs(gap) > 1e-6:
            return Verdict(
                False, f"The values miss v(all) - v(none) by {gap:.3f}: check the weights."
            )
        return Verdict(False, "They sum to the right total, but are shared out differently.")
    other, _ = _random_game(3, seed=1)
    if not torch.allclose(torch.as_tensor(answer(other, 3)).double(), shapley_exact(other, 3)):
        return Verdict(False, "Right for four features, wrong for three.")
    return Verdict(True, "For 3 and for 4 features, on random games.")


@guarded
def kernel(answer: Callable[[int, int], float]) -> Verdict:
    """``answer(d, s)`` is the weight of a coalition of s among d features in KernelSHAP."""
    d = 6
    sizes = range(1, d)
    found = torch.tensor([float(answer(d, s)) for s in sizes]).double()
    if not bool((found > 0).all() & found.isfinite().all()):
        return Verdict(False, "Every size from 1 to d - 1 has a finite weight above 0.")
    ratio = found / found[0]

    def like(weight: Callable[[int], float]) -> bool:
        wanted = torch.tensor([weight(s) for s in sizes]).double()
        return torch.allclose(ratio, wanted / wanted[0], atol=1e-6)

    if like(lambda s: 1 / (s * (d - s))):
        return Verdict(
            False, "That is the weight of all coalitions of a size together. How many are they?"
        )
    if like(lambda s: 1 / (d * comb(d - 1, s))):
        return Verdict(
            False, "These weigh gains in Shapley's formula; the regression needs others."
        )
    if like(lambda s: 1 / comb(d, s)):
        return Verdict(
            False, "Every size has the same total weight here: extreme sizes should count more."
        )
    if like(lambda s: 1):
        return Verdict(False, "Equal weights give Banzhaf's index.")
    if not like(lambda s: 1 / (comb(d, s) * s * (d - s))):
        return Verdict(False, "Not yet: the weight falls with d choose s and with s (d - s).")
    if abs(float(found[0]) - 1 / d) > 1e-6:
        return Verdict(True, "Up to a factor, which changes no solution.")
    masks = all_coalitions(d)[1:-1]
    return Verdict(True, f"Now {len(masks)} equations give the six values of any game.")


@guarded
def both(answer: Sequence[float]) -> Verdict:
    """``answer`` is (unary, set, Shapley) influence in the alarm that needs both."""
    values = [float(v) for v in answer]
    if len(values) != 3:
        return Verdict(False, f"Three numbers, please: unary, set, Shapley. Found {len(values)}.")
    unary, together, shared = values
    if abs(unary - 1 / 2) > 1e-6:
        return Verdict(False, "Unary: one sensor is drawn by a fair coin, the other stays on.")
    if abs(together - 1 / 4) < 1e-6:
        return Verdict(False, "1/4 is the chance that the alarm still rings. How much is lost?")
    if abs(together - 3 / 4) > 1e-6:
        return Verdict(False, "Set: both are drawn. How likely are two ones?")
    if abs(shared - 1 / 2) < 1e-6:
        return Verdict(False, "Two halves would sum to 1, more than the two cause together.")
    if abs(shared - 3 / 8) > 1e-6:
        return Verdict(False, "Shapley: the mean of being drawn first and being drawn second.")
    return Verdict(True, "Drawn first it costs 1/2, drawn second 1/4: the mean is 3/8.")


@guarded
def unary(answer: Influence) -> Verdict:
    """``answer(predict, x, u, j, quantity)`` is the unary influence of feature j."""
    source = torch.Generator().manual_seed(0)
    x = torch.randn(50, 3, generator=source)
    u = torch.randn(50, 3, generator=source)

    def predict(x: Tensor) -> Tensor:
        return x[:, 0] * x[:, 1] + 2 * x[:, 2]

    def quantity(outputs: Tensor) -> Tensor:
        return outputs[:20].mean() - outputs[20:].mean()

    def drawn(columns: list[int]) -> float:
        changed = x.clone()
        changed[:, columns] = u[:, columns]
        return float(quantity(predict(x)) - quantity(predict(changed)))

    before = x.clone()
    found = [float(answer(predict, x, u, j, quantity)) for j in range(3)]
    if not torch.equal(x, before):
        return Verdict(False, "You changed the x that you were given: clone it first.")
    wanted = [drawn([j]) for j in range(3)]

    def near(values: list[float]) -> bool:
        return all(abs(a - b) < 1e-5 for a, b in zip(found, values, strict=True))

    if near(wanted):
        return Verdict(True, "And any other quantity of interest would do as well.")
    if near([-w for w in wanted]):
        return Verdict(
            False, "The right size, the wrong sign: the influence is Q before minus Q after."
        )
    if near([drawn([0, 1, 2])] * 3):
        return Verdict(False, "You drew the whole row anew; only feature j may change.")
    if near([drawn([k for k in range(3) if k != j]) for j in range(3)]):
        return Verdict(False, "You kept feature j and drew the others.")
    return Verdict(False, f"For feature 0 we expected {wanted[0]:.3f} and found {found[0]:.3f}.")


@guarded
def background_study(answer: Mapping[str, Sequence[Tensor]]) -> Verdict:
    """``answer`` maps a background's name to Shapley values, one set of 12 for each draw."""
    if len(answer) < 2:
        return Verdict(False, f"Compare at least two backgrounds, not {len(answer)}.")
    if any(len(draws) < 3 for draws in answer.values()):
        return Verdict(False, "Draw each background three times at least: how far do draws differ?")
    table = {name: torch.stack(list(draws)).double() for name, draws in answer.items()}
    if any(values.shape[1:] != (12,) for values in table.values()):
        return Verdict(False, "Each draw gives 12 Shapley values, one for each answer.")
    if any(bool((values.std(0) == 0).all()) for values in table.values()):
        return Verdict(
            False, "The draws of a background are identical: does each have its own seed?"
        )
    means = [values.mean(0) for values in table.values()]
    if all(torch.allclose(means[0], mean) for mean in means[1:]):
        return Verdict(False, "All backgrounds give the same values: are they different people?")
    spread = max(float(values.std(0).max()) for values in table.values())
    pairs = permutations(means, 2)
    moved = max(float((a - b).abs().max()) for a, b in pairs)
    turned = sum(bool(min(v[j] for v in means) < 0 < max(v[j] for v in means)) for j in range(12))
    return Verdict(
        True,
        f"Draws of one background differ by about {spread:.3f}; backgrounds move a value by up to "
        f"{moved:.3f}, and {turned} of 12 change their sign. Compared with whom do you explain?",
    )
