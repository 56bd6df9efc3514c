"""Cycle consistency: its terms and its loop, its blind spot, and what the shipped runs do."""

import copy
import math
from itertools import permutations, product

import pytest
import torch
from scipy.ndimage import grey_dilation
from torch import nn

from sdl_lib.data import (
    INKS,
    negatives,
    photograph,
    poster,
    thicken,
    unpaired_digits,
    unpaired_posters,
)
from sdl_lib.gan import (
    cycle_error,
    cycle_networks,
    cycle_terms,
    generator_loss,
    pairing_error,
    train_cycle,
)
from sdl_lib.models import PatchJudge, PictureTranslator, cycle_names, load


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def pictures(n=4, channels=1, side=16, seed=0):
    return torch.rand(n, channels, side, side, generator=seeded(seed))


# the errors


def test_a_map_and_its_inverse_have_no_cycle_error():
    x = noise(50, 3)
    a = noise(3, 3, seed=1)
    error = cycle_error(lambda v: v @ a + 1, lambda v: (v - 1) @ torch.linalg.inv(a), x)
    assert error.item() == pytest.approx(0, abs=1e-12)
    assert pairing_error(lambda v: v @ a, x, x @ a).item() == 0


def test_errors_are_mean_absolute_differences():
    x, y = noise(5, 2), noise(5, 2, seed=1)
    assert pairing_error(torch.sin, x, y).item() == pytest.approx((x.sin() - y).abs().mean().item())
    assert cycle_error(torch.sin, torch.exp, x).item() == pytest.approx(
        (x.sin().exp() - x).abs().mean().item()
    )


@pytest.mark.parametrize("angle", [0.3, 1.5, math.pi])
def test_rotations_of_a_round_gaussian_are_wrong_by_their_closed_form(angle):
    x = noise(200_000, 2)
    c, s = math.cos(angle), math.sin(angle)
    turn = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    assert cycle_error(lambda v: v @ turn, lambda v: v @ turn.T, x) < 1e-12
    expected = 2 * math.sin(angle / 2) * math.sqrt(2 / math.pi)
    assert pairing_error(lambda v: v @ turn, x, x).item() == pytest.approx(expected, rel=0.01)
    assert (x @ turn).T.cov() == pytest.approx(torch.eye(2).double(), abs=0.02)


@pytest.mark.parametrize("n", [2, 3])
def test_cycle_consistency_leaves_all_permutations_and_pairs_name_one(n):
    places = range(n)
    maps = list(product(places, repeat=n))
    exact = [
        g
        for g in maps
        for f in maps
        if all(f[g[i]] == i for i in places) and all(g[f[i]] == i for i in places)
    ]
    assert sorted(exact) == sorted(permutations(places))
    for told in places:
        left = [g for g in exact if g[:told] == tuple(range(told))]
        assert len(left) == math.factorial(n - told)


def test_a_translator_that_ignores_its_input_cannot_come_back():
    x = pictures(400)
    floor = (x - x.median(0).values).abs().mean()
    drawn = x[torch.randperm(400, generator=seeded(1))]  # the right law, and no input
    for back in (lambda v: v, lambda v: 0.3 * v + 0.2, lambda v: v.mean(0, keepdim=True) + 0 * v):
        assert (back(drawn) - x).abs().mean() >= floor


# the terms


def test_terms_are_what_they_say():
    x, y = pictures(), pictures(6, seed=1)
    pair, judge_x, judge_y = cycle_networks(seed=0)
    there, back = pair.there, pair.back
    terms = cycle_terms(there, back, judge_x, judge_y, x, y, loss="non-saturating")
    judged = [judge_y(there(x)).flatten(), judge_x(back(y)).flatten()]
    expected = sum(generator_loss(v, kind="non-saturating") for v in judged)
    torch.testing.assert_close(terms.adversarial, expected, atol=1e-4, rtol=1e-4)
    around = cycle_error(there, back, x) + cycle_error(back, there, y)
    torch.testing.assert_close(terms.cycle, around)
    torch.testing.assert_close(
        terms.identity, pairing_error(back, x, x) + pairing_error(there, y, y)
    )
    free = cycle_terms(there, back, judge_x, judge_y, x, y, identity=False)
    assert free.identity == 0


def test_the_cycle_term_alone_learns_an_inverse():
    x = pictures(64)
    nets = [nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1)]
    with torch.no_grad():
        nets[0].weight.fill_(0.8), nets[0].bias.fill_(0.3)
        nets[1].weight.fill_(0.8), nets[1].bias.fill_(0.0)
    start = cycle_error(*nets, x).item()
    mute = [nn.Conv2d(1, 1, 1).requires_grad_(False) for _ in range(2)]
    for judge in mute:
        nn.init.zeros_(judge.weight)
        judge.bias.requires_grad_()  # an optimiser needs something to move
    train_cycle(*nets, *mute, x, x, steps=120, lr=0.01, loss="wasserstein")
    assert cycle_error(*nets, x).item() < start / 5


# the loop


def play(steps=3, seed=0, **options):
    pair, *judges = cycle_networks(seed=seed, width=4)
    x, y = pictures(20), 1 - pictures(20, seed=1)
    options = {"steps": steps, "batch_size": 4, **options}
    history = train_cycle(pair.there, pair.back, *judges, x, y, **options)
    return pair, judges, history


def test_training_repeats_itself_and_leaves_the_world_as_it_was():
    state = torch.get_rng_state()
    first, judges, history = play(identity_weight=1.0)
    again, _, _ = play(identity_weight=1.0)
    assert torch.equal(state, torch.get_rng_state())
    for a, b in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.grad is None
    nets = (first.there, first.back, *judges)
    assert not any(m.training for net in nets for m in net.modules())
    assert len(history.judged) == len(history.adversarial) == len(history.cycle) == 3


def test_no_steps_change_nothing_and_watch_sees_the_last():
    pair, _, history = play(steps=0)
    fresh = cycle_networks(seed=0, width=4)[0]
    for a, b in zip(pair.parameters(), fresh.parameters(), strict=True):
        assert torch.equal(a, b)
    assert history.judged == []
    _, _, history = play(watch=lambda there, back, step: there.training, every=2)
    assert history.seen == [(2, False), (3, False)]


def test_pairs_are_learnt():
    x = pictures(8)
    pair, *judges = cycle_networks(seed=0)
    before = copy.deepcopy(pair)
    train_cycle(
        pair.there, pair.back, *judges, x, x, steps=40, batch_size=4, lr=5e-3,
        cycle_weight=0.0, pairs=(x[:4], 1 - x[:4]), pair_weight=100.0,
    )  # fmt: skip
    with torch.no_grad():
        start, end = (float(pairing_error(p.there, x[:4], 1 - x[:4])) for p in (before, pair))
    assert end < 0.7 * start


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"steps": -1}, "steps"),
        ({"batch_size": 0}, "batch_size"),
        ({"cycle_weight": -1.0}, "cycle_weight"),
        ({"identity_weight": float("nan")}, "identity_weight"),
        ({"loss": "squares"}, "loss"),
        ({"pairs": (pictures(2), pictures(3))}, "pairs"),
        ({"every": 0}, "every"),
    ],
)
def test_training_refuses(options, said):
    with pytest.raises(ValueError, match=said):
        play(**{"steps": 1, **options})


def test_errors_refuse_what_does_not_fit():
    x = pictures()
    with pytest.raises(ValueError, match="backward"):
        cycle_error(lambda v: v, lambda v: v[:1], x)
    with pytest.raises(ValueError, match=r"forward\(x\)"):
        pairing_error(lambda v: v[:, :, :4], x, x)
    with pytest.raises(ValueError, match="y"):
        pairing_error(lambda v: v, x, torch.ones(3))


# networks and data


@pytest.mark.parametrize("channels", [1, 3])
def test_networks_see_as_much_as_they_say(channels):
    torch.manual_seed(0)
    translate, judge = PictureTranslator(channels, 4), PatchJudge(channels, 4).eval()
    x = pictures(1, channels, 32).requires_grad_()
    drawn = translate(x)
    assert drawn.shape == x.shape
    assert 0 <= drawn.min() <= drawn.max() <= 1
    (slope,) = torch.autograd.grad(drawn[0, 0, 16, 16], x)
    rows = slope[0].abs().sum((0, 2)).nonzero().flatten()
    assert (rows[0].item(), rows[-1].item()) == (12, 20)
    assert judge(x).shape == (1, 1, 8, 8)
    (slope,) = torch.autograd.grad(judge(x)[0, 0, 4, 4], x)
    assert 0 < (slope != 0).double().mean() < 0.6


def test_thick_digits_are_a_dilation_and_know_no_polarity():
    x = pictures(4)
    light, dark = torch.zeros(4).bool(), torch.ones(4).bool()
    expected = grey_dilation(x.numpy(), size=(1, 1, 3, 3), mode="constant", cval=0)
    torch.testing.assert_close(thicken(x, light), torch.from_numpy(expected))
    torch.testing.assert_close(thicken(1 - x, dark), 1 - thicken(x, light))
    assert torch.equal(negatives(x, light), x)


def test_domains_of_digits_are_symmetric_and_unpaired():
    sets = unpaired_digits()
    assert sets.x.shape == sets.y.shape == (4000, 1, 16, 16)
    assert sets.truth.shape == sets.x_test.shape == (1000, 1, 16, 16)
    corner = sets.x[:, 0, 0, 0].round()
    assert corner.mean().item() == pytest.approx(0.5, abs=0.03)
    assert torch.equal(corner, sets.partners[:, 0, 0, 0].round())
    again = unpaired_digits(generator=seeded(0))
    assert torch.equal(sets.y, again.y)
    assert not torch.equal(sets.x, unpaired_digits(generator=seeded(1)).x)


def test_posters_have_four_inks_and_forget_colour():
    sets = unpaired_posters(50)
    inks = torch.tensor(INKS)
    for prints in (sets.y, sets.truth, sets.partners):
        pixels = prints.permute(0, 2, 3, 1).reshape(-1, 1, 3)
        assert float((pixels - inks).abs().sum(2).amin(1).max()) < 1e-6
    red, green = torch.tensor([0.587, 0, 0]), torch.tensor([0, 0.299, 0])
    flat = torch.stack([v.view(3, 1, 1).expand(3, 9, 9) for v in (red, green)])
    assert torch.equal(*poster(flat))
    photo = photograph("cat", 96)[0]
    sides = photo.unfold(1, 24, 1).unfold(2, 24, 1)[:, :, :25].flatten(1, 2).transpose(0, 1)
    assert all(bool((sides == patch).flatten(1).all(1).any()) for patch in _of(sets.x, photo))


def _of(patches, photo):
    """Those patches whose first pixel occurs in the photograph, up to three."""
    seen = {tuple(v.tolist()) for v in photo.flatten(1).T}
    return [p for p in patches if all(tuple(v.tolist()) in seen for v in p.flatten(1).T)][:3]


@pytest.mark.parametrize("x", [torch.rand(2, 1, 8, 8), torch.rand(3, 8, 8)])
def test_posters_need_colour(x):
    with pytest.raises(ValueError, match="colour"):
        poster(x)


def test_runs_have_names():
    assert cycle_names("pairs") == ["pairs 0", "pairs 1", "pairs 2"]
    assert len(cycle_names()) == len(load("cycle-digits")) == 14
    with pytest.raises(ValueError, match="kind"):
        cycle_names("triples")


# what the shipped runs show


@pytest.fixture(scope="module")
def runs():
    digits, sets = load("cycle-digits"), unpaired_digits()
    found = {}
    for name in cycle_names():
        pair = digits[name]
        found[name] = (
            float(cycle_error(pair.there, pair.back, sets.x_test)),
            float(pairing_error(pair.there, sets.x_test, sets.truth)),
            float(pairing_error(pair.there, sets.x_test, 1 - sets.truth)),
        )
    return found


def test_cycle_consistency_does_not_say_which_negative_is_whose(runs):
    plain = [runs[name] for name in cycle_names("plain")]
    assert max(cycle for cycle, _, _ in plain) < 0.12
    assert all(min(right, flipped) < 0.2 for _, right, flipped in plain)
    wrong = [right > 0.7 for _, right, _ in plain]
    assert 0 < sum(wrong) < len(wrong)


@pytest.mark.parametrize("kind", ["identity", "pairs"])
def test_an_identity_term_or_a_few_pairs_settle_it(runs, kind):
    assert max(runs[name][1] for name in cycle_names(kind)) < 0.2


def test_without_the_cycle_term_the_two_need_not_agree(runs):
    free, plain = ([runs[name][0] for name in cycle_names(k)] for k in ("no cycle", "plain"))
    assert sum(free) / len(free) > 2 * max(plain)


def test_without_the_cycle_term_a_translator_may_forget_the_polarity():
    digits, sets = load("cycle-digits"), unpaired_digits()

    def share(kind):
        pairs = [digits[name] for name in cycle_names(kind)]
        drawn = [v for p in pairs for v in (p.there(sets.x_test), p.back(sets.truth))]
        return [float((v[:, 0, 0, 0] > 0.5).double().mean()) for v in drawn]

    assert all(0.4 < s < 0.6 for s in share("plain"))
    assert sum(s < 0.05 or s > 0.95 for s in share("no cycle")) >= 2


def test_a_poster_carries_what_its_inks_cannot():
    pair, x = load("cycle-posters"), torch.cat([photograph(n, 96) for n in ("temple", "cat")])
    grey = (x * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(1, keepdim=True)
    grey = grey.expand(-1, 3, -1, -1)
    assert torch.equal(poster(grey), poster(x))
    own, other, true = (
        float((pair.back(v) - x).abs().mean()) for v in (pair.there(x), pair.there(grey), poster(x))
    )
    assert other > 1.5 * own
    assert true > 1.5 * own
    assert pairing_error(pair.there, x[:1], poster(x[:1])) < 0.1
