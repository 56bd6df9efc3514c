"""Confounders: the drawn law and its bounds, distance correlation, and the three networks."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdl_lib.fairness import (
    br_net,
    confounded_squares,
    correlation,
    distance_correlation,
    paint_squares,
)


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=chance(seed), dtype=torch.float64)


# the law


def test_pictures_are_linear_in_factor_and_confounder():
    one, zero = torch.ones(1), torch.zeros(1)
    f, c = torch.tensor([2.5]), torch.tensor([4.0])
    parts = 2.5 * paint_squares(one, zero, side=8) + 4.0 * paint_squares(zero, one, side=8)
    assert torch.allclose(paint_squares(f, c, side=8), parts)
    spot = paint_squares(one, zero, side=8)[0, 0]
    assert torch.equal(spot, spot.T)
    assert float(spot[:4, 4:].abs().max()) == 0
    assert torch.equal(spot[:4, :4], spot[4:, 4:])


@pytest.mark.parametrize("shuffled", [False, True])
def test_factor_and_confounder_have_their_ranges(shuffled):
    drawn = confounded_squares(2000, side=4, shuffled=shuffled, generator=chance())
    assert torch.equal(drawn.y.bincount(), torch.tensor([1000, 1000]))
    for y, low, high in ((0, 1, 4), (1, 3, 6)):
        factor = drawn.factor[drawn.y == y]
        assert low <= float(factor.min())
        assert float(factor.max()) <= high
    told = float(correlation(drawn.confounder, drawn.y.float()))
    assert abs(told) < 0.05 if shuffled else told > 0.7
    clean = paint_squares(drawn.factor, drawn.confounder, side=4)
    assert float((drawn.x - clean).std()) == pytest.approx(0.01, rel=0.05)


def test_best_rules_reach_their_bounds_and_no_more():
    usual = confounded_squares(40_000, side=4, generator=chance(1))
    fresh = confounded_squares(40_000, side=4, shuffled=True, generator=chance(2))

    def right(rule, drawn):
        return float((rule(drawn.factor, drawn.confounder) == (drawn.y == 1)).double().mean())

    def both(f, c):
        return f + c > 7

    def alone(f, c):
        return f > 3.5

    assert right(both, usual) == pytest.approx(17 / 18, abs=0.005)
    assert right(both, fresh) == pytest.approx(13 / 18, abs=0.01)
    assert right(alone, usual) == pytest.approx(5 / 6, abs=0.01)
    assert right(alone, fresh) == pytest.approx(5 / 6, abs=0.01)


def test_linear_score_uncorrelated_with_the_confounder_turns_round_among_controls():
    drawn = confounded_squares(40_000, side=4, generator=chance(3))
    score = drawn.factor - 4 / 7 * drawn.confounder
    assert float(correlation(score, drawn.confounder)) == pytest.approx(0, abs=0.01)
    controls = drawn.y == 0
    turned = float(correlation(score[controls], drawn.confounder[controls]))
    assert turned == pytest.approx(-4 / math.sqrt(65), abs=0.01)


# distance correlation


def naive(a, b):
    """The definition, with loops."""
    n = len(a)
    one = [[math.dist(a[i], a[j]) for j in range(n)] for i in range(n)]
    two = [[math.dist(b[i], b[j]) for j in range(n)] for i in range(n)]

    def centred(d):
        rows = [sum(row) / n for row in d]
        mean = sum(rows) / n
        return [[d[i][j] - rows[i] - rows[j] + mean for j in range(n)] for i in range(n)]

    def product(p, q):
        return sum(p[i][j] * q[i][j] for i in range(n) for j in range(n))

    one, two = centred(one), centred(two)
    return math.sqrt(product(one, two) / math.sqrt(product(one, one) * product(two, two)))


@given(st.integers(0, 1000), st.integers(2, 12), st.integers(1, 3))
def test_distance_correlation_is_its_definition(seed, n, p):
    a, b = normal(n, p, seed=seed), normal(n, 2, seed=seed + 1)
    b[:, 0] += a[:, 0] ** 2
    measured = float(distance_correlation(a, b))
    assert measured == pytest.approx(naive(a.tolist(), b.tolist()), abs=1e-9)
    assert float(distance_correlation(b, a)) == pytest.approx(measured, abs=1e-12)
    assert -1e-12 <= measured <= 1 + 1e-12


def test_distance_correlation_is_one_on_a_line_and_ignores_scale_and_turns():
    a, b = normal(60, 2), normal(60, 3, seed=1)
    line = normal(60)
    assert float(distance_correlation(line, 5 - 3 * line)) == pytest.approx(1, abs=1e-12)
    turn = torch.linalg.qr(normal(3, 3, seed=2))[0]
    moved = distance_correlation(7 * a + 1, -2 * b @ turn + 4)
    assert float(moved) == pytest.approx(float(distance_correlation(a, b)), abs=1e-10)
    assert float(distance_correlation(line, torch.ones(60))) == 0


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.9])
def test_distance_correlation_of_normal_pairs_is_the_closed_form(rho):
    a, noise = normal(2000, seed=4), normal(2000, seed=5)
    b = rho * a + math.sqrt(1 - rho**2) * noise
    r = abs(rho)
    top = r * math.asin(r) + math.sqrt(1 - r * r) - r * math.asin(r / 2) - math.sqrt(4 - r * r) + 1
    expected = top / (1 + math.pi / 3 - math.sqrt(3))
    assert float(distance_correlation(a, b, unbiased=True)) == pytest.approx(expected, abs=0.03)


def test_distance_correlation_sees_what_correlation_does_not():
    a = normal(500)
    assert abs(float(correlation(a, a**2 - 1))) < 0.15
    assert float(distance_correlation(a, a**2)) > 0.4


def test_distance_correlation_falls_with_n_for_independent_samples_and_is_unbiased_if_asked():
    small, large = (
        torch.stack(
            [
                torch.stack(
                    [
                        distance_correlation(normal(n, seed=i), normal(n, seed=50 + i), unbiased=u)
                        for u in (False, True)
                    ]
                )
                for i in range(20)
            ]
        ).mean(0)
        for n in (20, 400)
    )
    assert large[0] < small[0] / 3
    assert abs(float(small[1])) < 0.06
    assert abs(float(large[1])) < 0.005


# the networks


def corr_among_controls(net, drawn):
    controls = drawn.y == 0
    return float(correlation(net(drawn.x)[controls], drawn.confounder[controls]))


@pytest.mark.parametrize("seed", range(3))
def test_conditional_adversary_meets_the_bound_and_the_unconditional_one_over_corrects(seed):
    g = chance(seed)
    drawn = confounded_squares(2000, side=6, generator=g)
    usual = confounded_squares(4000, side=6, generator=g)
    fresh = confounded_squares(4000, side=6, shuffled=True, generator=g)
    controls, everyone = drawn.y == 0, drawn.y >= 0

    def right(net, on):
        return float(((net(on.x) > 0) == (on.y == 1)).double().mean())

    base, fair, over = (
        br_net(
            drawn.x,
            drawn.y,
            drawn.confounder,
            among=among,
            strength=strength,
            generator=chance(seed),
        )
        for among, strength in ((controls, 0.0), (controls, 10.0), (everyone, 10.0))
    )
    assert right(base, usual) > 0.93
    assert right(fair, fresh) > right(base, fresh) + 0.07
    assert right(fair, fresh) == pytest.approx(5 / 6, abs=0.02)
    assert corr_among_controls(base, usual) > 0.45
    assert abs(corr_among_controls(fair, usual)) < 0.2
    assert corr_among_controls(over, usual) < -0.25
    assert right(over, usual) < right(fair, usual) - 0.1
    some = usual.y == 0
    left = [
        float(distance_correlation(net.features(usual.x[some][:600]), usual.confounder[some][:600]))
        for net in (base, fair, over)
    ]
    assert left[1] < 0.2 < 0.3 < min(left[0], left[2])


def test_training_repeats_itself_and_touches_nothing():
    drawn = confounded_squares(200, side=4, generator=chance())
    before, state = drawn.x.clone(), torch.get_rng_state()

    def train():
        return br_net(
            drawn.x,
            drawn.y,
            drawn.confounder,
            among=drawn.y == 0,
            steps=3,
            batch=32,
            generator=chance(7),
        )

    one, two = train(), train()
    assert torch.equal(one(drawn.x), two(drawn.x))
    assert torch.equal(drawn.x, before)
    assert torch.equal(torch.get_rng_state(), state)
    assert not one.training
    assert not any(p.requires_grad for p in one.parameters())
    assert one.features(drawn.x).shape == (200, 4)


def test_readings_do_not_depend_on_the_scale_of_the_features():
    drawn = confounded_squares(64, side=4, generator=chance())
    among = drawn.y == 0
    net = br_net(
        drawn.x, drawn.y, drawn.confounder, among=among, steps=1, batch=16, generator=chance()
    )
    features = net.features(drawn.x)
    assert torch.allclose(net.reading(features), net.reading(100 * features + 3), atol=1e-2)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"strength": -1.0}, "strength"),
        ({"steps": 0}, "steps"),
        ({"batch": 0}, "batch"),
        ({"readings": 0}, "readings"),
        ({"lr": 0.0}, "lr"),
        ({"among": torch.zeros(20, dtype=torch.bool)}, "among"),
        ({"among": torch.ones(19, dtype=torch.bool)}, "among"),
    ],
)
def test_bad_training_is_refused(wrong, name):
    drawn = confounded_squares(20, side=4, generator=chance())
    settings = {"among": drawn.y == 0, "generator": chance(), **wrong}
    with pytest.raises(ValueError, match=name):
        br_net(drawn.x, drawn.y, drawn.confounder, **settings)


def test_bad_data_are_refused():
    drawn = confounded_squares(20, side=4, generator=chance())
    with pytest.raises(ValueError, match="bias"):
        br_net(drawn.x, drawn.y, torch.ones(3), among=drawn.y == 0, generator=chance())
    with pytest.raises(ValueError, match="y"):
        br_net(drawn.x, drawn.y + 1, drawn.confounder, among=drawn.y == 0, generator=chance())
    with pytest.raises(ValueError, match="side"):
        confounded_squares(10, side=7, generator=chance())
    with pytest.raises(ValueError, match="n:"):
        confounded_squares(0, generator=chance())
    with pytest.raises(ValueError, match="noise"):
        confounded_squares(10, noise=-1.0, generator=chance())
    with pytest.raises(ValueError, match="confounder"):
        paint_squares(torch.ones(3), torch.ones(2))
    with pytest.raises(ValueError, match="b:"):
        distance_correlation(torch.ones(3), torch.ones(4))
    with pytest.raises(ValueError, match="b:"):
        distance_correlation(torch.ones(3), torch.ones(3), unbiased=True)
    with pytest.raises(ValueError, match="a: contains"):
        distance_correlation(torch.tensor([1.0, math.nan]), torch.ones(2))
