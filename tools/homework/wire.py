"""Values between the grader and a student's process, as data and never as code.

A message is a JSON header with the raw bytes of its arrays behind it. What a student's process
sends is read without pickle, within limits of size, and can be nothing but numbers, text, lists,
arrays and handles; so the worst that it can say is something wrong. In the other direction the
grader is trusted, and what is no plain data (a torch module, say) goes as a pickle.

The file stands alone: in the jail it is imported without the project.
"""

import io
import json
import math
import pickle
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

MAX_HEADER, MAX_BODY = 4_000_000, 256_000_000
_LENGTHS = struct.Struct(">IQ")
_KINDS = frozenset("biufc")  # of a dtype: booleans, numbers


class Malformed(Exception):
    """The other side said something that is no message."""


class Channel:
    """Messages over a socket, with a deadline for each wait."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        text = json.dumps(header).encode()
        if len(text) > MAX_HEADER or len(body) > MAX_BODY:
            raise Malformed("too large to send")
        self.link.settimeout(None)
        self.link.sendall(_LENGTHS.pack(len(text), len(body)) + text + body)

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], bytes]:
        """The next message; ``TimeoutError`` past the deadline, ``EOFError`` when all is said."""
        head, body = _LENGTHS.unpack(self._exactly(_LENGTHS.size, deadline))
        if head > MAX_HEADER or body > MAX_BODY:
            raise Malformed("a message beyond all limits")
        try:
            header = json.loads(self._exactly(head, deadline))
        except (ValueError, RecursionError) as error:
            raise Malformed(f"no JSON: {error}") from None
        if not isinstance(header, dict):
            raise Malformed("a header is an object")
        return header, self._exactly(body, deadline)

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        parts, missing = [], count
        while missing:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self.link.settimeout(left)
            else:
                self.link.settimeout(None)
            try:
                part = self.link.recv(min(missing, 1 << 20))
            except ConnectionError:
                raise EOFError from None
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


class Encoder:
    """Turns values into the tree of a header and the bytes behind it.

    ``other`` says what becomes of a value that is no data: a handle, or the bytes of a pickle.
    """

    def __init__(self, other: Callable[[Any], dict[str, Any] | bytes]) -> None:
        self.body, self.other = io.BytesIO(), other

    def __call__(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | str):
            return {"s": value} if isinstance(value, str) else value
        if type(value) is int or type(value) is float:
            return _number(value)
        if value is Ellipsis:
            return {"ellipsis": True}
        if type(value) in (list, tuple, set, frozenset):
            return {type(value).__name__: [self(item) for item in value]}
        if type(value) is dict:
            return {"dict": [[self(key), self(item)] for key, item in value.items()]}
        if type(value) is bytes:
            return {"bytes": self._put(value)}
        found = self._array(value) or self.other(value)
        return {"pickle": self._put(found)} if isinstance(found, bytes) else found

    def _put(self, content: bytes) -> list[int]:
        place = [self.body.tell(), len(content)]
        self.body.write(content)
        return place

    def _array(self, value: Any) -> dict[str, Any] | None:
        import numpy as np

        if isinstance(value, np.generic) and value.dtype.kind in _KINDS:
            return {**self._array_of(np.asarray(value)), "scalar": True}
        if type(value) is np.ndarray and value.dtype.kind in _KINDS:
            return self._array_of(value)
        if type(value).__module__.startswith("torch"):
            import torch

            if isinstance(value, torch.device):
                return {"device": str(value)}
            if isinstance(value, torch.Generator):
                return {"generator": self(value.get_state())}
            if isinstance(value, torch.Tensor) and value.layout is torch.strided:
                plain = value.detach().cpu()
                plain = plain.float() if plain.dtype is torch.bfloat16 else plain
                return {**self._array_of(plain.numpy()), "torch": bool(value.requires_grad)}
        return None

    def _array_of(self, array: Any) -> dict[str, Any]:
        place = self._put(array.tobytes())
        return {"array": [array.dtype.str, list(array.shape), *place]}


def _number(value: float) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return {"int": hex(value)}
    return value


class Decoder:
    """Turns a tree and its bytes into values; ``other`` reads what is no data."""

    def __init__(self, body: bytes, other: Callable[[dict[str, Any]], Any]) -> None:
        self.body, self.other = body, other

    def __call__(self, tree: Any) -> Any:
        try:
            return self._value(tree)
        except Malformed:
            raise
        except (KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
            raise Malformed(f"{type(error).__name__}: {error}") from None

    def _value(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            if isinstance(tree, bool | int | float) or tree is None:
                return tree
            raise Malformed(f"a {type(tree).__name__} where a value should be")
        if "s" in tree:
            return str(tree["s"])
        if "float" in tree:
            return float(tree["float"])
        if "int" in tree:
            return int(tree["int"], 16)
        if "ellipsis" in tree:
            return Ellipsis
        for kind in (list, tuple, set, frozenset):
            if kind.__name__ in tree:
                return kind(self._value(item) for item in tree[kind.__name__])
        if "dict" in tree:
            return {self._value(key): self._value(item) for key, item in tree["dict"]}
        if "bytes" in tree:
            return self._get(*tree["bytes"])
        if "array" in tree:
            return self._array(tree)
        if "device" in tree or "generator" in tree:
            return self._of_torch(tree)
        if "pickle" in tree:  # opened, or not, by `other`
            return self.other({"pickle": self._get(*tree["pickle"])})
        return self.other(tree)

    def _get(self, start: int, count: int) -> bytes:
        content = self.body[start : start + count] if start >= 0 and count >= 0 else b""
        if len(content) != count:
            raise Malformed("bytes that were not sent")
        return content

    def _array(self, tree: dict[str, Any]) -> Any:
        import numpy as np

        kind, shape, start, count = tree["array"]
        dtype = np.dtype(str(kind))
        if dtype.kind not in _KINDS or min(shape, default=0) < 0:
            raise Malformed(f"an array of {kind} with shape {shape}")
        if math.prod(shape) * dtype.itemsize != count:
            raise Malformed("an array whose bytes do not fit its shape")
        array = np.frombuffer(bytearray(self._get(start, count)), dtype).reshape(shape)
        if "scalar" in tree:
            return array[()]
        if "torch" in tree:
            import torch

            tensor = torch.from_numpy(array)
            return tensor.requires_grad_() if tree["torch"] is True else tensor
        return array

    def _of_torch(self, tree: dict[str, Any]) -> Any:
        import torch

        if "device" in tree:
            return torch.device("cpu")
        generator = torch.Generator()
        generator.set_state(self._value(tree["generator"]))
        return generator


def pickled(value: Any) -> bytes:
    """For the grader alone to send: its objects are its own."""
    return pickle.dumps(value)
