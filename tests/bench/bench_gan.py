"""One training step of a GAN against its bound: the forwards and backwards that it needs.

A step of ``train_gan`` may take at most 1.2 times what its passes through the two networks take,
with everything else in it: batches, losses, both optimisers, the record.
Run with ``make bench`` or ``python tests/bench/bench_gan.py`` (about half a minute).
"""

import copy
from collections.abc import Callable

import torch
from harness import Race, finish
from torch import Tensor, nn

from sdl_lib.data import mnist10k
from sdl_lib.gan import ring_networks, ring_of_gaussians, train_gan
from sdl_lib.models import DCGANDiscriminator, DCGANGenerator

LIMIT = 1.2
STEPS = 8  # a round
# its passes take less than a millisecond: two updates by Adam and Python are seen beside them
SHOWN = "ring of Gaussians"


def bound(generator: nn.Module, judge: nn.Module, real: Tensor, latent: int) -> Callable[[], None]:
    """The passes of one step each, on a batch that is there, and nothing else."""
    generator, judge = copy.deepcopy(generator).train(), copy.deepcopy(judge).train()
    z = torch.randn(len(real), latent)
    of_judge, of_generator = list(judge.parameters()), list(generator.parameters())

    def passes() -> None:
        for _ in range(STEPS):
            with torch.no_grad():
                drawn = generator(z)
            torch.autograd.grad(judge(drawn).mean() - judge(real).mean(), of_judge)
            torch.autograd.grad(-judge(generator(z)).mean(), of_generator)

    return passes


def race(
    name: str, networks: tuple[nn.Module, nn.Module], data: Tensor, *, latent: int, batch: int
) -> Race:
    generator, judge = networks

    def ours() -> object:
        return train_gan(
            generator,
            judge,
            data,
            steps=STEPS,
            latent=latent,
            batch_size=batch,
            lr=1e-5,  # the networks stay what they are
        )

    work = bound(generator, judge, data[:batch], latent)
    return Race(name, work, ours, peers={}, others={}, rounds=9)


def races() -> list[Race]:
    x, _ = mnist10k("train")
    torch.manual_seed(0)
    digits = (DCGANGenerator(), DCGANDiscriminator())
    ring = ring_of_gaussians(5000, chance=torch.Generator().manual_seed(0))
    return [
        race("DCGAN, 28 x 28 digits", digits, 2 * x - 1, latent=digits[0].latent, batch=64),
        race(SHOWN, ring_networks(seed=0), ring, latent=2, batch=256),
    ]


def main() -> None:
    torch.set_num_threads(1)
    failures = 0
    for contest in races():
        ratio = contest.run()["ours"]
        judged = contest.name != SHOWN
        failures += judged and ratio > LIMIT
        limit = f"at most {LIMIT}" if judged else "shown, not judged"
        print(f"{contest.name:28} {ratio:.2f} bounds ({limit})", flush=True)
    finish(failures)


if __name__ == "__main__":
    main()
