"""One call makes a page repeatable."""

import os
import random

import matplotlib as mpl
import numpy as np
import pytest
import torch

import sdl_lib
from sdl_lib.figures import PALETTE


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """`setup` changes the process; each test puts it back."""
    monkeypatch.delenv("SDL_DEVICE", raising=False)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    chance = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    with mpl.rc_context():
        yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = benchmark
    random.setstate(chance[0])
    np.random.set_state(chance[1])  # noqa: NPY002
    torch.set_rng_state(chance[2])


def draws():
    return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002


def test_all_generators_are_seeded():
    sdl_lib.setup(seed=3)
    first = draws()
    assert draws() != first
    sdl_lib.setup(seed=3)
    assert draws() == first
    sdl_lib.setup(seed=4)
    assert all(a != b for a, b in zip(draws(), first, strict=True))


def test_one_thread_deterministic_kernels_and_the_look_of_the_book():
    torch.backends.cudnn.benchmark = True
    sdl_lib.setup()
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.benchmark
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(PALETTE)
    sdl_lib.setup(threads=2)
    assert torch.get_num_threads() == 2


def test_a_workspace_that_was_chosen_stays(monkeypatch):
    sdl_lib.setup()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")
    sdl_lib.setup()
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"


def test_the_device(monkeypatch):
    usual = "cuda" if torch.cuda.is_available() else "cpu"
    assert sdl_lib.setup().type == usual
    assert sdl_lib.setup(device="cpu") == torch.device("cpu")
    monkeypatch.setenv("SDL_DEVICE", "meta")
    assert sdl_lib.setup().type == "meta"
    assert sdl_lib.setup(device="cpu").type == "cpu"


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_named(device):
    with pytest.raises(ValueError, match=f"^device: '{device}' is not available"):
        sdl_lib.setup(device=device)


def test_bad_threads_are_named_and_nothing_is_changed():
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match=r"^threads: expected at least 1, found 0"):
        sdl_lib.setup(threads=0)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_package_exports_what_it_says():
    for name in sdl_lib.__all__:
        assert hasattr(sdl_lib, name)
