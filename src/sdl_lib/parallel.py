"""Data parallelism on one machine: several processes, a shard of the batch each, one gradient.

``python -m sdl_lib.parallel`` is what a worker process runs; :func:`all_reduce_gradient` starts
the workers. They meet in a file and talk over the loopback interface (the backend *gloo*).
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sdl_lib import models, validate
from sdl_lib.curvature import gradient, loss_of_weights


def all_reduce_gradient(
    model: nn.Module, x: Tensor, y: Tensor, *, workers: int = 2, seconds: float = 240.0
) -> Tensor:
    r"""The gradient of the mean cross-entropy, computed by several processes together.

    Each worker takes every ``workers``-th example, computes the gradient over its shard, weighs
    it by the shard's share of the batch, and ``torch.distributed.all_reduce`` adds these up.

    Parameters
    ----------
    model : a network of :mod:`sdl_lib.models` for digits, in evaluation mode
    x : Tensor, shape (n, ...), n at least ``workers``
    y : LongTensor, shape (n,)
    workers : processes to start
    seconds : after which the workers are stopped

    Returns
    -------
    Tensor, shape (workers, parameters): the sum as each worker holds it: the rows are equal.

    Raises
    ------
    ValueError : if the model is not one of the library's, is in training mode, or the batch is
        too small.
    RuntimeError : if a worker fails or is too slow; it quotes what the worker said.

    References
    ----------
    Li et al. (2020). Explained in :doc:`/book/fundamentals/training-and-platforms`.
    """
    validate.eval_mode(model)
    validate.count(workers, "workers")
    validate.labels(y, len(x))
    if len(x) < workers:
        raise ValueError(f"x: expected at least {workers} examples, found {len(x)}")
    name, state = type(model).__name__, {k: v.cpu() for k, v in model.state_dict().items()}
    _rebuild(name, state)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        save_file(state, folder / "model.safetensors")
        for rank in range(workers):
            shard = {"x": x[rank::workers].detach().cpu().contiguous()}
            shard["y"] = y[rank::workers].cpu().contiguous()
            save_file(shard, folder / f"shard-{rank}.safetensors")
        _run_workers(name, folder, workers, len(x), seconds)
        found = [load_file(folder / f"gradient-{rank}.safetensors") for rank in range(workers)]
    return torch.stack([part["gradient"] for part in found])


def work(name: str, folder: Path, rank: int, workers: int, total: int) -> None:
    """One worker: the gradient over a shard, then the sum over all workers."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo",
        init_method=(folder / "meeting-point").resolve().as_uri(),
        rank=rank,
        world_size=workers,
        timeout=timedelta(seconds=120),
    )
    model = _rebuild(name, load_file(folder / "model.safetensors"))
    shard = load_file(folder / f"shard-{rank}.safetensors")
    g = gradient(*loss_of_weights(model, shard["x"], shard["y"]))
    g *= len(shard["y"]) / total
    torch.distributed.all_reduce(g)  # a sum, in place, in every worker
    save_file({"gradient": g}, folder / f"gradient-{rank}.safetensors")
    torch.distributed.destroy_process_group()


def _rebuild(name: str, state: Mapping[str, Tensor]) -> nn.Module:
    """The model again, from its class and its weights: nothing that could hold code is passed."""
    kind = getattr(models, name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise ValueError(f"model: expected a network of sdl_lib.models, found {name}")
    with torch.random.fork_rng(devices=[]):  # the first weights are drawn, and then replaced
        model = kind().to(next(iter(state.values())).dtype)
    try:
        model.load_state_dict(dict(state))
    except RuntimeError as error:
        raise ValueError(f"model: its shapes are not those of {name}() ({error})") from error
    return model.eval()


def _run_workers(name: str, folder: Path, workers: int, total: int, seconds: float) -> None:
    common = [sys.executable, "-m", "sdl_lib.parallel", name, str(folder)]
    path = os.pathsep.join(filter(None, sys.path))  # the library that runs here runs there
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path, **_loopback()}
    running = [
        subprocess.Popen(
            [*common, str(rank), str(workers), str(total)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(workers)
    ]
    try:
        said = [process.communicate(timeout=seconds)[1] for process in running]
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"a worker took more than {seconds:.0f} s") from error
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait()
    for rank, process in enumerate(running):
        if process.returncode:
            raise RuntimeError(f"worker {rank} failed:\n{said[rank].strip()[-2000:]}")


def _loopback() -> dict[str, str]:
    """The name of the interface that never leaves this machine, where the system tells it."""
    if "GLOO_SOCKET_IFNAME" in os.environ or not hasattr(socket, "if_nameindex"):
        return {}
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    return {"GLOO_SOCKET_IFNAME": names[0]} if names else {}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sdl_lib.parallel", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    for number in ("rank", "workers", "total"):
        parser.add_argument(number, type=int)
    work(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
