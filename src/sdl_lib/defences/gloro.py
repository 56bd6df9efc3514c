"""GloRo nets: a network that knows its own Lipschitz constant, and says when it is not sure."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.defences.layers import LINEAR, in_order, without_bias
from sdl_lib.defences.loop import reach, train_copy

LARGEST = 4096  # rows or columns of the matrix of a convolution that we still form


class Certificate(NamedTuple):
    """The answer of each example, and the Euclidean radius within which it is the same."""

    prediction: Tensor
    radius: Tensor


def lipschitz_bound(model: nn.Module, shape: tuple[int, ...]) -> Tensor:
    r"""How fast each logit can fall behind another: :math:`\|w_j-w_i\|_2\prod_l\|W_l\|_2`.

    The spectral norms are computed from the matrices themselves, in double precision. Power
    iteration, with which we train, comes from below: a certificate must not rest on it.

    Parameters
    ----------
    model : a sequence of Linear, Conv2d, pooling, ReLU and Flatten, in evaluation mode
    shape : of one input, without the batch

    Returns
    -------
    Tensor, shape (classes, classes), float64: entry (j, i) bounds the Lipschitz constant of
    :math:`f_j-f_i` with respect to the Euclidean norm; the diagonal is 0.

    Raises
    ------
    ValueError : for an unknown layer or one too large, overlapping pools, a model in training mode.

    References
    ----------
    Leino, Wang & Fredrikson (2021). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.eval_mode(model)
    inner, last = in_order(model)
    bound = torch.ones((), dtype=torch.float64)
    with torch.no_grad():
        x = torch.zeros(1, *shape, dtype=last.weight.dtype, device=last.weight.device)
        for layer in inner:
            bound = bound.to(x.device) * _norm(layer, x)
            x = layer(x)
        return bound * _apart(last.weight.double())


def gloro(model: nn.Module, x: Tensor, *, eps: float) -> Tensor:
    r"""The logits with one more: :math:`f_\bot=\max_{i\ne j}(f_i+\epsilon K_{ji})`, j the answer.

    If :math:`\bot` does not win, the answer j is the same within ``eps``.

    Parameters
    ----------
    model, x : as for :func:`lipschitz_bound`, and a Tensor of shape (n, ...)
    eps : Euclidean radius

    Returns
    -------
    Tensor, shape (n, classes + 1); the last column is that of :math:`\bot`.

    Raises
    ------
    ValueError : as :func:`lipschitz_bound`, and for a bad radius.

    References
    ----------
    Leino, Wang & Fredrikson (2021). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.radius(eps)
    bound = lipschitz_bound(model, tuple(x.shape[1:]))
    logits = _scores(model, x)
    return _with_bottom(logits, bound.to(logits), eps)


@torch.no_grad()
def gloro_radius(model: nn.Module, x: Tensor) -> Certificate:
    r"""The radius up to which :math:`\bot` loses: :math:`\min_{i\ne j}(f_j-f_i)/K_{ji}`.

    Parameters
    ----------
    model, x : as for :func:`gloro`

    Returns
    -------
    Certificate : predictions, LongTensor, and radii, float64, both of shape (n,). For a linear
        model the radius is the distance to the boundary.

    Raises
    ------
    ValueError : as :func:`gloro`.

    References
    ----------
    Leino, Wang & Fredrikson (2021). Explained in :doc:`/book/security/certified-robustness`.
    """
    bound = lipschitz_bound(model, tuple(x.shape[1:]))
    logits = _scores(model, x).double()
    j = logits.argmax(1)
    lead = logits.gather(1, j.unsqueeze(1)) - logits
    # two classes with the same row never change their order; the answer itself is no rival
    ratio = torch.where(bound[j] > 0, lead / bound[j], torch.inf)
    tied = (lead == 0).sum(1) > 1
    radius = ratio.scatter(1, j.unsqueeze(1), torch.inf).amin(1)
    return Certificate(j, torch.where(tied, 0.0, radius))


def gloro_training(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    eps: float,
    epochs: int = 10,
    batch_size: int = 64,
    lr: float = 3e-3,
    power_steps: int = 2,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    r"""Learn with :math:`\bot` as a class that is never right: be correct, and by a safe margin.

    Parameters
    ----------
    model, x, y, epochs, batch_size, lr, show_progress : as for :func:`adversarial_training`
    eps : Euclidean radius; it grows to this value over the first half of the training
    power_steps : of power iteration a batch; each layer's vector is kept from batch to batch
    generator : of the shuffling and the first vectors; default: a new one with seed 0

    Returns
    -------
    A trained copy, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : for an unknown layer, bad images, labels, radius or counts.

    References
    ----------
    Leino, Wang & Fredrikson (2021). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.radius(eps)
    validate.count(power_steps, "power_steps")
    in_order(model)
    source = generator or torch.Generator().manual_seed(0)
    vectors: dict[int, Tensor] = {}

    def loss(student: nn.Module, images: Tensor, labels: Tensor, done: float) -> Tensor:
        inner, last = in_order(student)
        bound, z = torch.ones((), device=images.device), images
        for i, layer in enumerate(inner):
            if isinstance(layer, LINEAR):
                if i not in vectors:
                    start = torch.randn(1, *z.shape[1:], generator=source)
                    vectors[i] = start.to(z.device)
                vectors[i], norm = _power(layer, vectors[i], power_steps)
            else:
                norm = _norm(layer, z[:1]).to(bound)
            bound, z = bound * norm, layer(z)
        logits = _with_bottom(last(z), bound * _apart(last.weight), reach(eps, done))
        return nn.functional.cross_entropy(logits, labels)

    return train_copy(
        model,
        x,
        y,
        loss,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        generator=source,
        show_progress=show_progress,
    )


def _scores(model: nn.Module, x: Tensor) -> Tensor:
    validate.finite_batch(x)
    logits: Tensor = model(x)
    validate.logits(logits, len(x))
    return logits


def _with_bottom(logits: Tensor, bound: Tensor, eps: float) -> Tensor:
    j = logits.argmax(1, keepdim=True)
    rivals = logits + eps * bound[j.squeeze(1)]
    bottom = rivals.scatter(1, j, -torch.inf).amax(1, keepdim=True)
    return torch.cat([logits, bottom], 1)


def _apart(weight: Tensor) -> Tensor:
    """Lengths of the differences of all rows; with a slope of zero, not none, on the diagonal."""
    squares = (weight.unsqueeze(1) - weight).square().sum(2)
    own = torch.eye(len(weight), dtype=torch.bool, device=weight.device)
    return squares.masked_fill(own, 1.0).sqrt().masked_fill(own, 0.0)


def _power(layer: nn.Module, v: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """The next vector, and the norm that it sees: from below, differentiable in the weights."""
    v = v / torch.linalg.vector_norm(v)
    for _ in range(steps):
        v = v.detach().requires_grad_()
        half = without_bias(layer, v).square().sum() / 2
        (back,) = torch.autograd.grad(half, v)  # the matrix transposed, times the matrix, times v
        v = back / torch.linalg.vector_norm(back).clamp_min(torch.finfo(v.dtype).tiny)
    return v.detach(), torch.linalg.vector_norm(without_bias(layer, v.detach()))


def _norm(layer: nn.Module, x: Tensor) -> Tensor:
    """The spectral norm of a layer for one input like ``x``, or its Lipschitz constant."""
    one = torch.ones((), dtype=torch.float64, device=x.device)
    if isinstance(layer, nn.MaxPool2d):
        if layer.stride != layer.kernel_size or layer.dilation not in (1, (1, 1)):
            raise ValueError("model: expected max-pooling whose windows do not overlap")
        return one
    if not isinstance(layer, LINEAR):
        return one  # ReLU and Flatten
    if isinstance(layer, nn.Linear):
        norm: Tensor = torch.linalg.matrix_norm(layer.weight.double(), 2)
        return norm
    if min(x.numel(), layer(x).numel()) > LARGEST or x.numel() > 2 * LARGEST:
        raise ValueError(
            f"model: expected layers of at most {LARGEST} inputs or outputs, found "
            f"{type(layer).__name__} from {x.numel()} to {layer(x).numel()}"
        )
    unit_vectors = torch.eye(x.numel(), dtype=torch.float64, device=x.device)
    matrix = without_bias(layer, unit_vectors.view(-1, *x.shape[1:])).flatten(1)
    gram = matrix @ matrix.T if matrix.shape[0] < matrix.shape[1] else matrix.T @ matrix
    largest: Tensor = torch.linalg.eigvalsh(gram)[-1]
    return largest.sqrt()
