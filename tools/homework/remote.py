"""The grader's end of a student's process: stand-ins for what the student wrote.

Otter's tests run here, in the grader, with stand-ins in place of the student's functions. A call
goes to the jail and its result comes back as data. So tests never enter the process in which the
student's code runs, and nothing that this code does to Python, to otter or to its own memory can
change a verdict.
"""

import builtins
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.homework import wire
from tools.homework.jail import HERE, Jail, Limits

RESTARTS = 4
_START = 60.0  # seconds for Python to start
# A process that counts its own seconds can be made not to. By the clock it gets this many times
# as long, since the machine may be busy.
_PATIENCE = 3.0


class StudentFault(Exception):
    """The student's process did not answer as it should; the text says why."""


class Student:
    """The process of one submission. Where a cell or a call ends it, it is started again."""

    def __init__(
        self, cells: list[str], limits: Limits, root: Path, namespaces: bool | None = None
    ) -> None:
        self.cells, self.limits, self.root, self.namespaces = cells, limits, root, namespaces
        self.until = time.monotonic() + limits.seconds
        self.notes: list[str] = []  # what the cells did wrong
        self.errors: list[str] = []  # what calls did wrong since the last `take_errors`
        self.skip: list[int] = []
        self.generation = 0
        self.worked = 0.0  # seconds of the processors
        self.jail: Jail | None = None

    def ready(self) -> None:
        """Make sure that the cells have run; raises ``StudentFault`` when that cannot be."""
        while self.jail is None or self.jail.ended or self.jail.process.poll() is not None:
            if self.generation > RESTARTS:
                raise StudentFault("the notebook ended its process again and again")
            self._start()

    def _start(self) -> None:
        self.close()
        self.generation += 1
        self.jail = Jail(self.limits, namespaces=self.namespaces)
        link = self.jail.start([sys.executable, str(HERE / "student.py")], self.root)
        self.channel = wire.Channel(link)
        task = {"cells": self.cells, "skip": self.skip}
        task |= {name: getattr(self.limits, name) for name in ("cell_seconds", "call_seconds")}
        cell = -1
        try:
            self.channel.send(task)
            while True:
                patience = _START if cell < 0 else _PATIENCE * self.limits.cell_seconds
                message, _ = self.channel.receive(self._deadline(patience))
                if "ran" in message:
                    return
                if "failed" in message:
                    said = str(message.get("why"))[:500]
                    if said.startswith("MemoryError"):
                        # what filled the memory may still stand in it: go on without this cell
                        assert self.jail is not None
                        self.jail.kill(f"used more than {self.limits.memory_mb} MB of memory")
                        why = self.jail.ended
                        break
                    self._note(cell, said)
                elif isinstance(message.get("cell"), int):
                    cell = message["cell"]
        except (TimeoutError, EOFError, OSError, wire.Malformed) as error:
            why = self._end(error)
        if cell < 0 or self.skip[-1:] == [cell]:
            raise StudentFault(f"the notebook could not be run: {why}")
        self._note(cell, why)
        self.skip.append(cell)

    def _note(self, cell: int, why: str) -> None:
        first = next(iter(self.cells[cell].strip().splitlines()), "") if cell >= 0 else ""
        note = f"code cell {cell + 1} (`{first[:60]}`): {why}"
        if note not in self.notes:
            self.notes.append(note)

    def _deadline(self, seconds: float) -> float:
        if time.monotonic() > self.until:
            raise StudentFault(f"all {self.limits.seconds:.0f} s for this notebook are used up")
        return min(time.monotonic() + seconds, self.until)

    def _end(self, error: Exception) -> str:
        assert self.jail is not None
        if isinstance(error, TimeoutError):
            self.jail.kill("still running when its time was over")
        elif isinstance(error, wire.Malformed):
            self.jail.kill(f"did not answer as a notebook does ({error})")
        else:
            time.sleep(0.3)  # the watch over the memory may be about to say why
            self.jail.kill("ended its process")
        return self.jail.ended

    def get(self, name: str) -> Any:
        """The value of a global name of the notebook; ``KeyError`` where there is none."""
        answer, body = self._exchange({"do": "get", "name": name}, b"")
        if "missing" in answer:
            raise KeyError(name)
        value = self._decode(answer.get("value"), body)
        return Function(self, name) if isinstance(value, Handle) and value.can_call else value

    def call(self, handle: int, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Call what the student's process keeps under ``handle``."""
        callbacks: list[Callable[..., Any]] = []
        encode = wire.Encoder(lambda value: _special(value, callbacks))
        message = {"do": "call", "handle": handle}
        message |= {"args": encode(list(args)), "options": encode(options)}
        answer, body = self._exchange(message, encode.body.getvalue(), callbacks)
        for key, tree in answer.get("changed", []):
            place = args[int(key)] if str(key).isdigit() else options[key]
            _overwrite(place, self._decode(tree, body))
        return self._decode(answer.get("value"), body)

    def attribute(self, handle: int, name: str) -> Any:
        answer, body = self._exchange({"do": "attribute", "handle": handle, "name": name}, b"")
        return self._decode(answer.get("value"), body)

    def _exchange(
        self,
        message: dict[str, Any],
        body: bytes,
        callbacks: list[Callable[..., Any]] | None = None,
    ) -> tuple[dict[str, Any], bytes]:
        if self.jail is None or self.jail.ended:
            raise StudentFault("the notebook's process is no more")
        deadline = self._deadline(_PATIENCE * self.limits.call_seconds)
        try:
            self.channel.send(message, body)
            answer, found = self.channel.receive(deadline)
            while "callback" in answer:
                self._serve(answer, found, callbacks or [])
                answer, found = self.channel.receive(deadline)
        except (TimeoutError, EOFError, OSError, wire.Malformed) as error:
            raise self._fault(self._end(error)) from None
        if "raised" in answer:
            kind = getattr(builtins, str(answer["raised"]), StudentFault)
            known = isinstance(kind, type) and issubclass(kind, Exception)
            text = str(answer.get("text"))[:500]
            self._fault(f"{str(answer['raised'])[:80]}: {text}")
            raise (kind if known else StudentFault)(text)
        return answer, found

    def _serve(self, asked: dict[str, Any], body: bytes, callbacks: list[Any]) -> None:
        """Run a function of ours that the student's code was given, such as an oracle."""
        encode = wire.Encoder(lambda value: _special(value, callbacks))
        try:
            function = callbacks[asked["callback"]]
            args = self._decode(asked["args"], body)
            options = self._decode(asked["options"], body)
            answer = {"value": encode(function(*args, **options))}
        except Exception as error:
            answer = {"raised": type(error).__name__, "text": str(error)[:500]}
        self.channel.send(answer, encode.body.getvalue())

    def _decode(self, tree: Any, body: bytes) -> Any:
        def special(found: dict[str, Any]) -> Any:
            if not isinstance(found.get("handle"), int):
                raise wire.Malformed("neither a value nor a handle")
            return Handle(self, found["handle"], found.get("call") is True)

        try:
            return wire.Decoder(body, special)(tree)
        except wire.Malformed as error:
            raise self._fault(self._end(error)) from None

    def _fault(self, text: str) -> StudentFault:
        if text not in self.errors:
            self.errors.append(text)
        return StudentFault(text)

    def take_errors(self) -> list[str]:
        found, self.errors = self.errors, []
        return found

    def close(self) -> None:
        if self.jail is not None:
            self.channel.link.close()
            self.jail.close()
            self.worked += self.jail.worked


class Handle:
    """Something that stays in the student's process: a trained model, an object of its class."""

    def __init__(self, student: Student, number: int, can_call: bool) -> None:
        self._student, self._number = student, number
        self._generation, self.can_call = student.generation, can_call

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._student.call(self._here(), args, options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._student.attribute(self._here(), name)

    def _here(self) -> int:
        if self._generation != self._student.generation:
            raise StudentFault("the process that held this object is no more")
        return self._number


class Function:
    """A function or class of the notebook, by its name."""

    def __init__(self, student: Student, name: str) -> None:
        self._student, self.__name__ = student, name

    def __call__(self, *args: Any, **options: Any) -> Any:
        answer, body = self._student._exchange({"do": "get", "name": self.__name__}, b"")
        handle = self._student._decode(answer.get("value"), body)
        if not isinstance(handle, Handle):
            raise TypeError(f"{self.__name__} is no function")
        return handle(*args, **options)


def _special(value: Any, callbacks: list[Any]) -> dict[str, Any] | bytes:
    """How a value of the grader's travels that is no data."""
    if isinstance(value, Handle):
        return {"handle": value._here()}
    is_module = hasattr(value, "state_dict")
    if callable(value) and not is_module and not isinstance(value, type):
        callbacks.append(value)
        return {"callback": len(callbacks) - 1}
    return wire.pickled(value)


def _overwrite(place: Any, value: Any) -> None:
    """What the student's function did to its argument shows on ours too."""
    if hasattr(place, "detach") and getattr(value, "shape", None) == place.shape:
        place.detach().copy_(value)
    elif hasattr(place, "flags") and getattr(value, "shape", None) == place.shape:
        place[...] = value
