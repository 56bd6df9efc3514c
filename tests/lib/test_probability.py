"""Laws, closed forms and SciPy for entropies, divergences, intervals, draws and transport."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, spatial, stats

from sdl_lib.probability import entropy, gumbel_max, jsd, kl, wasserstein_1d

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999])
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
NUMBERS = st.floats(-100, 100, allow_nan=False)
SAMPLES = st.lists(NUMBERS, min_size=1, max_size=12).map(lambda v: torch.tensor(v).double())


@st.composite
def laws(draw, count=2):
    """A few laws on the same points, some of whose probabilities are zero."""
    k = draw(st.integers(1, 8))
    made = []
    for _ in range(count):
        mass = torch.tensor(draw(st.lists(st.integers(0, 20), min_size=k, max_size=k))).double()
        mass[draw(st.integers(0, k - 1))] += 1
        made.append(mass / mass.sum())
    return made


# -- entropy and divergence ------------------------------------------------------------------


@given(laws())
def test_entropies_and_divergences_are_scipys(pair):
    p, q = pair
    assert float(entropy(p)) == pytest.approx(stats.entropy(p), abs=1e-12)
    assert float(kl(p, q)) == pytest.approx(stats.entropy(p, q), abs=1e-12)
    theirs = spatial.distance.jensenshannon(p, q) ** 2
    assert float(jsd(p, q)) == pytest.approx(np.nan_to_num(theirs), abs=1e-9)


@given(laws())
def test_the_bounds_of_entropies_and_divergences(pair):
    p, q = pair
    assert -1e-12 <= float(entropy(p)) <= math.log(len(p)) + 1e-12
    assert float(kl(p, q)) >= 0
    assert float(kl(p, p)) == 0
    assert 0 <= float(jsd(p, q)) <= math.log(2) + 1e-12
    assert float(jsd(p, q)) == pytest.approx(float(jsd(q, p)), abs=1e-12)
    # Pinsker's inequality
    assert float(kl(p, q)) >= float((p - q).abs().sum() ** 2 / 2) - 1e-12


@given(laws(3))
def test_the_root_of_jsd_is_a_metric(three):
    p, q, r = three
    there, over, back = (float(jsd(a, b)) ** 0.5 for a, b in ((p, q), (p, r), (r, q)))
    assert there <= over + back + 1e-7


@given(laws())
def test_jsd_is_a_difference_of_entropies(pair):
    p, q = pair
    expected = entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2
    assert float(jsd(p, q) - expected) == pytest.approx(0, abs=1e-12)


def test_closed_forms():
    fair = torch.full((8,), 1 / 8)
    assert float(entropy(fair)) == pytest.approx(math.log(8))
    one, other = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    assert float(entropy(one)) == 0
    assert float(kl(one, other)) == math.inf
    assert float(kl(one, one)) == 0
    assert float(jsd(one, other)) == pytest.approx(math.log(2))


def test_batches_keep_their_shape_and_dtype():
    z = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0))
    p, q = z.softmax(-1), (2 * z).softmax(-1)
    for value in (entropy(p), kl(p, q), jsd(p, q)):
        assert value.shape == (2, 3)
        assert value.dtype == torch.float32
    assert float(jsd(p, q)[1, 2]) == pytest.approx(float(jsd(p[1, 2], q[1, 2])))
    assert entropy(torch.zeros(0, 4)).shape == (0,)


def test_the_gradient_of_the_entropy_of_a_softmax():
    z = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v: entropy(v.softmax(0)), (z,))
    assert torch.autograd.gradcheck(lambda v: jsd(v.softmax(0), v.flip(0).softmax(0)), (z,))


@pytest.mark.parametrize(
    ("p", "found"),
    [
        (torch.tensor([0.5, 0.6]), "sum to 1"),
        (torch.tensor([1.5, -0.5]), "-0.5"),
        (torch.tensor([torch.nan, 1.0]), "not finite"),
        (torch.tensor([0, 1]), "torch.int64"),
        ([0.5, 0.5], "list"),
        (torch.tensor(1.0), r"\(\)"),
        (torch.zeros(2, 0), r"\(2, 0\)"),
    ],
)
def test_what_is_no_law_is_refused(p, found):
    with pytest.raises(ValueError, match=f"^p: .*{found}"):
        entropy(p)
    law = torch.tensor([0.5, 0.5])
    for divergence in (kl, jsd):
        with pytest.raises(ValueError, match=f"^p: .*{found}"):
            divergence(p, law)
        with pytest.raises(ValueError, match=f"^q: .*{found}"):
            divergence(law, p)


def test_laws_on_different_points_are_refused():
    for divergence in (kl, jsd):
        with pytest.raises(ValueError, match=r"^q: expected the shape \(2,\) of p, found \(3,\)"):
            divergence(torch.full((2,), 1 / 2), torch.full((3,), 1 / 3))


# -- intervals -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_frequencies_are_the_softmax(seed):
    logits = torch.tensor([2.0, -1.0, 0.0, 0.3, -4.0])
    drawn = gumbel_max(logits, 200_000, generator=torch.Generator().manual_seed(seed))
    counts = torch.bincount(drawn, minlength=5)
    assert stats.chisquare(counts, 200_000 * logits.double().softmax(0)).pvalue > 1e-3
    assert float((counts / 200_000 - logits.softmax(0)).abs().max()) < 0.005


def test_a_shift_of_the_logits_changes_no_draw():
    logits = torch.tensor([2.0, -1.0, 0.0], dtype=torch.float64)
    draws = [
        gumbel_max(z, 1000, generator=torch.Generator().manual_seed(1))
        for z in (logits, logits + 100)
    ]
    assert torch.equal(*draws)


def test_a_draw_leaves_the_global_state_and_the_logits_alone():
    logits = torch.tensor([0.0, 1.0], requires_grad=True)
    state, given_logits = torch.get_rng_state(), logits.detach().clone()
    drawn = gumbel_max(logits, 10, generator=torch.Generator().manual_seed(0))
    assert drawn.dtype == torch.int64
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(logits.detach(), given_logits)


@pytest.mark.parametrize(
    ("logits", "n", "named"),
    [
        (torch.zeros(2, 2), 1, "logits"),
        (torch.zeros(0), 1, "logits"),
        ([0.0], 1, "logits"),
        (torch.tensor([0.0, torch.inf]), 1, "logits"),
        (torch.zeros(2), 0, "n"),
    ],
)
def test_gumbel_max_refuses(logits, n, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        gumbel_max(logits, n, generator=torch.Generator())


# -- transport on the line -------------------------------------------------------------------


@given(SAMPLES, SAMPLES)
def test_w1_is_scipys(x, y):
    assert float(wasserstein_1d(x, y)) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-9)


@given(SAMPLES, SAMPLES, st.integers(0, 2**31))
def test_w1_with_masses_is_scipys(x, y, seed):
    generator = torch.Generator().manual_seed(seed)
    u, v = (0.01 + torch.rand(len(s), generator=generator).double() for s in (x, y))
    ours = wasserstein_1d(x, y, x_weights=u, y_weights=v)
    theirs = stats.wasserstein_distance(x, y, u, v)
    assert float(ours) == pytest.approx(theirs, abs=1e-9)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5))
def test_w1_is_the_best_of_all_pairings(pairs):
    x, y = torch.tensor(pairs).double().T
    best = min(float((x - y[list(o)]).abs().mean()) for o in itertools.permutations(range(len(x))))
    assert float(wasserstein_1d(x, y)) == pytest.approx(best, abs=1e-9)


def test_w1_is_the_optimum_of_a_linear_programme():
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(k, generator=generator).double() for k in (4, 6))
    u, v = (torch.rand(k, generator=generator).double() for k in (4, 6))
    u, v = u / u.sum(), v / v.sum()
    rows = torch.kron(torch.eye(4), torch.ones(1, 6)).double()
    columns = torch.kron(torch.ones(1, 4), torch.eye(6)).double()
    cost = (x[:, None] - y).abs().flatten()
    marginals = torch.cat([rows, columns]).numpy(), torch.cat([u, v]).numpy()
    plan = optimize.linprog(cost.numpy(), A_eq=marginals[0], b_eq=marginals[1])
    ours = wasserstein_1d(x, y, x_weights=u, y_weights=v)
    assert float(ours) == pytest.approx(plan.fun, abs=1e-9)


@given(SAMPLES, SAMPLES, SAMPLES)
def test_w1_is_a_metric(x, y, z):
    assert float(wasserstein_1d(x, x)) == 0
    assert float(wasserstein_1d(x, y)) == pytest.approx(float(wasserstein_1d(y, x)), abs=1e-9)
    over = wasserstein_1d(x, z) + wasserstein_1d(z, y)
    assert float(wasserstein_1d(x, y)) <= float(over) + 1e-9
    assert float(wasserstein_1d(x, y)) >= abs(float(x.mean() - y.mean())) - 1e-9


@given(SAMPLES, NUMBERS)
def test_w1_of_a_shift_is_the_shift(x, shift):
    assert float(wasserstein_1d(x, x + shift)) == pytest.approx(abs(shift), abs=1e-9)


def test_w1_pulls_where_jsd_does_not():
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    wasserstein_1d(x, torch.tensor([5.0, 6.0])).backward()
    assert x.grad.tolist() == pytest.approx([-0.5, -0.5])


@pytest.mark.parametrize(
    ("x", "options", "named"),
    [
        (torch.zeros(0), {}, "x"),
        (torch.zeros(2, 2), {}, "x"),
        (torch.tensor([0, 1]), {}, "x"),
        ([0.0], {}, "x"),
        (torch.tensor([torch.inf]), {}, "x"),
        (torch.zeros(2), {"x_weights": torch.ones(3)}, "x_weights"),
        (torch.zeros(2), {"x_weights": torch.tensor([1.0, -0.5])}, "x_weights"),
        (torch.zeros(2), {"x_weights": torch.zeros(2)}, "x_weights"),
        (torch.zeros(2), {"x_weights": torch.tensor([1.0, torch.nan])}, "x_weights"),
    ],
)
def test_w1_refuses(x, options, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        wasserstein_1d(x, torch.zeros(3), **options)
