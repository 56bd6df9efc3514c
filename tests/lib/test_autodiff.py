"""The engine's gradients are torch's, on random graphs and for each operation."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sdl_lib.autodiff import Array, graph, unbroadcast

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.sampled_from([(), (4,), (1,), (3, 4), (3, 1), (1, 4), (2, 3, 4), (2, 1, 1), (1, 1, 4)])


def normal(seed, *shape):
    return np.asarray(np.random.default_rng(seed).normal(size=shape))


def assert_same_gradients(program, *data):
    """``program`` runs on our arrays and on torch's; its sum is differentiated."""
    ours = [Array(d) for d in data]
    theirs = [torch.tensor(d, requires_grad=True) for d in data]
    result, expected = program(*ours), program(*theirs)
    np.testing.assert_allclose(result.data, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert result.shape == tuple(expected.shape)
    # weights of many sizes, so that no two entries can be confused
    weight = 1 + np.arange(result.data.size).reshape(result.shape) / 7
    (result * weight).sum().backward()
    (expected * torch.tensor(weight)).sum().backward()
    for a, t in zip(ours, theirs, strict=True):
        assert a.grad.shape == a.data.shape
        np.testing.assert_allclose(a.grad, t.grad.numpy(), rtol=1e-6, atol=1e-9)


ELEMENTWISE = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1),
    "reuse": lambda a, b: a * a * b + a,
    "constants": lambda a, b: (2 - a) * 3 + (1 + b) / 4 - (1 / (b * b + 2)) - (-a) * 0.5,
}


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(SHAPES, SHAPES, SEEDS)
def test_broadcast_operations_have_torchs_gradients(name, left, right, seed):
    assert_same_gradients(ELEMENTWISE[name], normal(seed, *left), normal(seed + 1, *right))


UNARY = {
    "exp": lambda x: x.exp(),
    "log": lambda x: (x * x + 0.5).log(),
    "relu": lambda x: x.relu(),
    "tanh": lambda x: x.tanh(),
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "root": lambda x: (x * x + 0.1) ** 0.5,
    "inverse": lambda x: (x * x + 0.1) ** -1,
    "power of zero": lambda x: x**0 + x,
    "transpose": lambda x: x.T if len(x.shape) == 2 else x * 1,
}


@pytest.mark.parametrize("name", UNARY)
@given(st.sampled_from([(), (4,), (3, 4)]), SEEDS)
def test_unary_operations_have_torchs_gradients(name, shape, seed):
    assert_same_gradients(UNARY[name], normal(seed, *shape))


@given(
    st.sampled_from(["sum", "mean", "max"]),
    st.sampled_from([None, 0, 1, -1, (0, 2), (-1, 0)]),
    st.booleans(),
    SEEDS,
    st.booleans(),
)
def test_reductions_have_torchs_gradients(name, axis, keepdims, seed, ties):
    x = normal(seed, 2, 3, 4)
    x = np.round(x) if ties else x

    def program(z):
        if isinstance(z, torch.Tensor):
            every = tuple(range(3)) if axis is None else axis
            function = torch.amax if name == "max" else getattr(torch, name)
            return function(z, dim=every, keepdim=keepdims)
        return getattr(z, name)(axis=axis, keepdims=keepdims)

    assert_same_gradients(program, x)


PRODUCTS = [
    ((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)),
    ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), PRODUCTS)
@given(SEEDS)
def test_matrix_products_have_torchs_gradients(left, right, seed):
    assert_same_gradients(lambda a, b: a @ b, normal(seed, *left), normal(seed + 1, *right))


INDICES = [
    0, -1, (1, 2), slice(None), (slice(None), 1), slice(0, 3, 2), ..., (None, 1),
    np.array([0, 2, 2, 2, 1]), (np.array([0, 0, 2]), np.array([1, 1, 3])),
    np.array([True, False, True]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing_adds_up_what_is_taken_twice(index):
    def pick(x):
        if isinstance(x, torch.Tensor):
            parts = index if isinstance(index, tuple) else (index,)
            parts = [torch.tensor(k) if isinstance(k, np.ndarray) else k for k in parts]
            return x[tuple(parts)]
        return x[index]

    assert_same_gradients(pick, normal(0, 3, 4))


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, 1)])
def test_axes_move_back(axes):
    def move(x):
        return x.permute(axes) if isinstance(x, torch.Tensor) else x.transpose(*axes)

    assert_same_gradients(move, normal(0, 2, 3, 4))
    assert_same_gradients(lambda x: x.reshape(4, -1), normal(0, 2, 3, 4))


def combine(pool, step, i, j):
    """One step of a random program: any two earlier results, brought to a common shape."""
    a, b, full = pool[i % len(pool)], pool[j % len(pool)], pool[0]
    return [
        lambda: (a + b).tanh(),
        lambda: a - b * 0.5,
        lambda: a * b / (b * b + 1.0),
        lambda: ((a + full) @ (b + full).T).tanh(),
        lambda: (a * 0.3).tanh().exp().mean(axis=-1, keepdims=True),
        lambda: (a - b).relu().sum(axis=0, keepdims=True).tanh(),
        lambda: (a * a + 1.0).log(),
        lambda: (a + full).reshape(9)[np.array([0, 4, 4, 8, 2, 3, 7, 1, 0])].reshape(3, 3),
        lambda: (a + full)[1] - b.tanh() ** 3,
    ][step]()


@given(
    SEEDS,
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 99), st.integers(0, 99)),
        min_size=1,
        max_size=30,
    ),
)
def test_gradients_of_random_graphs_are_torchs(seed, steps):
    def program(*leaves):
        pool = list(leaves)
        for step in steps:
            pool.append(combine(pool, *step))
        return sum(x.tanh().mean() for x in pool)

    shapes = [(3, 3), (3, 1), (1, 3), (3,), (1, 1)]
    data = [normal(seed + k, *shape) for k, shape in enumerate(shapes)]
    ours = [Array(d) for d in data]
    theirs = [torch.tensor(d, requires_grad=True) for d in data]
    program(*ours).backward()
    program(*theirs).backward()
    for a, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.grad, t.grad.numpy(), rtol=0, atol=1e-6)


@given(SHAPES, SHAPES, SEEDS)
def test_unbroadcasting_is_the_adjoint_of_broadcasting(left, right, seed):
    shape = np.broadcast_shapes(left, right)
    x, g = normal(seed, *left), normal(seed + 1, *shape)
    back = unbroadcast(g, left)
    assert back.shape == left
    assert np.sum(np.broadcast_to(x, shape) * g) == pytest.approx(np.sum(x * back), abs=1e-9)


def test_a_chain_may_be_longer_than_pythons_stack():
    x = Array(1.0)
    y = x
    for _ in range(20_000):
        y = y + 0.0
    y.backward()
    assert x.grad == 1
    assert len(graph(y)) == 40_001
    del y  # nor does taking it apart recurse


def test_a_diamond_is_walked_once_for_each_array_and_not_for_each_path():
    x = Array(1.0)
    y = x
    for _ in range(60):
        y = (y + y) * 0.5  # 2 ** 60 paths
    y.backward()
    assert x.grad == 1


def test_all_is_double_precision():
    x = Array(np.ones(3, np.float32))
    y = (x * np.float32(0.1)).sum()
    y.backward()
    assert x.data.dtype == x.grad.dtype == y.data.dtype == np.float64
    assert Array([1, 2]).data.dtype == np.float64


def test_nothing_given_is_changed_and_nothing_is_shared():
    given_data = np.ones((2, 2))
    x = Array(given_data)
    x.data[0, 0] = 7
    assert given_data[0, 0] == 1
    y = Array(np.ones((2, 2)))
    z = x + y
    z.sum().backward()
    z.grad[0, 0] = 5
    assert x.grad[0, 0] == y.grad[0, 0] == 1


def test_a_second_walk_replaces_the_first():
    x = Array([1.0, 2.0])
    loss = (x * x).sum()
    loss.backward()
    loss.backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_ndarrays_on_the_left_are_ours():
    x, a = Array(np.eye(2)), np.arange(4.0).reshape(2, 2)
    for result, expected in ((a + x, a + np.eye(2)), (a @ x, a), (a - x, a - np.eye(2))):
        assert isinstance(result, Array)
        np.testing.assert_array_equal(result.data, expected)
    np.testing.assert_array_equal((a / (x + 1)).data, a / (np.eye(2) + 1))
    assert len(x) == 2
    assert "Array(" in repr(x)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (lambda: Array([]), "data: expected at least one number"),
        (lambda: Array([1.0, np.nan]), "data: expected finite"),
        (lambda: Array([1j]), "data: expected real numbers"),
        (lambda: Array(["a"]), "data: expected real numbers"),
        (lambda: Array([0.0]).log(), "log: expected finite"),
        (lambda: Array([1000.0]).exp(), "exp: expected finite"),
        (lambda: Array([1.0]) / 0, "÷: expected finite"),
        (lambda: Array([-1.0]) ** 0.5, r"\^0.5: expected finite"),
        (lambda: Array([2.0]) ** Array([2.0]), "power: expected a number"),
        (lambda: Array([1.0, 2.0]).backward(), "backward: expected a single number"),
        (lambda: Array([1.0, 2.0])[2:], "index: expected at least one number"),
        (lambda: Array([1.0, 2.0]) + np.ones(3), "could not be broadcast"),
        (lambda: Array(np.ones((2, 3))) @ np.ones((2, 3)), "mismatch"),
    ],
)
def test_bad_input_is_named(bad, named):
    with pytest.raises(ValueError, match=named):
        bad()


def test_a_kink_is_a_convention_and_torchs_is_ours():
    for program, slope in (
        (lambda x: x.relu() - (x * -1.0).relu(), 0),
        (lambda x: x.relu() + x, 1),
    ):
        ours, theirs = Array(0.0), torch.tensor(0.0, requires_grad=True)
        program(ours).backward()
        program(theirs).backward()
        assert ours.grad == theirs.grad.item() == slope
