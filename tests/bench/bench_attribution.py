"""Attributions against the unavoidable work and captum at its best batch size, on real digits.

Bounds: integrated gradients and SmoothGrad, steps x (forward + gradient of the input alone) of the
whole batch; occlusion, windows x forward; Grad-CAM, forward + gradient from the layer on. Ours can
come in under it, because it works a batch off in chunks that fit the cache.
Run with ``make bench`` or ``python tests/bench/bench_attribution.py`` (about two minutes).
"""

import math
import re
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from captum.attr import (
    IntegratedGradients,
    LayerAttribution,
    LayerGradCam,
    NoiseTunnel,
    Occlusion,
    Saliency,
)
from harness import Race, Work, finish, judge
from torch import Tensor, nn

from sdl_lib.attribution import grad_cam, integrated_gradients, occlusion, smoothgrad
from sdl_lib.data import mnist10k
from sdl_lib.models import load

LIMIT = 1.15  # bounds, for integrated gradients; the others are held against captum alone
NOISE = 0.03  # repeated runs of one contender differ by about this much
STEPS = 50
MEMORY = 300  # MiB for 256 digits


def gradients(model: nn.Module, x: Tensor, y: Tensor, steps: int) -> Work:
    def work() -> None:
        for _ in range(steps):
            inputs = x.detach().requires_grad_()
            torch.autograd.grad(model(inputs).gather(1, y[:, None]).sum(), inputs)

    return work


def forwards(model: nn.Module, x: Tensor, times: int) -> Work:
    def work() -> None:
        with torch.no_grad():
            for _ in range(times):
                model(x)

    return work


def layer_gradient(front: nn.Module, back: nn.Module, x: Tensor, y: Tensor) -> Work:
    def work() -> None:
        with torch.no_grad():
            maps = front(x)
        maps.requires_grad_()
        torch.autograd.grad(back(maps).gather(1, y[:, None]).sum(), maps)

    return work


def races(model: nn.Module, x: Tensor, y: Tensor) -> list[Race]:
    path = IntegratedGradients(model)
    noisy = NoiseTunnel(Saliency(model))
    cover = Occlusion(model)
    cam = LayerGradCam(model, model.layers[4])
    n = len(x)
    seven = {"target": y, "sliding_window_shapes": (1, 7, 7), "strides": (1, 7, 7)}
    smooth = {"nt_samples": STEPS, "stdevs": 0.15, "target": y, "abs": False}
    return [
        Race(
            f"integrated gradients, {STEPS}",
            gradients(model, x, y, STEPS),
            lambda: integrated_gradients(model, x, y, steps=STEPS),
            {
                f"captum, {size or 'default'}": lambda size=size: path.attribute(
                    x, target=y, n_steps=STEPS, method="riemann_middle", internal_batch_size=size
                )
                for size in (None, n, 4 * n)
            },
            {},
            rounds=5,
        ),
        Race(
            f"SmoothGrad, {STEPS}",
            gradients(model, x, y, STEPS),
            lambda: smoothgrad(
                model, x, y, samples=STEPS, generator=torch.Generator().manual_seed(0)
            ),
            {
                f"captum, {size}": lambda size=size: noisy.attribute(
                    x, nt_type="smoothgrad", nt_samples_batch_size=size, **smooth
                )
                for size in (1, 2, 10)
            },
            {},
            rounds=5,
        ),
        Race(
            "occlusion, 16 windows",
            forwards(model, x, 17),
            lambda: occlusion(model, x, y, window=7),
            {
                f"captum, {size}": lambda size=size: cover.attribute(
                    x, perturbations_per_eval=size, **seven
                )
                for size in (1, 4, 16)
            },
            {},
            rounds=11,
        ),
        Race(
            "Grad-CAM",
            layer_gradient(model.layers[:5], model.layers[5:], x, y),
            lambda: grad_cam(model, x, y, layer="layers.4"),
            {"captum": lambda: LayerAttribution.interpolate(cam.attribute(x, y), (28, 28))},
            {},
            rounds=41,
        ),
    ]


def memory(field: str) -> float:
    """A line of Linux's account of this process, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(rf"{field}:\s+(\d+) kB", status)[0]) / 1024


def main() -> None:
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", "Input Tensor 0 did not already")
    x, y = (part[:256] for part in mnist10k("test"))
    if "--memory" in sys.argv:  # in a process of its own, whose peak is forgotten first
        model = load("lenet5")
        integrated_gradients(model, x[:1], y[:1], steps=1)
        Path("/proc/self/clear_refs").write_text("5")
        before = memory("VmRSS")
        integrated_gradients(model, x, y, steps=STEPS)
        print(memory("VmHWM") - before)
        return
    print(f"times in units of the bound, medians; torch {torch.__version__}, one CPU thread")
    path, *others = races(load("lenet5"), x, y)
    failures = judge([path], limit=LIMIT, noise=NOISE)
    failures += judge(others, limit=math.inf, noise=NOISE)
    command = [sys.executable, __file__, "--memory"]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(f"integrated gradients of 256 digits: {grown:.0f} MiB beyond the model", flush=True)
    finish(failures + (grown > MEMORY))


if __name__ == "__main__":
    main()
