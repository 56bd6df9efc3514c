"""What runs in the jail: a student's cells, and then answers to the grader's calls.

Nothing here is trusted by the grader: the student's code may rewrite all of it. It holds no test,
no solution and no mark. Started by jail.py with the number of its socket.
"""

import contextlib
import importlib.machinery
import os
import pickle
import signal
import socket
import sys
import types
from collections.abc import Iterator
from typing import Any

import wire  # type: ignore[import-not-found]  # beside this file, in the jail


def main(number: int) -> None:
    channel = wire.Channel(socket.socket(fileno=number))
    _silence()
    task, _ = channel.receive()
    _stand_in_for_otter()
    names = _run_cells(task, channel)
    server = Server(channel, names, task["call_seconds"])
    while True:
        server.step(*channel.receive())


def _silence() -> None:
    """Nobody reads what the cells print, and a full pipe would stop them."""
    void = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(void, stream)


def _stand_in_for_otter() -> None:
    """The student notebook calls its public tests; the grader runs them on its own side."""

    class Notebook:
        def __init__(self, *args: Any, **options: Any) -> None: ...

        def __getattr__(self, name: str) -> Any:
            return lambda *args, **options: None

    stub = types.ModuleType("otter")
    stub.__spec__ = importlib.machinery.ModuleSpec("otter", None)  # it is there, if one asks
    stub.Notebook = Notebook  # type: ignore[attr-defined]
    sys.modules["otter"] = stub


def _run_cells(task: dict[str, Any], channel: wire.Channel) -> dict[str, Any]:
    """Run the cells one by one, as a notebook would, and tell the grader of each that failed."""
    from IPython.core.interactiveshell import InteractiveShell

    shell: Any = InteractiveShell.instance(history_length=0, colors="NoColor")
    shell.history_manager.enabled = False
    sys.modules["__main__"].__dict__.update(shell.user_ns)
    signal.signal(signal.SIGPROF, _too_long)
    for index, source in enumerate(task["cells"]):
        if index in task["skip"]:
            continue
        channel.send({"cell": index})
        try:
            with _limited(task["cell_seconds"]):
                result = shell.run_cell(source, store_history=False)
            error = result.error_before_exec or result.error_in_exec
        except BaseException as raised:
            error = raised
        if error is not None:
            channel.send({"failed": index, "why": _short(error)})
    channel.send({"ran": True})
    names: dict[str, Any] = shell.user_ns
    return names


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """At most so many seconds of the processor. The grader's own limit is the clock's."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _too_long(*_: Any) -> None:
    raise TimeoutError("it ran for too long")


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:500]


class Server:
    """Answers the grader: which names there are, their values, and calls."""

    def __init__(self, channel: wire.Channel, names: dict[str, Any], seconds: float) -> None:
        self.channel, self.names, self.seconds = channel, names, seconds
        self.handles: list[Any] = []

    def step(self, message: dict[str, Any], body: bytes) -> None:
        encode = wire.Encoder(self._handle)
        try:
            answer = self._answer(message, wire.Decoder(body, self._special), encode)
        except BaseException as error:
            answer = {"raised": type(error).__name__, "text": str(error)[:500]}
            encode = wire.Encoder(self._handle)
        try:
            self.channel.send(answer, encode.body.getvalue())
        except wire.Malformed as error:
            self.channel.send({"raised": "ValueError", "text": f"its result is {error}"})

    def _answer(
        self, message: dict[str, Any], decode: wire.Decoder, encode: wire.Encoder
    ) -> dict[str, Any]:
        if message["do"] == "get":
            name = message["name"]
            return {"value": encode(self.names[name])} if name in self.names else {"missing": True}
        if message["do"] == "attribute":
            return {"value": encode(getattr(self.handles[message["handle"]], message["name"]))}
        args, options = decode(message["args"]), decode(message["options"])
        before = {key: _copy(value) for key, value in _arrays(args, options)}
        with _limited(self.seconds):
            value = self.handles[message["handle"]](*args, **options)
        now = dict(_arrays(args, options))
        changed = [
            [key, encode(now[key])] for key, old in before.items() if _differs(old, now[key])
        ]
        return {"value": encode(value), "changed": changed}

    def _handle(self, value: Any) -> dict[str, Any]:
        """What is no data stays here; the grader gets a number for it."""
        self.handles.append(value)
        return {"handle": len(self.handles) - 1, "call": callable(value)}

    def _special(self, tree: dict[str, Any]) -> Any:
        if "pickle" in tree:
            return pickle.loads(tree["pickle"])
        if "handle" in tree:
            return self.handles[tree["handle"]]
        number = tree["callback"]

        def ask(*args: Any, **options: Any) -> Any:
            return self._call_back(number, args, options)

        return ask

    def _call_back(self, number: int, args: Any, options: Any) -> Any:
        """Call a function of the grader, such as an oracle that is to be queried."""
        encode = wire.Encoder(self._handle)
        message = {"callback": number, "args": encode(list(args)), "options": encode(options)}
        self.channel.send(message, encode.body.getvalue())
        answer, body = self.channel.receive()
        while "do" in answer:  # the grader asks for something before it answers
            self.step(answer, body)
            answer, body = self.channel.receive()
        if "raised" in answer:
            import builtins

            kind = getattr(builtins, answer["raised"], RuntimeError)
            raise kind(answer["text"])
        return wire.Decoder(body, self._special)(answer["value"])


def _arrays(args: Any, options: Any) -> list[tuple[str, Any]]:
    pairs = [*((str(i), v) for i, v in enumerate(args)), *options.items()]
    return [(key, value) for key, value in pairs if hasattr(value, "shape") and value.shape != ()]


def _copy(value: Any) -> Any:
    return value.detach().clone() if hasattr(value, "detach") else value.copy()


def _differs(old: Any, now: Any) -> bool:
    if hasattr(now, "detach"):
        now = now.detach()
    return bool(old.shape != now.shape or ((old != now) & ((old == old) | (now == now))).any())


if __name__ == "__main__":
    main(int(sys.argv[1]))
