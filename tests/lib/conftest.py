"""One CPU thread, repeatable laws, and the real network and digits that the tests share."""

import pytest
import torch
from hypothesis import settings

from sdl_lib.data import mnist10k
from sdl_lib.models import load

torch.set_num_threads(1)  # two threads make the small networks of these tests slower
settings.register_profile("sdl", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("sdl")


def pytest_configure(config: pytest.Config) -> None:
    # word vectors, COMPAS and German credit say so once a process, in whichever test comes first
    config.addinivalue_line("filterwarnings", "ignore::sdl_lib.data.passports.KnownProblems")


@pytest.fixture(scope="session")
def lenet():
    return load("lenet5")


@pytest.fixture(scope="session")
def digits():
    x, y = mnist10k("test")
    return x[:128], y[:128]
