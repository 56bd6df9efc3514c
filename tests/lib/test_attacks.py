"""What holds for every attack: ball and box, no side effects, named errors, closed forms."""

import copy
import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import check_grad
from torch import nn

from sdl_lib.attacks import (
    apgd,
    carlini_wagner,
    ddn,
    deepfool,
    fab,
    fgsm,
    lbfgs_attack,
    mifgsm,
    pgd,
    super_deepfool,
)
from sdl_lib.attacks.lbfgs import _objective
from sdl_lib.training import accuracy, predict


def linear(pixels, classes=2, dtype=torch.float32, seed=0):
    """A classifier whose logits are an affine function of the pixels."""
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(pixels, classes).requires_grad_(False)
    layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator))
    layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator))
    return nn.Sequential(nn.Flatten(), layer).to(dtype).eval()


def batch_norm_net(seed=0):
    """A small network with all that a careless attack would disturb."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Flatten()
        )
        return nn.Sequential(net, nn.Linear(144, 3)).eval()


def margin(model, x, y):
    """Logit of the label less the largest other one."""
    logits = predict(model, x)
    own = logits.gather(1, y[:, None]).squeeze(1)
    return own - logits.scatter(1, y[:, None], -torch.inf).amax(1)


def loss(model, x, y):
    return nn.functional.cross_entropy(predict(model, x), y, reduction="none")


ATTACKS = {
    "fgsm": lambda model, x, y: fgsm(model, x, y, eps=0.1),
    "fgsm-targeted": lambda model, x, y: fgsm(model, x, y, eps=0.1, target=(y + 1) % 3),
    "pgd-linf": lambda model, x, y: pgd(model, x, y, eps=0.1, steps=3),
    "pgd-l2": lambda model, x, y: pgd(model, x, y, eps=1, steps=3, norm="l2"),
    "pgd-targeted": lambda model, x, y: pgd(model, x, y, eps=0.1, steps=3, target=(y + 1) % 3),
    "pgd-stopping": lambda model, x, y: pgd(
        model, x, y, eps=0.1, steps=3, stop_when_fooled=True, generator=torch.Generator()
    ),
    "pgd-l1": lambda model, x, y: pgd(model, x, y, eps=3, steps=3, norm="l1"),
    "mifgsm": lambda model, x, y: mifgsm(model, x, y, eps=0.1, steps=3),
    "deepfool": lambda model, x, y: deepfool(model, x, y).x_adv,
    "deepfool-linf": lambda model, x, y: deepfool(model, x, y, norm="linf").x_adv,
    "super-deepfool": lambda model, x, y: super_deepfool(model, x, y, steps=2).x_adv,
    "ddn": lambda model, x, y: ddn(model, x, y, steps=20).x_adv,
    "cw-tanh": lambda model, x, y: carlini_wagner(model, x, y, steps=20, searches=3).x_adv,
    "cw-clip": lambda model, x, y: carlini_wagner(model, x, y, steps=20, box="clip").x_adv,
    "apgd-ce": lambda model, x, y: apgd(model, x, y, eps=0.1, steps=5).x_adv,
    "apgd-dlr": lambda model, x, y: apgd(model, x, y, eps=1, steps=5, norm="l2", loss="dlr").x_adv,
    "fab-linf": lambda model, x, y: fab(model, x, y, steps=3).x_adv,
    "fab-l1": lambda model, x, y: fab(model, x, y, steps=3, norm="l1").x_adv,
    "lbfgs": lambda model, x, y: lbfgs_attack(model, x, y, searches=2, steps=3).x_adv,
}
every_attack = pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(5, 1, 8, 8, generator=generator)
    return x, torch.tensor([0, 1, 2, 0, 1])


# Ball and box


@st.composite
def problems(draw):
    """A linear model and a batch, of any size and precision, with pixels at 0 and 1 among them."""
    shape = draw(st.tuples(st.integers(1, 4), *[st.integers(1, 5)] * 3))
    dtype = draw(st.sampled_from([torch.float64, torch.float32, torch.bfloat16, torch.float16]))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    x = (torch.rand(shape, generator=generator) * 1.4 - 0.2).clamp(0, 1).to(dtype)
    y = torch.randint(0, 3, shape[:1], generator=generator)
    model = linear(x[0].numel(), classes=3, dtype=dtype, seed=draw(st.integers(0, 1000)))
    target = (y + 1) % 3 if draw(st.booleans()) else None
    return model, x, y, target


radii = st.floats(0, 2) | st.sampled_from([0.0, 1e-300, 1e-30, 1e-6, 8 / 255])


@given(problems(), radii)
def test_fgsm_stays_in_ball_and_box(problem, eps):
    model, x, y, target = problem
    x_adv = fgsm(model, x, y, eps=eps, target=target)
    assert x_adv.dtype == x.dtype
    assert 0 <= float(x_adv.min()) <= float(x_adv.max()) <= 1
    assert float((x_adv.double() - x.double()).abs().max()) <= eps + torch.finfo(x.dtype).eps


@given(
    problems(),
    radii,
    st.sampled_from(["linf", "l2", "l1"]),
    st.integers(1, 4),
    st.none() | st.floats(0, 3),
    st.booleans(),
    st.booleans(),
)
def test_pgd_stays_in_ball_and_box(problem, eps, norm, steps, step_size, start, stop):
    model, x, y, target = problem
    x_adv = pgd(
        model,
        x,
        y,
        eps=eps,
        norm=norm,
        steps=steps,
        step_size=step_size,
        random_start=start,
        target=target,
        stop_when_fooled=stop,
    )
    assert x_adv.dtype == x.dtype
    assert 0 <= float(x_adv.min()) <= float(x_adv.max()) <= 1
    delta = (x_adv.double() - x.double()).flatten(1)
    rounding = torch.finfo(x.dtype).eps
    if norm == "linf":
        assert float(delta.abs().max()) <= eps + rounding
    elif norm == "l1":
        assert float(delta.abs().sum(1).max()) <= (eps + rounding) * (1 + delta.shape[1] * rounding)
    else:
        per_pixel = rounding * delta.shape[1] ** 0.5
        assert float(delta.norm(dim=1).max()) <= eps * (1 + 4 * rounding) + per_pixel


@given(problems())
def test_lbfgs_stays_in_the_box_and_says_truly_whether_it_succeeded(problem):
    model, x, _, target = problem
    target = torch.zeros(len(x), dtype=torch.int64) if target is None else target
    x_adv, success = lbfgs_attack(model, x, target, searches=1, steps=3)
    assert 0 <= float(x_adv.min()) <= float(x_adv.max()) <= 1
    assert torch.equal(success, predict(model, x_adv).argmax(1) == target)
    assert torch.equal(x_adv[~success], x[~success])


# Closed forms on linear models


@given(st.integers(0, 1000), st.integers(1, 30), st.floats(1e-3, 0.3))
def test_fgsm_lowers_the_margin_of_a_linear_model_by_eps_times_the_l1_norm(seed, pixels, eps):
    model = linear(pixels, dtype=torch.float64, seed=seed)
    x = torch.rand(4, pixels, dtype=torch.float64) * (1 - 2 * eps) + eps  # away from the box
    y = torch.tensor([0, 1, 0, 1])
    w = model[1].weight[0] - model[1].weight[1]
    x_adv = fgsm(model, x, y, eps=eps)
    drop = margin(model, x, y) - margin(model, x_adv, y)
    torch.testing.assert_close(drop, (eps * w.abs().sum()).expand(4))
    # no point of the ball does worse, so projected steps end in the same corner
    torch.testing.assert_close(pgd(model, x, y, eps=eps, steps=5), x_adv)


@given(st.integers(0, 1000), st.integers(1, 30), st.floats(1e-3, 0.3))
def test_pgd_lowers_the_margin_of_a_linear_model_by_eps_times_the_l2_norm(seed, pixels, eps):
    model = linear(pixels, dtype=torch.float64, seed=seed)
    x = torch.rand(4, pixels, dtype=torch.float64) * (1 - 2 * eps) + eps
    y = torch.tensor([0, 1, 0, 1])
    w = model[1].weight[0] - model[1].weight[1]
    x_adv = pgd(model, x, y, eps=eps, norm="l2", steps=5, random_start=False)
    drop = margin(model, x, y) - margin(model, x_adv, y)
    torch.testing.assert_close(drop, (eps * w.norm()).expand(4))


@given(st.integers(0, 1000), st.integers(10, 40))
def test_lbfgs_comes_close_to_the_distance_of_a_linear_boundary(seed, pixels):
    model = linear(pixels, dtype=torch.float64, seed=seed)
    x = torch.full((1, pixels), 0.5, dtype=torch.float64)
    w = model[1].weight[0] - model[1].weight[1]
    model[1].bias[:] = 0
    model[1].bias[0] = 0.1 * float(w.norm()) - float(w.sum()) / 2  # the boundary is .1 away
    x_adv, success = lbfgs_attack(model, x, torch.tensor([1]), searches=8)
    assert success.all()
    assert 0.1 <= float((x_adv - x).norm()) <= 0.11


def test_the_objective_of_lbfgs_has_the_gradient_that_it_says():
    model = linear(12, classes=3, dtype=torch.float64)
    x = torch.rand(1, 12, dtype=torch.float64)
    objective = _objective(model, x, torch.tensor([2]), c=0.7)
    point = np.linspace(0.1, 0.9, 12)
    error = check_grad(lambda p: objective(p)[0], lambda p: objective(p)[1], point)
    assert error < 1e-6
    nearby = torch.from_numpy(point)[None]
    expected = 0.7 * float((nearby - x).square().sum()) + loss(model, nearby, torch.tensor([2]))
    assert objective(point)[0] == pytest.approx(float(expected))


# A real network on real digits


def test_pgd_fools_more_than_fgsm_and_fgsm_more_than_noise(lenet, digits):
    x, y = digits
    noise = 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).sign()
    after = [
        accuracy(lenet, x_adv, y)
        for x_adv in (
            pgd(lenet, x, y, eps=0.1, steps=20),
            fgsm(lenet, x, y, eps=0.1),
            (x + noise).clamp(0, 1),
        )
    ]
    assert after[0] < after[1] < after[2] - 0.1


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_a_larger_ball_costs_more_accuracy(lenet, digits, norm):
    x, y = digits
    scale = {"linf": 1, "l2": 15}[norm]
    after = [
        accuracy(lenet, pgd(lenet, x, y, eps=scale * eps, norm=norm, steps=10), y)
        for eps in (0, 0.05, 0.1, 0.2)
    ]
    assert after[0] == accuracy(lenet, x, y)
    assert after == sorted(after, reverse=True)
    assert after[-1] < 0.1 < 0.9 < after[0]


def test_the_loss_rises_and_the_loss_of_a_target_falls(lenet, digits):
    x, y = digits
    target = (y + 1) % 10
    one_step = fgsm(lenet, x, y, eps=0.1)
    assert (loss(lenet, one_step, y) > loss(lenet, x, y)).double().mean() > 0.95
    assert loss(lenet, pgd(lenet, x, y, eps=0.1), y).mean() > loss(lenet, one_step, y).mean()
    towards = fgsm(lenet, x, y, eps=0.1, target=target)
    assert (loss(lenet, towards, target) < loss(lenet, x, target)).double().mean() > 0.95
    further = pgd(lenet, x, y, eps=0.2, target=target)
    hits = [accuracy(lenet, x_adv, target) for x_adv in (x, towards, further)]
    assert hits == sorted(hits)
    assert hits[-1] > 0.5


def test_one_full_step_from_x_is_fgsm(lenet, digits):
    x, y = digits
    step = pgd(lenet, x, y, eps=0.1, steps=1, step_size=0.1, random_start=False)
    torch.testing.assert_close(step, fgsm(lenet, x, y, eps=0.1))


@pytest.mark.parametrize("norm", ["linf", "l2"])
@pytest.mark.parametrize("targeted", [False, True])
def test_stopping_saves_work_and_fools_as_often(lenet, digits, norm, targeted):
    x, y = digits
    target = (y + 1) % 10 if targeted else None
    seen = []
    hook = lenet.register_forward_hook(lambda module, inputs, output: seen.append(len(output)))
    options = {"eps": 0.2 if norm == "linf" else 2, "norm": norm, "steps": 20, "target": target}
    whole = pgd(lenet, x, y, **options)
    work = sum(seen)
    first = pgd(lenet, x, y, **options, stop_when_fooled=True)
    saved = 1 - (sum(seen) - work) / work
    hook.remove()
    assert saved > (0.1 if targeted else 0.3)

    def fooled(x_adv):
        guess = predict(lenet, x_adv).argmax(1)
        return guess != y if target is None else guess == target

    assert fooled(first).sum() >= fooled(whole).sum()


def test_an_example_that_is_wrong_already_is_left_alone(lenet, digits):
    x, y = digits
    labels = torch.where(torch.arange(len(y)) % 2 == 0, (y + 1) % 10, y)
    wrong = predict(lenet, x).argmax(1) != labels
    x_adv = pgd(lenet, x, labels, eps=0.1, random_start=False, stop_when_fooled=True)
    assert torch.equal(x_adv[wrong], x[wrong])
    assert (x_adv[~wrong] != x[~wrong]).flatten(1).any(1).all()


# Faults that other libraries have, each once reported by their users


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_an_example_does_not_depend_on_its_batch(lenet, digits, norm):
    x, y = digits[0][:80].double(), digits[1][:80]
    model = copy.deepcopy(lenet).double()
    options = {"eps": 0.3, "norm": norm, "steps": 10, "random_start": False}
    together = pgd(model, x, y, **options)
    alone = [pgd(model, x[i : i + 1], y[i : i + 1], **options) for i in range(0, 80, 8)]
    torch.testing.assert_close(together[::8], torch.cat(alone), rtol=0, atol=1e-9)


@pytest.mark.parametrize("scale", [1e-36, 1e-10, 1e-3, 1e3, 1e10])
def test_neither_tiny_nor_saturated_gradients_stop_an_attack(scale):
    plain, scaled = linear(49), linear(49)
    scaled[1].weight.mul_(scale)
    scaled[1].bias.mul_(scale)
    x, y = torch.full((2, 49), 0.5), torch.tensor([0, 1])
    assert torch.equal(fgsm(scaled, x, y, eps=0.1), fgsm(plain, x, y, eps=0.1))
    assert torch.equal(
        fgsm(scaled, x, y, eps=0.1, target=1 - y), fgsm(plain, x, y, eps=0.1, target=1 - y)
    )
    for norm in ("linf", "l2"):
        options = {"eps": 0.1, "norm": norm, "random_start": False}
        torch.testing.assert_close(pgd(scaled, x, y, **options), pgd(plain, x, y, **options))
    # nor do they make a step longer or shorter than it was to be
    short = pgd(scaled, x, y, norm="l2", steps=1, step_size=0.01, eps=1, random_start=False)
    torch.testing.assert_close((short - x).norm(dim=1), torch.full((2,), 0.01))


def test_a_gradient_of_zero_moves_nothing():
    model = linear(9)
    model[1].weight.zero_()
    x, y = torch.rand(3, 9), torch.tensor([0, 1, 0])
    for norm in ("linf", "l2"):
        assert torch.equal(pgd(model, x, y, eps=0.1, norm=norm, random_start=False), x)


def test_negative_logits_change_nothing(lenet, digits):
    x, y = digits[0][:16], digits[1][:16]

    class Lowered(nn.Module):
        def forward(self, x):
            return lenet(x) - 100

    model = Lowered().eval()
    assert accuracy(model, pgd(model, x, y, eps=0.2), y) < 0.1
    assert lbfgs_attack(model, x[:2], (y[:2] + 1) % 10, searches=2).success.all()


def test_the_last_iterate_is_returned(lenet, digits):
    # in float64, where the sign of a gradient does not hang on the order of a sum
    model, x, y = copy.deepcopy(lenet).double(), digits[0][:16].double(), digits[1][:16]
    options = {"eps": 0.2, "step_size": 0.02, "random_start": False}
    last = pgd(model, x, y, steps=1, **options).requires_grad_()
    (gradient,) = torch.autograd.grad(nn.functional.cross_entropy(model(last), y), last)
    moved = (last.detach() + 0.02 * gradient.sign()).clamp(0, 1)
    torch.testing.assert_close(pgd(model, x, y, steps=2, **options), moved)


# Chance


def test_the_same_generator_gives_the_same_start(lenet, digits):
    x, y = digits[0][:8], digits[1][:8]

    def run(seed=None, **options):
        generator = None if seed is None else torch.Generator().manual_seed(seed)
        return pgd(lenet, x, y, eps=0.1, steps=2, generator=generator, **options)

    for norm in ("linf", "l2"):
        assert torch.equal(run(norm=norm), run(0, norm=norm))
        assert torch.equal(run(5, norm=norm), run(5, norm=norm))
        assert not torch.equal(run(5, norm=norm), run(6, norm=norm))


def starts(norm, pixels, eps):
    """Where PGD begins, for 4,000 grey pictures: steps of length zero leave it there."""
    x, y = torch.full((4000, pixels), 0.5), torch.zeros(4000, dtype=torch.int64)
    x_adv = pgd(linear(pixels), x, y, eps=eps, norm=norm, steps=1, step_size=0)
    return (x_adv - x).double() / eps


def test_the_linf_start_is_uniform():
    offset = starts("linf", 3, 0.4)
    assert stats.kstest(offset.flatten().numpy(), stats.uniform(-1, 2).cdf).pvalue > 0.01


@pytest.mark.parametrize("pixels", [1, 3, 20])
def test_the_l2_start_is_uniform(pixels):
    offset = starts("l2", pixels, 0.4)
    inside = offset.norm(dim=1) ** pixels  # share of the volume nearer than this point
    assert stats.kstest(inside.numpy(), stats.uniform(0, 1).cdf).pvalue > 0.01
    # no direction is preferred: the mean offset is small against its standard error
    assert offset.mean(0).norm() < 4 / 4000**0.5


# No side effects


def state_of_chance():
    legacy = np.random.get_state()  # noqa: NPY002  (it is the one that could be disturbed)
    return torch.get_rng_state(), torch.from_numpy(legacy[1].copy()), random.getstate()


@every_attack
@pytest.mark.parametrize("requires_grad", [True, False])
def test_nothing_else_changes(attack, batch, requires_grad):
    x, y = batch
    model = batch_norm_net().requires_grad_(requires_grad)
    for p in model.parameters():
        p.grad = torch.full_like(p, 7)
    before = {name: t.clone() for name, t in model.state_dict().items()}
    x_before, y_before, chance = x.clone(), y.clone(), state_of_chance()
    x_adv = attack(model, x, y)
    assert not x_adv.requires_grad
    assert not torch.equal(x_adv, x)
    assert torch.equal(x, x_before)
    assert x.grad is None
    assert torch.equal(y, y_before)
    assert x_adv.data_ptr() != x.data_ptr()
    for p in model.parameters():
        assert p.requires_grad == requires_grad
        assert (p.grad == 7).all()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not any(module.training for module in model.modules())
    *tensors, python = state_of_chance()
    assert all(map(torch.equal, tensors, chance))
    assert python == chance[-1]


@every_attack
def test_the_callers_gradient_mode_does_not_matter(attack, batch):
    x, y = batch
    model = batch_norm_net()
    plain = attack(model, x, y)
    with torch.no_grad():
        assert torch.equal(attack(model, x, y), plain)
        assert not torch.is_grad_enabled()
    leaf = x.clone().requires_grad_()
    x_adv = attack(model, leaf, y)
    assert torch.equal(x_adv, plain)
    assert not x_adv.requires_grad
    assert leaf.grad is None
    frozen = batch_norm_net().requires_grad_(False)
    assert torch.equal(attack(frozen, x, y), plain)


@every_attack
def test_an_empty_batch_gives_an_empty_batch(attack, batch):
    x, y = batch
    x_adv = attack(batch_norm_net(), x[:0], y[:0])
    assert x_adv.shape == (0, 1, 8, 8)
    assert x_adv.dtype == x.dtype


@every_attack
def test_a_broadcast_image_is_a_batch_of_copies(attack, batch):
    x, y = batch
    model = batch_norm_net()
    expanded = x[:1].expand(5, -1, -1, -1)
    assert torch.equal(attack(model, expanded, y), attack(model, expanded.clone(), y))


@every_attack
def test_float64_stays_float64(attack, batch):
    x, y = batch
    assert attack(batch_norm_net().double(), x.double(), y).dtype == torch.float64


# Bad input


def bad_pixels(value):
    x = torch.rand(5, 1, 8, 8)
    x[2, 0, 3, 3] = value
    return x


@every_attack
@pytest.mark.parametrize(
    "x",
    [
        bad_pixels(-0.01),
        bad_pixels(1.01),
        bad_pixels(float("nan")),
        torch.zeros(5, 1, 8, 8, dtype=torch.uint8),
        torch.zeros(5),
        np.zeros((5, 1, 8, 8)),
    ],
    ids=["below", "above", "nan", "bytes", "flat", "numpy"],
)
def test_bad_images_are_named(attack, batch, x):
    with pytest.raises(ValueError, match=r"^x:"):
        attack(batch_norm_net(), x, batch[1])


BAD_LABELS = {
    "float": torch.zeros(5),
    "int32": torch.zeros(5, dtype=torch.int32),
    "too-few": torch.zeros(4, dtype=torch.int64),
    "one-hot": torch.zeros(5, 3, dtype=torch.int64),
    "negative": torch.tensor([0, 1, 2, 0, -1]),
    "no-such-class": torch.tensor([0, 1, 2, 0, 3]),
}


@pytest.mark.parametrize("bad", BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_are_named(batch, bad):
    model, (x, y) = batch_norm_net(), batch
    searches = [deepfool, super_deepfool, ddn, carlini_wagner, fab]
    for search in searches:
        with pytest.raises(ValueError, match=r"^y:"):
            search(model, x, bad)
        with pytest.raises(ValueError, match=r"^target:"):
            search(model, x, y, target=bad)
    for attack in (fgsm, pgd, mifgsm, apgd):
        with pytest.raises(ValueError, match=r"^y:"):
            attack(model, x, bad, eps=0.1)
        with pytest.raises(ValueError, match=r"^y:"):
            attack(model, x, bad, eps=0.1, target=y)
        with pytest.raises(ValueError, match=r"^target:"):
            attack(model, x, y, eps=0.1, target=bad)
    with pytest.raises(ValueError, match=r"^target:"):
        lbfgs_attack(model, x, bad)


@pytest.mark.parametrize("eps", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("attack", [fgsm, pgd, mifgsm, apgd])
def test_a_bad_radius_is_named(batch, attack, eps):
    with pytest.raises(ValueError, match=r"^eps:"):
        attack(batch_norm_net(), *batch, eps=eps)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("norm", "l3"),
        ("norm", 2),
        ("steps", 0),
        ("steps", 2.5),
        ("step_size", -1.0),
        ("step_size", float("nan")),
    ],
)
def test_bad_settings_of_pgd_are_named(batch, name, value):
    with pytest.raises(ValueError, match=f"^{name}:"):
        pgd(batch_norm_net(), *batch, eps=0.1, **{name: value})


@pytest.mark.parametrize("name", ["searches", "steps"])
def test_bad_settings_of_lbfgs_are_named(batch, name):
    with pytest.raises(ValueError, match=f"^{name}:"):
        lbfgs_attack(batch_norm_net(), *batch, **{name: 0})


@every_attack
def test_a_model_in_training_mode_is_an_error_and_stays_in_it(attack, batch):
    model = batch_norm_net().train()
    with pytest.raises(ValueError, match=r"^model: is in training mode; call model.eval\(\)"):
        attack(model, *batch)
    assert model.training
    model.eval()
    model[0][1].train()
    with pytest.raises(ValueError, match=r"^model: .*part '0.1'"):
        attack(model, *batch)


class Broken(nn.Module):
    """A model whose logits, or whose gradients, are not what they should be."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.eval()

    def forward(self, x):
        return self.change(x.flatten(1)[:, :3])


@every_attack
@pytest.mark.parametrize(
    "change",
    [lambda z: z / 0, lambda z: z * float("nan"), lambda z: z.sum(1), lambda z: z[1:]],
    ids=["inf", "nan", "one-number", "too-few"],
)
def test_bad_logits_are_named(attack, batch, change):
    with pytest.raises(ValueError, match=r"^model\(x\):"):
        attack(Broken(change), *batch)


@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_a_gradient_that_is_not_finite_is_an_error(batch, attack):
    x, y = batch
    model = Broken(lambda z: (z * 0).sqrt() + z)  # the slope of a square root at 0
    with pytest.raises(ValueError, match=r"^model: its gradient"):
        attack(model, x, y, eps=0.1)
