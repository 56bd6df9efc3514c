"""Activations, probes, neighbours, drawn pictures and the tissue: laws and oracles."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import NearestNeighbors
from torch import nn

from sdl_lib.data import mnist10k, passports, photograph, stained_tissue, tissue, tissue_slide
from sdl_lib.feature_visualisation import channel_mean, maximise
from sdl_lib.models import EfficientNetLite0, load
from sdl_lib.representations import activations, linear_probe, nearest_neighbours, pooled
from sdl_lib.training import accuracy, fit, predict


@pytest.fixture(scope="module")
def net():
    return load("efficientnet-lite0")


@pytest.fixture
def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout()]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 36, 3)).eval()


def pictures(n=5, side=8, seed=1):
    return torch.rand(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


# Activations


def test_activations_are_what_the_layers_compute(small):
    x = pictures()
    heard = activations(small, x, at=["0", "5", ""], batch_size=2)
    assert list(heard) == ["0", "5", ""]
    # the convolution's output as it was, before the in-place ReLU wrote over it
    torch.testing.assert_close(heard["0"], small[0](x))
    torch.testing.assert_close(heard["5"], small(x))
    assert torch.equal(heard["5"], heard[""])


def test_activations_of_the_real_network_rebuild_its_logits(net):
    x = pictures(2, side=64)
    heard = activations(net, x, at=["head", "classifier"], batch_size=256)
    logits = predict(net, x)
    assert torch.equal(heard["classifier"], logits)
    torch.testing.assert_close(net.classifier(pooled(heard["head"])), logits)


def test_activations_leave_no_trace(small):
    x = pictures().requires_grad_()
    before, given_x = copy.deepcopy(small.state_dict()), x.detach().clone()
    state = torch.get_rng_state()
    heard = activations(small, x, at=["0", "2"], reduce=pooled)
    assert heard["2"].shape == (5, 4)
    assert not heard["0"].requires_grad
    assert torch.equal(x.detach(), given_x)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(m._forward_hooks for m in small.modules())
    assert not any(m.training for m in small.modules())
    assert all(p.grad is None for p in small.parameters())
    assert all(
        torch.equal(a, b) for a, b in zip(before.values(), small.state_dict().values(), strict=True)
    )


def test_hooks_are_removed_after_an_error(small):
    with pytest.raises(RuntimeError):
        activations(small, torch.rand(2, 1, 8, 8), at=["0"])
    assert not any(m._forward_hooks for m in small.modules())


class Odd(nn.Module):
    """Uses one part twice, another never, and a third that returns a pair."""

    def __init__(self):
        super().__init__()
        self.twice, self.never, self.pair = nn.Identity(), nn.Identity(), nn.GRU(3, 3)

    def forward(self, x):
        return self.twice(self.twice(self.pair(x)[0]))


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (["9"], "'9' is no part"),
        ([], "list of different names"),
        ("0", "list of different names"),
        (["0", "0"], "list of different names"),
    ],
)
def test_activations_refuse_bad_names(small, at, message):
    with pytest.raises(ValueError, match=message):
        activations(small, pictures(), at=at)


def test_activations_refuse_odd_parts_and_bad_input(small):
    odd, x = Odd().eval(), torch.rand(2, 4, 3)
    for name, message in (("twice", "2 times"), ("never", "0 times"), ("pair", "tuple")):
        with pytest.raises(ValueError, match=message):
            activations(odd, x, at=[name])
        assert not any(m._forward_hooks for m in odd.modules())
    with pytest.raises(ValueError, match="at least one example"):
        activations(small, pictures(0), at=["0"])
    with pytest.raises(ValueError, match="batch_size"):
        activations(small, pictures(), at=["0"], batch_size=0)
    with pytest.raises(ValueError, match="training mode"):
        activations(small.train(), pictures(), at=["0"])


def test_pooling_is_the_mean_over_positions():
    h = pictures()
    torch.testing.assert_close(pooled(h), h.mean((2, 3)))
    assert torch.equal(pooled(h[:, :, 0, 0]), h[:, :, 0, 0])


# Linear probes


@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(1, 12), st.floats(1e-3, 10))
def test_the_probe_is_scikit_learns_ridge_classifier(seed, classes, width, penalty):
    chance = torch.Generator().manual_seed(seed)
    features = torch.randn(40, width, generator=chance) * 3 + 1
    y = torch.cat(
        [torch.arange(classes), torch.randint(classes, (40 - classes,), generator=chance)]
    )
    probe = linear_probe(features, y, penalty=penalty)
    z = features.double().numpy()
    z = (z - z.mean(0)) / z.std(0, ddof=1) / np.sqrt(width)
    oracle = RidgeClassifier(alpha=penalty).fit(z, y.numpy())
    scores = probe.scores(features)
    theirs = oracle.decision_function(z)
    ours = scores[:, 1].numpy() if classes == 2 else scores.numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-9)


@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-5, 5))
def test_a_probe_does_not_mind_units(seed, scale, offset):
    chance = torch.Generator().manual_seed(seed)
    features = torch.randn(30, 4, generator=chance, dtype=torch.double)
    y = torch.arange(30) % 3
    a = linear_probe(features, y).scores(features)
    b = linear_probe(features * scale + offset, y).scores(features * scale + offset)
    torch.testing.assert_close(a, b)


def test_a_constant_feature_is_harmless():
    features = torch.cat([torch.arange(6.0)[:, None], torch.full((6, 1), 7.0)], dim=1)
    y = (torch.arange(6) > 2).long()
    probe = linear_probe(features, y)
    assert probe.accuracy(features, y) == 1
    assert bool(torch.isfinite(probe.scores(features)).all())


def test_a_probe_refuses_bad_input():
    x, y = torch.rand(6, 2), torch.arange(6) % 2
    for features, labels, penalty, message in (
        (x[0], y, 0.1, "features"),
        (x.long(), y, 0.1, "features"),
        (x / 0, y, 0.1, "finite"),
        (x, y.float(), 0.1, "int64"),
        (x, y[:5], 0.1, "one label"),
        (x, y * 0, 0.1, "two classes"),
        (x, y, 0.0, "penalty"),
        (x, y, float("nan"), "penalty"),
    ):
        with pytest.raises(ValueError, match=message):
            linear_probe(features, labels, penalty=penalty)
    with pytest.raises(ValueError, match="features"):
        linear_probe(x, y).scores(torch.rand(3, 5))


# Neighbours


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_neighbours_are_scikit_learns(seed, k):
    chance = torch.Generator().manual_seed(seed)
    queries = torch.randn(7, 5, generator=chance, dtype=torch.double)
    gallery = torch.randn(9, 5, generator=chance, dtype=torch.double)
    similarity, index = nearest_neighbours(queries, gallery, k=k)
    oracle = NearestNeighbors(n_neighbors=k, metric="cosine").fit(gallery.numpy())
    distance, theirs = oracle.kneighbors(queries.numpy())
    np.testing.assert_allclose(1 - similarity.numpy(), distance, atol=1e-12)
    assert np.array_equal(index.numpy(), theirs)


def test_each_row_is_its_own_neighbour_and_equals_keep_their_order():
    rows = torch.eye(4)
    assert nearest_neighbours(rows, rows)[1][:, 0].tolist() == [0, 1, 2, 3]
    assert nearest_neighbours(rows[:1], rows[[1, 0, 0]], k=3)[1].tolist() == [[1, 2, 0]]


def test_neighbours_refuse_bad_input():
    a = torch.rand(3, 4)
    for queries, gallery, k, message in (
        (a, torch.rand(3, 5), 1, "gallery"),
        (a, a, 4, "at most the 3"),
        (a, a, 0, "k"),
        (a * 0, a, 1, "row of zeros"),
        (a, a / 0, 1, "finite"),
        (a[0], a, 1, "queries"),
    ):
        with pytest.raises(ValueError, match=message):
            nearest_neighbours(queries, gallery, k=k)


# Drawn pictures


def test_a_linear_channel_is_maximised_in_the_box(small):
    picture = maximise(small, at="0", channel=2, size=8, generator=torch.Generator().manual_seed(0))
    assert picture.shape == (1, 3, 8, 8)
    assert 0 <= float(picture.min()) <= float(picture.max()) <= 1
    own = channel_mean(small, small[0], picture, 2)
    random = channel_mean(small, small[0], pictures(200), 2)
    assert own.item() > random.max().item()


def test_drawing_repeats_and_leaves_no_trace(small):
    small.requires_grad_(True)
    state = torch.get_rng_state()
    first, again = (
        maximise(small, at="2", channel=0, size=8, steps=3, generator=torch.Generator())
        for _ in range(2)
    )
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in small.parameters())
    assert not any(m._forward_hooks for m in small.modules())


def test_drawing_refuses_bad_input(small):
    chance = torch.Generator()
    for changes, message in (
        ({"at": "9"}, "no part"),
        ({"channel": 4}, "channel"),
        ({"channel": -1}, "channel"),
        ({"size": 1}, "size"),
        ({"steps": -1}, "steps"),
        ({"shift": -1}, "shift"),
        ({"lr": -1.0}, "lr"),
        ({"smoothness": float("inf")}, "smoothness"),
    ):
        settings = {"at": "0", "channel": 0, "size": 8, "generator": chance} | changes
        with pytest.raises(ValueError, match=message):
            maximise(small, **settings)
    with pytest.raises(ValueError, match="training mode"):
        maximise(small.train(), at="0", channel=0, generator=chance)


# The tissue


def test_the_tissue_is_cut_by_region():
    cut = stained_tissue()
    assert cut.x.shape == (576, 1, 48, 48)
    assert 0 <= float(cut.x.min()) <= float(cut.x.max()) <= 1
    assert 0.4 < float(cut.y.double().mean()) < 0.6
    assert torch.equal(cut.region.bincount(), torch.full((16,), 36))
    # no patch reaches over the edge of its region: so folds share no pixel
    for edge in (cut.corner, cut.corner + 47):
        assert torch.equal(edge[:, 0] // 128 * 4 + edge[:, 1] // 128, cut.region)
    square = cut.fold.unflatten(0, (16, 36))[:, 0].unflatten(0, (4, 4))
    assert all(sorted(line.tolist()) == [0, 1, 2, 3] for line in [*square, *square.T])


def test_tissue_patches_lie_where_they_say():
    cut, slide = stained_tissue(), tissue_slide()
    for i in (0, 200, 575):
        top, left = cut.corner[i].tolist()
        assert torch.equal(cut.colour[i], slide[0, :, top : top + 48, left : left + 48])


def test_tissue_refuses_a_bad_floor_and_another_picture(tmp_path, monkeypatch):
    for floor in (-0.1, 0.06, float("nan")):
        with pytest.raises(ValueError, match="floor"):
            stained_tissue(floor=floor)
    tissue._slide.cache_clear()
    file = tmp_path / "ihc.png"
    monkeypatch.setattr(tissue, "_FILE", file)
    with pytest.raises(passports.DataError, match="not part"):
        stained_tissue()
    file.write_bytes(b"another picture")
    with pytest.raises(passports.DataError, match="passport"):
        stained_tissue()


# Claims of the chapter


def enlarged(x, side=64):
    return nn.functional.interpolate(x, size=(side, side), mode="bilinear").expand(-1, 3, -1, -1)


def test_probe_accuracy_rises_over_the_first_half_and_more_than_untrained(net):
    x, y = (part[:600] for part in mnist10k("train"))
    x, at = enlarged(x), ["stem", "blocks.4", "blocks.8"]
    trained = activations(net, x, at=at, reduce=pooled)
    for seed in range(3):
        order = torch.randperm(600, generator=torch.Generator().manual_seed(100 + seed))
        train, test = order[:300], order[300:]
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            twin = EfficientNetLite0()
        with torch.no_grad():
            for chunk in x[train[:200]].split(50):
                twin(chunk)
        random = activations(twin.eval(), x, at=at[2:], reduce=pooled)
        scores = [
            linear_probe(h[train], y[train]).accuracy(h[test], y[test])
            for h in (*trained.values(), *random.values())
        ]
        assert scores[0] + 0.15 < scores[1] < scores[2]
        assert scores[2] > scores[0] + 0.3
        assert scores[2] > scores[3] + 0.05


def test_the_ghost_leaks_and_random_splits_flatter(net):
    cut = stained_tissue()

    def held_out(features, penalty):
        scores = []
        for k in range(4):
            train, test = cut.fold != k, cut.fold == k
            probe = linear_probe(features[train], cut.y[train], penalty=penalty)
            scores.append(probe.accuracy(features[test], cut.y[test]))
        return sum(scores) / 4

    def grey(x):
        return torch.stack([patch.histc(16, 0, 1) for patch in x])

    assert held_out(grey(stained_tissue(floor=0).x), 0.01) > held_out(grey(cut.x), 0.01) + 0.03
    h = activations(net, enlarged(cut.x), at=["blocks.8"], reduce=pooled)["blocks.8"]
    honest, flattered = held_out(h, 0.1), []
    for seed in range(3):
        order = torch.randperm(576, generator=torch.Generator().manual_seed(100 + seed))
        probe = linear_probe(h[order[144:]], cut.y[order[144:]])
        flattered.append(probe.accuracy(h[order[:144]], cut.y[order[:144]]))
    assert min(flattered) > honest
    assert sum(flattered) / 3 > honest + 0.03


def test_fine_tuning_beats_the_same_layers_from_scratch_and_a_small_network_keeps_up(net):
    cut = stained_tissue()
    inputs = (enlarged(cut.x) - net.mean) / net.std
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    front = nn.Sequential(net.stem, *net.blocks[:8]).eval()
    frozen = predict(front, inputs, batch_size=32)

    def score(seed, layers, x, lr):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            parts = [*layers(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(2)]
            model = nn.Sequential(*parts)
            model(x[:2])
        train, shuffle = cut.fold != seed % 4, torch.Generator().manual_seed(seed)
        for epochs, rate in ((4, lr), (2, lr / 4)):
            settings = {"epochs": epochs, "lr": rate, "batch_size": 16, "generator": shuffle}
            fit(model, x[train], cut.y[train], **settings)
        return accuracy(model, x[~train], cut.y[~train])

    def fresh():
        twin = EfficientNetLite0()
        return [twin.stem, *twin.blocks[:9]]

    def stage(before, after):
        conv = nn.Conv2d(before, after, 3, padding=1)
        return [conv, nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]

    def little():
        return [*stage(1, 8), *stage(8, 16), *stage(16, 32), *stage(32, 32)]

    def block():
        return [copy.deepcopy(net.blocks[8]).requires_grad_(True)]

    seeds = (100, 101, 102)
    scratch = sum(score(seed, fresh, inputs, 2e-3) for seed in seeds) / 3
    small = sum(score(seed, little, cut.x, 2e-3) for seed in seeds) / 3
    tuned = sum(score(seed, block, frozen, 5e-4) for seed in seeds) / 3
    assert tuned > scratch + 0.02
    assert tuned < small + 0.1


def halves():
    """Grey windows of equal contrast from the left and from the right halves of photographs."""
    names = ("cat", "coffee", "rocket", "motorcycle", "astronaut", "temple", "flower")
    grey = torch.cat([photograph(name, size=288).mean(1, keepdim=True) for name in names])
    for half in (grey[..., :144], grey[..., 144:]):
        x = half.unfold(2, 96, 32).unfold(3, 96, 48).reshape(-1, 1, 96, 96)
        spread = x.std((2, 3), keepdim=True).clamp(min=0.02)
        x = 0.5 + 0.2 * (x - x.mean((2, 3), keepdim=True)) / spread
        yield x.clamp(0, 1).expand(-1, 3, -1, -1)


def test_neighbours_come_from_the_same_photograph_more_often_with_depth(net):
    at, source = ["stem", "blocks.4", "blocks.8", "head"], torch.arange(7).repeat_interleave(14)
    left, right = (activations(net, x, at=at, reduce=pooled) for x in halves())
    found = [nearest_neighbours(left[d], right[d])[1][:, 0] for d in at]
    same = [float((source[index] == source).double().mean()) for index in found]
    assert same[0] + 0.2 < same[1] < same[2]
    assert same[3] > same[0] + 0.3


@pytest.mark.parametrize(("part", "channel"), [("blocks.1", 3), ("blocks.10", 20)])
def test_drawn_pictures_excite_more_than_photographs(net, part, channel):
    _, real = halves()
    best = activations(net, real, at=[part], reduce=pooled)[part][:, channel].max()
    for seed in range(3):
        chance = torch.Generator().manual_seed(seed)
        picture = maximise(net, at=part, channel=channel, steps=20, generator=chance)
        assert activations(net, picture, at=[part], reduce=pooled)[part][0, channel] > best
