"""Scans, real and drawn; nodules painted in and painted away."""

import hashlib

import numpy as np
import pydicom
import pytest
import torch
from pydicom.data import get_testdata_file
from torch import nn

from sdl_lib.attacks import inject, remove
from sdl_lib.attacks.tampering import complete, fit_painter
from sdl_lib.data import ct_slice, lung_patches, lung_phantoms
from sdl_lib.models import Judge, Painter, load
from sdl_lib.training import accuracy, predict


def chance(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def networks():
    return load("nodule-detector"), load("painter")


def share(detector, patches):
    """Of patches called a nodule."""
    return float(predict(detector, patches).argmax(1).double().mean())


def seam(x):
    """Mean jump from the last pixel outside the hole to the first inside."""
    jumps = [
        x[..., 8:24, 8] - x[..., 8:24, 7],
        x[..., 8:24, 23] - x[..., 8:24, 24],
        x[..., 8, 8:24] - x[..., 7, 8:24],
        x[..., 23, 8:24] - x[..., 24, 8:24],
    ]
    return float(torch.stack(jumps).abs().mean())


def test_the_slice_is_pydicoms_file_and_nothing_but_its_pixels():
    file = get_testdata_file("CT_small.dcm")
    with open(file, "rb") as stream:
        digest = hashlib.sha256(stream.read()).hexdigest()
    assert digest.startswith("3dd31e5cc835b3f2")
    expected = pydicom.dcmread(file)
    hounsfield = expected.pixel_array * 1.0 + float(expected.RescaleIntercept)
    x = ct_slice()
    assert x.shape == (1, 1, 128, 128)
    assert np.allclose(x[0, 0].numpy(), np.clip((hounsfield + 1000) / 1400, 0, 1), atol=1e-6)
    x.zero_()
    assert float(ct_slice().max()) == 1


def test_the_patches_are_pieces_of_the_slice_with_lung_in_the_middle():
    x, centre = lung_patches()
    scan = ct_slice()
    assert len(x) == len(centre) > 30
    for patch, (row, column) in zip(x, centre.tolist(), strict=True):
        assert torch.equal(patch, scan[0, :, row - 16 : row + 16, column - 16 : column + 16])
    assert float(x[..., 8:24, 8:24].median()) < 0.2
    assert set(lung_patches(stride=8)[1].flatten().tolist()) <= set(centre.flatten().tolist())


def test_phantoms_are_pictures_and_come_back_for_the_same_seed():
    (x, y), (again, _), (other, _) = (lung_phantoms(60, generator=chance(s)) for s in (0, 0, 1))
    assert x.shape == (60, 1, 32, 32)
    assert torch.equal(x, again)
    assert not torch.equal(x, other)
    assert float(x.min()) >= 0
    assert float(x.max()) <= 1
    assert set(y.tolist()) == {0, 1}
    middle = x[:, 0, 14:18, 14:18].mean((1, 2))
    assert float(middle[y == 1].min()) > 0.45  # soft tissue
    assert float(middle[y == 0].median()) < 0.2  # air
    assert lung_phantoms(0)[0].shape == (0, 1, 32, 32)


def test_phantoms_are_like_the_real_lung():
    """Brightness and grain, in Hounsfield units: within 60 and within a factor of 1.5."""
    x, y = lung_phantoms(300, generator=chance(0))
    real, _ = lung_patches(stride=2)

    def grain(z):
        return 1400 * float(z[..., 8:24, 8:24].diff(dim=-1).abs().median())

    def level(z):
        return 1400 * float(z[..., 8:24, 8:24].median())

    assert abs(level(x[y == 0]) - level(real)) < 60
    assert 1 / 1.5 < grain(x[y == 0]) / grain(real) < 1.5


@pytest.mark.parametrize("seed", range(3))
def test_the_detector_is_flipped_both_ways(networks, seed):
    detector, painter = networks
    x, y = lung_phantoms(300, generator=chance(1000 + seed))
    healthy, sick = x[y == 0], x[y == 1]
    assert accuracy(detector, x, y) > 0.98
    assert share(detector, inject(painter, healthy, generator=chance(seed))) > 0.98
    assert share(detector, remove(painter, sick, generator=chance(seed))) < 0.02
    assert share(detector, remove(painter, healthy, generator=chance(seed))) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_a_paste_fools_the_detector_too_but_leaves_a_seam(networks, seed):
    """What the context buys: the edge of the hole is no rougher than that of an untouched patch."""
    detector, painter = networks
    x, y = lung_phantoms(300, generator=chance(2000 + seed))
    healthy, sick = x[y == 0], x[y == 1]
    pasted = healthy.clone()
    rows = torch.arange(len(healthy)) % len(sick)
    pasted[..., 8:24, 8:24] = sick[rows][..., 8:24, 8:24]
    painted = inject(painter, healthy, generator=chance(seed))
    assert share(detector, pasted) > 0.95
    assert seam(pasted) > 2.5 * seam(healthy)
    assert 0.8 < seam(painted) / seam(healthy) < 1.25


def test_repainted_lung_is_too_smooth(networks):
    """A trace: the grain inside the hole is fainter than outside."""
    _, painter = networks
    x, y = lung_phantoms(300, generator=chance(5))

    def grain(z):
        return float(z[..., 9:23, 9:23].diff(dim=-1).abs().median())

    assert grain(remove(painter, x[y == 1])) < 0.85 * grain(x[y == 0])


def test_what_happens_on_the_real_slice(networks):
    """Never seen in training, neither by the detector nor by the painter."""
    detector, painter = networks
    x, centre = lung_patches(stride=2)
    assert share(detector, x) < 0.02
    injected = inject(painter, x)
    assert share(detector, injected) > 0.95
    assert share(detector, remove(painter, injected)) < 0.05
    assert 0.8 < seam(injected) / seam(x) < 1.25
    # the same in place, one scan a nodule
    scans = ct_slice().expand(5, -1, -1, -1)
    placed = inject(painter, scans, centre[:5])
    for scan, (row, column) in zip(placed, centre[:5].tolist(), strict=True):
        patch = scan[:, row - 16 : row + 16, column - 16 : column + 16]
        assert share(detector, patch.unsqueeze(0)) == 1.0


def test_only_the_hole_is_touched_and_nothing_else_is(networks):
    _, painter = networks
    scans, centre = ct_slice().repeat(3, 1, 1, 1), torch.tensor([[16, 16], [40, 100], [112, 112]])
    given, state = scans.clone(), torch.get_rng_state()
    for tamper in (inject, remove):
        out = tamper(painter, scans, centre)
        assert torch.equal(out, tamper(painter, scans, centre))
        for before, after, (row, column) in zip(scans, out, centre.tolist(), strict=True):
            changed = (before != after)[0]
            inside = torch.zeros_like(changed)
            inside[row - 8 : row + 8, column - 8 : column + 8] = True
            assert bool(changed.any())
            assert not bool((changed & ~inside).any())
        assert float(out.min()) >= 0
        assert float(out.max()) <= 1
    assert torch.equal(scans, given)
    assert torch.equal(torch.get_rng_state(), state)
    # the painter never sees what it replaces
    hidden = scans.clone()
    hidden[0, :, 8:24, 8:24] = 1.0
    assert torch.equal(inject(painter, hidden, centre), inject(painter, scans, centre))


def test_fitting_is_repeatable_and_learns():
    x, y = lung_phantoms(128, generator=chance(0))
    x, y = x[y == 1], y[y == 1]  # before it learns, it paints lung

    def run():
        torch.manual_seed(0)
        painter, judge = Painter(), Judge()
        return painter, fit_painter(painter, judge, x, y, steps=12, batch_size=8)

    (painter, history), (_, again) = run(), run()
    assert history == again
    assert len(history) == 6  # of two steps each: twelve steps make no tenths
    assert history[-1] < history[0]
    assert not painter.training
    patch = complete(painter, x[:4], y[:4], generator=chance(0))
    assert patch.requires_grad
    assert torch.equal(patch[..., :8, :], x[:4][..., :8, :])


def test_bad_arguments_are_named(networks):
    detector, painter = networks
    x, y = lung_phantoms(4)
    with pytest.raises(ValueError, match="n:"):
        lung_phantoms(-1)
    with pytest.raises(ValueError, match="stride"):
        lung_patches(stride=0)
    for bad in (x[..., :31], x.repeat(1, 3, 1, 1), 2 * x):
        with pytest.raises(ValueError, match="x:"):
            inject(painter, bad)
    for bad in (torch.zeros(3, 2).long(), torch.full((4, 2), 16.0), torch.full((4, 2), 17)):
        with pytest.raises(ValueError, match="centre"):
            remove(painter, x, bad)
    with pytest.raises(ValueError, match="painter"):
        inject(Painter(), x)
    with pytest.raises(ValueError, match="y:"):
        fit_painter(Painter(), Judge(), x, y + 1, steps=1)
    with pytest.raises(ValueError, match="steps"):
        fit_painter(Painter(), Judge(), x, y, steps=0)
    with pytest.raises(ValueError, match="closeness"):
        fit_painter(Painter(), Judge(), x, y, steps=1, closeness=-1.0)
    assert inject(painter, x[:0]).shape == (0, 1, 32, 32)
    assert isinstance(detector, nn.Module)
