"""Defences and their evaluation: laws, closed forms, other libraries, and the page's claims."""

import copy
import time

import pytest
import scipy.ndimage
import torch
import torchattacks
from torch import nn

from sdl_lib.attacks import fgsm, pgd, square_attack
from sdl_lib.attacks.verdict import depth
from sdl_lib.data import mnist10k, passports
from sdl_lib.defences import (
    ATTACKS,
    HARDENED,
    Transformed,
    adversarial_training,
    bit_depth,
    distillation,
    evaluate_robustness,
    hardened,
    median_smoothing,
    random_resize,
    shipped,
    trades,
)
from sdl_lib.defences.trades import most_divergent
from sdl_lib.training import accuracy, predict


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def textbook_pgd(model, x, y, eps, steps=40):
    x_adv = x.clone()
    for _ in range(steps):
        inputs = x_adv.clone().requires_grad_()
        loss = nn.functional.cross_entropy(model(inputs), y)
        (g,) = torch.autograd.grad(loss, inputs)
        moved = x_adv + 2.5 * eps / steps * g.sign()
        x_adv = moved.clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


class Scaled(nn.Module):
    def __init__(self, model, by=1000.0):
        super().__init__()
        self.model, self.by = model, by

    def forward(self, x):
        return self.by * self.model(x)


class Counting(nn.Module):
    """Counts the pictures that it is asked about."""

    def __init__(self, model):
        super().__init__()
        self.model, self.asked = model, 0

    def forward(self, x):
        self.asked += len(x)
        assert not torch.is_grad_enabled()
        return self.model(x)


# --- Square


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.2), ("l2", 2.5)])
def test_square_stays_in_ball_and_box_and_says_who_is_fooled(lenet, digits, norm, eps):
    x, y = digits[0][:48], digits[1][:48]
    given = x.clone()
    found = square_attack(lenet, x, y, eps=eps, norm=norm, queries=120)
    change = (found.x_adv - x).flatten(1)
    size = change.abs().amax(1) if norm == "linf" else change.norm(dim=1)
    assert float(size.max()) <= eps + 1e-5
    assert found.x_adv.aminmax()[0] >= 0
    assert found.x_adv.aminmax()[1] <= 1
    assert torch.equal(predict(lenet, found.x_adv, batch_size=1).argmax(1) != y, found.success)
    assert 0 < int(found.success.sum()) < 48
    assert torch.equal(x, given)
    # a failure is not the original: it is the nearest to a success
    stood = ~found.success
    before = depth(predict(lenet, x[stood]), y[stood])
    assert (depth(predict(lenet, found.x_adv[stood]), y[stood]) >= before).double().mean() > 0.9


def test_square_asks_no_more_than_it_says_and_for_no_gradient(lenet, digits):
    model = Counting(lenet).eval()
    x, y = digits[0][:40], digits[1][:40]
    found = square_attack(model, x, y, eps=0.2, queries=60)
    assert model.asked == int(found.queries.sum())
    assert int(found.queries.max()) == 60
    assert bool((found.queries[~found.success] == 60).all())


def test_square_spends_one_query_on_what_is_wrong_already(lenet, digits):
    x, y = digits[0][:8], digits[1][:8]
    found = square_attack(lenet, x, (y + 1) % 10, eps=0.1, queries=30)
    assert bool(found.success.all())
    assert found.queries.tolist() == [1] * 8
    assert torch.equal(found.x_adv, x)


def test_square_reaches_a_target_and_repeats_itself(lenet, digits):
    x, y = digits[0][:24], digits[1][:24]
    aim = (y + 1) % 10
    first, again = (square_attack(lenet, x, y, eps=0.3, queries=100, target=aim) for _ in range(2))
    assert torch.equal(first.x_adv, again.x_adv)
    assert torch.equal(predict(lenet, first.x_adv).argmax(1) == aim, first.success)
    assert bool(first.success.any())
    other = square_attack(lenet, x, y, eps=0.3, queries=100, target=aim, generator=seeded(1))
    assert not torch.equal(first.x_adv, other.x_adv)


def test_square_solves_a_linear_problem(digits):
    """One weight decides: the least margin in the ball is known, and the search finds it."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).requires_grad_(False).eval()
    model[1].weight.copy_(torch.stack([torch.ones(16), -torch.ones(16)]))
    model[1].bias.zero_()
    x = torch.full((5, 1, 4, 4), 0.5)
    y = torch.zeros(5, dtype=torch.int64)
    found = square_attack(model, x, y, eps=0.1, queries=400)
    assert not bool(found.success.any())
    torch.testing.assert_close(found.x_adv, torch.full_like(x, 0.4))


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_square_is_at_least_as_strong_as_torchattacks_at_equal_queries(lenet, digits, norm):
    x, y = digits[0][:64], digits[1][:64]
    eps, queries = {"linf": 0.15, "l2": 2.0}[norm], 150
    ours, theirs, times = 0.0, 0.0, [0.0, 0.0]
    for seed in range(3):
        begin = time.thread_time()
        found = square_attack(
            lenet, x, y, eps=eps, norm=norm, queries=queries, generator=seeded(seed)
        )
        middle = time.thread_time()
        torch.manual_seed(seed)
        attack = torchattacks.Square(lenet, norm=norm.capitalize(), eps=eps, n_queries=queries)
        other = attack(x, y)
        times = [times[0] + middle - begin, times[1] + time.thread_time() - middle]
        ours += accuracy(lenet, found.x_adv, y) / 3
        theirs += accuracy(lenet, other, y) / 3
    print(f"{norm}: ours {ours:.3f}, torchattacks {theirs:.3f}; seconds {times}")
    # 192 runs each: in l2 the two are equal up to chance, in linf ours is the stronger
    assert ours <= theirs + {"linf": 0.0, "l2": 0.03}[norm]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"eps": -1}, "eps"),
        ({"norm": "l1"}, "norm"),
        ({"queries": 0}, "queries"),
        ({"share": 0.0}, "share"),
        ({"x": torch.rand(4, 784)}, "x"),
        ({"x": torch.full((4, 1, 28, 28), 2.0)}, "x"),
        ({"y": torch.zeros(3, dtype=torch.int64)}, "y"),
        ({"model": nn.Flatten().train()}, "model"),
    ],
)
def test_square_names_a_bad_argument(lenet, digits, change, name):
    arguments = {"model": lenet, "x": digits[0][:4], "y": digits[1][:4], "eps": 0.1} | change
    model, x, y = (arguments.pop(k) for k in ("model", "x", "y"))
    with pytest.raises(ValueError, match=f"^{name}"):
        square_attack(model, x, y, **arguments)


# --- training


@pytest.mark.parametrize("train", [adversarial_training, trades, distillation])
def test_training_returns_a_copy_and_repeats_itself(lenet, train):
    x, y = (part[:96] for part in mnist10k("train"))
    before = copy.deepcopy(lenet.state_dict())
    options = {"epochs": 1} | ({} if train is distillation else {"eps": 0.1, "steps": 2})
    state = torch.get_rng_state()
    one, two = (train(lenet, x, y, **options) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in lenet.state_dict().items():
        assert torch.equal(value, before[name])
    for a, b, c in zip(one.parameters(), two.parameters(), lenet.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)
        assert not a.requires_grad
        assert a.grad is None
        assert c.grad is None
    assert not one.training


def gained(train, lenet, digits, seed):
    """Robust accuracy won, in three epochs on a thousand digits with two steps of attack."""
    x, y = (part[:1000] for part in mnist10k("train"))
    harder = train(lenet, x, y, eps=0.2, epochs=3, steps=2, generator=seeded(seed))
    before, after = (
        accuracy(model, pgd(model, *digits, eps=0.2), digits[1]) for model in (lenet, harder)
    )
    return after - before


@pytest.mark.parametrize("seed", range(3))
def test_adversarial_training_hardens(lenet, digits, seed):
    assert gained(adversarial_training, lenet, digits, seed) >= 0.1


def test_trades_hardens_and_its_inner_search_ascends(lenet, digits):
    assert gained(trades, lenet, digits, 0) >= 0.1
    few, labels = digits[0][:16], digits[1][:16]
    own = predict(lenet, few).log_softmax(1)

    def divergence(z):
        there = predict(lenet, z).log_softmax(1)
        return (own.exp() * (own - there)).sum(1)

    start = most_divergent(lenet, few, labels, 0.1, 0, seeded(0))
    end = most_divergent(lenet, few, labels, 0.1, 10, seeded(0))
    assert bool((divergence(end) > divergence(start)).all())
    assert float((end - few).abs().max()) <= 0.1 + 1e-6


def test_distillation_enlarges_the_logits(lenet, digits):
    x, y = (part[:1000] for part in mnist10k("train"))
    student = distillation(lenet, x, y, temperature=20, epochs=2)
    ratio = predict(student, digits[0]).std() / predict(lenet, digits[0]).std()
    assert float(ratio) > 2


@pytest.mark.parametrize(
    ("train", "change", "name"),
    [
        (adversarial_training, {"eps": -0.1}, "eps"),
        (adversarial_training, {"eps": 0.1, "steps": 0}, "steps"),
        (adversarial_training, {"eps": 0.1, "epochs": 0}, "epochs"),
        (trades, {"eps": 0.1, "beta": -1}, "beta"),
        (distillation, {"temperature": 0.5}, "temperature"),
        (distillation, {"batch_size": 0}, "batch_size"),
    ],
)
def test_training_names_a_bad_argument(lenet, digits, train, change, name):
    with pytest.raises(ValueError, match=f"^{name}"):
        train(lenet, *digits, **change)
    with pytest.raises(ValueError, match=r"^x"):
        train(lenet, digits[0] + 1, digits[1], **({} if train is distillation else {"eps": 0.1}))


# --- transformations


def test_bit_depth_has_so_many_greys_and_is_idempotent(digits):
    x = digits[0]
    coarse = bit_depth(x, bits=2)
    assert len(coarse.unique()) <= 4
    torch.testing.assert_close(bit_depth(coarse, bits=2), coarse)
    assert float((coarse - x).abs().max()) <= 1 / 6 + 1e-6


@pytest.mark.parametrize("size", [1, 3, 5])
def test_median_equals_scipy(digits, size):
    x = digits[0][:3]
    expected = [scipy.ndimage.median_filter(p[0].numpy(), size, mode="mirror") for p in x]
    got = median_smoothing(x, size=size)
    torch.testing.assert_close(got, torch.stack([torch.tensor(p)[None] for p in expected]))


def test_random_resize_keeps_shape_and_range_and_follows_its_generator(digits):
    x = digits[0][:4]
    source = seeded(3)
    first, second = (random_resize(x, generator=source) for _ in range(2))
    assert first.shape == x.shape
    assert not torch.equal(first, second)
    assert torch.equal(first, random_resize(x, generator=seeded(3)))
    assert first.min() >= 0
    assert first.max() <= 1
    torch.testing.assert_close(random_resize(x, smallest=1.0), x)


def test_straight_through_answers_the_same_and_has_a_gradient(lenet, digits):
    x = digits[0][:4]
    plain = Transformed(lenet, bit_depth)
    through = Transformed(lenet, bit_depth, straight_through=True)
    torch.testing.assert_close(predict(plain, x), predict(through, x))
    for model, some in ((plain, False), (through, True)):
        inputs = x.clone().requires_grad_()
        (g,) = torch.autograd.grad(model(inputs).sum(), inputs)
        assert bool(g.any()) is some


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: bit_depth(x, bits=0), "bits"),
        (lambda x: bit_depth(x + 1), "x"),
        (lambda x: median_smoothing(x, size=2), "size"),
        (lambda x: median_smoothing(x.flatten(1)), "x"),
        (lambda x: random_resize(x, smallest=0.0), "smallest"),
        (lambda x: random_resize(x.flatten(1)), "x"),
    ],
)
def test_transformations_name_a_bad_argument(digits, call, name):
    with pytest.raises(ValueError, match=f"^{name}"):
        call(digits[0][:2])


# --- evaluation


def test_evaluation_accounts_for_every_example(lenet, digits):
    x, y = digits[0][:64], digits[1][:64]
    found = evaluate_robustness(lenet, x, y, eps=0.08, steps=10, rivals=3, queries=60)
    assert found.clean == accuracy(lenet, x, y)
    assert list(found.left) == list(ATTACKS)
    values = [found.clean, *found.left.values()]
    assert values == sorted(values, reverse=True)
    assert values[-1] == found.robust == found.broken_by.count("") / 64
    assert float((found.weakest - x).abs().max()) <= 0.08 + 1e-6
    lead = -depth(predict(lenet, found.weakest), y)
    torch.testing.assert_close(lead, found.lead, rtol=1e-4, atol=1e-4)
    assert bool((lead <= -depth(predict(lenet, x), y) + 1e-4).all())
    wrong = torch.tensor([by != "" for by in found.broken_by])
    assert torch.equal(wrong, lead < 0)
    assert 0 < found.robust < found.clean


def test_evaluation_is_not_deceived_by_the_scale(lenet, digits):
    x, y = digits[0][:64], digits[1][:64]
    options = {"eps": 0.2, "steps": 20, "attacks": ("apgd-dlr",), "rivals": 3}
    plain = evaluate_robustness(lenet, x, y, **options)
    scaled = evaluate_robustness(Scaled(lenet).eval(), x, y, **options)
    assert abs(plain.robust - scaled.robust) <= 0.02


def test_evaluation_goes_round_a_rounding(lenet, digits):
    x, y = digits[0][:48], digits[1][:48]
    rounded = Transformed(lenet, bit_depth)
    stand_in = Transformed(lenet, bit_depth, straight_through=True)
    options = {"eps": 0.2, "steps": 20, "attacks": ("apgd-ce",)}
    plain = evaluate_robustness(rounded, x, y, **options)
    adaptive = evaluate_robustness(rounded, x, y, through=stand_in, **options)
    assert adaptive.robust <= 0.2 <= 0.6 <= plain.robust


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"eps": -1}, "eps"),
        ({"norm": "l1"}, "norm"),
        ({"attacks": ("magic",)}, "attacks"),
        ({"steps": 0}, "steps"),
        ({"x": torch.zeros(0, 1, 28, 28), "y": torch.zeros(0, dtype=torch.int64)}, "x"),
    ],
)
def test_evaluation_names_a_bad_argument(lenet, digits, change, name):
    arguments = {"x": digits[0][:4], "y": digits[1][:4], "eps": 0.1} | change
    x, y = arguments.pop("x"), arguments.pop("y")
    with pytest.raises(ValueError, match=f"^{name}"):
        evaluate_robustness(lenet, x, y, **arguments)


# --- the page's claims


@pytest.mark.parametrize("name", HARDENED)
def test_shipped_weights_have_a_passport_that_is_true(name):
    passport = passports.read(shipped._FOLDER / f"{name}.toml")
    x, y = mnist10k("test")
    assert f"digits: {accuracy(hardened(name), x, y):.4f}" in passport.made
    with pytest.raises(ValueError, match=r"^name"):
        hardened("lenet6")


@pytest.mark.parametrize("start", [0, 400, 800])
def test_scaled_logits_fake_and_the_margin_sees(lenet, start):
    x, y = (part[start : start + 100] for part in mnist10k("test"))
    scaled = Scaled(lenet).eval()
    assert accuracy(scaled, textbook_pgd(scaled, x, y, 0.2), y) > 0.88
    found = evaluate_robustness(scaled, x, y, eps=0.2, attacks=("apgd-dlr",), steps=20)
    assert found.robust < 0.05


@pytest.mark.parametrize("start", [0, 400, 800])
def test_hardened_networks_hold_where_the_plain_one_falls(lenet, start):
    x, y = (part[start : start + 100] for part in mnist10k("test"))
    assert accuracy(lenet, pgd(lenet, x, y, eps=0.2), y) < 0.05
    for name in ("lenet5-adversarial", "lenet5-trades"):
        model = hardened(name)
        assert accuracy(model, pgd(model, x, y, eps=0.2), y) > 0.6
    student = hardened("lenet5-distilled")
    found = evaluate_robustness(student, x, y, eps=0.2, attacks=("apgd-dlr",), steps=20)
    assert found.robust < 0.05 < 0.5 < accuracy(student, textbook_pgd(student, x, y, 0.2), y)


def test_fgsm_alone_overrates(lenet, digits):
    model = hardened("lenet5-adversarial")
    once = accuracy(model, fgsm(model, *digits, eps=0.3), digits[1])
    assert once > accuracy(model, pgd(model, *digits, eps=0.3), digits[1])
