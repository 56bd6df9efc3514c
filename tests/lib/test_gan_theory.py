"""The GAN game in closed form: SciPy, scikit-learn, autograd and linear programs as oracles."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, stats
from sklearn.linear_model import LogisticRegression
from torch import nn

from sdl_lib.gan import (
    bilinear_matrix,
    critic_1d,
    gan_value,
    gaussian_game,
    jsd,
    nce_gaussian,
    optimal_discriminator,
    play_bilinear,
    wasserstein_1d,
)

NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=8).map(
    lambda v: torch.tensor(v).double() / 4
)
KNOBS = [(1.0, 1.0), (0.0, 2.0), (-3.0, 0.5), (2.5, 1.7), (6.0, 0.2)]


@st.composite
def two_laws(draw):
    k = draw(st.integers(2, 6))
    laws = []
    for _ in range(2):
        mass = torch.tensor(draw(st.lists(st.integers(0, 9), min_size=k, max_size=k))).double()
        mass[draw(st.integers(0, k - 1))] += 1
        laws.append(mass / mass.sum())
    return laws


def value(p, q, logits):
    return gan_value(logits, logits, real_weights=p, fake_weights=q)


# -- the value and the best discriminator ------------------------------------------------------


def test_the_value_is_two_cross_entropies():
    chance = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(50, generator=chance).double() for _ in range(2))
    loss = nn.functional.binary_cross_entropy_with_logits
    theirs = loss(real, torch.ones(50).double()) + loss(fake, torch.zeros(50).double())
    assert float(gan_value(real, fake)) == pytest.approx(-float(theirs), abs=1e-12)
    assert float(gan_value(torch.zeros(3), torch.zeros(2))) == pytest.approx(-math.log(4))


def test_the_value_does_not_round_a_certain_discriminator():
    sure = torch.tensor([200.0])
    assert float(gan_value(-sure, -sure)) == -200
    assert float(gan_value(torch.tensor([torch.inf]), torch.tensor([-torch.inf]))) == 0


@given(two_laws())
def test_the_best_value_is_two_jsd_less_log_4(pair):
    p, q = pair
    best = optimal_discriminator(p, q)
    assert float(value(p, q, best)) == pytest.approx(2 * float(jsd(p, q)) - math.log(4), abs=1e-9)
    for seed in range(3):
        noise = torch.randn(len(p), generator=torch.Generator().manual_seed(seed)).double()
        assert value(p, q, best.clamp(-30, 30) + noise) <= value(p, q, best) + 1e-12


def test_the_best_discriminator_of_two_gaussians():
    game = gaussian_game(1.0, 1.0)
    torch.testing.assert_close(game.logits, 0.5 - game.x)
    torch.testing.assert_close(
        optimal_discriminator(game.p, game.q)[1500:2500], game.logits[1500:2500]
    )
    found = value(game.p, game.q, game.logits)
    assert float(found) == pytest.approx(-1.163451, abs=5e-7)

    def integrand(x):
        d = 1 / (1 + math.exp(x - 0.5))
        return stats.norm.pdf(x) * math.log(d) + stats.norm.pdf(x, 1) * math.log(1 - d)

    theirs = integrate.quad(integrand, -12, 13, epsabs=1e-12)[0]
    assert float(found) == pytest.approx(theirs, abs=1e-9)
    assert 2 * game.jsd - math.log(4) == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_logistic_regression_finds_it(seed):
    chance = np.random.default_rng(seed)
    x = np.concatenate([chance.normal(0, 1, 40_000), chance.normal(1, 1, 40_000)])[:, None]
    fitted = LogisticRegression(C=np.inf).fit(x, np.repeat([1, 0], 40_000))
    assert fitted.coef_[0, 0] == pytest.approx(-1, abs=0.05)
    assert fitted.intercept_[0] == pytest.approx(0.5, abs=0.05)


def test_neither_law_looks_where_neither_has_mass():
    logits = optimal_discriminator(torch.tensor([0.0, 0.5, 0.5, 0]), torch.tensor([0, 0, 0.5, 0.5]))
    assert logits.tolist() == [0, math.inf, 0, -math.inf]


# -- the two Gaussians -------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "sd"), KNOBS)
def test_the_closed_forms_are_scipys(mean, sd):
    game = gaussian_game(mean, sd)
    levels = (np.arange(400_000) + 0.5) / 400_000
    z = stats.norm.ppf(levels)
    assert game.w1 == pytest.approx(np.abs(mean + (sd - 1) * z).mean(), abs=1e-4)
    mix = lambda x: (stats.norm.pdf(x) + stats.norm.pdf(x, mean, sd)) / 2  # noqa: E731

    def entropy(density):
        grid = np.linspace(float(game.x[0]), float(game.x[-1]), 200_001)
        values = density(grid)
        logs = np.log(np.where(values > 0, values, 1))
        return -integrate.trapezoid(values * logs, grid)

    theirs = entropy(mix) - (1 + math.log(2 * math.pi)) / 2 - math.log(sd) / 2
    assert game.jsd == pytest.approx(theirs, abs=1e-8)


@pytest.mark.parametrize(("mean", "sd"), KNOBS)
def test_the_minimax_gradient_is_that_of_two_jsd(mean, sd):
    # D is at its best, so to first order it does not matter that it would follow
    eps, game = 1e-4, gaussian_game(mean, sd)
    by_mean = gaussian_game(mean + eps, sd).jsd - gaussian_game(mean - eps, sd).jsd
    by_sd = gaussian_game(mean, sd + eps).jsd - gaussian_game(mean, sd - eps).jsd
    assert game.minimax.tolist() == pytest.approx([by_mean / eps, by_sd / eps], abs=1e-5)


def test_the_non_saturating_gradient_is_that_of_a_difference():
    # grad of -E log D at D* is the gradient of KL(q || p) - 2 JSD
    mean, sd = 1.3, 0.7
    kl = torch.tensor([mean, sd - 1 / sd])
    game = gaussian_game(mean, sd)
    torch.testing.assert_close(game.non_saturating, kl.double() - game.minimax)


@pytest.mark.parametrize("seed", range(3))
def test_both_gradients_are_autograds(seed):
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(seed)).double()
    mean, sd = torch.tensor(1.5).double(), torch.tensor(0.8).double()
    knobs = torch.stack([mean, sd]).requires_grad_()
    x = knobs[0] + knobs[1] * z
    logits = ((x - mean) / sd) ** 2 / 2 - x**2 / 2 + sd.log()
    game = gaussian_game(1.5, 0.8)
    soft = nn.functional.softplus
    for loss, ours in ((-soft(logits), game.minimax), (soft(-logits), game.non_saturating)):
        (theirs,) = torch.autograd.grad(loss.mean(), knobs, retain_graph=True)
        torch.testing.assert_close(ours, theirs, atol=0.03, rtol=0)


def test_the_minimax_gradient_vanishes_and_the_other_does_not():
    games = [gaussian_game(float(m), 1.0) for m in (2, 4, 8, 10)]
    minimax = [abs(float(game.minimax[0])) for game in games]
    other = [float(game.non_saturating[0]) for game in games]
    assert minimax == sorted(minimax, reverse=True)
    assert minimax[-1] < 1e-4
    assert other == sorted(other)
    assert other[-1] == pytest.approx(10, abs=1e-3)


# -- parallel lines and the critic -------------------------------------------------------------


@given(st.integers(-40, 40).filter(bool))
def test_parallel_lines(steps):
    theta = steps / 20
    at_zero, at_theta = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.0, 1.0]).double()
    assert float(jsd(at_zero, at_theta)) == pytest.approx(math.log(2), abs=1e-12)
    x, y = torch.zeros(5).double(), torch.full((5,), theta, dtype=torch.float64)
    assert float(wasserstein_1d(x, y)) == pytest.approx(abs(theta), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(NUMBERS, NUMBERS)
def test_the_critic_reaches_the_distance(x, y):
    points, f = critic_1d(x, y)
    assert bool((f.diff().abs() <= points.diff() + 1e-12).all())  # 1-Lipschitz
    at = lambda t: np.interp(t.numpy(), points.numpy(), f.numpy())  # noqa: E731
    reached = at(x).mean() - at(y).mean()
    assert reached == pytest.approx(stats.wasserstein_distance(x.numpy(), y.numpy()), abs=1e-9)
    assert reached == pytest.approx(float(wasserstein_1d(x, y)), abs=1e-9)


def test_no_critic_of_a_linear_program_is_better():
    x, y = torch.tensor([0.0, 1.0, 5.0]).double(), torch.tensor([2.0, 2.5]).double()
    points = torch.cat([x, y]).sort().values.numpy()
    gain = [sum(x.numpy() == t) / 3 - sum(y.numpy() == t) / 2 for t in points]
    slopes = np.diff(np.eye(5), axis=0)
    gaps = np.diff(points)
    best = optimize.linprog(
        -np.array(gain),
        A_ub=np.vstack([slopes, -slopes]),
        b_ub=np.concatenate([gaps, gaps]),
        A_eq=[[1, 0, 0, 0, 0]],
        b_eq=[0],
        bounds=[(None, None)] * 5,
    )
    _, f = critic_1d(x, y)
    assert float(f @ torch.tensor(gain).double()) == pytest.approx(-best.fun, abs=1e-9)


# -- noise-contrastive estimation --------------------------------------------------------------


def log_normal(x, sd):
    return -((x / sd) ** 2) / 2 - math.log(sd * math.sqrt(2 * math.pi))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("per_point", [1, 4])
def test_nce_recovers_mean_width_and_normaliser(seed, per_point):
    chance = torch.Generator().manual_seed(seed)
    real = 1.5 + 0.7 * torch.randn(10_000, generator=chance).double()
    noise = 2.5 * torch.randn(10_000 * per_point, generator=chance).double()
    found = nce_gaussian(real, noise, log_noise=lambda x: log_normal(x, 2.5))
    assert found.mean == pytest.approx(1.5, abs=0.05)
    assert found.sd == pytest.approx(0.7, abs=0.05)
    assert found.log_z == pytest.approx(math.log(0.7 * math.sqrt(2 * math.pi)), abs=0.06)


def test_nce_is_the_maximum_of_the_gan_value():
    chance = torch.Generator().manual_seed(3)
    real = 0.5 + torch.randn(500, generator=chance).double()
    noise = 2 * torch.randn(500, generator=chance).double()
    best = nce_gaussian(real, noise, log_noise=lambda x: log_normal(x, 2))

    def played(mean, sd, log_z):
        def logit(x):
            return -(((x - mean) / sd) ** 2) / 2 - log_z - log_normal(x, 2)

        return float(gan_value(logit(real), logit(noise)))

    found = optimize.minimize(lambda t: -played(*t), [0.4, 1.2, 1.0], tol=1e-10)
    assert played(*best) == pytest.approx(-found.fun, abs=1e-8)
    assert list(best) == pytest.approx(found.x, abs=1e-3)


# -- the bilinear game -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["simultaneous", "alternating", "extragradient"])
@pytest.mark.parametrize("lr", [0.05, 0.3, 0.9])
def test_a_path_is_the_power_of_a_matrix(rule, lr):
    path = play_bilinear((1.0, -0.5), lr=lr, steps=20, rule=rule)
    matrix = bilinear_matrix(lr=lr, rule=rule)
    expected = torch.linalg.matrix_power(matrix, 20) @ path[0]
    torch.testing.assert_close(path[-1], expected)
    sizes = torch.linalg.eigvals(matrix).abs()
    closed = {
        "simultaneous": math.sqrt(1 + lr**2),
        "alternating": 1.0,
        "extragradient": math.sqrt(1 - lr**2 + lr**4),
    }
    torch.testing.assert_close(sizes, torch.full((2,), closed[rule]).double())


def test_only_one_rule_comes_home():
    ends = {
        rule: float(play_bilinear((1.0, 1.0), lr=0.2, steps=300, rule=rule)[-1].norm())
        for rule in ("simultaneous", "alternating", "extragradient")
    }
    assert ends["simultaneous"] == pytest.approx(math.sqrt(2) * 1.04**150, rel=1e-9)
    assert 1 < ends["alternating"] < 2
    assert ends["extragradient"] < 0.01


# -- a tiny GAN against its optimum ------------------------------------------------------------


def train_tiny(seed, steps=600):
    """The page's GAN: G(z) = m + s z against a small network, data N(0, 1)."""
    chance = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        d = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    g = torch.tensor([-2.0, 0.5], requires_grad=True)
    for_d, for_g = (torch.optim.Adam(w, lr=0.02, betas=(0.5, 0.999)) for w in (d.parameters(), [g]))
    path = []
    for _ in range(steps):
        real, z = torch.randn(2, 256, 1, generator=chance)
        value = gan_value(d(real)[:, 0], d((g[0] + g[1] * z).detach())[:, 0])
        for_d.zero_grad()
        (-value).backward()
        for_d.step()
        z = torch.randn(256, 1, generator=chance)
        for_g.zero_grad()
        nn.functional.softplus(-d(g[0] + g[1] * z)).mean().backward()
        for_g.step()
        path.append(g.detach().clone())
    return torch.stack(path)


@pytest.mark.parametrize("seed", range(3))
def test_a_tiny_gan_finds_the_data(seed):
    mean, sd = train_tiny(seed)[-200:].mean(0).tolist()
    print(seed, mean, sd)
    assert abs(mean) <= 0.15
    assert abs(sd - 1) <= 0.15
    assert gaussian_game(mean, sd).jsd <= 0.005 < gaussian_game(-2, 0.5).jsd / 50


# -- arguments ---------------------------------------------------------------------------------

ONE, BAD = torch.zeros(1), torch.tensor([math.nan])


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("real", lambda: gan_value(torch.zeros(0), ONE)),
        ("real", lambda: gan_value(torch.zeros(2, 1), ONE)),
        ("fake", lambda: gan_value(ONE, BAD)),
        ("fake", lambda: gan_value(ONE, torch.zeros(1, dtype=torch.int64))),
        ("real_weights", lambda: gan_value(ONE, ONE, real_weights=torch.ones(2))),
        ("fake_weights", lambda: gan_value(ONE, ONE, fake_weights=-torch.ones(1))),
        ("q", lambda: optimal_discriminator(torch.ones(2), torch.ones(3))),
        ("p", lambda: optimal_discriminator(-torch.ones(2), torch.ones(2))),
        ("q", lambda: optimal_discriminator(ONE, BAD)),
        ("p", lambda: optimal_discriminator([1.0], ONE)),
        ("x", lambda: critic_1d(BAD, ONE)),
        ("y", lambda: critic_1d(ONE, torch.zeros(0))),
        ("x", lambda: nce_gaussian(BAD, ONE, log_noise=lambda x: x)),
        ("steps", lambda: nce_gaussian(ONE, ONE, log_noise=lambda x: x, steps=0)),
        ("lr", lambda: play_bilinear((1, 1), lr=0, steps=1, rule="alternating")),
        ("steps", lambda: play_bilinear((1, 1), lr=1, steps=0, rule="alternating")),
        ("rule", lambda: play_bilinear((1, 1), lr=1, steps=1, rule="none")),
        ("rule", lambda: bilinear_matrix(lr=1, rule="none")),
        ("lr", lambda: bilinear_matrix(lr=math.inf, rule="alternating")),
        ("mean", lambda: gaussian_game(math.inf, 1)),
        ("sd", lambda: gaussian_game(0, 0)),
        ("sd", lambda: gaussian_game(1e6, 1)),
    ],
)
def test_bad_arguments_are_named(name, call):
    with pytest.raises(ValueError, match=rf"^{name}"):
        call()


def test_noise_that_misses_the_data_is_refused():
    real = torch.tensor([5.0, -5.0] * 20)
    with pytest.raises(ValueError, match=r"^noise"):
        nce_gaussian(real, torch.linspace(-1, 1, 40), log_noise=lambda x: log_normal(x, 1))
