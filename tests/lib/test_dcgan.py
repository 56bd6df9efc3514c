"""Frechet distance and nearest pictures, and what the shipped DCGAN draws."""

import re
import sys

import pytest
import torch
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors

from sdl_lib.data import mnist10k, passports
from sdl_lib.gan import (
    frechet_distance,
    inception_features,
    latent_direction,
    nearest_images,
    slerp,
)
from sdl_lib.models import DCGANDiscriminator, DCGANGenerator, load, weights
from sdl_lib.training import predict


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def features(n, d, seed):
    mixed = torch.randn(d, d, generator=chance(seed + 100)).double()
    return torch.randn(n, d, generator=chance(seed)).double() @ mixed + seed


# the distance


@pytest.mark.parametrize("d", [2, 7, 84])
def test_distance_is_the_formula_with_scipys_matrix_root(d):
    a, b = features(300, d, 0), features(200, d, 1)
    ca, cb = (v.T.cov().numpy() for v in (a, b))
    root = sqrtm(ca @ cb).real
    apart = float((a.mean(0) - b.mean(0)).square().sum())
    expected = apart + (ca + cb - 2 * root).trace()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)


def test_distance_of_identical_sets_is_zero_and_it_is_symmetric():
    a, b = features(120, 9, 0), features(90, 9, 3)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, a.flip(0)) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-9)


def test_distance_has_its_closed_form_for_gaussians_with_common_axes():
    white = torch.randn(500, 3, generator=chance()).double()
    white = white - white.mean(0)
    white = white @ torch.linalg.inv(torch.linalg.cholesky(white.T.cov())).T  # covariance: identity
    s, t = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([3.0, 0.1, 0.5]).double()
    shift = torch.tensor([1.0, -2.0, 0.0]).double()
    expected = float(shift.square().sum() + (s - t).square().sum())
    assert frechet_distance(white * s, white * t + shift) == pytest.approx(expected, abs=1e-9)


def test_distance_does_not_change_with_the_axes_and_grows_with_the_scale():
    a, b = features(80, 5, 0), features(70, 5, 1)
    turn = torch.linalg.qr(torch.randn(5, 5, generator=chance(9)).double())[0]
    expected = frechet_distance(a, b)
    assert frechet_distance(a @ turn + 3, b @ turn + 3) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(2 * a, 2 * b) == pytest.approx(4 * expected, rel=1e-9)


def test_distance_bears_fewer_pictures_than_features_and_a_single_feature():
    a, b = features(10, 40, 0), features(12, 40, 1)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-5)
    assert frechet_distance(a, b) > 0
    x, y = a[:, :1], b[:, :1]
    expected = float((x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (torch.zeros(1, 3), torch.zeros(4, 3), "features_a: expected at least two rows"),
        (torch.zeros(4, 3), torch.zeros(4, 2), "features_b: expected 3 features"),
        (torch.zeros(4, 3), torch.zeros(4, 3, 1), "features_b"),
        (torch.zeros(4, 3).long(), torch.zeros(4, 3), "features_a: expected a tensor of floats"),
        (torch.zeros(4, 3), torch.full((4, 3), torch.nan), "features_b: .*not finite"),
    ],
)
def test_distance_refuses_bad_features(a, b, said):
    with pytest.raises(ValueError, match=said):
        frechet_distance(a, b)


def test_inception_is_asked_for_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(ModuleNotFoundError, match="pip install torchvision"):
        inception_features(torch.rand(2, 1, 8, 8))
    with pytest.raises(ValueError, match="x: expected pictures"):
        inception_features(torch.rand(2, 2, 8, 8))


# copies


@pytest.mark.parametrize("batch_size", [7, 512])
def test_nearest_pictures_are_those_of_scikit_learn(batch_size):
    x, others = torch.rand(40, 1, 5, 5, generator=chance()), torch.rand(90, 1, 5, 5)
    far, rows = NearestNeighbors(n_neighbors=1).fit(others.flatten(1)).kneighbors(x.flatten(1))
    found = nearest_images(x, others, batch_size=batch_size)
    assert found.rows.tolist() == rows[:, 0].tolist()
    assert found.distances.tolist() == pytest.approx(far[:, 0].tolist(), rel=1e-5)


def test_a_copy_is_found_at_distance_zero_wherever_it_is():
    others, _ = mnist10k("train")
    rows = torch.randperm(len(others), generator=chance())[:50]
    found = nearest_images(others[rows], others)
    assert torch.equal(others[found.rows], others[rows])
    assert float(found.distances.max()) == 0


def test_nearest_takes_no_pictures_and_leaves_gradients_alone():
    x = torch.rand(3, 4, requires_grad=True)
    assert not nearest_images(x, torch.rand(2, 4)).distances.requires_grad
    assert nearest_images(torch.rand(0, 4), torch.rand(2, 4)).rows.shape == (0,)


@pytest.mark.parametrize(
    ("x", "others", "said"),
    [
        (torch.zeros(2, 3), torch.zeros(0, 3), "others: expected"),
        (torch.zeros(2, 3), torch.zeros(4, 5), r"others: expected pictures of shape \(3,\)"),
        (torch.full((2, 3), torch.inf), torch.zeros(4, 3), "x: .*not finite"),
    ],
)
def test_nearest_refuses_bad_pictures(x, others, said):
    with pytest.raises(ValueError, match=said):
        nearest_images(x, others)
    with pytest.raises(ValueError, match="batch_size"):
        nearest_images(torch.zeros(2, 3), torch.zeros(4, 3), batch_size=0)


# ways through the latent space


def test_slerp_keeps_the_norm_and_turns_evenly():
    a, b = (torch.randn(6, 32, generator=chance(s)).double() for s in (0, 1))
    a, b = a / a.norm(dim=1, keepdim=True), b / b.norm(dim=1, keepdim=True)
    whole = (a * b).sum(1).acos()
    for share in (0.0, 0.2, 0.5, 1.0):
        point = slerp(a, b, share)
        torch.testing.assert_close(point.norm(dim=1), torch.ones(6).double())
        torch.testing.assert_close((point * a).sum(1).clamp(-1, 1).acos(), share * whole)
    torch.testing.assert_close(slerp(a, b, 1.0), b)


def test_slerp_of_a_point_and_itself_or_its_multiple_is_a_line():
    a = torch.randn(3, 8, generator=chance()).double()
    torch.testing.assert_close(slerp(a, a, 0.3), a)
    torch.testing.assert_close(slerp(a, 2 * a, 0.5), 1.5 * a)


@pytest.mark.parametrize(
    ("a", "b", "share", "said"),
    [
        (torch.ones(1, 2), torch.ones(1, 3), 0.5, "b: expected shape"),
        (torch.ones(1, 2), torch.ones(1, 2), 1.5, "share: expected a number from 0 to 1"),
        (torch.ones(1, 2), torch.zeros(1, 2), 0.5, "not zero"),
        (torch.ones(1, 2), -torch.ones(1, 2), 0.5, "opposite"),
    ],
)
def test_slerp_refuses_what_has_no_arc(a, b, share, said):
    with pytest.raises(ValueError, match=said):
        slerp(a, b, share)


def test_latent_direction_finds_the_slope_of_a_plane():
    z = torch.randn(200, 5, generator=chance()).double()
    slope = torch.tensor([3.0, 0, -4, 0, 0]).double()
    noise = 0.01 * torch.randn(200, generator=chance(1)).double()
    found = latent_direction(z + 7, z @ slope + 2 + noise)
    torch.testing.assert_close(found, slope / 5, atol=1e-3, rtol=0)
    assert latent_direction(z.float(), z[:, 0].float()).dtype == torch.float32


def test_latent_direction_refuses_what_has_no_slope():
    z = torch.randn(20, 5, generator=chance())
    with pytest.raises(ValueError, match="z: expected more than 5 rows"):
        latent_direction(z[:5], torch.ones(5))
    with pytest.raises(ValueError, match="values: expected a property that differs"):
        latent_direction(z, torch.zeros(20))
    with pytest.raises(ValueError, match="values: expected 20 finite"):
        latent_direction(z, torch.zeros(19))


# the networks, and what the shipped one draws


def test_networks_have_their_shapes_and_sizes():
    drawer, judge = DCGANGenerator(), DCGANDiscriminator()
    drawn = drawer(torch.randn(4, 32, generator=chance()))
    assert drawn.shape == (4, 1, 28, 28)
    assert float(drawn.detach().abs().max()) <= 1
    assert judge(drawn).shape == (4,)
    assert sum(p.numel() for p in drawer.parameters()) == 100_513
    z = torch.randn(4, 32, generator=chance())
    torch.testing.assert_close(drawer.eval().pictures(z), (drawer(z) + 1) / 2)


def test_the_discriminators_layers_have_norm_one_at_most():
    judge = DCGANDiscriminator()
    for _ in range(40):
        judge(torch.rand(4, 1, 28, 28, generator=chance()))
    for layer in (judge.eval().layers[0], judge.layers[2], judge.layers[5]):
        assert float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)) <= 1 + 1e-2


@pytest.fixture(scope="module")
def drawn():
    generator = load("dcgan")
    z = torch.randn(2000, 32, generator=chance(1))
    with torch.no_grad():
        return torch.cat([generator.pictures(part) for part in z.split(250)])


@pytest.fixture(scope="module")
def reader():
    return load("lenet5")


def seen(reader, x):
    return torch.cat([reader.layers[:-1](part) for part in x.split(500)])


def test_the_generator_is_as_good_as_its_passport_says(drawn, reader):
    made = passports.read(weights._FOLDER / "dcgan.toml").made
    sure = float((predict(reader, drawn).softmax(1).amax(1) > 0.9).double().mean())
    assert sure == pytest.approx(float(re.search(r"reads (0\.\d+)", made)[1]), abs=0.01)
    apart = frechet_distance(seen(reader, drawn), seen(reader, mnist10k("test")[0]))
    assert apart == pytest.approx(float(re.search(r"features: ([\d.]+)", made)[1][:-1]), rel=0.02)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_drawn_digits_lie_between_real_digits_and_noisy_or_blurred_ones(reader, seed):
    generator, held_out = load("dcgan"), mnist10k("test")[0]
    other = mnist10k("train")[0][-2000:]
    with torch.no_grad():
        drawn = generator.pictures(torch.randn(2000, 32, generator=chance(seed)))
    noise = torch.randn(other.shape, generator=chance(seed + 10))
    sets = {
        "real": other,
        "slightly noisy": (other + 0.1 * noise).clamp(0, 1),
        "drawn": drawn,
        "noisy": (other + 0.2 * noise).clamp(0, 1),
        "blurred": torch.nn.functional.avg_pool2d(other, 3, 1, 1),
    }
    of_tests = seen(reader, held_out)
    apart = [frechet_distance(seen(reader, x), of_tests) for x in sets.values()]
    assert apart == sorted(apart)
    assert 5 * apart[0] < apart[2] < apart[3] / 1.8
    chances = predict(reader, drawn).softmax(1)
    assert 0.7 < float((chances.amax(1) > 0.9).double().mean()) < 0.85
    assert int(chances.argmax(1).bincount(minlength=10).min()) > 100


def test_no_training_digit_was_copied(drawn):
    known, held_out = mnist10k("train")[0], mnist10k("test")[0]
    ours, theirs = (nearest_images(x, known).distances for x in (drawn, held_out))
    assert float(ours.median()) > float(theirs.median()) + 0.8
    assert float(ours.quantile(0.05)) > float(theirs.quantile(0.05))
    assert float(ours.min()) > 1
