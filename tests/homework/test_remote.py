"""Stand-ins behave as the student's own functions would, as far as a test can tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from kits import ROOT

from tools.homework.jail import Limits
from tools.homework.remote import Handle, Student, StudentFault

CELLS = [
    "import numpy as np\nimport torch",
    "value = {'a': np.arange(3), 'b': (1, 'x', None, ...)}",
    "def double(x, *, offset=0):\n    return 2 * x + offset",
    "def spoil(x):\n    x *= 0\n    return x.sum()",
    "def forward(model, x):\n    with torch.no_grad():\n        return model(x)",
    "def gradient(model, x):\n    x = x.clone().requires_grad_()\n"
    "    return torch.autograd.grad(model(x).sum(), x)[0]",
    "class Net(torch.nn.Module):\n    def __init__(self, n):\n        super().__init__()\n"
    "        self.layer = torch.nn.Linear(n, 2)\n        self.n = n\n"
    "    def forward(self, x):\n        return self.layer(x)",
    "def count(net):\n    return sum(p.numel() for p in net.parameters())",
    "def nested(ask):\n    return ask(lambda x: x + 1)",
    "def draw(generator):\n    return torch.rand(3, generator=generator)",
    "def refuse(x):\n    raise ValueError(f'not {x}')",
    "class Odd(Exception):\n    pass\ndef oddly():\n    raise Odd('odd')",
    "1 / 0",
    "def leave():\n    import os\n    os._exit(1)",
    "def large():\n    return np.zeros(40_000_000)",
    "def hang():\n    import time\n    time.sleep(1000)",
]


@pytest.fixture(scope="module")
def student() -> Iterator[Student]:
    limits = Limits(seconds=300, cell_seconds=30, call_seconds=2, memory_mb=2500)
    found = Student(CELLS, limits, Path(ROOT))
    found.ready()
    yield found
    found.close()


@pytest.fixture
def ready(student: Student) -> Student:
    student.ready()
    student.take_errors()
    return student


def test_values_and_functions(ready: Student) -> None:
    value = ready.get("value")
    assert value["a"].tolist() == [0, 1, 2]
    assert value["b"] == (1, "x", None, ...)
    double = ready.get("double")
    assert double(2.5) == 5
    assert torch.equal(double(torch.ones(2), offset=1), torch.full((2,), 3.0))
    assert callable(double)
    assert double.__name__ == "double"
    with pytest.raises(KeyError):
        ready.get("nothing")


def test_a_cell_that_fails_is_noted_and_the_others_run(ready: Student) -> None:
    assert ready.notes == ["code cell 13 (`1 / 0`): ZeroDivisionError: division by zero"]


@pytest.mark.parametrize("x", [np.arange(4.0), torch.arange(4.0)], ids=["numpy", "torch"])
def test_what_is_done_to_an_argument_shows(ready: Student, x: Any) -> None:
    assert ready.get("spoil")(x) == 0
    assert not x.any()


def test_modules_can_be_handed_over(ready: Student) -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    x = torch.rand(5, 3)
    assert torch.allclose(ready.get("forward")(model, x), model(x).detach())
    probe = x.clone().requires_grad_()
    (truth,) = torch.autograd.grad(model(probe).sum(), probe)
    assert torch.allclose(ready.get("gradient")(model, x), truth)


def test_objects_stay_where_they_are_and_can_be_used(ready: Student) -> None:
    net = ready.get("Net")(3)
    assert isinstance(net, Handle)
    assert net(torch.rand(5, 3)).shape == (5, 2)
    assert net.n == 3
    assert ready.get("count")(net) == 8
    assert net.layer.weight.shape == (2, 3)
    with pytest.raises(AttributeError):
        _ = net.missing


def test_functions_of_ours_are_called_back_with_theirs(ready: Student) -> None:
    assert ready.get("nested")(lambda theirs: theirs(4) * 10) == 50

    def refuses(_: Any) -> None:
        raise ValueError("closed")

    with pytest.raises(ValueError, match="closed"):
        ready.get("nested")(refuses)


def test_generators_travel_with_their_state(ready: Student) -> None:
    drawn = ready.get("draw")(torch.Generator().manual_seed(3))
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(3)))


def test_exceptions_keep_their_kind_if_python_has_it(ready: Student) -> None:
    with pytest.raises(ValueError, match="not 3"):
        ready.get("refuse")(3)
    with pytest.raises(StudentFault, match="odd"):
        ready.get("oddly")()
    assert ready.take_errors() == ["ValueError: not 3", "Odd: odd"]


def test_what_is_too_large_to_send_is_told(ready: Student) -> None:
    with pytest.raises(ValueError, match="too large"):
        ready.get("large")()


@pytest.mark.parametrize(("name", "why"), [("leave", "ended its process"), ("hang", "its time")])
def test_after_a_bad_end_it_starts_anew(ready: Student, name: str, why: str) -> None:
    with pytest.raises(StudentFault, match=why):
        ready.get(name)()
    ready.ready()
    assert ready.get("double")(1) == 2
