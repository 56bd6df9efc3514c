"""Aligned subspaces, distances along a ray, who fools whom: closed forms, and claims by seed."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from sdl_lib.attacks import boundary_distance, ddn, fgsm, gaas, mifgsm, pgd, transfer_matrix
from sdl_lib.attacks.gradient import pull_back
from sdl_lib.data import mnist10k
from sdl_lib.models import MLP, LeNet5, Softmax
from sdl_lib.training import fit, predict

SEEDS = (0, 1, 2)


def gradients(seed, n=4, d=30):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


class TestGaas:
    @given(seed=st.integers(0, 10**6), eps=st.floats(0.1, 8), gamma=st.floats(0.3, 9))
    def test_dimension_directions_and_rise(self, seed, eps, gamma):
        g = gradients(seed)
        r, k = gaas(g, eps=eps, gamma=gamma)
        for i in range(len(g)):
            size = float(g[i].norm())
            assert int(k[i]) == min(30, math.floor((eps * size / gamma) ** 2))
            rows = r[i, : k[i]]
            assert torch.allclose(rows @ rows.T, torch.eye(k[i]).double(), atol=1e-12)
            assert not r[i, k[i] :].any()
            rise = rows @ g[i]
            assert torch.allclose(rise, torch.full_like(rise, size / max(1, k[i]) ** 0.5))
            assert bool((eps * rise >= gamma * (1 - 1e-12)).all())

    def test_one_more_direction_would_break_bessels_inequality(self):
        g = gradients(5)
        r, k = gaas(g, eps=2.0, gamma=3.0)
        short = k < 30
        assert short.any()
        need = (k + 1) * (3.0 / 2.0) ** 2
        assert bool((need > g.square().sum(1))[short].all())
        inside = (r @ g.unsqueeze(2)).square().sum((1, 2))
        some = k > 0
        assert torch.allclose(inside[some], g.square().sum(1)[some])  # the sum is all of g

    def test_every_mixture_with_positive_weights_rises_as_much(self):
        g = gradients(6, n=1)
        r, k = gaas(g, eps=4.0, gamma=4.0)
        weights = torch.rand(500, int(k[0]), generator=torch.Generator().manual_seed(0)).double()
        mixed = nn.functional.normalize(weights, dim=1) @ r[0]
        assert torch.allclose(mixed.norm(dim=1), torch.ones(500).double())
        assert float((4.0 * mixed @ g[0]).min()) >= 4.0

    @pytest.mark.parametrize("sign", [1.0, -1.0])
    def test_a_gradient_that_is_an_even_mixture_already(self, sign):
        g = torch.zeros(1, 9)
        g[0, :4] = sign / 2
        r, k = gaas(g, eps=2.0, gamma=1.0)
        assert k.tolist() == [4]
        assert torch.allclose(r[0] @ r[0].T, torch.eye(4), atol=1e-6)
        assert torch.allclose(r[0] @ g[0], torch.full((4,), 0.5), atol=1e-6)

    def test_in_single_precision_and_the_shape_of_pictures(self):
        g = gradients(7, n=3, d=784).float().view(3, 1, 28, 28)
        r, k = gaas(g, eps=2.0, gamma=torch.tensor([5.0, 10.0, 1000.0]))
        assert r.shape == (3, int(k.max()), 1, 28, 28)
        assert r.dtype == g.dtype
        assert int(k[2]) == 0
        flat = r[0].flatten(1)[: k[0]]
        assert float((flat @ flat.T - torch.eye(int(k[0]))).abs().max()) < 1e-6

    def test_most_caps_the_dimension_and_raises_the_rise(self):
        g = gradients(8)
        r, k = gaas(g, eps=5.0, gamma=5.0, most=3)
        assert k.tolist() == [3] * 4
        assert torch.allclose((r @ g.unsqueeze(2)).squeeze(2), (g.norm(dim=1) / 3**0.5)[:, None])

    def test_the_flat_and_the_empty(self):
        r, k = gaas(torch.zeros(2, 5), eps=1.0, gamma=0.1)
        assert k.tolist() == [0, 0]
        assert r.shape == (2, 0, 5)
        r, k = gaas(torch.zeros(0, 5), eps=1.0, gamma=0.1)
        assert len(r) == len(k) == 0

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"gradient": torch.ones(3)}, "gradient"),
            ({"gradient": torch.tensor([[math.nan, 1.0]])}, "gradient"),
            ({"eps": -1.0}, "eps"),
            ({"gamma": 0.0}, "gamma"),
            ({"gamma": math.inf}, "gamma"),
            ({"gamma": torch.ones(7)}, "gamma"),
            ({"most": 0}, "most"),
        ],
    )
    def test_bad_arguments_are_named(self, change, name):
        good = {"gradient": torch.ones(2, 3), "eps": 1.0, "gamma": 1.0}
        with pytest.raises(ValueError, match=f"^{name}:"):
            gaas(**(good | change))


def affine(seed, pixels=12, classes=4):
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(pixels, classes).double().requires_grad_(False)
    layer.weight.copy_(torch.randn(classes, pixels, generator=generator))
    layer.bias.copy_(-layer.weight.sum(1) / 2)
    x = 0.3 + 0.4 * torch.rand(20, pixels, generator=generator).double()
    return layer.eval(), x, layer(x).argmax(1)


class TestBoundaryDistance:
    @given(seed=st.integers(0, 10**6))
    def test_closed_form_of_an_affine_model(self, seed):
        model, x, y = affine(seed)
        way = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed + 1)).double()
        u = way / way.norm(dim=1, keepdim=True)
        z, slope = model(x), u @ model.weight.T
        gap = z.gather(1, y[:, None]) - z
        speed = slope - slope.gather(1, y[:, None])
        times = torch.where(speed > 1e-12, gap / speed, torch.inf)
        times[torch.arange(20), y] = torch.inf
        exact = times.amin(1)
        exact = torch.where(exact <= 10, exact, torch.inf)
        near = (exact - 10).abs() > 1e-9
        found = boundary_distance(model, x, y, way, reach=10.0, bisections=40)
        assert torch.allclose(found[near], exact[near], atol=1e-9)

    def test_the_length_of_the_direction_does_not_matter(self):
        model, x, y = affine(1)
        way = torch.randn_like(x)
        one, other = (boundary_distance(model, x, y, c * way, reach=5.0) for c in (1.0, 0.01))
        assert torch.allclose(one, other)

    def test_wrong_already_is_zero_and_out_of_reach_is_infinite(self):
        model, x, y = affine(2)
        way = torch.randn_like(x)
        assert not boundary_distance(model, x, (y + 1) % 4, way, reach=5.0).any()
        assert boundary_distance(model, x, y, way, reach=1e-9).isinf().all()

    def test_alone_as_in_company_with_a_reach_of_its_own(self):
        model, x, y = affine(3)
        way, reach = torch.randn_like(x), torch.linspace(1, 9, 20).double()
        together = boundary_distance(model, x, y, way, reach=reach)
        alone = [
            boundary_distance(
                model, x[i : i + 1], y[i : i + 1], way[i : i + 1], reach=float(reach[i])
            )
            for i in range(20)
        ]
        assert torch.allclose(together, torch.cat(alone), atol=1e-9)

    def test_never_nearer_than_the_nearest_boundary(self, lenet, digits):
        x, y = digits[0][:40], digits[1][:40]
        result = ddn(lenet, x, y, steps=60)
        ok = result.success & (predict(lenet, x).argmax(1) == y)
        x, y, way = x[ok], y[ok], result.x_adv[ok] - x[ok]
        length = way.flatten(1).norm(dim=1)
        found = boundary_distance(lenet, x, y, way, reach=length * 1.001, points=64)
        assert bool((found <= length * 1.001).all())

    def test_nothing_is_changed(self, lenet, digits):
        x, y = digits[0][:5], digits[1][:5]
        before = x.clone()
        boundary_distance(lenet, x, y, torch.ones_like(x), reach=3.0)
        assert torch.equal(x, before)
        assert len(boundary_distance(lenet, x[:0], y[:0], x[:0], reach=1.0)) == 0

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"direction": torch.ones(20, 3).double()}, "direction"),
            ({"direction": torch.zeros(20, 12).double()}, "direction"),
            ({"reach": 0.0}, "reach"),
            ({"reach": torch.ones(3)}, "reach"),
            ({"points": 0}, "points"),
            ({"bisections": -1}, "bisections"),
            ({"y": torch.zeros(3, dtype=torch.int64)}, "y"),
        ],
    )
    def test_bad_arguments_are_named(self, change, name):
        model, x, y = affine(0)
        good = {"x": x, "y": y, "direction": torch.ones_like(x), "reach": 1.0}
        with pytest.raises(ValueError, match=f"^{name}:"):
            boundary_distance(model, **(good | change))


class Says(nn.Module):
    """Reads the class off one pixel: 1 where it is over a threshold."""

    def __init__(self, pixel, threshold=0.5):
        super().__init__()
        self.pixel, self.threshold = pixel, threshold

    def forward(self, x):
        z = x[:, self.pixel] - self.threshold
        return torch.stack([-z, z], 1)


class TestTransferMatrix:
    def test_on_models_that_share_a_pixel_or_do_not(self):
        x = torch.tensor([[0.1, 0.1], [0.2, 0.9], [0.9, 0.9], [0.8, 0.1]])
        y = torch.tensor([0, 0, 1, 1])
        models = {"a": Says(0).eval(), "b": Says(1).eval()}

        def flip(model, x, y):
            x_adv = x.clone()
            x_adv[:, model.pixel] = 1 - x_adv[:, model.pixel]
            return x_adv

        found = transfer_matrix(models, models, x, y, attack=flip)
        # b is right on the first and the third alone; pixel 0 tells it nothing
        assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]

    def test_mistakes_made_before_the_attack_do_not_count(self):
        x, y = torch.tensor([[0.1], [0.9]]), torch.tensor([1, 1])
        models = {"a": Says(0).eval()}
        assert transfer_matrix(models, models, x, y, attack=lambda m, x, y: x).item() == 0
        none = transfer_matrix(models, models, x, 1 - y, attack=lambda m, x, y: x)
        assert none.item() == 0
        nobody = transfer_matrix(models, models, x[:1], y[:1], attack=lambda m, x, y: x)
        assert math.isnan(nobody.item())

    def test_bad_arguments_are_named(self):
        x, y = torch.tensor([[0.1], [0.9]]), torch.tensor([0, 1])
        good = {"a": Says(0).eval()}

        def same(m, x, y):
            return x

        with pytest.raises(ValueError, match=r"^sources:"):
            transfer_matrix({}, good, x, y, attack=same)
        with pytest.raises(ValueError, match=r"^targets:"):
            transfer_matrix(good, {}, x, y, attack=same)
        with pytest.raises(ValueError, match=r"^targets"):
            transfer_matrix(good, {"b": Says(0).train()}, x, y, attack=same)
        with pytest.raises(ValueError, match=r"^attack:"):
            transfer_matrix(good, good, x, y, attack=lambda m, x, y: x[:1])
        with pytest.raises(ValueError, match=r"^attack"):
            transfer_matrix(good, good, x, y, attack=lambda m, x, y: x + 1)


@pytest.fixture(scope="module")
def rivals():
    """For each seed: three kinds of model on one half of the training set, and on the other."""
    x, y = mnist10k("train")
    recipes = {"linear": (Softmax, 8), "perceptron": (MLP, 6), "lenet": (LeNet5, 2)}

    def train(seed, half):
        rows = slice(4000 * half, 4000 * half + 4000)
        models = {}
        for name, (kind, epochs) in recipes.items():
            torch.manual_seed(10 * seed + half)
            models[name] = kind()
            fit(models[name], x[rows], y[rows], epochs=epochs, lr=2e-3)
        return models

    return [(train(seed, 0), train(seed, 1)) for seed in SEEDS]


@pytest.fixture(scope="module")
def examples():
    x, y = mnist10k("test")
    return x[:150], y[:150]


def margins(model, x, y):
    """Gradient of (best other logit - own logit), and the lead of the own logit."""

    def weigh(z, rows):
        own = y[rows, None]
        rival = z.scatter(1, own, -torch.inf).argmax(1, keepdim=True)
        return torch.zeros_like(z).scatter_(1, rival, 1.0).scatter_(1, own, -1.0)

    g, z = pull_back(model, x, y, None, weigh)
    return g, z.gather(1, y[:, None])[:, 0] - z.scatter(1, y[:, None], -torch.inf).amax(1)


def both_right(a, b, x, y):
    ok = (predict(a, x).argmax(1) == y) & (predict(b, x).argmax(1) == y)
    return x[ok], y[ok]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_transferred_attack_beats_noise_of_its_size(rivals, examples, seed):
    x, y = examples
    signs = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed)).sign()
    by_pgd = transfer_matrix(
        *rivals[seed], x, y, attack=lambda m, x, y: pgd(m, x, y, eps=0.2, steps=10)
    )
    by_noise = transfer_matrix(
        *rivals[seed], x, y, attack=lambda m, x, y: (x + 0.2 * signs).clamp(0, 1)
    )
    assert float((by_pgd - by_noise).min()) > 0.15


@pytest.mark.parametrize("seed", SEEDS)
def test_iterating_transfers_more_than_one_step_and_momentum_hardly_matters(rivals, examples, seed):
    x, y = examples

    def mean(attack):
        return float(transfer_matrix(*rivals[seed], x, y, attack=attack).mean())

    plain = mean(lambda m, x, y: mifgsm(m, x, y, eps=0.2, decay=0.0))
    assert plain > mean(lambda m, x, y: fgsm(m, x, y, eps=0.2))
    # the famous gain is not seen on these small networks
    assert abs(mean(lambda m, x, y: mifgsm(m, x, y, eps=0.2)) - plain) < 0.04


@pytest.mark.parametrize("seed", SEEDS)
def test_boundaries_are_closer_to_each_other_than_to_the_digit(rivals, examples, seed):
    one, two = (models["perceptron"] for models in rivals[seed])
    x, y = both_right(one, two, *examples)
    pool, labels = mnist10k("train")
    apart = torch.cdist(x.flatten(1), pool.flatten(1))
    apart[y[:, None] == labels] = torch.inf
    share = {}
    ways = {"class": pool[apart.argmin(1)] - x, "gradient": margins(one, x, y)[0]}
    for name, way in ways.items():
        a, b = (boundary_distance(m, x, y, way, reach=20.0, points=60) for m in (one, two))
        share[name] = float(((a - b).abs() < a).double().mean())  # inf - inf counts against
    assert share["class"] > 0.85
    assert share["gradient"] < share["class"]


@pytest.mark.parametrize("seed", SEEDS)
def test_several_dimensions_transfer_and_fewer_than_fool_the_source(rivals, examples, seed):
    one, two = (models["perceptron"] for models in rivals[seed])
    x, y = both_right(one, two, *examples)
    g, lead = margins(one, x, y)
    r, k = gaas(g, eps=3.0, gamma=1.5 * lead, most=100)
    live = torch.arange(r.shape[1]) < k[:, None]
    points = (x[:, None] + 3.0 * r)[live]
    truth = y[:, None].expand(live.shape)[live]
    hits = [predict(m, points).argmax(1) != truth for m in (one, two)]
    assert float(hits[0].double().mean()) > 0.9  # the linear promise is kept
    assert 2 < float((hits[0] & hits[1]).sum() / len(x)) < float(hits[0].sum() / len(x))
