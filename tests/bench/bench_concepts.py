"""Gradients at a layer, the work of TCAV, against the unavoidable work and captum.

The bound is a forward pass without a gradient up to the layer, and from there a forward and a
backward pass: 64 pictures of 96 x 96, EfficientNet-Lite0, cut at block 10, the whole batch at
once. Ours works it off in chunks that fit the cache.
Run with ``make bench`` or ``python tests/bench/bench_concepts.py`` (about a minute).
"""

import torch
from captum.attr import LayerGradientXActivation
from harness import Race, finish, judge

from sdl_lib.attribution import layer_gradient
from sdl_lib.models import EfficientNetLite0, load

LIMIT = 1.10  # bounds
NOISE = 0.03  # repeated runs of one contender differ by about this much
LAYER = "blocks.10"


def main() -> None:
    torch.set_num_threads(1)
    model = load("efficientnet-lite0")
    assert isinstance(model, EfficientNetLite0)
    x = torch.rand(64, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    y = torch.full((64,), 340)
    blocks = list(model.blocks)

    def bound() -> None:
        with torch.no_grad():
            h = model.stem((x - model.mean) / model.std)
            for block in blocks[:11]:
                h = block(h)
        h.requires_grad_()
        z = h
        for block in blocks[11:]:
            z = block(z)
        logits = model.classifier(model.head(z).mean((2, 3)))
        torch.autograd.grad(logits.gather(1, y[:, None]).sum(), h)

    captum = LayerGradientXActivation(model, blocks[10], multiply_by_inputs=False)
    race = Race(
        "layer gradient, block 10",
        bound,
        lambda: layer_gradient(model, x, y, layer=LAYER),
        {"captum": lambda: captum.attribute(x, target=y)},
        {},
        rounds=5,
    )
    finish(judge([race], limit=LIMIT, noise=NOISE))


if __name__ == "__main__":
    main()
