"""Randomised smoothing against its bound: bare forward passes of the same noisy batches.

10,000 copies of one digit, and 1,000 copies of each of ten, on LeNet-5 and VGG8. The bound draws
the noise and asks the network, and counts nothing. Run with ``make bench`` (about a minute).
"""

import sys

import torch
from harness import Race, finish, judge
from torch import Tensor, nn

from sdl_lib.data import mnist10k
from sdl_lib.defences import certify_smoothing
from sdl_lib.models import VGG8, load

SIGMA, BATCH = 0.5, 500


def bound(model: nn.Module, x: Tensor, samples: int) -> None:
    source = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for one in x:
            for _ in range(samples // BATCH):
                noise = torch.randn((BATCH, *one.shape), generator=source)
                model(noise.mul_(SIGMA).add_(one))


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, _ = mnist10k("test")
    races = []
    for name, model in (("LeNet5", load("lenet5")), ("VGG8", VGG8().eval().requires_grad_(False))):
        for digits, samples in ((1, 10_000), (10, 1000)):
            given = x[:digits]

            def ours(m: nn.Module = model, z: Tensor = given, n: int = samples) -> None:
                certify_smoothing(m, z, sigma=SIGMA, samples=n, selection=100, batch=BATCH)

            def bare(m: nn.Module = model, z: Tensor = given, n: int = samples) -> None:
                bound(m, z, n)

            # the bound counts as a peer of itself: nobody else draws the same noise
            title = f"{name}, {digits} x {samples:,}"
            rounds = 5 if name == "LeNet5" else 3
            races.append(Race(title, bare, ours, {"bare": bare}, {}, rounds))
    print(f"processor time; torch {torch.__version__}, one CPU thread", file=sys.stderr)
    # selection adds 1 % to the first task and 10 % to the second; the rest may cost 15 %
    finish(judge(races, limit=1.25, noise=0.25))


if __name__ == "__main__":
    main()
