"""Infidelity and max-sensitivity against the unavoidable work and captum, on 64 real digits.

The bound of infidelity is a forward pass for each perturbation, that of sensitivity a forward and
the gradient of the input. Run with ``python tests/bench/bench_explanation_measures.py``.
"""

import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max
from harness import Race, finish, judge
from torch import Tensor

from sdl_lib.attribution import gaussian_noise, infidelity, saliency, sensitivity
from sdl_lib.data import mnist10k
from sdl_lib.models import load

LIMIT = 1.6  # bounds; the noise itself costs about a third of a forward pass of LeNet-5
NOISE = 0.05
SAMPLES = 30


def main() -> int:
    torch.set_num_threads(1)
    model = load("lenet5")
    x, y = (part[:64] for part in mnist10k("test"))
    phi = saliency(model, x, y)

    def forward() -> None:
        with torch.no_grad():
            for _ in range(SAMPLES):
                model(x)

    def gradients() -> None:
        for _ in range(SAMPLES):
            inputs = x.detach().requires_grad_()
            torch.autograd.grad(model(inputs).gather(1, y[:, None]).sum(), inputs)

    def perturb(inputs: Tensor) -> tuple[Tensor, Tensor]:
        noise = 0.1 * torch.randn_like(inputs)
        return noise, inputs - noise

    def explain(inputs: Tensor | tuple[Tensor], target: Tensor) -> Tensor | tuple[Tensor]:
        if isinstance(inputs, tuple):
            return (saliency(model, inputs[0], target),)
        return saliency(model, inputs, target)

    def theirs(most: int | None) -> dict[str, object]:
        return {"target": y, "n_perturb_samples": SAMPLES, "max_examples_per_batch": most}

    noisy = gaussian_noise(0.1)
    races = [
        Race(
            "infidelity",
            forward,
            lambda: infidelity(model, x, y, phi, perturb=noisy, samples=SAMPLES),
            {
                "captum": lambda: captum_infidelity(model, perturb, x, phi, **theirs(None)),
                "captum, 64 a batch": lambda: captum_infidelity(
                    model, perturb, x, phi, **theirs(64)
                ),
            },
            {},
            7,
        ),
        Race(
            "sensitivity",
            gradients,
            lambda: sensitivity(model, saliency, x, y, samples=SAMPLES),
            {
                "captum": lambda: sensitivity_max(explain, x, **theirs(None)),
                "captum, 64 a batch": lambda: sensitivity_max(explain, x, **theirs(64)),
            },
            {},
            7,
        ),
    ]
    return judge(races, limit=LIMIT, noise=NOISE)


if __name__ == "__main__":
    finish(main())
