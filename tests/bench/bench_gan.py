"""One training step of a GAN against its bound: the forwards and backwards that it needs.

A step of ``train_gan`` may take at most 1.2 times what its passes through the two networks take,
from the examples to the loss and back, with everything else in it: fresh batches, both optimisers,
the record.
Run with ``make bench`` or ``python tests/bench/bench_gan.py`` (about two minutes).
"""

import copy
from collections.abc import Callable

import torch
from harness import Race, finish
from torch import Tensor, nn
from torch.nn.functional import softplus

from sdl_lib.data import mnist10k
from sdl_lib.gan import ring_networks, ring_of_gaussians, train_gan
from sdl_lib.models import DCGANDiscriminator, DCGANGenerator

LIMIT = 1.2


def bound(
    generator: nn.Module, judge: nn.Module, real: Tensor, *, latent: int, steps: int
) -> Callable[[], None]:
    """The passes of each step, on one batch that is there, and nothing else."""
    generator, judge = copy.deepcopy(generator).train(), copy.deepcopy(judge).train()
    z = torch.randn(len(real), latent)
    of_judge, of_generator = list(judge.parameters()), list(generator.parameters())

    def passes() -> None:
        for _ in range(steps):
            with torch.no_grad():
                drawn = generator(z)
            loss = softplus(-judge(real)).mean() + softplus(judge(drawn)).mean()
            torch.autograd.grad(loss, of_judge)
            torch.autograd.grad(softplus(-judge(generator(z))).mean(), of_generator)

    return passes


def plain(
    generator: nn.Module, judge: nn.Module, data: Tensor, *, latent: int, batch: int, steps: int
) -> Callable[[], None]:
    """The loop that everybody writes: both optimisers of torch, fused, and fresh batches."""
    generator, judge = copy.deepcopy(generator).train(), copy.deepcopy(judge).train()
    ways = [torch.optim.Adam(net.parameters(), lr=1e-5, fused=True) for net in (generator, judge)]

    def loop() -> None:
        for _ in range(steps):
            real = data[torch.randint(len(data), (batch,))]
            drawn = generator(torch.randn(batch, latent)).detach()
            ways[1].zero_grad()
            (softplus(-judge(real)).mean() + softplus(judge(drawn)).mean()).backward()
            ways[1].step()
            ways[0].zero_grad()
            softplus(-judge(generator(torch.randn(batch, latent)))).mean().backward()
            ways[0].step()

    return loop


def race(
    name: str,
    networks: tuple[nn.Module, nn.Module],
    data: Tensor,
    *,
    latent: int,
    batch: int,
    steps: int,
) -> Race:
    generator, judge = networks

    def ours() -> object:
        return train_gan(
            generator,
            judge,
            data,
            steps=steps,
            latent=latent,
            batch_size=batch,
            lr=1e-5,  # the networks stay what they are
        )

    work = bound(generator, judge, data[:batch], latent=latent, steps=steps)
    usual = plain(generator, judge, data, latent=latent, batch=batch, steps=steps)
    return Race(name, work, ours, peers={}, others={"plain loop": usual}, rounds=9)


def races() -> list[Race]:
    x, _ = mnist10k("train")
    torch.manual_seed(0)
    digits = (DCGANGenerator(), DCGANDiscriminator())
    ring = ring_of_gaussians(5000, chance=torch.Generator().manual_seed(0))
    return [
        race(
            "DCGAN, 28 x 28 digits", digits, 2 * x - 1, latent=digits[0].latent, batch=64, steps=8
        ),
        race("ring of Gaussians", ring_networks(seed=0), ring, latent=2, batch=256, steps=1000),
    ]


def main() -> None:
    torch.set_num_threads(1)
    failures = 0
    for contest in races():
        ratio, usual = contest.run().values()
        failures += ratio > LIMIT
        print(
            f"{contest.name:28} {ratio:.2f} bounds (at most {LIMIT}); a plain loop {usual:.2f}",
            flush=True,
        )
    finish(failures)


if __name__ == "__main__":
    main()
