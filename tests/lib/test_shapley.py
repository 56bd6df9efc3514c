"""Shapley values, KernelSHAP and LIME: axioms, closed forms, brute force, and captum."""

import warnings
from itertools import permutations

import pytest
import torch
from captum._utils.models.linear_model import SkLearnLinearRegression
from captum.attr import KernelShap, LimeBase, ShapleyValues, ShapleyValueSampling
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from torch import nn

from sdl_lib.attribution import (
    all_coalitions,
    feature_game,
    kernel_shap,
    lime,
    lime_kernel,
    linear_surrogate,
    shapley_exact,
    shapley_sampling,
)
from sdl_lib.attribution.kernel_shap import kernel_coalitions
from sdl_lib.lattice_figure import draw_lattice

GAMES = st.tuples(st.integers(1, 6), st.integers(0, 10**6))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def random_game(d, seed=0, n=None):
    shape = (2**d,) if n is None else (2**d, n)
    worths = torch.randn(shape, generator=seeded(seed), dtype=torch.double)
    places = 2 ** torch.arange(d - 1, -1, -1)
    return (lambda masks: worths[(masks.long() * places).sum(1)]), worths


def by_orders(value, d):
    """The definition: the mean gain over all orders."""
    phi = torch.zeros(d, dtype=torch.double)
    orders = list(permutations(range(d)))
    for order in orders:
        mask = torch.zeros(1, d, dtype=torch.bool)
        before = float(value(mask))
        for i in order:
            mask[0, i] = True
            phi[i] += float(value(mask)) - before
            before = float(value(mask))
    return phi / len(orders)


@pytest.fixture
def network():
    torch.manual_seed(3)
    net = (
        nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1)).double().requires_grad_(False)
    )
    return lambda x: net(x)[:, 0]


@pytest.fixture
def x():
    return torch.randn(3, 8, generator=seeded(1), dtype=torch.double)


@pytest.fixture
def background():
    return torch.randn(5, 8, generator=seeded(2), dtype=torch.double)


# exact values


@given(GAMES)
@settings(max_examples=40, deadline=None)
def test_exact_is_the_mean_over_all_orders(game):
    d, seed = game
    value, worths = random_game(d, seed)
    phi = shapley_exact(value, d)
    assert phi.dtype == torch.double
    assert abs(float(phi.sum() - (worths[-1] - worths[0]))) <= 1e-10  # efficiency
    if d <= 5:
        torch.testing.assert_close(phi, by_orders(value, d), rtol=0, atol=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_axioms(seed):
    first, _ = random_game(4, seed)
    second, _ = random_game(4, seed + 1)
    both = shapley_exact(lambda masks: first(masks) + second(masks), 4)
    torch.testing.assert_close(both, shapley_exact(first, 4) + shapley_exact(second, 4))
    # a fifth player who adds nothing, and two who are alike
    null = shapley_exact(lambda masks: first(masks[:, :4]), 5)
    torch.testing.assert_close(null[:4], shapley_exact(first, 4))
    assert abs(float(null[4])) <= 1e-12
    alike = shapley_exact(
        lambda masks: second(torch.cat([masks[:, :3], masks[:, 3:].all(1, keepdim=True)], 1)), 5
    )
    assert abs(float(alike[3] - alike[4])) <= 1e-12


def test_product_of_centred_independents():
    for d in (2, 3, 5):
        corners = all_coalitions(d).double() * 2 - 1
        x = torch.linspace(0.5, 2, d, dtype=torch.double)
        phi = shapley_exact(feature_game(lambda z: z.prod(1), x, corners), d)
        torch.testing.assert_close(phi, (x.prod() / d).expand(d), rtol=0, atol=1e-12)


def test_additive_models_whatever_the_background(x):
    rows = torch.randn(40, 8, generator=seeded(5), dtype=torch.double).cumsum(1)  # correlated

    def additive(z):
        return z[:, 0].exp() + z[:, 1] ** 2 - 3 * z[:, 2] + z[:, 3:].sin().sum(1)

    def parts(z):
        return torch.cat([z[:, :1].exp(), z[:, 1:2] ** 2, -3 * z[:, 2:3], z[:, 3:].sin()], 1)

    game = feature_game(additive, x, rows)
    wanted = parts(x) - parts(rows).mean(0)
    for found in (shapley_exact(game, 8), kernel_shap(game, 8, samples=40)):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)
    for seed in range(3):
        found = shapley_sampling(game, 8, permutations=1, generator=seeded(seed))
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-9)


def test_the_conditional_game_credits_an_unread_input():
    rho, a, b = 0.9, 1.0, 1.2
    worths = torch.tensor([0.0, rho * b, a, a], dtype=torch.double)
    phi = shapley_exact(lambda masks: worths, 2)
    torch.testing.assert_close(phi, torch.tensor([a - rho * b / 2, rho * b / 2]).double())
    z = torch.randn(200, 2, generator=seeded(), dtype=torch.double)
    here = torch.tensor([a, b], dtype=torch.double)
    assert float(shapley_exact(feature_game(lambda z: z[:, 0], here, z), 2)[1]) == 0


# the game


def test_a_game_is_the_mean_over_the_background(network, x, background):
    game = feature_game(network, x, background)
    masks = all_coalitions(8)[::7]
    for mask, worths in zip(masks, game(masks), strict=True):
        for one, worth in zip(x, worths, strict=True):
            mixed = torch.where(mask, one, background)
            assert abs(float(network(mixed).mean() - worth)) <= 1e-12
    alone = feature_game(network, x[1], background)
    torch.testing.assert_close(alone(masks), game(masks)[:, 1])


def test_groups_are_players(network, x, background):
    groups = torch.tensor([0, 0, 1, 2, 2, 2, 1, 3])
    grouped = feature_game(network, x[0], background, groups=groups)
    single = feature_game(network, x[0], background)
    masks = all_coalitions(4)
    torch.testing.assert_close(grouped(masks), single(masks[:, groups]))


def test_pictures_and_chunks(monkeypatch):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 1))
    x, rows = torch.rand(2, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    quarter = torch.arange(2).repeat_interleave(4)
    groups = (2 * quarter[:, None] + quarter)[None]
    game = feature_game(lambda z: net(z)[:, 0], x, rows, groups=groups)
    whole = game(all_coalitions(4))
    assert whole.shape == (16, 2)
    monkeypatch.setattr("sdl_lib.attribution.games.CHUNK", 200)
    torch.testing.assert_close(game(all_coalitions(4)), whole)
    assert game(torch.zeros(0, 4, dtype=torch.bool)).shape == (0, 2)


def test_nothing_is_changed(background):
    net = nn.Linear(8, 1).double()
    x = torch.randn(8, dtype=torch.double, requires_grad=True)
    copy, state = x.detach().clone(), torch.get_rng_state()
    game = feature_game(lambda z: net(z)[:, 0], x, background)
    phi = kernel_shap(game, 8, samples=100, generator=seeded())
    lime(lambda z: net(z)[:, 0], x, background=background, samples=50)
    shapley_sampling(game, 8, permutations=5)
    assert torch.equal(x, copy)
    assert x.grad is None
    assert net.weight.grad is None
    assert not phi.requires_grad
    assert torch.equal(torch.get_rng_state(), state)


# estimates


@pytest.mark.parametrize("d", range(1, 9))
def test_kernel_shap_over_all_coalitions_is_exact(d):
    value, _ = random_game(d, d, n=3)
    found = kernel_shap(value, d, samples=2**d)
    torch.testing.assert_close(found, shapley_exact(value, d), rtol=0, atol=1e-10)


@given(st.integers(2, 12), st.integers(0, 300), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_kernel_coalitions_are_paired_distinct_and_within_budget(d, extra, seed):
    masks, weights = kernel_coalitions(d, 2 * d + extra, seeded(seed))
    assert len(masks) == len(weights) <= max(2 * d + extra, 2)
    rows = {tuple(mask) for mask in masks.tolist()}
    assert len(rows) == len(masks)
    assert {tuple(not m for m in row) for row in rows} == rows
    assert bool((weights > 0).all())
    assert all(0 < sum(row) < d for row in rows)


@given(GAMES, st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_estimates_are_efficient_however_few(game, n):
    d, seed = game
    value, worths = random_game(d, seed)
    gap = worths[-1] - worths[0]
    few = shapley_sampling(value, d, permutations=n, generator=seeded(seed))
    fit = kernel_shap(value, d, samples=2 * d + n, generator=seeded(seed))
    assert abs(float(few.sum() - gap)) <= 1e-9
    assert abs(float(fit.sum() - gap)) <= 1e-9


def test_many_features():
    w = torch.linspace(-1, 1, 60, dtype=torch.double)
    game = feature_game(lambda z: z @ w, torch.ones(60).double(), torch.zeros(1, 60).double())
    torch.testing.assert_close(kernel_shap(game, 60, samples=300), w)
    torch.testing.assert_close(shapley_sampling(game, 60, permutations=2), w)


def test_sampling_errors_are_honest():
    value, _ = random_game(6, 1)
    exact = shapley_exact(value, 6)
    inside = []
    for seed in range(40):
        phi, error = shapley_sampling(
            value, 6, permutations=60, generator=seeded(seed), return_error=True
        )
        inside.append(((phi - exact).abs() <= 1.96 * error).double())
    assert 0.88 <= float(torch.stack(inside).mean()) <= 0.99


def test_kernel_shap_needs_fewer_questions_than_random_orders(network, x, background):
    game = feature_game(network, x, background)
    exact = shapley_exact(game, 8)
    for n in (56, 112):
        errors = []
        for seed in range(8):
            orders = shapley_sampling(game, 8, permutations=n // 7, generator=seeded(seed))
            fit = kernel_shap(game, 8, samples=n, generator=seeded(seed))
            errors.append([float((v - exact).abs().mean()) for v in (orders, fit)])
        mean = torch.tensor(errors).mean(0)
        assert mean[0] > 1.2 * mean[1]


# LIME


@pytest.mark.parametrize("ridge", [0.0, 0.7])
def test_surrogate_is_ridge_regression(ridge):
    masks = torch.randint(2, (60, 5), generator=seeded()).bool()
    worths = torch.randn(60, 2, generator=seeded(1), dtype=torch.double)
    weights = torch.rand(60, generator=seeded(2), dtype=torch.double)
    intercept, slopes = linear_surrogate(masks, worths, weights, ridge=ridge)
    peer = Ridge(alpha=max(ridge, 1e-12), solver="svd")
    peer.fit(masks.double().numpy(), worths.numpy(), sample_weight=weights.numpy())
    torch.testing.assert_close(slopes, torch.tensor(peer.coef_), rtol=0, atol=1e-9)
    torch.testing.assert_close(intercept, torch.tensor(peer.intercept_), rtol=0, atol=1e-9)


def test_wide_kernel_is_banzhaf_narrow_is_leaving_one_out():
    value, worths = random_game(6, 4)
    masks = all_coalitions(6)
    cube = worths.view([2] * 6)
    banzhaf = torch.stack([(cube.select(i, 1) - cube.select(i, 0)).mean() for i in range(6)])
    _, wide = linear_surrogate(masks, worths, lime_kernel(masks, 1e5))
    torch.testing.assert_close(wide, banzhaf, rtol=0, atol=1e-8)
    _, equal = linear_surrogate(masks, worths, torch.ones(64))
    torch.testing.assert_close(equal, banzhaf, rtol=0, atol=1e-10)
    _, narrow = linear_surrogate(masks, worths, lime_kernel(masks, 0.25))
    out = ~torch.eye(6, dtype=torch.bool)
    torch.testing.assert_close(narrow, worths[-1] - value(out), rtol=0, atol=1e-4)


def test_lime_of_an_additive_model_is_its_parts_at_any_width(x):
    row = torch.zeros(1, 8, dtype=torch.double)
    for width in (0.5, 2.0, None):
        found = lime(lambda z: (z**3).sum(1), x[0], background=row, samples=100, kernel_width=width)
        torch.testing.assert_close(found, x[0] ** 3, rtol=0, atol=1e-8)


def test_lime_converges_to_the_fit_over_all_coalitions(network, x, background):
    masks = all_coalitions(8)
    game = feature_game(network, x[0], background)
    _, wanted = linear_surrogate(masks, game(masks), lime_kernel(masks))
    errors = []
    for samples in (300, 30_000):
        runs = torch.stack(
            [
                lime(network, x[0], background=background, samples=samples, generator=seeded(seed))
                for seed in range(4)
            ]
        )
        errors.append(float((runs - wanted).abs().mean()))
    assert errors[1] < 0.25 * errors[0]
    single = lime(network, x[0].float().double(), background=background, samples=10)
    assert single.dtype == x.dtype


# captum


def test_exact_and_sampled_values_are_captums(network, x, background):
    baseline = background[:1]
    game = feature_game(network, x, baseline)
    torch.manual_seed(0)
    sampled = ShapleyValueSampling(network).attribute(x, baselines=baseline, n_samples=200)
    ours, error = shapley_sampling(game, 8, permutations=200, return_error=True)
    assert bool(((ours - sampled).abs() <= 5 * error + 1e-6).all())
    groups = torch.tensor([0, 0, 1, 2, 2, 2, 1, 3])
    grouped = feature_game(network, x, baseline, groups=groups)
    theirs = ShapleyValues(network).attribute(x, baselines=baseline, feature_mask=groups[None])
    ours = shapley_exact(grouped, 4)[:, groups]
    torch.testing.assert_close(ours, theirs.double(), rtol=0, atol=1e-5)


def test_kernel_shap_is_nearer_to_the_truth_than_captums(network, x, background):
    baseline = background[:1]
    game = feature_game(network, x[:1], baseline)
    exact = shapley_exact(game, 8)
    errors = []
    for seed in range(3):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = KernelShap(network).attribute(
                x[:1], baselines=baseline, n_samples=100, perturbations_per_eval=100
            )
        ours = kernel_shap(game, 8, samples=100, generator=seeded(seed))
        errors.append([float((v - exact).abs().mean()) for v in (ours, theirs)])
    assert all(ours < theirs for ours, theirs in errors), errors


def test_lime_is_captums_on_the_same_coalitions(network, x, background):
    masks = all_coalitions(8)
    rows = iter(masks.double())
    peer = LimeBase(
        network,
        interpretable_model=SkLearnLinearRegression(),
        similarity_func=lambda a, b, z, **_: lime_kernel(z.bool())[0],
        perturb_func=lambda *_, **__: next(rows)[None],
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda z, a, **_: torch.where(z.bool(), a, background[:1]),
        to_interp_rep_transform=None,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = peer.attribute(x[:1], n_samples=len(masks))
    game = feature_game(network, x[0], background[:1])
    _, ours = linear_surrogate(masks, game(masks), lime_kernel(masks))
    torch.testing.assert_close(ours, theirs[0].double(), rtol=0, atol=1e-5)


# bad input


def test_bad_games(network, x, background):
    one = x[0]
    cases = [
        ("x", lambda: feature_game(network, one[:3], background)),
        ("x", lambda: feature_game(network, one.long(), background)),
        ("x", lambda: feature_game(network, one * torch.nan, background)),
        ("background", lambda: feature_game(network, one, background[:0])),
        ("groups", lambda: feature_game(network, one, background, groups=torch.arange(8) * 2)),
        ("groups", lambda: feature_game(network, one, background, groups=torch.zeros(3).long())),
        ("masks", lambda: feature_game(network, one, background)(torch.ones(2, 8))),
        ("masks", lambda: feature_game(network, one, background)(torch.ones(2, 7).bool())),
        ("predict", lambda: feature_game(lambda z: z, one, background)(all_coalitions(8))),
        (
            "predict",
            lambda: feature_game(lambda z: z[:, 0] / 0, one, background)(all_coalitions(8)),
        ),
        ("value", lambda: shapley_exact(lambda masks: masks, 3)),
        ("value", lambda: shapley_exact(lambda masks: torch.full((8,), torch.inf), 3)),
        ("features", lambda: shapley_exact(random_game(3)[0], 17)),
        ("features", lambda: kernel_shap(random_game(3)[0], 0, samples=10)),
        ("samples", lambda: kernel_shap(random_game(8)[0], 8, samples=15)),
        ("permutations", lambda: shapley_sampling(random_game(3)[0], 3, permutations=0)),
        (
            "permutations",
            lambda: shapley_sampling(random_game(3)[0], 3, permutations=1, return_error=True),
        ),
        ("x", lambda: lime(network, x, background=background, samples=10)),
        ("samples", lambda: lime(network, one, background=background, samples=1)),
        (
            "kernel_width",
            lambda: lime(network, one, background=background, samples=9, kernel_width=0.0),
        ),
        (
            "ridge",
            lambda: linear_surrogate(all_coalitions(2), torch.ones(4), torch.ones(4), ridge=-1),
        ),
        ("weights", lambda: linear_surrogate(all_coalitions(2), torch.ones(4), torch.zeros(4))),
        ("worths", lambda: linear_surrogate(all_coalitions(2), torch.ones(3), torch.ones(4))),
        ("names", lambda: draw_lattice(torch.ones(4), ["age", "address"])),
        ("worths", lambda: draw_lattice(torch.ones(5), ["age", "sex"])),
    ]
    for name, call in cases:
        with pytest.raises(ValueError, match=f"^{name}"):
            call()


def test_lattice_draws_every_coalition():
    figure = draw_lattice(torch.linspace(0, 1, 8), ["age", "sex", "job"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[0] == "none\n0%"
    assert texts[-1] == "ASJ\n100%"
    assert len(texts) == 8
