"""A perceptron of our own arrays: layers, loss and one step of gradient descent."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sdl_lib import validate
from sdl_lib.autodiff import Array

Layers: TypeAlias = list[tuple[Array, Array]]
ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear")


def init_layers(
    widths: Sequence[int], *, gain: float = 2.0, generator: np.random.Generator
) -> Layers:
    """Normal weights of variance ``gain`` over the number of inputs, and biases of zero.

    Parameters
    ----------
    widths : units of the input, of each hidden layer and of the output
    gain : 2 suits ReLU (He et al. 2015), 1 suits tanh (as in Glorot & Bengio 2010, for a square
        layer)
    generator : the source of chance

    Returns
    -------
    list of (weight, bias): a weight has shape (inputs, outputs), a bias (outputs,).

    Raises
    ------
    ValueError : if fewer than two widths are given, one is not positive, or ``gain`` is negative.

    References
    ----------
    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    if len(widths) < 2:
        raise ValueError(f"widths: expected those of input and output at least, found {widths}")
    for width in widths:
        validate.count(width, "widths")
    validate.radius(gain, "gain")
    return [
        (Array(generator.normal(0, (gain / n) ** 0.5, (n, m))), Array(np.zeros(m)))
        for n, m in pairwise(widths)
    ]


def hidden_layers(layers: Layers, x: npt.ArrayLike, *, activation: str = "relu") -> list[Array]:
    """The input, the activations of each hidden layer, and the logits, as a list.

    Parameters
    ----------
    layers : as made by :func:`init_layers`
    x : shape (n, inputs)
    activation : one of ``ACTIVATIONS``, applied after each layer but the last

    Raises
    ------
    ValueError : if ``x`` is no batch of the right width, or ``activation`` is unknown.

    References
    ----------
    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    validate.choice(activation, ACTIVATIONS, "activation")
    h = x if isinstance(x, Array) else Array(x)
    if h.data.ndim != 2 or h.shape[1] != len(layers[0][0]):
        raise ValueError(f"x: expected shape (n, {len(layers[0][0])}), found {h.shape}")
    outputs = [h]
    for number, (weight, bias) in enumerate(layers, 1):
        h = h @ weight + bias
        outputs.append(h := h if number == len(layers) else _activate(h, activation))
    return outputs


def _activate(z: Array, activation: str) -> Array:
    if activation == "sigmoid":
        return ((z * 0.5).tanh() + 1.0) * 0.5  # 1 / (1 + exp(-z)), which could overflow
    return z if activation == "linear" else z.relu() if activation == "relu" else z.tanh()


def logits(layers: Layers, x: npt.ArrayLike, *, activation: str = "relu") -> Array:
    """The network's scores, shape (n, classes), for ``x`` of shape (n, inputs).

    See :func:`hidden_layers`, of which this is the last entry.
    """
    return hidden_layers(layers, x, activation=activation)[-1]


def cross_entropy(scores: Array, y: npt.ArrayLike) -> Array:
    """Mean of ``log(sum(exp(scores))) - scores[y]`` over the examples.

    Parameters
    ----------
    scores : shape (n, classes)
    y : integers, shape (n,), from 0 to classes - 1

    Returns
    -------
    Array : one number.

    Raises
    ------
    ValueError : if ``y`` is not made of n class numbers.

    References
    ----------
    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    labels = np.asarray(y)
    n, classes = scores.shape
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(f"y: expected {n} integers, found shape {labels.shape} of {labels.dtype}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"y: expected class numbers from 0 to {classes - 1}, "
            f"found {labels.min()} to {labels.max()}"
        )
    # a constant off all scores of an example changes nothing, and keeps exp from overflowing
    shifted: Array = scores - scores.data.max(axis=1, keepdims=True)
    chosen = shifted[np.arange(n), labels]
    return (shifted.exp().sum(axis=1).log() - chosen).mean()


def descend(layers: Layers, *, lr: float) -> None:
    """One step of gradient descent: each parameter moves by ``-lr`` times its gradient.

    The layers change in place; their graph must not be used again.

    Raises
    ------
    ValueError : if ``lr`` is negative or not finite, or :meth:`Array.backward` was not called.

    References
    ----------
    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    validate.radius(lr, "lr")
    for parameter in (p for layer in layers for p in layer):
        if parameter.grad is None:
            raise ValueError("layers: no gradient; call backward() of a loss first")
        parameter.data = parameter.data - lr * parameter.grad
