"""Checkers for the exercises on convolutional networks.

A checker never raises because of a wrong answer: it returns a :class:`~sdl_lib.check.Verdict`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sdl_lib.check import Verdict
from sdl_lib.convolution import receptive_field
from sdl_lib.exercises.guard import guarded

Correlate = Callable[[Tensor, Tensor], Tensor]
Pool = Callable[[Tensor, int], Tensor]
Field = Callable[[Sequence[tuple[int, int]]], int]
Summary = Callable[[Tensor], Tensor]


def _no_tensor(result: Any) -> Verdict:
    found = type(result).__name__
    return Verdict(False, f"Expected a tensor, found {found}: does your function return it?")


@guarded
def layer_cost(answer: Sequence[int]) -> Verdict:
    """Side of the output, parameters and multiplications of a layer of 8 kernels 5 x 5, stride 2,
    padding 2, with biases, on a picture of 3 x 32 x 32."""
    if len(answer) != 3:
        return Verdict(False, "Three numbers: side, parameters, multiplications.")
    side, parameters, multiplications = (int(n) for n in answer)
    if side == 14:
        return Verdict(False, "A side of 14 is right without padding: there are two pixels of it.")
    if side == 32:
        return Verdict(False, "That is the side for stride 1.")
    if side != 16:
        return Verdict(False, "The side is floor((32 + 2 · 2 - 5) / 2) + 1.")
    if parameters == 600:
        return Verdict(False, "Those are the weights; each kernel has a bias as well.")
    if parameters in (200, 208):
        return Verdict(False, "A kernel looks at all three colours: it has three layers of 5 x 5.")
    if parameters != 608:
        return Verdict(False, "Count one kernel first: 3 · 5 · 5 weights and a bias.")
    if multiplications == 600 * 32 * 32:
        return Verdict(False, "The kernel is applied once for each pixel of the output, not input.")
    if multiplications == 608 * 256:
        return Verdict(False, "A bias is added, not multiplied.")
    if multiplications != 600 * 256:
        return Verdict(False, "Each of the 600 weights is used once at each place of the output.")
    return Verdict(True, "16 x 16 places, 600 weights and 8 biases, 153,600 multiplications.")


@guarded
def correlate(answer: Correlate) -> Verdict:
    """``answer(x, kernel)`` slides ``kernel`` over the picture ``x``; both are (rows, columns)."""
    generator = torch.Generator().manual_seed(0)
    x, kernel = torch.randn(7, 6, generator=generator), torch.randn(3, 2, generator=generator)
    given = x.clone()
    result = answer(x, kernel)
    if not isinstance(result, Tensor):
        return Verdict(
            False, f"Expected a tensor, found {type(result).__name__}: do you return it?"
        )
    if not torch.equal(x, given):
        return Verdict(False, "Your function changed the x that it was given.")
    if result.shape == x.shape:
        return Verdict(False, "Without padding the window fits fewer times: expected 5 x 5 values.")
    if result.shape != (5, 5):
        return Verdict(False, f"Expected the shape (5, 5), found {tuple(result.shape)}.")
    flipped = nn.functional.conv2d(x[None, None], kernel.flip(0, 1)[None, None])[0, 0]
    if torch.allclose(result, flipped, atol=1e-4):
        return Verdict(False, "You flipped the kernel, as a mathematician would. Networks do not.")
    right = nn.functional.conv2d(x[None, None], kernel[None, None])[0, 0]
    if not torch.allclose(result, right, atol=1e-4):
        i, j = divmod(int((result - right).abs().argmax()), 5)
        return Verdict(
            False,
            f"At row {i}, column {j} you found {result[i, j]:.3f}, expected {right[i, j]:.3f}: the "
            "sum of kernel times patch.",
        )
    return Verdict(True, "The same as torch, on a picture and a kernel that are not square.")


@guarded
def pool(answer: Pool) -> Verdict:
    """``answer(x, size)`` is the maximum over windows that lie side by side."""
    x = torch.randn(2, 3, 6, 9, generator=torch.Generator().manual_seed(1)) - 2
    right = nn.functional.max_pool2d(x, 3)
    result = answer(x, 3)
    if not isinstance(result, Tensor):
        return Verdict(
            False, f"Expected a tensor, found {type(result).__name__}: do you return it?"
        )
    if result.shape == nn.functional.max_pool2d(x, 3, stride=1).shape:
        return Verdict(False, "Your windows overlap: move them by their own side.")
    if result.shape != right.shape:
        return Verdict(False, f"Expected {tuple(right.shape)}, found {tuple(result.shape)}.")
    if torch.allclose(result, nn.functional.avg_pool2d(x, 3), atol=1e-5):
        return Verdict(False, "Those are averages: take the largest value.")
    if torch.allclose(result, right.clamp_min(0)):
        return Verdict(False, "Where all values are negative you return 0: begin lower.")
    if not torch.allclose(result, right):
        return Verdict(False, "The shape is right, not the values: which pixels share a window?")
    return Verdict(True, "Equal to torch's, also where all values are negative.")


@guarded
def field_size(answer: Field) -> Verdict:
    """``answer(layers)`` is the side of the receptive field of a stack of (kernel, stride)."""
    stacks = [
        [(5, 1)],
        [(3, 1), (3, 1), (3, 1)],
        [(5, 1), (2, 2), (5, 1), (2, 2)],
        [(3, 2), (3, 2), (3, 2)],
    ]
    for stack in stacks:
        right = receptive_field([nn.MaxPool2d(k, s) for k, s in stack])[-1].size
        found = int(answer(stack))
        if found == right:
            continue
        if found == sum(k for k, _ in stack):
            return Verdict(False, f"For {stack} you added the kernels: each adds its side minus 1.")
        if found == 1 + sum(k - 1 for k, _ in stack):
            return Verdict(
                False, f"For {stack} you found {found}: a step after a stride is a larger step."
            )
        late, jump = 1, 1
        for k, s in stack:
            jump *= s
            late += (k - 1) * jump
        if found == late:
            return Verdict(
                False, "A layer's own stride does not widen its own window: multiply afterwards."
            )
        return Verdict(False, f"For {stack} you found {found}, expected {right}.")
    return Verdict(True, "Four stacks, among them LeNet-5's, which sees 16 pixels.")


@guarded
def invariant(answer: Summary) -> Verdict:
    """``answer(maps)``, (n, c, h, w) to (n, c), does not change when the maps are moved round."""
    maps = torch.randn(4, 5, 6, 7, generator=torch.Generator().manual_seed(2))
    result = answer(maps)
    if not isinstance(result, Tensor):
        return Verdict(
            False, f"Expected a tensor, found {type(result).__name__}: do you return it?"
        )
    if result.shape == (4, 210):
        return Verdict(False, "Flattened, each place keeps its own number: a shift reorders them.")
    if result.shape == (4, 6, 7):
        return Verdict(False, "You summed over the channels. Sum over the places.")
    if result.shape != (4, 5):
        return Verdict(False, f"One number for each map: (4, 5), found {tuple(result.shape)}.")
    moved = answer(maps.roll((2, 3), (2, 3)))
    if not torch.allclose(result, moved, atol=1e-5):
        return Verdict(False, "Moved by two rows and three columns, the maps give other numbers.")
    if torch.allclose(result, answer(torch.zeros_like(maps)), atol=1e-5):
        return Verdict(False, "Invariant, but to everything: your numbers ignore the maps.")
    return Verdict(True, "One number a map, wherever the pattern is: global pooling.")


@guarded
def scrambled_study(answer: Mapping[str, Mapping[str, Sequence[float]]]) -> Verdict:
    """``answer[network][order]`` lists test accuracies, one for each seed."""
    networks, orders = ("perceptron", "CNN"), ("plain", "scrambled")
    for network in networks:
        for order in orders:
            if order not in answer.get(network, {}):
                return Verdict(False, f"There is no answer[{network!r}][{order!r}] yet.")
            scores = answer[network][order]
            if len(scores) < 3:
                return Verdict(False, "One run is an anecdote: train at least three a case.")
            if not all(0 <= s <= 1 for s in scores):
                return Verdict(False, "An accuracy lies between 0 and 1.")
            if len(set(scores)) == 1:
                return Verdict(False, "The seeds give identical figures: is the seed used at all?")
    mean = {(n, o): sum(answer[n][o]) / len(answer[n][o]) for n in networks for o in orders}
    if min(mean.values()) < 0.5:
        return Verdict(
            False,
            "Some network hardly learnt: are training and test digits scrambled in the same order?",
        )
    lost = {n: mean[n, "plain"] - mean[n, "scrambled"] for n in networks}
    return Verdict(
        True,
        f"Scrambling costs the perceptron {lost['perceptron']:.3f} and the CNN {lost['CNN']:.3f}. "
        "Which of the two differences do the seeds alone explain?",
    )
