"""Drawn characters, the face swap between them, and blending."""

import json

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from sdl_lib.data import (
    CHARACTERS,
    POSE,
    DataError,
    character_faces,
    draw_characters,
    lfw,
    lfw_faces,
)
from sdl_lib.gan import feather, fit_face_swap, poisson_blend, warp_faces
from sdl_lib.linear_algebra import principal_components
from sdl_lib.live import blend_faces
from sdl_lib.models import FaceSwap, load

SEEDS = (101, 102, 103)


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pose(**given: float) -> torch.Tensor:
    return torch.tensor([[given.get(name, 0.0) for name in POSE]])


def error(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).square().mean())


@pytest.fixture(scope="module")
def shipped() -> FaceSwap:
    model = load("face-swap")
    assert isinstance(model, FaceSwap)
    return model


@pytest.fixture(scope="module")
def albums() -> list[torch.Tensor]:
    return [character_faces(1000, who)[0] for who in (0, 1)]


# the two characters


@pytest.mark.parametrize("who", [0, 1])
def test_pictures_are_in_the_box_and_follow_the_seed(who):
    x, p = character_faces(60, who, generator=chance(7))
    again, _ = character_faces(60, who, generator=chance(7))
    assert x.shape == (60, 3, 32, 32)
    assert x.dtype == torch.float32
    assert x.min() >= 0
    assert x.max() <= 1
    assert p.abs().max() <= 1
    assert torch.equal(x, again)
    assert torch.equal(x[5:9], draw_characters(who, p[5:9]))
    assert torch.equal(draw_characters(who, p[:0]), torch.zeros(0, 3, 32, 32))


def test_heads_are_upright_unless_they_may_tilt():
    roll = POSE.index("roll")
    assert character_faces(50, 0)[1][:, roll].abs().max() == 0
    assert 0.3 < character_faces(50, 0, tilt=0.5)[1][:, roll].abs().max() <= 0.5
    with pytest.raises(ValueError, match="tilt"):
        character_faces(1, 0, tilt=2.0)


def test_global_chance_is_left_alone():
    before = torch.random.get_rng_state()
    character_faces(2, 0)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("name", POSE)
def test_every_parameter_can_be_seen(who, name):
    low, high = (draw_characters(who, pose(**{name: value})) for value in (-1.0, 1.0))
    assert error(low, high) > 2e-4


@pytest.mark.parametrize("who", [0, 1])
def test_yaw_and_roll_and_side_have_mirror_images(who):
    for names in (("yaw",), ("roll",), ("side",), ("yaw", "roll", "side")):
        left, right = (
            draw_characters(who, pose(**dict.fromkeys(names, v), smile=0.5)) for v in (-0.7, 0.7)
        )
        assert torch.allclose(left.flip(3), right, atol=1e-6)


def test_backdrop_is_all_that_changes_outside_the_head():
    x = draw_characters(1, pose(backdrop=1.0, light=-1.0))
    assert torch.allclose(x[0, :, -1, 0], torch.full((3,), 0.9))


@pytest.mark.parametrize("who", [-1, 2, 0.5])
def test_there_are_two_characters(who):
    assert len(CHARACTERS) == 2
    with pytest.raises(ValueError, match="who"):
        draw_characters(who, pose())


@pytest.mark.parametrize("bad", [torch.zeros(2, 9), torch.full((1, 10), 1.1), torch.zeros(10)])
def test_poses_are_checked(bad):
    with pytest.raises(ValueError, match="pose"):
        draw_characters(0, bad)
    with pytest.raises(ValueError, match="n:"):
        character_faces(-1, 0)


# the swap


def test_weights_are_small():
    numbers = sum(p.numel() for p in FaceSwap().parameters())
    assert 2 * numbers <= 250_000  # bytes in half precision


def test_the_shared_encoder_is_one_and_the_decoders_begin_equal():
    torch.manual_seed(0)
    x, _ = character_faces(3, 0)
    model, apart = FaceSwap().eval(), FaceSwap(shared=False).eval()
    with torch.no_grad():
        assert torch.equal(model.encode(x, 0), model.encode(x, 1))
        assert torch.equal(model(x, seen=0, drawn=0), model(x, seen=0, drawn=1))
        assert not torch.equal(apart.encode(x, 0), apart.encode(x, 1))
        assert torch.equal(model.decode(model.encode(x, 0), 1), model(x, seen=0, drawn=1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("seen", [0, 1])
def test_a_swap_is_nearer_to_the_truth_than_any_constant_or_the_nearest_picture(
    shipped, albums, seed, seen
):
    """Nearest: of 1,000 pictures of the other, the one most like what is seen."""
    source, other = chance(seed), 1 - seen
    x, p = character_faces(150, seen, generator=source)
    gallery = albums[other]
    truth = draw_characters(other, p)
    constant = error(truth.mean(0).expand_as(truth), truth)  # even the best one in hindsight
    like = torch.cdist(x.flatten(1), gallery.flatten(1)).argmin(1)
    swapped = shipped(x, seen=seen, drawn=other)
    assert error(swapped, truth) <= 0.2 * constant
    assert error(swapped, truth) <= 0.6 * error(gallery[like], truth)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["yaw", "pitch", "side", "light", "backdrop"])
def test_a_swap_carries_the_pose_over(shipped, seed, name):
    """Of two poses that differ in one parameter alone, the swap is nearer to its own."""
    _, p = character_faces(40, 0, generator=chance(seed))
    ends = []
    for value in (-0.8, 0.8):
        p[:, POSE.index(name)] = value
        ends.append((draw_characters(0, p), draw_characters(1, p.clone())))
    own, wrong = [], []
    for (x, truth), (_, other) in (ends, ends[::-1]):
        swapped = shipped(x, seen=0, drawn=1)
        own.append((swapped - truth).square().mean((1, 2, 3)))
        wrong.append((swapped - other).square().mean((1, 2, 3)))
    assert float((torch.cat(own) < torch.cat(wrong)).double().mean()) >= 0.8


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("seen", [0, 1])
def test_a_swap_carries_over_turns_and_light_and_loses_blinks(shipped, seed, seen):
    """The share of the truth's change, when one number changes, that is found in the swap's."""

    def carried(name: str) -> float:
        _, p = character_faces(40, seen, generator=chance(seed))
        ends = []
        for value in (-0.8, 0.8):
            p[:, POSE.index(name)] = value
            x = draw_characters(seen, p)
            ends.append((shipped(x, seen=seen, drawn=1 - seen), draw_characters(1 - seen, p)))
        change, right = (after - before for before, after in zip(*ends, strict=True))
        return float((change * right).sum() / right.square().sum())

    for name, least in {"light": 0.6, "side": 0.6, "yaw": 0.45, "pitch": 0.45, "open": 0.3}.items():
        assert least <= carried(name) <= 1.2
    assert carried("smile") <= 0.35
    assert carried("eyes") <= 0.2


def quick(*, shared: bool, n: int = 300, seed: int = 0) -> FaceSwap:
    torch.manual_seed(seed)
    model = FaceSwap(shared=shared)
    faces = tuple(character_faces(n, who, generator=chance(10 + who))[0] for who in (0, 1))
    fit_face_swap(model, faces, steps=100, batch=16, generator=chance(seed))
    return model


def test_separate_encoders_redraw_but_do_not_swap():
    x, p = character_faces(150, 0, generator=chance(77))
    truth = draw_characters(1, p)
    errors = {}
    for shared in (True, False):
        model = quick(shared=shared)
        with torch.no_grad():
            errors[shared] = [error(model(x, seen=0, drawn=k), (x, truth)[k]) for k in (0, 1)]
    constant = error(truth.mean(0).expand_as(truth), truth)
    assert max(errors[s][0] for s in (True, False)) <= 0.6 * constant
    assert errors[True][1] <= 0.75 * constant
    assert errors[False][1] >= 0.95 * constant


def test_training_repeats_itself_and_leaves_global_chance_alone():
    faces = tuple(character_faces(20, who)[0] for who in (0, 1))
    torch.manual_seed(0)
    models = [FaceSwap(latent=4, width=4) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    before = torch.random.get_rng_state()
    first, second = (fit_face_swap(m, faces, steps=4, batch=4) for m in models)
    assert first == second
    assert len(first) == 4
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not any(m.training for m in models)


def test_bad_faces_are_refused():
    x, model = character_faces(3, 0)[0], FaceSwap(latent=2, width=2)
    with pytest.raises(ValueError, match=r"faces\[1\]"):
        fit_face_swap(model, (x, x[:0]), steps=1)
    with pytest.raises(ValueError, match=r"faces\[0\]"):
        fit_face_swap(model, (2 * x, x), steps=1)
    with pytest.raises(ValueError, match="steps"):
        fit_face_swap(model, (x, x), steps=0)


def test_a_warp_pulls_without_leaving_the_range():
    x, _ = character_faces(20, 1, generator=chance(3))
    still = warp_faces(x, strength=0.0)
    assert torch.allclose(still, x, atol=1e-5)
    pulled = warp_faces(x, generator=chance(1))
    assert pulled.min() >= 0
    assert pulled.max() <= 1
    assert 1e-4 < error(pulled, x) < 0.01
    assert torch.equal(pulled, warp_faces(x, generator=chance(1)))
    assert error(warp_faces(x, strength=2.0), x) > error(pulled, x)
    with pytest.raises(ValueError, match="strength"):
        warp_faces(x, strength=-1.0)
    with pytest.raises(ValueError, match="x:"):
        warp_faces(x[0])


# blending


def picture(seed: int, channels: int = 1) -> torch.Tensor:
    return 0.3 + 0.4 * torch.rand(channels, 9, 11, generator=chance(seed))


def hole() -> torch.Tensor:
    mask = torch.zeros(9, 11, dtype=torch.bool)
    mask[2:7, 3:9] = True
    return mask


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_poisson_blending_solves_the_equation_that_scipy_solves(seed):
    source, target, mask = picture(seed, 2), picture(seed + 10, 2), hole()
    found = poisson_blend(source, target, mask)
    places = [tuple(at) for at in mask.nonzero().tolist()]
    number = {at: i for i, at in enumerate(places)}
    for channel in range(2):
        s, t = (v[channel].double().numpy() for v in (source, target))
        rows, columns, values, right = [], [], [], np.zeros(len(places))
        for i, (y, x) in enumerate(places):
            for other in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                rows, columns, values = [*rows, i], [*columns, i], [*values, 1.0]
                right[i] += s[y, x] - s[other]
                if other in number:
                    rows, columns = [*rows, i], [*columns, number[other]]
                    values = [*values, -1.0]
                else:
                    right[i] += t[other]
        solved = spsolve(csr_matrix((values, (rows, columns))), right)
        expected = torch.tensor(solved).clamp(0, 1).float()
        assert torch.allclose(found[channel][mask], expected, atol=1e-6)
    assert torch.equal(found[:, ~mask], target[:, ~mask])


def test_poisson_blending_takes_no_notice_of_the_source_s_level():
    target, mask = picture(1), hole()
    assert torch.allclose(poisson_blend(target - 0.2, target, mask), target, atol=1e-6)
    to_the_edge = torch.zeros(9, 11, dtype=torch.bool)
    to_the_edge[:, :5] = True
    assert torch.allclose(poisson_blend(target + 0.1, target, to_the_edge), target, atol=1e-6)
    assert torch.equal(poisson_blend(picture(2), target, torch.zeros_like(mask)), target)


def test_a_feather_keeps_the_inside_and_the_outside():
    mask = torch.zeros(15, 15)
    mask[4:11, 4:11] = 1
    soft = feather(mask, radius=2)
    assert torch.equal(feather(mask, radius=0), mask)
    assert soft[7, 7] == 1
    assert soft[0, 0] == 0
    assert 0 < soft[4, 7] < 1
    assert torch.allclose(feather(torch.ones(5, 5), radius=3), torch.ones(5, 5))


def test_blending_checks_its_arguments():
    a, mask = picture(0), hole()
    with pytest.raises(ValueError, match="mask: covers"):
        poisson_blend(a, a, torch.ones_like(mask))
    with pytest.raises(ValueError, match="mask"):
        poisson_blend(a, a, mask.float())
    with pytest.raises(ValueError, match="source"):
        poisson_blend(a[:, 1:], a, mask)
    with pytest.raises(ValueError, match="target"):
        poisson_blend(a, a + 1, mask)
    with pytest.raises(ValueError, match="mask"):
        feather(a, radius=1)
    with pytest.raises(ValueError, match="radius"):
        feather(a[0], radius=-1)


# real faces


def test_there_are_a_hundred_faces_and_nobody_can_change_them_for_others():
    x = lfw_faces()
    assert x.shape == (100, 1, 25, 25)
    assert x.dtype == torch.float32
    assert x.min() >= 0
    assert x.max() <= 1
    x.zero_()
    assert lfw_faces().max() > 0.9


def test_another_file_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "lfw_subset.npy"
    for content in (None, b"something else"):
        if content is not None:
            file.write_bytes(content)
        monkeypatch.setattr(lfw, "_FILE", file)
        lfw._pictures.cache_clear()
        with pytest.raises(DataError, match="lfw_subset"):
            lfw_faces()
    monkeypatch.undo()
    lfw._pictures.cache_clear()


@pytest.mark.parametrize("seed", SEEDS)
def test_components_of_eighty_people_do_not_span_the_faces_of_others(seed):
    x = lfw_faces().flatten(1)[torch.randperm(100, generator=chance(seed))]
    known, others = x[:80], x[80:]
    p = principal_components(known, k=79)

    def redrawn(v: torch.Tensor) -> torch.Tensor:
        return (v - p.mean) @ p.directions.T @ p.directions + p.mean

    assert error(redrawn(known), known) < 1e-8
    assert error(redrawn(others), others) > 0.07**2
    a, b = redrawn(others[:1]), redrawn(others[1:2])
    both = redrawn((others[:1] + others[1:2]) / 2)
    assert torch.allclose(both, (a + b) / 2, atol=1e-5)  # linear: a blend of codes is one of pixels


# the lab


def test_the_lab_writes_networks_that_are_small_and_a_table(tmp_path):
    blend_faces.write(tmp_path)
    sizes = {file.name: file.stat().st_size for file in tmp_path.glob("*.bin")}
    assert sorted(sizes) == ["encoder.bin", "painter-0.bin", "painter-1.bin"]
    assert sum(sizes.values()) <= 300_000  # the layers that are shared are in both painters
    table = json.loads((tmp_path / "fallback.json").read_text())["table"]
    assert [len(row) for row in table["rows"]] == [len(table["head"])] * 5


def test_the_notebook_s_control_follows_its_knobs():
    control = blend_faces.Control()
    assert control.verdict.value.startswith("<p><b>Reed is seen. At 100% from")
    before = control.picture.value
    control.who.value, control.way.value = 1, 0
    assert "Plum is seen. At 0% from" in control.verdict.value
    assert control.picture.value != before


def test_at_the_ends_of_the_way_one_decoder_draws_alone(shipped):
    for way in (0, 1):
        faces = blend_faces.blend(0, way, yaw=0.4)
        seen = draw_characters(0, blend_faces.pose(yaw=0.4))
        assert torch.equal(faces.seen, seen)
        assert torch.allclose(faces.drawn, shipped(seen, seen=0, drawn=way), atol=1e-6)
        assert torch.equal(faces.truth, draw_characters(way, blend_faces.pose(yaw=0.4)))
