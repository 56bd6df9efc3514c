"""One call that makes a page repeatable: seeds, threads, determinism, device, look of plots."""

import os
import random

import numpy as np
import torch

from sdl_lib import figures


def setup(seed: int = 0, *, threads: int = 1, device: str | None = None) -> torch.device:
    """Prepare a notebook so that it gives the same bytes twice on one device.

    Seeds Python, NumPy and torch, asks torch for deterministic kernels, sets the number of CPU
    threads and applies the book's look to matplotlib. Every chapter calls it first.

    Parameters
    ----------
    seed : the seed of all three random number generators
    threads : CPU threads for torch. One is the fastest setting for the small networks here:
        two threads made them 2 to 9 times slower on a two-core machine.
    device : ``"cpu"``, ``"cuda"``, ...; default: the environment variable ``SDL_DEVICE``,
        else the GPU where there is one, else the CPU

    Returns
    -------
    torch.device : the device that models and data should be moved to.

    Raises
    ------
    ValueError : if ``threads`` is less than 1, or ``device`` is not available here.

    References
    ----------
    Explained in :doc:`/book/using-this-book`.
    """
    if threads < 1:
        raise ValueError(f"threads: expected at least 1, found {threads}")
    chosen = _device(device or os.environ.get("SDL_DEVICE"))
    # cuBLAS reads this when it starts; without it, deterministic mode refuses matrix products
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (the legacy generator is what other libraries draw from)
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    figures.use_look()
    return chosen


def _device(name: str | None) -> torch.device:
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device: {name!r} is not available here ({error})") from error
    return torch.device(name)
