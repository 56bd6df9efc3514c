"""Values travel as data, both ways; what a hostile process might say is refused."""

import math
import pickle
import socket
import time
from typing import Any

import numpy as np
import pytest
import torch

from tools.homework import wire


def refuse(tree: Any) -> Any:
    raise wire.Malformed(f"refused {tree}")


def there_and_back(value: Any) -> Any:
    encode = wire.Encoder(refuse)
    tree = encode(value)
    return wire.Decoder(encode.body.getvalue(), refuse)(tree)


VALUES = [
    None,
    True,
    3,
    -(2**70),
    2.5,
    math.inf,
    "text",
    b"bytes",
    ...,
    [1, (2, "x"), {"a": [None], 3: 4.0}],
    {1, 2},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values(value: Any) -> None:
    found = there_and_back(value)
    assert found == value
    assert type(found) is type(value)


def test_nan() -> None:
    assert math.isnan(there_and_back(math.nan))


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?", "c16"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3)])
def test_arrays(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, dtype)
    found = there_and_back(array)
    assert np.array_equal(found, array)
    assert found.dtype == array.dtype
    assert found.shape == shape
    found[...] = 0  # it can be written to, and is no one else's
    assert array.all()


def test_scalars_and_tensors() -> None:
    assert type(there_and_back(np.float32(2))) is np.float32
    tensor = torch.arange(6.0).reshape(2, 3).requires_grad_()
    found = there_and_back(tensor.T)
    assert torch.equal(found, tensor.T)
    assert there_and_back(tensor).requires_grad
    generator = torch.Generator().manual_seed(5)
    again = there_and_back(generator)
    assert torch.equal(torch.rand(3, generator=again), torch.rand(3, generator=generator))


BAD = [
    {"array": ["O", [1], 0, 8]},
    {"array": ["f8", [-1], 0, 8]},
    {"array": ["f8", [2], 0, 8]},
    {"array": ["f8", [10**9], 0, 8 * 10**9]},
    {"array": ["f8", [1], -8, 8]},
    {"array": ["V8", [1], 0, 8]},
    {"array": "nonsense"},
    {"bytes": [0, 99]},
    {"pickle": [0, 8]},
    {"handle": 3},
    {"dict": [1]},
    {"set": [{"list": []}]},
    {"int": "x"},
    [1, 2],
    "text",
    {},
]


@pytest.mark.parametrize("tree", BAD, ids=repr)
def test_a_malformed_value_is_refused(tree: Any) -> None:
    with pytest.raises(wire.Malformed):
        wire.Decoder(bytes(8), refuse)(tree)


def test_depth_is_no_way_out() -> None:
    tree: Any = {"list": []}
    for _ in range(100_000):
        tree = {"list": [tree]}
    with pytest.raises(wire.Malformed):
        wire.Decoder(b"", refuse)(tree)
    while tree["list"]:  # taking it apart from outside: Python's own way is recursive
        tree = tree["list"].pop()


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 12,
        wire._LENGTHS.pack(2, 0) + b"no",
        wire._LENGTHS.pack(4, 0) + b"null",
        wire._LENGTHS.pack(200_000, 0) + b"[" * 200_000,
        wire._LENGTHS.pack(9, 2**60) + b'{"ran":1}',
    ],
    ids=["noise", "no JSON", "no object", "too deep", "too long"],
)
def test_a_malformed_message_is_refused(sent: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        with pytest.raises(wire.Malformed):
            wire.Channel(ours).receive(time.monotonic() + 5)


def test_silence_and_the_end_are_told_apart() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs, pytest.raises(TimeoutError):
            wire.Channel(ours).receive(time.monotonic() + 0.05)
        with pytest.raises(EOFError):
            wire.Channel(ours).receive(time.monotonic() + 5)


def test_only_the_grader_sends_pickles() -> None:
    encode = wire.Encoder(pickle.dumps)
    tree = encode(complex(1, 2))
    with pytest.raises(wire.Malformed, match="refused"):
        wire.Decoder(encode.body.getvalue(), refuse)(tree)
