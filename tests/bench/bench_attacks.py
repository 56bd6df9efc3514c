"""FGSM and PGD against the unavoidable work, torchattacks and foolbox, on 128 real digits.

The bound is steps x (forward + gradient of the input alone) of the whole batch, parameters frozen.
Ours can come in under it, because it works the batch off in chunks that fit the cache.
Run with ``make bench`` or ``python tests/bench/bench_attacks.py`` (about two minutes).
"""

import warnings

import torch
import torchattacks
from harness import Race, Work, finish, judge
from torch import Tensor, nn

from sdl_lib.attacks import fgsm, pgd
from sdl_lib.data import mnist10k
from sdl_lib.models import load

with warnings.catch_warnings():
    # foolbox 3.3.4 imports scipy.ndimage.filters, which SciPy has renamed
    warnings.filterwarnings("ignore", "Please import `gaussian_filter`", DeprecationWarning)
    import foolbox

LIMIT = 1.10  # bounds
NOISE = 0.03  # repeated runs of one contender differ by about this much
STEPS = 40


def vgg_with_batch_norm() -> nn.Module:
    """Six convolutions with batch normalisation and two dense layers, untrained."""
    parts: list[nn.Module] = []
    before = 1
    for width in (16, 32, 64):
        for channels in (before, width):
            parts += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        parts.append(nn.MaxPool2d(2))
        before = width
    parts += [nn.Flatten(), nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)]
    return nn.Sequential(*parts).eval().requires_grad_(False)


def unavoidable(model: nn.Module, x: Tensor, y: Tensor, steps: int) -> Work:
    def work() -> None:
        for _ in range(steps):
            inputs = x.detach().requires_grad_()
            torch.autograd.grad(nn.functional.cross_entropy(model(inputs), y), inputs)

    return work


def races(name: str, model: nn.Module, x: Tensor, y: Tensor, *, trained: bool) -> list[Race]:
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1), device="cpu")

    def theirs(attack: foolbox.Attack, eps: float) -> Work:
        return lambda: attack(wrapped, x, y, epsilons=eps)

    def ours(norm: str, eps: float, **options: bool) -> Work:
        return lambda: pgd(model, x, y, eps=eps, norm=norm, steps=STEPS, **options)

    def stopping(norm: str, eps: float) -> dict[str, Work]:
        # an untrained network is wrong to begin with: there would be nothing to do
        return {"ours, stopping": ours(norm, eps, stop_when_fooled=True)} if trained else {}

    one = torchattacks.FGSM(model, eps=0.1)
    linf = torchattacks.PGD(model, eps=0.1, alpha=0.01, steps=STEPS)
    l2 = torchattacks.PGDL2(model, eps=1.5, alpha=0.1, steps=STEPS)
    fox = foolbox.attacks
    return [
        Race(
            f"{name}, FGSM",
            unavoidable(model, x, y, 1),
            lambda: fgsm(model, x, y, eps=0.1),
            {"torchattacks": lambda: one(x, y), "foolbox": theirs(fox.FGSM(), 0.1)},
            {},
            rounds=41,
        ),
        Race(
            f"{name}, PGD-{STEPS} linf",
            unavoidable(model, x, y, STEPS),
            ours("linf", 0.1),
            {
                "torchattacks": lambda: linf(x, y),
                "foolbox": theirs(fox.LinfPGD(steps=STEPS), 0.1),
            },
            stopping("linf", 0.1),
            rounds=5,
        ),
        Race(
            f"{name}, PGD-{STEPS} l2",
            unavoidable(model, x, y, STEPS),
            ours("l2", 1.5),
            {"torchattacks": lambda: l2(x, y), "foolbox": theirs(fox.L2PGD(steps=STEPS), 1.5)},
            stopping("l2", 1.5),
            rounds=5,
        ),
    ]


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = (part[:128] for part in mnist10k("test"))
    print(f"times in units of the bound, medians; torch {torch.__version__}, one CPU thread")
    small = races("LeNet5", load("lenet5"), x, y, trained=True)
    large = races("VGG, batch norm", vgg_with_batch_norm(), x, y, trained=False)
    finish(judge(small + large, limit=LIMIT, noise=NOISE))


if __name__ == "__main__":
    main()
