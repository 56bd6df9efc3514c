"""Searches for the nearest success, and ascents that choose their step: laws and closed forms."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize
from torch import nn

from sdl_lib.attacks import (
    apgd,
    carlini_wagner,
    ddn,
    deepfool,
    fab,
    fgsm,
    fooled,
    mifgsm,
    pgd,
    prepare,
    super_deepfool,
)
from sdl_lib.attacks.geometry import dual_length, length, onto_plane, project, unit
from sdl_lib.attacks.losses import loss_and_slope
from sdl_lib.attacks.verdict import depth, shorten
from sdl_lib.models import MLP, load
from sdl_lib.training import accuracy, fit, predict

SEARCHES = {
    "deepfool": deepfool,
    "deepfool-linf": lambda *a, **k: deepfool(*a, norm="linf", **k),
    "super_deepfool": lambda *a, **k: super_deepfool(*a, steps=2, **k),
    "ddn": lambda *a, **k: ddn(*a, steps=40, **k),
    "cw-tanh": lambda *a, **k: carlini_wagner(*a, steps=60, searches=3, **k),
    "cw-clip": lambda *a, **k: carlini_wagner(*a, steps=60, searches=3, box="clip", **k),
    "fab-l2": lambda *a, **k: fab(*a, norm="l2", steps=6, candidates=3, **k),
    "fab-linf": lambda *a, **k: fab(*a, norm="linf", steps=6, candidates=3, **k),
    "fab-l1": lambda *a, **k: fab(*a, norm="l1", steps=10, candidates=3, **k),
    "apgd": lambda *a, **k: apgd(*a, eps=0.3, steps=20, **k),
    "apgd-l2": lambda *a, **k: apgd(*a, eps=3, norm="l2", loss="dlr", steps=20, **k),
}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


class Lowered(nn.Module):
    def __init__(self, model, by=100.0):
        super().__init__()
        self.model, self.by = model, by

    def forward(self, x):
        return self.model(x) - self.by


def affine(seed, pixels=12, classes=4):
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(pixels, classes).double().requires_grad_(False)
    layer.weight.copy_(torch.randn(classes, pixels, generator=generator))
    layer.bias.copy_(0.1 * torch.randn(classes, generator=generator) - layer.weight.sum(1) / 2)
    return layer.eval()


def distances(x_adv, x, norm="l2"):
    return length(x_adv - x, norm).flatten()


# Masks, boxes, and the faults of other libraries


@every_search
def test_a_success_is_one_for_every_batch_size(lenet, digits, search):
    x, y = digits[0][:24], digits[1][:24]
    x_adv, success = search(lenet, x, y)
    assert success.float().mean() > 0.8
    for size in (1, 7, 24):
        wrong = predict(lenet, x_adv, batch_size=size).argmax(1) != y
        assert wrong[success].all()
    assert 0 <= float(x_adv.min()) <= float(x_adv.max()) <= 1
    assert torch.equal(fooled(lenet, x_adv, y)[success], success[success])


@every_search
def test_a_target_is_reached_where_the_mask_says_so(lenet, digits, search):
    x, y = digits[0][:12], digits[1][:12]
    target = (y + 1) % 10
    x_adv, success = search(lenet, x, y, target=target)
    assert success.any()
    assert (predict(lenet, x_adv, batch_size=1).argmax(1) == target)[success].all()


@every_search
def test_a_constant_added_to_all_logits_changes_nothing(lenet, digits, search):
    x, y = digits[0][:12], digits[1][:12]
    plain, low = search(lenet, x, y), search(Lowered(lenet).eval(), x, y)
    assert low.success.sum() >= plain.success.sum() - 1
    near, far = (distances(r.x_adv, x)[plain.success & low.success] for r in (plain, low))
    torch.testing.assert_close(near.mean(), far.mean(), rtol=0.05, atol=0)


@pytest.mark.parametrize("gap", [1.0, 100.0])  # over the least of all numbers: 100 is infinite
@pytest.mark.parametrize("slope", [0.0, 1e-37])
@pytest.mark.parametrize("name", sorted(set(SEARCHES) - {"apgd", "apgd-l2"}))
def test_a_failure_is_the_original_and_no_success(digits, name, slope, gap):
    class Constant(nn.Module):
        def forward(self, x):
            return x.flatten(1)[:, :10] * slope + gap * torch.arange(10.0)

    x = digits[0][:4]
    y = torch.tensor([9, 9, 0, 9])  # the third is wrong without any attack
    x_adv, success = SEARCHES[name](Constant().eval(), x, y)
    assert torch.equal(x_adv, x)
    assert success.tolist() == [False, False, True, False]


def test_in_the_open_a_way_may_end_where_the_model_has_no_answer(lenet, digits):
    class Explosive(nn.Module):
        def forward(self, x):
            z = lenet(x.clamp(0, 1))
            return z / (x.abs().amax((1, 2, 3)) < 1.5).unsqueeze(1)  # no number outside

    x, y = digits[0][:16], digits[1][:16]
    x_adv, success = deepfool(Explosive().eval(), x, y, box=False, steps=20)
    assert 0 < success.sum() < len(x)
    assert torch.equal(x_adv[~success], x[~success])
    assert (predict(lenet, x_adv).argmax(1) != y)[success].all()


@every_search
def test_black_and_white_images_can_be_attacked(lenet, search):
    x = torch.cat([torch.zeros(1, 1, 28, 28), torch.ones(1, 1, 28, 28)])
    y = predict(lenet, x).argmax(1)
    x_adv, success = search(lenet, x, y)
    assert (predict(lenet, x_adv).argmax(1) != y)[success].all()
    assert torch.equal(x_adv.aminmax().min.clamp(0, 1), x_adv.aminmax().min)


@pytest.mark.parametrize("name", ["deepfool", "deepfool-linf", "ddn", "cw-tanh", "apgd-l2"])
def test_an_example_does_not_depend_on_its_batch(lenet, digits, name):
    x, y = digits[0][:10].double(), digits[1][:10]
    model = copy.deepcopy(lenet).double()
    chance = {"generator": torch.Generator().manual_seed(0)} if "apgd" in name else {}
    together = SEARCHES[name](model, x, y, **chance)
    if chance:  # its start is drawn for the batch: the first example is the same
        chance = {"generator": torch.Generator().manual_seed(0)}
    alone = SEARCHES[name](model, x[:1], y[:1], **chance)
    torch.testing.assert_close(together.x_adv[:1], alone.x_adv, rtol=0, atol=1e-6)


@every_search
def test_an_example_that_is_wrong_already_stays(lenet, digits, search):
    x, y = digits[0][:6], (digits[1][:6] + 1) % 10
    if search in (SEARCHES["apgd"], SEARCHES["apgd-l2"]):
        assert search(lenet, x, y).success.all()
        return
    x_adv, success = search(lenet, x, y)
    assert success.all()
    torch.testing.assert_close(x_adv, x, rtol=0, atol=0)


# Closed forms


@given(st.integers(0, 500), st.sampled_from(["l2", "linf"]))
def test_deepfool_is_exact_on_affine_models(seed, norm):
    model = affine(seed)
    x = 0.45 + 0.1 * torch.rand(6, 12, generator=torch.Generator().manual_seed(seed)).double()
    y = model(x).argmax(1)
    x_adv, success = deepfool(model, x, y, norm=norm, box=False, overshoot=1e-4)
    assert success.all()
    w = model.weight - model.weight[y][:, None]
    size = w.norm(dim=2) if norm == "l2" else w.abs().sum(2)
    rho = (model(x).gather(1, y[:, None]) - model(x)) / size
    rho[torch.arange(6), y] = torch.inf
    assert (distances(x_adv, x, norm) / (1 + 1e-4) - rho.amin(1)).abs().max() <= 1e-6


@given(st.integers(0, 200))
def test_ddn_comes_close_to_the_distance_between_two_classes(seed):
    model = affine(seed, classes=2)  # all gradients are parallel: only the length is searched
    x = 0.4 + 0.2 * torch.rand(4, 12, generator=torch.Generator().manual_seed(seed)).double()
    y = model(x).argmax(1)
    exact, near = deepfool(model, x, y, overshoot=1e-6), ddn(model, x, y, start=0.1)
    assert near.success.all()
    assert (distances(near.x_adv, x) >= distances(exact.x_adv, x) * (1 - 1e-5)).all()
    # very near the boundary the last step of the search, not the distance, sets the length
    assert (distances(near.x_adv, x) <= 1.1 * distances(exact.x_adv, x) + 2e-3).all()


@given(st.integers(0, 1000), st.sampled_from(["l2", "linf", "l1"]), st.integers(2, 9))
def test_the_plane_is_met_by_the_shortest_change_in_the_box(seed, norm, pixels):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(1, pixels, generator=generator).double().mul(1.2).sub(0.1).clamp(0, 1)
    w = torch.randn(1, pixels, generator=generator).double()
    reach = float((w.abs() * torch.where(w > 0, 1 - x, x)).sum())
    gap = torch.tensor([0.6 * reach]).double()
    delta = onto_plane(x, w, gap, norm)
    assert float((delta * w).sum()) == pytest.approx(float(gap), abs=1e-9)
    assert float((x + delta).min()) >= -1e-12
    assert float((x + delta).max()) <= 1 + 1e-12
    best = shortest_by_scipy(x[0].numpy(), w[0].numpy(), float(gap), norm)
    assert float(length(delta, norm)) <= best * (1 + 1e-5) + 1e-6
    # out of reach: the corner that comes nearest
    corner = onto_plane(x, w, torch.tensor([2 * reach + 1]).double(), norm)
    assert float((corner * w).sum()) == pytest.approx(reach)


def shortest_by_scipy(x, w, gap, norm):
    d = len(x)
    bounds = list(zip(-x, 1 - x, strict=True))
    if norm == "l2":
        start = np.clip(w, -x, 1 - x) * 0.5
        held = {"type": "eq", "fun": lambda r: w @ r - gap}
        found = minimize(
            lambda r: r @ r, start, jac=lambda r: 2 * r, bounds=bounds, constraints=held
        )
        return float(np.linalg.norm(found.x)) if found.success else np.inf
    eye = np.eye(d)
    # variables (r, t): |r_i| <= t_i, or one t for all
    t = eye if norm == "l1" else np.ones((d, 1))
    a = np.block([[eye, -t], [-eye, -t]])
    cost = np.r_[np.zeros(d), np.ones(t.shape[1])]
    row = np.r_[w, np.zeros(t.shape[1])][None]
    limits = bounds + [(0, None)] * t.shape[1]
    return float(linprog(cost, a, np.zeros(2 * d), row, [gap], limits).fun)


@given(st.integers(0, 1000), st.floats(0.1, 4))
def test_the_l1_projection_is_the_nearest_point_of_the_ball(seed, eps):
    generator = torch.Generator().manual_seed(seed)
    x = torch.full((3, 8), 0.5).double()
    far = x + torch.randn(3, 8, generator=generator).double() * 0.15
    near = project(far, x, eps, "l1")
    delta, moved = far - x, near - x
    assert (moved.abs().sum(1) <= eps + 1e-9).all()
    inside = delta.abs().sum(1) <= eps
    torch.testing.assert_close(moved[inside], delta[inside])
    # optimality: all entries that remain were shrunk by the same amount, the others by less
    for before, after in zip(delta[~inside], moved[~inside], strict=True):
        cut = (before - after).abs()
        kept = after != 0
        assert float(cut[kept].max() - cut[kept].min()) < 1e-9
        assert (cut[~kept] <= cut[kept].max() + 1e-9).all()


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_a_step_has_length_one_and_gains_the_dual_norm(norm):
    g = torch.randn(5, 50, generator=torch.Generator().manual_seed(0)).double()
    step = unit(g, norm, torch.full_like(g, 0.5))
    torch.testing.assert_close(length(step, norm), torch.ones(5, 1).double())
    gain = (step * g).sum(1, keepdim=True)
    torch.testing.assert_close(gain, dual_length(g, norm))  # 50 pixels: one entry for l1


def test_losses_rise_with_the_lead_and_dlr_ignores_scale_and_shift():
    z = torch.randn(6, 5, generator=torch.Generator().manual_seed(0)).double()
    y = torch.arange(6) % 5
    for rival in (None, (y + 1) % 5):
        plain, slope = loss_and_slope(z, y, None, "dlr", rival)
        torch.testing.assert_close(loss_and_slope(1000 * z - 7, y, None, "dlr", rival)[0], plain)
        assert slope.sum(1).abs().max() < 1e-9
    value, slope = loss_and_slope(z, y, None, "ce")
    p = z.softmax(1).gather(1, y[:, None])[:, 0]
    torch.testing.assert_close(value, ((1 - p) / p).log())
    torch.testing.assert_close(depth(z, y), -(depth(z, y, y)))


# Claims of the page, over networks and seeds


@pytest.fixture(scope="module")
def perceptrons():
    from sdl_lib.data import mnist10k

    x, y = (part[:2000] for part in mnist10k("train"))
    models = []
    for seed in range(3):
        torch.manual_seed(seed)
        model = MLP()
        fit(model, x, y, epochs=5, generator=torch.Generator().manual_seed(seed))
        models.append(model.requires_grad_(False))
    return models


@pytest.mark.parametrize("eps", [0.05, 0.1])
def test_pgd_leaves_no_more_than_fgsm(lenet, digits, perceptrons, eps):
    x, y = digits
    for model in [lenet, *perceptrons]:
        weak = fgsm(model, x, y, eps=eps)
        # from a random start PGD may miss one example that the single step hits
        strong = pgd(model, x, y, eps=eps, steps=20, random_start=False, stop_when_fooled=True)
        assert accuracy(model, strong, y) <= accuracy(model, weak, y)
        momentum = mifgsm(model, x, y, eps=eps)
        assert accuracy(model, momentum, y) <= accuracy(model, weak, y) + 0.02
        clever = apgd(model, x, y, eps=eps, steps=20)
        assert 1 - clever.success.float().mean() <= accuracy(model, strong, y) + 0.01


def test_without_the_box_deepfool_seems_nearer_than_cw(digits, perceptrons):
    x, y = digits[0][:60], digits[1][:60]
    for model in perceptrons:
        right = predict(model, x).argmax(1) == y

        def median(result, right=right):
            assert result.success[right].all()
            return float(distances(result.x_adv, x)[right].median())

        boxed = median(carlini_wagner(model, x, y, steps=60, searches=3))
        free = deepfool(model, x, y, box=False)
        assert median(free) < 0.95 * boxed
        assert boxed < 1.1 * median(deepfool(model, x, y))
        clipped = free.x_adv.clamp(0, 1)
        assert fooled(model, clipped, y)[right].float().mean() < 0.1


def test_ddn_and_superdeepfool_are_nearer_than_deepfool_on_lenet(lenet, digits):
    for rows in (slice(0, 40), slice(40, 80), slice(80, 120)):
        x, y = digits[0][rows], digits[1][rows]
        right = predict(lenet, x).argmax(1) == y
        found = {
            "deepfool": deepfool(lenet, x, y),
            "cw": carlini_wagner(lenet, x, y, steps=60, searches=2),
            "ddn": ddn(lenet, x, y, steps=60),
            "super": super_deepfool(lenet, x, y, steps=3),
        }
        near = {k: float(distances(r.x_adv, x)[right].median()) for k, r in found.items()}
        assert near["ddn"] < near["cw"] < 0.97 * near["deepfool"]
        assert near["super"] < 0.97 * near["deepfool"]


def test_scaled_logits_do_not_deceive_our_attacks(lenet, digits):
    class Scaled(nn.Module):
        def forward(self, x):
            return 1000 * lenet(x)

    x, y = digits[0][:40], digits[1][:40]
    model = Scaled().eval()
    assert accuracy(model, pgd(model, x, y, eps=0.2, steps=20), y) < 0.1
    for loss in ("ce", "dlr"):
        assert apgd(model, x, y, eps=0.2, steps=20, loss=loss).success.float().mean() > 0.9


def test_targeted_dlr_attacks_what_stands_and_finds_at_least_as_much(lenet, digits):
    x, y = digits[0][:48], digits[1][:48]
    one = apgd(lenet, x, y, eps=0.1, steps=15, loss="dlr")
    many = apgd(lenet, x, y, eps=0.1, steps=15, loss="targeted-dlr", rivals=4)
    assert many.success.sum() >= one.success.sum() - 1
    assert float((many.x_adv - x).abs().max()) <= 0.1 + 1e-6


@pytest.mark.parametrize("searches", [1, 6])
def test_shortening_keeps_successes_and_never_lengthens(lenet, digits, searches):
    x, y = digits[0][:20], digits[1][:20]
    x_adv, success = deepfool(lenet, x, y, overshoot=0.5)
    short = shorten(lenet, x, x_adv, y, None, searches)
    assert fooled(lenet, short, y)[success].all()
    assert (distances(short, x) <= distances(x_adv, x) + 1e-6).all()


def test_kappa_asks_for_a_lead(lenet, digits):
    x, y = digits[0][:12], digits[1][:12]
    x_adv, success = carlini_wagner(lenet, x, y, kappa=2.0, steps=80, searches=3)
    assert success.any()
    moved = success & (distances(x_adv, x) > 0)
    assert (depth(predict(lenet, x_adv), y)[moved] >= 2.0 - 1e-3).all()


# The prepared copy


def with_batch_norm():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Sequential(nn.Conv2d(8, 8, 3, bias=False), nn.BatchNorm2d(8)), nn.ReLU(),
            nn.Flatten(), nn.Linear(8 * 24 * 24, 10),
        )  # fmt: skip
        for layer in net.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.running_mean.normal_()
                layer.running_var.uniform_(0.5, 2)
                nn.init.normal_(layer.weight)
        return net.eval()


def test_the_prepared_copy_answers_the_same_without_batch_norm(digits):
    model, x = with_batch_norm(), digits[0][:40]
    before = {k: v.clone() for k, v in model.state_dict().items()}
    copied = prepare(model, x)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in copied.modules())
    torch.testing.assert_close(predict(copied, x), predict(model, x), rtol=1e-4, atol=1e-4)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    assert isinstance(model[1], nn.BatchNorm2d)
    assert all(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "replaced"),
    [
        ({"kernel_size": 2}, True),
        ({"kernel_size": 3}, True),  # one row and one column are left over
        ({"kernel_size": 3, "stride": 2}, False),
        ({"kernel_size": (2, 3)}, False),
        ({"kernel_size": 2, "padding": 1}, False),
        ({"kernel_size": 2, "ceil_mode": True}, False),
        ({"kernel_size": 2, "dilation": 2, "stride": 2}, False),
    ],
)
def test_the_prepared_copy_pools_exactly_as_the_model(digits, options, replaced):
    x = digits[0][:8, :, :25, :22].clone()
    x[0, 0, 3, 5] = torch.nan
    model = nn.Sequential(nn.MaxPool2d(**options), nn.Flatten()).eval()
    copied = prepare(model, x[1:])
    assert replaced != any(isinstance(m, nn.MaxPool2d) for m in copied.modules())
    assert isinstance(model[0], nn.MaxPool2d)
    torch.testing.assert_close(copied(x), model(x), rtol=0, atol=0, equal_nan=True)
    known, again = (x[1:].clone().requires_grad_() for _ in range(2))
    model(known).square().sum().backward()
    copied(again).square().sum().backward()
    assert torch.equal(again.grad, known.grad)


def test_attacking_the_copy_costs_nothing_in_strength(lenet, digits):
    x, y = digits[0][:64], digits[1][:64]
    direct = accuracy(lenet, pgd(lenet, x, y, eps=0.1), y)
    through = accuracy(lenet, pgd(prepare(lenet, x), x, y, eps=0.1), y)
    half = prepare(lenet, x, dtype=torch.bfloat16)
    rough = pgd(half, x, y, eps=0.1)
    assert rough.dtype == x.dtype
    assert abs(through - direct) < 0.02
    assert abs(accuracy(lenet, rough, y) - direct) < 0.05


def test_a_copy_that_differs_is_refused(digits):
    class Crossed(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4))
            nn.init.constant_(self.parts[1].running_mean, 3.0)

        def forward(self, x):  # the convolution alone
            return self.parts[0](x).flatten(1)[:, :10]

    with pytest.raises(ValueError, match=r"^model: its prepared copy"):
        prepare(Crossed().eval(), digits[0][:4])
    with pytest.raises(ValueError, match=r"^model: is in training"):
        prepare(Crossed(), digits[0][:4])


def test_efficientnet_folds_and_pgd_reaches_a_chosen_class():
    from sdl_lib.data import photograph

    net, x = load("efficientnet-lite0"), photograph("coffee")
    copied = prepare(net, x)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in copied.modules())
    y, target = predict(net, x).argmax(1), torch.tensor([954])
    options = {"eps": 0.007, "steps": 8, "target": target, "random_start": False}
    x_adv = pgd(copied, x, y, **options)
    assert bool(fooled(net, x_adv, y, target=target))
    assert float((x_adv - x).abs().max()) <= 0.007 + 1e-6


# Bad settings


@pytest.mark.parametrize(
    ("search", "name", "value"),
    [
        (deepfool, "norm", "l1"),
        (deepfool, "steps", 0),
        (deepfool, "overshoot", -1),
        (deepfool, "candidates", 0),
        (super_deepfool, "searches", 0),
        (ddn, "gamma", 1.0),
        (ddn, "start", -1),
        (carlini_wagner, "box", "none"),
        (carlini_wagner, "c", float("nan")),
        (carlini_wagner, "kappa", -1),
        (fab, "norm", "l3"),
        (fab, "eta", float("inf")),
        (apgd, "norm", "l1"),
        (apgd, "loss", "hinge"),
        (apgd, "rho", -1),
        (mifgsm, "decay", -1),
        (mifgsm, "step_size", float("nan")),
    ],
)
def test_bad_settings_are_named(lenet, digits, search, name, value):
    needed = {"eps": 0.1} if search in (apgd, mifgsm) else {}
    with pytest.raises(ValueError, match=f"^{name}:"):
        search(lenet, digits[0][:2], digits[1][:2], **needed, **{name: value})


def test_too_few_classes_for_a_loss_and_two_targets_are_named():
    x, y = torch.rand(3, 5), torch.tensor([0, 1, 0])
    model = nn.Linear(5, 2).eval()
    with pytest.raises(ValueError, match=r"^loss:"):
        apgd(model, x, y, eps=0.1, loss="dlr")
    with pytest.raises(ValueError, match=r"^target:"):
        apgd(model, x, y, eps=0.1, loss="targeted-dlr", target=1 - y)
    with pytest.raises(ValueError, match=r"^x_adv:"):
        fooled(model, x + 1, y)
    with pytest.raises(ValueError, match=r"^target:"):
        fooled(model, x, y, target=y[:2])
