"""Disguises that hold from every angle, and stickers: their laws, and what they reach."""

import pytest
import torch
from torch import nn

from sdl_lib.attacks import (
    adversarial_patch,
    apply_patch,
    expectation_over_transformation,
    pgd,
    random_corners,
    random_views,
)
from sdl_lib.data import SIGN_CLASSES, draw_signs, sign_templates, traffic_signs
from sdl_lib.models import load
from sdl_lib.training import predict

STOP, FAST = SIGN_CLASSES.index("stop"), SIGN_CLASSES.index("limit 120")
STILL = random_views()
CAMERA = random_views(shift=0.15, rotation=25, scale=0.25, light=0.3)


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def signs():
    return load("signs")


@pytest.fixture(scope="module")
def toy():
    """A small smooth network in double precision, on pictures that are not square."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 6 * 7, 4)]
    model = nn.Sequential(*layers).double().eval()
    x = 0.1 + 0.8 * torch.rand(6, 2, 8, 9, generator=chance(1)).double()
    return model, x, model(x).argmax(1).detach()


@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.1), ("l2", 1.0), ("l1", 5.0)])
@pytest.mark.parametrize("start", [False, True])
def test_with_one_still_view_it_is_pgd_step_for_step(toy, norm, eps, start):
    model, x, y = toy
    target = (y + 1) % 4
    for steps in (1, 7):
        common = {"eps": eps, "norm": norm, "steps": steps, "random_start": start}
        expected = pgd(model, x, y, target=target, generator=chance(3), **common)
        found = expectation_over_transformation(
            model, x, y, target=target, views=STILL, samples=1, generator=chance(3), **common
        )
        assert torch.equal(found, expected)


def test_the_direction_is_that_of_the_mean_cross_entropy(toy):
    """Against autograd on the mean loss itself, with the same views."""
    from sdl_lib.attacks.expectation_over_transformation import mean_ascent

    model, x, y = toy
    views = random_views(shift=0.1, rotation=20, scale=0.2, light=0.2)
    for target in (None, (y + 2) % 4):
        found = mean_ascent(model, x, y, target, views, 5, chance(8))
        leaf = x.clone().requires_grad_()
        seen = views(leaf.repeat_interleave(5, 0), chance(8))
        labels = (y if target is None else target).repeat_interleave(5)
        losses = nn.functional.cross_entropy(model(seen), labels, reduction="none")
        (g,) = torch.autograd.grad(losses.view(-1, 5).mean(1).sum(), leaf)
        g = g if target is None else -g
        same = nn.functional.cosine_similarity(found.flatten(1), g.flatten(1))
        assert float((same - 1).abs().max()) < 1e-9


def test_the_direction_survives_a_model_that_is_sure():
    """Where softmax rounds to one, the cross-entropy has no gradient left."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).eval()
    with torch.no_grad():
        model[1].weight.copy_(500 * torch.eye(2, 16))
        model[1].bias.zero_()
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 0, 0] = 1.0
    result = expectation_over_transformation(
        model, x, torch.tensor([0]), views=random_views(light=0.2), eps=0.1, steps=3
    )
    assert float((result - x).abs().max()) == pytest.approx(0.1, abs=1e-6)


def test_it_stays_in_the_ball_and_the_box_and_touches_no_other_pixel(signs):
    x, y = traffic_signs(6, generator=chance(0))
    given, state = x.clone(), torch.get_rng_state()
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 4:9, 3:20] = 1
    for norm, eps in (("linf", 0.07), ("l2", 1.3), ("l1", 9.0)):
        for m in (None, mask):
            out = expectation_over_transformation(
                signs, x, y, views=CAMERA, eps=eps, norm=norm, steps=4, samples=3, mask=m,
                random_start=True,
            )  # fmt: skip
            order = {"linf": torch.inf, "l2": 2, "l1": 1}[norm]
            size = torch.linalg.vector_norm((out - x).flatten(1), order, dim=1)
            assert float(size.max()) <= eps * (1 + 1e-5)
            assert float(out.min()) >= 0
            assert float(out.max()) <= 1
            assert float(size.min()) > 0
            if m is not None:
                assert torch.equal(torch.where(m == 0, out, x), x)
    assert torch.equal(x, given)
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(p.grad is not None for p in signs.parameters())


@pytest.mark.parametrize("seed", range(3))
def test_it_survives_views_never_seen_where_pgd_does_not(signs, seed):
    """Stop, to be read as 120 km/h; five signs, each in forty held-out views."""
    y, goal = torch.full((5,), STOP), torch.full((5,), FAST)
    x = draw_signs(y, generator=chance(seed))
    common = {"eps": 0.2, "steps": 30, "target": goal}
    plain = pgd(signs, x, y, random_start=False, **common)
    robust = expectation_over_transformation(
        signs, x, y, views=CAMERA, samples=16, generator=chance(seed), **common
    )

    def share(z, answer):
        seen = CAMERA(z.repeat_interleave(40, 0), chance(1000 + seed))
        return float((predict(signs, seen).argmax(1) == answer).double().mean())

    assert share(x, STOP) > 0.85  # the camera alone does no harm
    assert float((predict(signs, plain).argmax(1) == FAST).double().mean()) == 1.0
    assert share(plain, FAST) < 0.65
    assert share(robust, FAST) > 0.8
    assert share(robust, FAST) - share(plain, FAST) > 0.25


@pytest.mark.parametrize("seed", range(3))
def test_two_stickers_hide_a_stop_sign_and_noise_in_their_place_does_not(signs, seed):
    y, goal = torch.full((5,), STOP), torch.full((5,), FAST)
    x = draw_signs(y, generator=chance(seed), pose=0.0)
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:12, 9:23] = mask[..., 21:25, 9:23] = 1
    taped = expectation_over_transformation(
        signs, x, y, views=CAMERA, eps=1.0, steps=30, target=goal, mask=mask, generator=chance(seed)
    )
    noisy = torch.where(mask > 0, torch.rand(x.shape, generator=chance(seed)), x)

    def share(z, answer):
        seen = CAMERA(z.repeat_interleave(40, 0), chance(1000 + seed))
        return float((predict(signs, seen).argmax(1) == answer).double().mean())

    assert share(taped, FAST) > 0.3
    assert share(taped, STOP) < 0.25
    assert share(noisy, STOP) > 0.7
    assert share(noisy, FAST) < 0.05


@pytest.mark.parametrize("seed", range(3))
def test_stickers_survive_too(signs, seed):
    """Two bars of any colour, as in RP2: a smaller lead, and nothing beside them changes."""
    y, goal = torch.full((5,), STOP), torch.full((5,), FAST)
    x, mask = draw_signs(y, generator=chance(seed)), torch.zeros(1, 1, 32, 32)
    mask[..., 5:11, 5:27] = mask[..., 21:27, 5:27] = 1
    common = {"eps": 1.0, "steps": 30, "target": goal, "mask": mask}
    plain, robust = (
        expectation_over_transformation(
            signs, x, y, views=views, samples=n, generator=chance(seed), **common
        )
        for views, n in ((STILL, 1), (CAMERA, 16))
    )
    shares = []
    for z in (plain, robust):
        assert torch.equal(torch.where(mask == 0, z, x), x)
        seen = CAMERA(z.repeat_interleave(40, 0), chance(1000 + seed))
        shares.append(float((predict(signs, seen).argmax(1) == FAST).double().mean()))
    assert shares[1] - shares[0] > 0.08


def test_views_of_nothing_are_the_picture_bit_for_bit():
    x = torch.rand(3, 2, 5, 8, generator=chance(0))
    assert torch.equal(random_views()(x, chance(1)), x)


def test_a_shift_a_turn_and_a_size_are_what_they_say():
    """By hand, on pictures with one bright pixel: whole pixels, a quarter turn, the double size."""
    from sdl_lib.attacks.random_views import _whence

    def seen(x, angle, size, shift):
        one = torch.ones(1)
        where = _whence(angle * one, size * one, torch.tensor([shift]).T, x)
        return nn.functional.grid_sample(x, where, align_corners=False)

    x = torch.zeros(1, 1, 6, 10)
    x[0, 0, 2, 7] = 1
    moved = seen(x, 0.0, 1.0, [2 * 1 / 10, 2 * 2 / 6])  # one right, two down
    assert moved[0, 0, 4, 8] == pytest.approx(1.0, abs=1e-5)
    turned = seen(x, torch.pi / 2, 1.0, [0.0, 0.0])  # about the middle (2.5, 4.5)
    row, column = divmod(int(turned.argmax()), 10)
    assert (row, column) in {(5, 5), (0, 4)}  # 2.5 from the middle along the other axis
    assert float(turned.max()) == pytest.approx(1.0, abs=1e-4)
    grown = seen(torch.ones(1, 1, 6, 10), 0.0, 0.5, [0.0, 0.0])
    assert float(grown.sum()) == pytest.approx(15.0, rel=0.01)  # a quarter of 60 pixels


def test_light_stays_in_the_box_and_views_are_independent():
    x = torch.full((50, 1, 4, 4), 0.9)
    lit = random_views(light=0.5)(x, chance(0))
    assert float(lit.max()) <= 1
    assert float(lit.min()) >= 0.45
    assert len(lit[:, 0, 0, 0].unique()) > 25


def test_a_patch_touches_its_own_pixels_alone():
    x = torch.rand(40, 3, 9, 12, generator=chance(0))
    patch = torch.rand(3, 4, 4, generator=chance(1))
    corner = random_corners(x, 4, generator=chance(2))
    given = x.clone()
    out = apply_patch(x, patch, corner)
    assert torch.equal(x, given)
    for picture, result, (top, left) in zip(x, out, corner.tolist(), strict=True):
        expected = picture.clone()
        expected[:, top : top + 4, left : left + 4] = patch
        assert torch.equal(result, expected)
    assert set(random_corners(x.repeat(20, 1, 1, 1), 4)[:, 0].tolist()) == set(range(6))


@pytest.mark.parametrize("seed", range(3))
def test_a_patch_does_more_than_noise_of_its_size(signs, seed):
    """On signs that it never saw; the aim is "stop"."""
    x, y = traffic_signs(300, generator=chance(seed))
    patch = adversarial_patch(signs, x, y, target=STOP, size=12, steps=60, generator=chance(seed))
    assert float(patch.min()) >= 0
    assert float(patch.max()) <= 1
    x, y = traffic_signs(400, generator=chance(500 + seed))
    x, y = x[y != STOP], y[y != STOP]
    corner = random_corners(x, 12, generator=chance(seed))
    noise = torch.rand(patch.shape, generator=chance(seed))
    trained, random = (predict(signs, apply_patch(x, p, corner)).argmax(1) for p in (patch, noise))
    assert float((trained == STOP).double().mean()) > 0.2
    assert float((random == STOP).double().mean()) < 0.05
    front = sign_templates()[STOP : STOP + 1]
    small = nn.functional.interpolate(front[:, :3] + (1 - front[:, 3:]) / 2, 12, mode="area")[0]
    genuine = predict(signs, apply_patch(x, small, corner)).argmax(1)
    assert float((trained == STOP).double().mean()) > float((genuine == STOP).double().mean()) + 0.1
    assert float((trained != y).double().mean()) - float((random != y).double().mean()) > 0.35


def test_the_patch_leaves_no_trace_and_is_the_same_again(signs):
    x, y = traffic_signs(20, generator=chance(0))
    given, state = x.clone(), torch.get_rng_state()
    twice = [
        adversarial_patch(signs, x, y, target=3, size=5, steps=3, views=CAMERA) for _ in range(2)
    ]
    assert torch.equal(*twice)
    assert torch.equal(x, given)
    assert torch.equal(torch.get_rng_state(), state)


def test_bad_arguments_are_named(signs):
    x, y = traffic_signs(3, generator=chance(0))
    eot = expectation_over_transformation
    for bad, name in (
        ({"samples": 0}, "samples"),
        ({"steps": 0}, "steps"),
        ({"eps": -1.0}, "eps"),
        ({"norm": "l3"}, "norm"),
        ({"step_size": float("nan")}, "step_size"),
        ({"mask": torch.ones(7, 7)}, "mask"),
        ({"target": torch.tensor([1, 2])}, "target"),
    ):
        with pytest.raises(ValueError, match=name):
            eot(signs, x, y, **({"views": STILL, "eps": 0.1} | bad))
    with pytest.raises(ValueError, match="x:"):
        eot(signs, 2 * x, y, views=STILL, eps=0.1)
    for bad in ({"shift": -0.1}, {"rotation": float("inf")}, {"scale": 1.0}, {"light": 1.5}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            random_views(**bad)
    with pytest.raises(ValueError, match="size"):
        adversarial_patch(signs, x, y, target=0, size=33)
    with pytest.raises(ValueError, match="y:"):
        adversarial_patch(signs, x, torch.zeros(3).long(), target=0, size=3)
    with pytest.raises(ValueError, match="target"):
        adversarial_patch(signs, x, y.clamp(max=11), target=13, size=3, steps=1)
    patch = torch.rand(3, 4, 4)
    with pytest.raises(ValueError, match="corner"):
        apply_patch(x, patch, torch.full((3, 2), 29))
    with pytest.raises(ValueError, match="corner"):
        apply_patch(x, patch, torch.zeros(2, 2).long())
    with pytest.raises(ValueError, match="patch"):
        apply_patch(x, patch[:1], torch.zeros(3, 2).long())
    with pytest.raises(ValueError, match="patch"):
        apply_patch(x, 2 * patch, torch.zeros(3, 2).long())
    empty = x[:0]
    assert eot(signs, empty, y[:0], views=STILL, eps=0.1).shape == empty.shape
