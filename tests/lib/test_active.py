"""Active learning: each strategy against brute force, and the loop's laws."""

import gzip
import itertools
import struct
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sdl_lib import active, data
from sdl_lib.active.query import features, last_layer
from sdl_lib.active.record import condense
from sdl_lib.active.study import NETWORKS, chosen
from sdl_lib.attribution.example_gradients import example_gradients

PLAIN = {"random", "uncertainty", "margin", "core_set", "egl", "egl_of_mean", "bald"}


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def small():
    """A small network that is not linear, with its candidates."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        layers = [nn.Flatten(), nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 4)]
        model = nn.Sequential(*layers).eval()
    return model.double(), torch.rand(40, 8, generator=chance()).double()


def probabilities(model, x):
    return [model(one[None]).softmax(1)[0].tolist() for one in x]


def pick(name, small, batch=6, **options):
    model, x = small
    strategy = partial(active.STRATEGIES[name], **options)
    return strategy(model, x[8:], x[:8], batch, generator=chance(3))


def by_hand(scores, batch=6):
    return sorted(range(len(scores)), key=lambda i: -scores[i])[:batch]


def test_uncertainty_is_entropy(small):
    p = np.array(probabilities(small[0], small[1][8:]))
    assert pick("uncertainty", small).rows.tolist() == by_hand((-p * np.log(p)).sum(1))


def test_margin_is_the_gap_of_the_two_likeliest(small):
    gaps = [sorted(p)[-2] - sorted(p)[-1] for p in probabilities(small[0], small[1][8:])]
    assert pick("margin", small).rows.tolist() == by_hand(gaps)


def head_gradients(model, x):
    """(n, K, parameters of the last layer): one backward pass for each image and label."""
    found = []
    for one in x:
        row = []
        for k in range(4):
            loss = nn.functional.cross_entropy(model(one[None]), torch.tensor([k]))
            parts = torch.autograd.grad(loss, [model[-1].weight, model[-1].bias])
            row.append(torch.cat([g.flatten() for g in parts]))
        found.append(torch.stack(row))
    return torch.stack(found)


def test_egl_is_the_expected_norm_of_every_gradient(small):
    model, x = small
    g, p = head_gradients(model, x), model(x).softmax(1)
    closed = active.expected_length(p, features(model, x))
    torch.testing.assert_close(closed, (p * g.norm(dim=2)).sum(1))
    assert pick("egl", small).rows.tolist() == by_hand(closed[8:].tolist())


def test_the_authors_egl_is_the_norm_of_the_mean_gradient(small):
    model, x = small
    g, p = head_gradients(model, x), model(x).softmax(1)
    closed = active.length_of_mean(p, features(model, x))
    torch.testing.assert_close(closed, g.mean(1).norm(dim=1))
    assert pick("egl_of_mean", small).rows.tolist() == by_hand(closed[8:].tolist())
    # weighed by the network's own probabilities, the mean gradient is nothing at all
    assert (p[..., None] * g).sum(1).abs().max() < 1e-12


def test_the_closed_form_is_the_last_part_of_the_whole_gradient(small):
    model, x = small
    whole = example_gradients(model, x, torch.zeros(len(x), dtype=torch.int64))
    last = whole[:, -(12 * 4 + 4) :]
    torch.testing.assert_close(last, head_gradients(model, x)[:, 0])


def test_norm_of_the_mean_prefers_the_sure_and_expected_norm_the_unsure():
    sure = torch.tensor([[0.97, 0.01, 0.01, 0.01], [0.25, 0.25, 0.25, 0.25]])
    h = torch.zeros(2, 3)
    assert active.length_of_mean(sure, h).argmax() == 0
    assert active.expected_length(sure, h).argmax() == 1


def test_core_set_is_farthest_first(small):
    model, x = small
    h = features(model, x)
    centres, rows = list(h[:8]), []
    for _ in range(6):
        gaps = [min(float((a - c).norm()) for c in centres) for a in h[8:]]
        rows.append(max(range(len(gaps)), key=gaps.__getitem__))
        centres.append(h[8:][rows[-1]])
    assert pick("core_set", small).rows.tolist() == rows


def test_farthest_first_is_within_twice_the_best_cover():
    h = torch.rand(12, 2, generator=chance(5))
    centres = h[:1]

    def radius(rows):
        return float(torch.cdist(h, torch.cat([centres, h[list(rows)]])).amin(1).max())

    best = min(radius(rows) for rows in itertools.combinations(range(12), 3))
    assert radius(active.farthest_first(h, centres, 3).tolist()) <= 2 * best + 1e-6


def test_core_set_takes_duplicates_once():
    rows = active.farthest_first(torch.zeros(5, 2), torch.zeros(1, 2), 5)
    assert sorted(rows.tolist()) == [0, 1, 2, 3, 4]


def test_disagreement_is_mutual_information():
    p = torch.rand(5, 7, 4, generator=chance()).double()
    p = p / p.sum(2, keepdim=True)
    joint = p / 5  # of network and label, for each of 7 images
    independent = joint.sum(0, keepdim=True) * joint.sum(2, keepdim=True)
    mutual = (joint * (joint / independent).log()).sum((0, 2))
    torch.testing.assert_close(active.disagreement(p), mutual)
    assert active.disagreement(p[:1].expand(5, -1, -1)).abs().max() < 1e-12


def test_bald_drops_features_as_a_network_in_training_mode_would(small):
    model, x = small
    found = pick("bald", small, passes=400)
    body, head = last_layer(model)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        dropped = nn.Sequential(nn.Dropout(0.25).train(), head)
        p = torch.stack([dropped(body(x[8:])).softmax(1) for _ in range(400)])
    score = active.disagreement(p)
    assert score[found.rows].mean() > score.sort().values[-12:].mean() * 0.9


def test_ceal_assumes_what_is_sure_and_asks_what_is_not(small):
    model, x = small
    doubt = active.entropy(model(x[8:]).softmax(1)).detach()
    delta = float(doubt.median())
    found = pick("ceal", small, delta=delta)
    assert found.rows.tolist() == pick("uncertainty", small).rows.tolist()
    assert found.assumed.tolist() == (doubt < delta).nonzero().flatten().tolist()


def test_dfal_takes_the_nearest_boundary_of_a_linear_model():
    layers = nn.Sequential(nn.Flatten(), nn.Linear(6, 3)).double().eval()
    x = 0.4 + 0.2 * torch.rand(30, 6, generator=chance(2)).double()
    w, z = layers[1].weight.detach(), layers(x).detach()
    distance = []
    for row in z:
        k = int(row.argmax())
        rivals = [j for j in range(3) if j != k]
        distance.append(min(float((row[k] - row[j]) / (w[k] - w[j]).norm()) for j in rivals))
    found = active.dfal(layers, x, x[:1], 5, generator=chance(), box=False)
    nearest = sorted(range(30), key=distance.__getitem__)[:5]
    assert found.rows.tolist() == nearest
    assert active.dfal_0(layers, x, x[:1], 5, generator=chance(), box=False).twins is None
    assert (layers(found.twins).argmax(1) != z[found.rows].argmax(1)).all()
    length = (found.twins - x[found.rows]).norm(dim=1)
    wanted = torch.tensor([distance[i] for i in nearest]).double()
    torch.testing.assert_close(length, 1.02 * wanted, rtol=1e-3, atol=1e-6)


def test_what_deepfool_cannot_turn_comes_last():
    layers = nn.Sequential(nn.Flatten(), nn.Linear(2, 2)).eval()
    with torch.no_grad():
        layers[1].weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0]]))
        layers[1].bias.copy_(torch.tensor([0.5, 0.0]))
    x = torch.tensor([[0.1, 0.5], [0.49, 0.5], [0.3, 0.5]])
    assert active.dfal_0(layers, x, x, 3, generator=chance()).rows.tolist() == [1, 2, 0]


POOL, LABELS = data.mnist10k("train")
POOL, LABELS = POOL[:400], LABELS[:400]


def learn(name, *, budget=16, subset=40, **options):
    oracle = active.Oracle(LABELS)
    learned = active.active_learning(
        POOL,
        oracle,
        active.STRATEGIES[name],
        budget,
        3,
        train=partial(active.train_until, NETWORKS["softmax"], epochs=8),
        measure=lambda model: 0.5,
        generator=chance(7),
        initial=6,
        subset=subset,
        **options,
    )
    return learned, oracle


@pytest.mark.parametrize("name", active.STRATEGIES)
def test_each_label_is_asked_once_and_counted(name):
    seen = []
    learned, oracle = learn(name, show=seen.append)
    assert oracle.count == 16 == len(learned.queried) == len(set(learned.queried.tolist()))
    assert [r.labels for r in learned.rounds] == [6, 9, 12, 15, 16]
    assert seen == learned.rounds
    assert torch.equal(learned.y, LABELS[learned.queried])
    assert torch.equal(learned.x, POOL[learned.queried])
    if name in PLAIN | {"dfal_0"}:
        assert [r.points for r in learned.rounds] == [r.labels for r in learned.rounds]


def test_dfal_has_two_labelled_points_for_one_annotation():
    learned, oracle = learn("dfal")
    assert [r.points for r in learned.rounds] == [6, 12, 18, 24, 26]
    assert oracle.count == 16
    assert len(learned.twins) == 10
    assert torch.equal(learned.twin_y, learned.y[6:])
    assert float(learned.twins.min()) >= 0
    assert float(learned.twins.max()) <= 1
    assert (learned.twins != learned.x[6:]).flatten(1).any(1).all()


def test_a_longer_run_begins_as_the_shorter_one():
    short, _ = learn("bald", budget=12)
    long, _ = learn("bald", budget=18)
    assert long.queried[:12].tolist() == short.queried.tolist()
    assert long.rounds[:3] == short.rounds


def test_all_strategies_start_from_the_same_labels_and_see_the_same_images():
    seen = {}

    def spy(model, candidates, known, batch, *, generator):
        seen.setdefault("first", candidates)
        return active.random(model, candidates, known, batch, generator=generator)

    starts = [learn(name)[0].queried[:6].tolist() for name in ("margin", "core_set")]
    options = {"train": partial(active.train_until, NETWORKS["softmax"], epochs=1)}
    options |= {"measure": lambda m: 0.0, "initial": 6, "subset": 40}
    first = []
    for budget in (9, 16):
        seen.clear()
        oracle = active.Oracle(LABELS)
        active.active_learning(POOL, oracle, spy, budget, 3, generator=chance(7), **options)
        first.append(seen["first"])
    assert starts[0] == starts[1]
    assert torch.equal(first[0], first[1])


def test_nothing_global_changes():
    state = torch.get_rng_state()
    learn("bald")
    assert torch.equal(state, torch.get_rng_state())


def test_training_stops_when_the_labels_are_known():
    x, y = POOL[:30], LABELS[:30]
    train = partial(active.train_until, NETWORKS["lenet5"], x, y)
    model, again = train(generator=chance(2)), train(generator=chance(2))
    assert (model(x).argmax(1) == y).all()
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)
    )
    assert not any(m.training for m in model.modules())


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"budget": 3}, "budget"),
        ({"budget": 500}, "budget"),
        ({"batch": 0}, "batch"),
        ({"subset": 1}, "subset"),
        ({"pool": POOL + 1}, "pool"),
        (
            {"strategy": lambda m, c, k, b, generator: active.Query(torch.tensor([0, 0]))},
            "strategy",
        ),
    ],
)
def test_bad_arguments_are_named(change, name):
    arguments = {"pool": POOL, "strategy": active.random, "budget": 12, "batch": 2, "subset": 40}
    arguments |= change
    with pytest.raises(ValueError, match=f"^{name}:"):
        active.active_learning(
            oracle=active.Oracle(LABELS),
            train=partial(active.train_until, NETWORKS["softmax"], epochs=1),
            measure=lambda model: 0.0,
            generator=chance(),
            initial=6,
            **arguments,
        )


def test_strategies_refuse_what_they_cannot_use(small):
    model, x = small
    for name, strategy in active.STRATEGIES.items():
        with pytest.raises(ValueError, match=r"^batch:"):
            strategy(model, x[:3], x, 4, generator=chance())
        with pytest.raises(ValueError, match="training mode"):
            strategy(nn.Sequential(nn.Linear(8, 2)).train(), x, x, 1, generator=chance())
        assert name
    with pytest.raises(ValueError, match=r"^model: expected layers"):
        active.egl(
            nn.Sequential(nn.Linear(8, 4), nn.ReLU()).double().eval(), x, x, 1, generator=chance()
        )
    with pytest.raises(ValueError, match=r"^known:"):
        active.core_set(model, x, x[:0], 1, generator=chance())


def test_the_oracle_is_asked_once_for_each_label():
    oracle = active.Oracle(torch.tensor([3, 1, 2]))
    assert oracle(torch.tensor([2, 0])).tolist() == [2, 3]
    for rows in ([0], [1, 1]):
        with pytest.raises(ValueError, match=r"^rows:"):
            oracle(torch.tensor(rows))
    assert oracle.count == 2


def test_protocols_differ_where_the_authors_code_does():
    assert {chosen(name, "fair")[1] for name in active.STRATEGIES} == {300}
    assert {chosen(name, "whole")[1] for name in active.STRATEGIES} == {None}
    assert chosen("margin", "whole") == chosen("margin", "authors")  # the page relies on it
    subsets = {name: chosen(name, "authors")[1] for name in active.STRATEGIES}
    assert subsets["dfal"] == subsets["dfal_0"] == subsets["egl"] == 300
    assert subsets["bald"] == 100
    assert subsets["ceal"] is subsets["uncertainty"] is subsets["core_set"] is None
    assert chosen("egl", "authors")[0] is active.egl_of_mean


def test_running_maximum_never_falls_and_flatters():
    raw = [0.2, 0.5, 0.4, 0.6, 0.55]
    assert active.running_maximum(raw) == [0.2, 0.5, 0.5, 0.6, 0.6]


def test_the_longest_run_is_kept():
    base = {"network": "lenet5", "data": "d", "protocol": "fair", "strategy": "random", "seed": 0}
    base |= {"transfer": "", "transferred": {}}
    moved = {"transfer": "vgg8", "transferred": {"20": 0.4}}
    short = {**base, **moved, "labels": [20], "accuracy": [0.5], "points": [20]}
    long = {**base, "labels": [20, 30], "accuracy": [0.5, 0.6], "points": [20, 30]}
    for runs in ([short, long], [long, short]):
        (curve,) = condense(runs)
        assert curve.labels == (20, 30)
        assert (curve.transfer, curve.transferred) == ("vgg8", {"20": 0.4})


def idx_file(values):
    shape = struct.pack(f">{values.ndim}I", *values.shape)
    return b"\0\0\x08" + bytes([values.ndim]) + shape + values.tobytes()


def test_idx_files_are_read_and_checked():
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    plain = idx_file(values)
    for content in (plain, gzip.compress(plain)):
        assert np.array_equal(data.read_idx(content, "x").numpy(), values)
    for broken in (plain[:-1], plain[:6], b"\0\0\x0d\x01", b""):
        with pytest.raises(data.DataError, match=r"^x:"):
            data.read_idx(broken, "x")


def test_bitmaps_are_read_and_checked(tmp_path):
    def npy(values):
        np.save(tmp_path / "x.npy", values)
        return (tmp_path / "x.npy").read_bytes()

    values = np.arange(3 * 784, dtype=np.uint8).reshape(3, 784)
    assert np.array_equal(data.read_bitmaps(npy(values), "cat").numpy(), values)
    for wrong in (values[:, :5], values.astype(float)):
        with pytest.raises(data.DataError, match=r"^cat:"):
            data.read_bitmaps(npy(wrong), "cat")
    with pytest.raises(data.DataError, match="not an npy file"):
        data.read_bitmaps(b"not numpy", "cat")


def test_published_files_are_verified(tmp_path, monkeypatch):
    from sdl_lib.data import idx
    from sdl_lib.data.published import published

    images = idx_file(np.zeros((2, 28, 28), np.uint8))
    labels = idx_file(np.array([4, 7], np.uint8))
    monkeypatch.setenv("SDL_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match="SDL_DATA"):
        data.mnist70k("test")
    for name, content in zip(idx._NAMES["test"], (images, labels), strict=True):
        (tmp_path / name).write_bytes(gzip.compress(content))
    with pytest.raises(data.DataError, match="sha256"):
        data.mnist70k("test")
    unchecked = {f"{idx._HOME}/{name}": tmp_path / name for name in idx._NAMES["test"]}
    monkeypatch.setattr(idx, "published", lambda url, sha256: unchecked[url].read_bytes())
    x, y = data.mnist70k("test")
    assert x.shape == (2, 1, 28, 28)
    assert y.tolist() == [4, 7]
    monkeypatch.delenv("SDL_DATA")
    monkeypatch.setenv("SDL_CACHE", str(tmp_path))
    home = tmp_path / "served.bin"
    home.write_bytes(b"abc")
    right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert published(home.as_uri(), right) == b"abc"
    assert (tmp_path / "published" / "served.bin").exists()
    with pytest.raises(data.DataError, match="could not be downloaded"):
        published((tmp_path / "none.bin").as_uri(), right)
