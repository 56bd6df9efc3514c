"""Intervals for a counted share: laws, SciPy, and the coverage that they promise."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import binom, binomtest

from sdl_lib.intervals import clopper_pearson, cluster_bootstrap, wilson

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999])
COUNTS = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, CONFIDENCES)
def test_clopper_pearson_is_scipys(count, confidence):
    successes, n = count
    test = stats.binomtest(successes, n)
    theirs = test.proportion_ci(confidence, method="exact")
    assert clopper_pearson(successes, n, confidence=confidence) == pytest.approx(theirs, abs=1e-9)


@given(COUNTS, CONFIDENCES, st.sampled_from(["lower", "upper"]))
def test_one_sided_bounds_are_scipys(count, confidence, side):
    successes, n = count
    other = "greater" if side == "lower" else "less"
    theirs = stats.binomtest(successes, n, alternative=other).proportion_ci(confidence)
    ours = clopper_pearson(successes, n, confidence=confidence, side=side)
    assert ours == pytest.approx(theirs, abs=1e-9)


@given(COUNTS)
def test_the_mirror_image_of_an_interval(count):
    successes, n = count
    low, high = clopper_pearson(successes, n)
    mirrored = clopper_pearson(n - successes, n)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)
    assert low <= successes / n <= high


@given(COUNTS)
def test_more_confidence_is_a_wider_interval(count):
    narrow, wide = (clopper_pearson(*count, confidence=c) for c in (0.9, 0.99))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def coverage(method, n, p):
    """The probability that the interval holds ``p``, as an exact sum."""
    low, high = np.array([method(s, n) for s in range(n + 1)]).T
    held = (low[:, None] <= p) & (p <= high[:, None])
    return (stats.binom.pmf(np.arange(n + 1)[:, None], n, p) * held).sum(0)


@pytest.mark.parametrize("n", [1, 2, 7, 30, 101])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("side", ["both", "lower", "upper"])
def test_clopper_pearson_covers_whatever_is_true(n, confidence, side):
    def method(s, n):
        return clopper_pearson(s, n, confidence=confidence, side=side)

    # coverage falls at the ends of the intervals: look there, and between
    ends = np.array([method(s, n) for s in range(n + 1)]).ravel()
    p = np.unique(np.concatenate([np.linspace(0, 1, 301), ends - 1e-9, ends + 1e-9]).clip(0, 1))
    assert coverage(method, n, p).min() >= confidence - 1e-6


@pytest.mark.parametrize("n", [20, 50, 100])
def test_wilson_covers_on_average_and_not_always(n):
    p = np.linspace(0, 1, 2001)[1:-1]
    covered = coverage(wilson, n, p)
    assert abs(covered.mean() - 0.95) < 0.01
    assert covered.min() < 0.9


def test_no_failure_in_many_trials():
    assert clopper_pearson(0, 300, side="upper").high == pytest.approx(1 - 0.05 ** (1 / 300))
    assert clopper_pearson(100_000, 100_000, confidence=0.999, side="lower").low == pytest.approx(
        0.001 ** (1 / 100_000), abs=1e-12
    )


@pytest.mark.parametrize(
    ("arguments", "options", "named"),
    [
        ((1, 0), {}, "n"),
        ((-1, 5), {}, "successes"),
        ((6, 5), {}, "successes"),
        ((1.0, 5), {}, "successes"),
        ((1, 5), {"confidence": 1.0}, "confidence"),
        ((1, 5), {"confidence": math.nan}, "confidence"),
        ((1, 5), {"side": "left"}, "side"),
    ],
)
def test_clopper_pearson_refuses(arguments, options, named):
    with pytest.raises(ValueError, match=f"^{named}: expected"):
        clopper_pearson(*arguments, **options)


# -- the Gumbel-max trick --------------------------------------------------------------------


@given(st.integers(1, 500), st.data(), st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(n, data, confidence):
    k = data.draw(st.integers(0, n))
    ours = wilson(k, n, confidence=confidence)
    scipys = binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert ours == pytest.approx((scipys.low, scipys.high), abs=1e-12)
    assert 0 <= ours.low < ours.high <= 1
    assert ours.low <= k / n <= ours.high
    other = wilson(n - k, n, confidence=confidence)
    assert other == pytest.approx((1 - ours.high, 1 - ours.low), abs=1e-12)


@pytest.mark.parametrize("n", [20, 50, 200, 2000])
def test_wilson_covers_the_truth_on_average_over_p(n):
    """The exact probability that the interval holds p, by the binomial law."""
    ends = [wilson(k, n) for k in range(n + 1)]
    covers = []
    for p in torch.linspace(0.05, 0.95, 91).tolist():
        mass = binom.pmf(range(n + 1), n, p)
        held = [e.low <= p <= e.high for e in ends]
        covers.append(sum(m for m, h in zip(mass, held, strict=True) if h))
    assert min(covers) >= 0.9
    assert 0.94 <= sum(covers) / len(covers) <= 0.96


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((1, 0), "n"), ((-1, 5), "successes"), ((6, 5), "successes"), ((1.5, 5), "successes")],
)
def test_bad_counts_are_named(arguments, name):
    with pytest.raises(ValueError, match=f"^{name}:"):
        wilson(*arguments)
    for confidence in (0.0, 1.0, math.nan):
        with pytest.raises(ValueError, match=r"^confidence:"):
            wilson(1, 2, confidence=confidence)


def test_clusters_that_agree_within_widen_the_interval():
    cluster = torch.arange(12).repeat_interleave(30)
    alike = cluster % 3 > 0
    low, high = cluster_bootstrap(alike, cluster, generator=torch.Generator().manual_seed(0))
    assert low <= float(alike.double().mean()) <= high
    narrow = wilson(int(alike.sum()), len(alike))
    assert high - low > 3 * (narrow[1] - narrow[0])


def test_clusters_of_one_give_the_plain_bootstrap():
    right = torch.arange(400) % 4 > 0
    chance = torch.Generator().manual_seed(0)
    low, high = cluster_bootstrap(right, torch.arange(400), generator=chance)
    np.testing.assert_allclose((low, high), wilson(300, 400), atol=0.01)


def test_the_bootstrap_refuses_bad_input():
    right, cluster, chance = torch.ones(4) > 0, torch.arange(4), torch.Generator()
    with pytest.raises(ValueError, match="two clusters"):  # one patient
        cluster_bootstrap(right, cluster * 0, generator=chance)
    with pytest.raises(ValueError, match="right"):
        cluster_bootstrap(right.float(), cluster, generator=chance)
    with pytest.raises(ValueError, match="cluster"):
        cluster_bootstrap(right, cluster[:3], generator=chance)
    with pytest.raises(ValueError, match="confidence"):
        cluster_bootstrap(right, cluster, confidence=0, generator=chance)
