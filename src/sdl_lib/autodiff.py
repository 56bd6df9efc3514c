"""Reverse-mode differentiation of NumPy programs: arrays that remember how they were computed.

An operation returns a new :class:`Array` that keeps, for each array it was computed from, the
*pullback* of the operation: the function that turns the gradient with respect to the result into
the gradient with respect to that source. :meth:`Array.backward` applies the pullbacks from the
last array to the first and adds up what arrives. Explained in
:doc:`/book/fundamentals/networks-and-backpropagation`.
"""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Numbers: TypeAlias = npt.NDArray[np.float64]
Pullback: TypeAlias = Callable[[Numbers], Numbers]
Axes: TypeAlias = int | tuple[int, ...] | None
_quietly = np.errstate(all="ignore")  # what is not finite is refused, with a reason, by _made
_serial = count()


class Array:
    """Numbers in double precision, the gradient with respect to them, and where they came from.

    Parameters
    ----------
    data : numbers of any shape, finite, at least one; copied
    name : shown by :func:`sdl_lib.graph_figure.draw_graph`

    Attributes
    ----------
    data : ndarray of float64
    grad : ndarray of the same shape, or None before :meth:`backward`
    op : the operation that made it, empty for an input
    sources : pairs of an array that it was computed from and the pullback to it

    Raises
    ------
    ValueError : if ``data`` is empty, not real or not finite; later, if an operation gives
        numbers that are not finite or meets shapes that do not fit.

    References
    ----------
    Rumelhart, Hinton & Williams (1986); Griewank & Walther (2008). Explained in
    :doc:`/book/fundamentals/networks-and-backpropagation`.
    """

    __array_ufunc__ = None  # ndarray + Array is our sum, not an ndarray of objects
    __slots__ = ("data", "grad", "name", "op", "serial", "sources")

    def __init__(self, data: npt.ArrayLike, *, name: str = "") -> None:
        if np.asarray(data).dtype.kind not in "biuf":
            raise ValueError(f"data: expected real numbers, found {np.asarray(data).dtype}")
        self._fill(np.array(data, dtype=np.float64), "data", ())
        self.op, self.name = "", name

    def _fill(self, data: Numbers, op: str, sources: tuple[tuple["Array", Pullback], ...]) -> None:
        if data.size == 0:
            raise ValueError(f"{op}: expected at least one number, found shape {data.shape}")
        if not np.isfinite(data).all():
            raise ValueError(f"{op}: expected finite numbers, found infinity or nan")
        self.data, self.op, self.sources, self.name = data, op, sources, ""
        self.grad: Numbers | None = None
        self.serial = next(_serial)

    def __add__(self, other: Any) -> "Array":
        b = _array(other)
        return _made("+", self.data + b.data, (self, lambda g: g), (b, lambda g: g))

    def __mul__(self, other: Any) -> "Array":
        b = _array(other)
        x, y = self.data, b.data
        return _made("×", x * y, (self, lambda g: g * y), (b, lambda g: g * x))

    def __sub__(self, other: Any) -> "Array":
        b = _array(other)
        return _made("−", self.data - b.data, (self, lambda g: g), (b, lambda g: -g))

    @_quietly
    def __truediv__(self, other: Any) -> "Array":
        b = _array(other)
        x, y = self.data, b.data
        return _made("÷", x / y, (self, lambda g: g / y), (b, lambda g: -g * x / y**2))

    @_quietly
    def __pow__(self, power: float) -> "Array":
        if not isinstance(power, int | float):
            raise ValueError(f"power: expected a number, found {type(power).__name__}")
        slope = power * self.data ** (power - 1) if power else np.zeros_like(self.data)
        return _made(f"^{power}", self.data**power, (self, lambda g: g * slope))

    def __matmul__(self, other: Any) -> "Array":
        b = _array(other)
        if b.data.ndim == 1:  # a vector on the right is a column, on the left a row
            column = self @ b.reshape(-1, 1)
            return column.reshape(*column.shape[:-1])
        if self.data.ndim == 1:
            row = self.reshape(1, -1) @ b
            return row.reshape(*row.shape[:-2], row.shape[-1])
        x, y = self.data, b.data
        left, right = y.swapaxes(-1, -2), x.swapaxes(-1, -2)
        return _made("@", x @ y, (self, lambda g: g @ left), (b, lambda g: right @ g))

    def __neg__(self) -> "Array":
        return self * -1.0

    def __radd__(self, other: Any) -> "Array":
        return _array(other) + self

    def __rmul__(self, other: Any) -> "Array":
        return _array(other) * self

    def __rsub__(self, other: Any) -> "Array":
        return _array(other) - self

    def __rtruediv__(self, other: Any) -> "Array":
        return _array(other) / self

    def __rmatmul__(self, other: Any) -> "Array":
        return _array(other) @ self

    @_quietly
    def exp(self) -> "Array":
        value = np.exp(self.data)
        return _made("exp", value, (self, lambda g: g * value))

    @_quietly
    def log(self) -> "Array":
        x = self.data
        return _made("log", np.log(x), (self, lambda g: g / x))

    def tanh(self) -> "Array":
        value = np.tanh(self.data)
        return _made("tanh", value, (self, lambda g: g * (1 - value**2)))

    def relu(self) -> "Array":
        """The larger of the number and 0; the slope at 0 is taken to be 0, as torch does."""
        on = self.data > 0
        return _made("relu", np.maximum(self.data, 0), (self, lambda g: g * on))

    def sum(self, axis: Axes = None, keepdims: bool = False) -> "Array":
        shape, kept = self.shape, self.data.sum(axis=axis, keepdims=True)
        value = np.asarray(self.data.sum(axis=axis, keepdims=keepdims))
        return _made("sum", value, (self, lambda g: np.broadcast_to(g.reshape(kept.shape), shape)))

    def mean(self, axis: Axes = None, keepdims: bool = False) -> "Array":
        total = self.sum(axis, keepdims)
        return total * (total.data.size / self.data.size)

    def max(self, axis: Axes = None, keepdims: bool = False) -> "Array":
        """The largest along ``axis``; equal largest ones share the gradient equally."""
        kept = self.data.max(axis=axis, keepdims=True)
        share = (self.data == kept) / (self.data == kept).sum(axis=axis, keepdims=True)
        value = np.asarray(self.data.max(axis=axis, keepdims=keepdims))
        return _made("max", value, (self, lambda g: g.reshape(kept.shape) * share))

    def reshape(self, *shape: int) -> "Array":
        before = self.shape
        return _made("reshape", self.data.reshape(shape), (self, lambda g: g.reshape(before)))

    def transpose(self, *axes: int) -> "Array":
        """The axes in the order given; without arguments, reversed."""
        back = np.argsort(np.mod(axes, self.data.ndim)) if axes else None
        value = self.data.transpose(axes or None)
        return _made("transpose", value, (self, lambda g: g.transpose(back)))

    def __getitem__(self, index: Any) -> "Array":
        def pull(g: Numbers) -> Numbers:
            whole = np.zeros_like(self.data)
            np.add.at(whole, index, g)  # an entry taken twice gets both gradients
            return whole

        return _made("index", np.array(self.data[index]), (self, pull))

    def backward(self) -> None:
        """Write the derivatives of this number into ``grad`` of all it came from.

        What earlier calls wrote there is replaced, not added to.
        """
        if self.data.size != 1:
            found = f"found shape {self.shape}"
            raise ValueError(f"backward: expected a single number, {found}")
        arrived = {self.serial: np.ones_like(self.data)}
        for array in reversed(graph(self)):
            array.grad = arrived.pop(array.serial)
            for source, pull in array.sources:
                key = source.serial
                pulled = unbroadcast(pull(array.grad), source.shape)
                arrived[key] = arrived.get(key, 0.0) + pulled

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def T(self) -> "Array":
        return self.transpose()

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return f"Array({np.array2string(self.data, precision=4, threshold=20)})"


def graph(output: Array) -> list[Array]:
    """All arrays that ``output`` was computed from, and itself, in the order of their making.

    An array is made after its sources, so no recursion is needed to find a right order, and a
    chain may be as long as memory allows.

    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    found, waiting = {output.serial: output}, [output]
    while waiting:
        for source, _ in waiting.pop().sources:
            if source.serial not in found:
                found[source.serial] = source
                waiting.append(source)
    return [found[serial] for serial in sorted(found)]


def unbroadcast(gradient: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Sum ``gradient`` over the axes along which an array of ``shape`` was repeated.

    NumPy repeats an array where it is combined with a larger one. A number that was used several
    times gets the sum of the gradients of its uses.

    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    extra = gradient.ndim - len(shape)
    gradient = gradient.sum(axis=tuple(range(extra)))
    repeated = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] != 1)
    return np.asarray(gradient.sum(axis=repeated, keepdims=True))


def _array(value: Any) -> Array:
    return value if isinstance(value, Array) else Array(value)


def _made(op: str, data: Numbers, *sources: tuple[Array, Pullback]) -> Array:
    array = Array.__new__(Array)
    array._fill(data, op, sources)
    return array
