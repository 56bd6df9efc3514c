"""The export to the browser's engine, and the notebook's control in a real kernel."""

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from torch import nn

from sdl_lib import live, models
from sdl_lib.data import mnist10k
from sdl_lib.live import draw_a_digit as lab
from sdl_lib.live.export import export

# one of the labs reads the word vectors, which say so
pytestmark = pytest.mark.filterwarnings("ignore::sdl_lib.data.KnownProblems")

# the versions of Colab; the others are installed
IPYWIDGETS_7 = ("ipywidgets==7.7.1", "ipython_genutils==0.2.0")


def manifest(folder: Path, model: nn.Module, shape: tuple[int, ...]) -> tuple[dict, np.ndarray]:
    export(model.eval(), folder, "net", shape=shape)
    weights = np.fromfile(folder / "net.bin", "<f4")
    return json.loads((folder / "net.json").read_text()), weights


def parameter(weights: np.ndarray, where: dict) -> torch.Tensor:
    size = int(np.prod(where["shape"]))
    part = weights[where["offset"] : where["offset"] + size]
    return torch.from_numpy(part.copy()).view(where["shape"])


def test_export_writes_the_layers_and_every_weight(tmp_path):
    model = models.load("lenet5")
    found, weights = manifest(tmp_path, model, (1, 28, 28))
    assert [layer["type"] for layer in found["layers"]] == [
        *("conv", "relu", "max_pool", "conv", "relu", "max_pool", "reshape"),
        *("dense", "relu", "dense", "relu", "dense"),
    ]
    assert found["floats"] == len(weights) == sum(p.numel() for p in model.parameters())
    last = found["layers"][-1]
    assert torch.equal(parameter(weights, last["weight"]), model.layers[-1].weight)
    assert torch.equal(parameter(weights, last["bias"]), model.layers[-1].bias)


def test_export_in_half_precision_says_so_and_rounds_once(tmp_path):
    model = models.load("lenet5")
    export(model, tmp_path, "net", shape=(1, 28, 28), half=True)
    found = json.loads((tmp_path / "net.json").read_text())
    weights = np.fromfile(tmp_path / "net.bin", "<f2")
    assert found["half"]
    assert found["floats"] == len(weights) == sum(p.numel() for p in model.parameters())
    first = found["layers"][0]["weight"]
    expected = model.layers[0].weight.half()
    assert torch.equal(parameter(weights, first), expected)


@pytest.mark.parametrize(
    ("linear", "norm", "shape"),
    [
        (nn.Linear(6, 4), nn.BatchNorm1d(4), (6,)),
        (nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4), (2, 8, 8)),
        (nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4, affine=False), (2, 8, 8)),
    ],
    ids=["dense", "conv", "transposed"],
)
@torch.no_grad()
def test_batch_normalisation_is_folded(tmp_path, linear, norm, shape):
    generator = torch.Generator().manual_seed(0)
    norm.running_mean.normal_(generator=generator)
    norm.running_var.uniform_(0.5, 2, generator=generator)
    if norm.affine:
        norm.weight.normal_(generator=generator)
        norm.bias.normal_(generator=generator)
    x = torch.rand(5, *shape, generator=generator)
    expected = norm.eval()(linear(x))
    found, weights = manifest(tmp_path, nn.Sequential(linear, norm), shape)
    (layer,) = found["layers"]
    linear.weight.copy_(parameter(weights, layer["weight"]))
    linear.bias = nn.Parameter(parameter(weights, layer["bias"]))
    torch.testing.assert_close(linear(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (nn.GELU(), (4,), r"layers\.0\.1 is a GELU"),
        (nn.BatchNorm2d(4), (4, 3, 3), "no linear layer just before"),
        (nn.Conv2d(4, 4, 3, groups=2), (4, 8, 8), "groups"),
        (nn.Conv2d(4, 4, 3, dilation=2), (4, 8, 8), "dilation"),
        (nn.Conv2d(4, 4, 3, padding="same"), (4, 8, 8), "padding"),
        (nn.MaxPool2d(2, ceil_mode=True), (4, 7, 7), "ceil_mode"),
        (nn.AvgPool2d(2, padding=1, count_include_pad=False), (4, 8, 8), "average"),
    ],
)
def test_what_the_engine_does_not_know_is_refused_by_name(tmp_path, layer, shape, said):
    model = nn.Sequential(nn.Sequential(nn.ReLU(), layer), nn.Flatten(), nn.LazyLinear(2))
    model(torch.zeros(2, *shape))
    with pytest.raises(ValueError, match=said):
        export(model.eval(), tmp_path, "net", shape=shape)
    assert not list(tmp_path.iterdir())


def test_a_model_in_training_mode_is_refused(tmp_path):
    with pytest.raises(ValueError, match="training mode"):
        export(models.LeNet5(), tmp_path, "net", shape=(1, 28, 28))
    with pytest.raises(ValueError, match="training mode"):
        live.show("draw-a-digit", model=models.LeNet5())


def test_assets_are_the_same_at_every_build(tmp_path):
    for name in ("a", "b"):
        live.write_assets(tmp_path / name)
    first, second = (sorted((tmp_path / name).rglob("*.*")) for name in ("a", "b"))
    assert [path.name for path in first] == [path.name for path in second]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True))


def test_samples_are_the_test_digits_exactly(tmp_path):
    live.write_assets(tmp_path)
    setup = json.loads((tmp_path / "draw-a-digit" / "lab.json").read_text())
    raw = np.fromfile(tmp_path / "draw-a-digit" / "samples.bin", np.uint8).reshape(-1, 1, 28, 28)
    x, y = mnist10k("test")
    rows = [sample["index"] for sample in setup["samples"]]
    assert torch.equal(torch.from_numpy(raw).float() / 255, x[rows])
    assert [sample["label"] for sample in setup["samples"]] == y[rows].tolist()


def test_random_signs_are_balanced_and_depend_on_the_seed_alone():
    signs = lab.random_signs(1, 10_000)
    assert set(signs.tolist()) == {-1.0, 1.0}
    assert abs(float(signs.mean())) < 0.03
    assert torch.equal(signs[:784], lab.random_signs(1, 784))
    assert abs(float((signs * lab.random_signs(2, 10_000)).mean())) < 0.03


@pytest.mark.parametrize("kind", lab.KINDS.values())
@pytest.mark.parametrize("target", [lab.NO_TARGET, 3])
def test_every_change_stays_in_its_ball(kind, target):
    x, y = mnist10k("test")
    before = x[:1].clone()
    changed = lab.disturb(
        models.load("lenet5"), x[:1], int(y[0]), kind=kind, eps=0.2, target=target, seed=5
    )
    assert float((changed - x[:1]).abs().max()) <= 0.2 + 1e-6
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1
    assert torch.equal(x[:1], before)


def test_control_takes_an_own_picture_and_an_own_model():
    picture = mnist10k("test")[0][7, 0].numpy()
    model = models.load("mlp")
    control = live.show("draw-a-digit", model=model, image=picture)
    own = lab.ask(model, torch.from_numpy(picture).view(1, 1, 28, 28))
    control.eps.value = 0.0
    assert text(control.verdict.value).startswith(f"Unchanged, your model reads {own};")
    assert control.digit.disabled
    assert not model.training


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((8, 8)), r"image: expected 28 x 28"),
        (np.full((28, 28), 2.0), r"image: .*\[0, 1\]"),
    ],
)
def test_control_refuses_what_is_no_digit(image, said):
    with pytest.raises(ValueError, match=said):
        live.show("draw-a-digit", image=image)


def test_an_unknown_lab_is_refused_by_name():
    with pytest.raises(ValueError, match=r"draw-a-digit.*, found 'draw-a-cat'"):
        live.show("draw-a-cat")


def text(verdict: str) -> str:
    return html.unescape(re.sub("<.*?>", "", verdict))


class Kernel:
    """A kernel of its own process, spoken to as a front end does."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client

    def run(self, code: str) -> None:
        reply = self.client.execute_interactive(code, timeout=120, output_hook=lambda _: None)
        assert reply["content"]["status"] == "ok", reply["content"].get("traceback")

    def value(self, expression: str) -> str:
        request = self.client.execute("", silent=True, user_expressions={"it": expression})
        while (reply := self.client.get_shell_msg(timeout=60))["parent_header"][
            "msg_id"
        ] != request:
            pass
        it = reply["content"]["user_expressions"]["it"]
        assert it["status"] == "ok", it
        return str(it["data"]["text/plain"])

    def move(self, widget: str, value: object) -> None:
        """Set a widget's value by the message that its slider in the browser would send."""
        comm = self.value(f"{widget}.comm.comm_id").strip("'")
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        self.client.shell_channel.send(message)


@pytest.fixture(params=["installed", "7.7.1"])
def kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kernel]:
    """A kernel with the installed ipywidgets, and one with the version that Colab has."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(tmp_path / "ipython")}
    if request.param != "installed":
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps"]
        subprocess.run([*pip, "--target", tmp_path / "old", *IPYWIDGETS_7], check=True)
        environment["PYTHONPATH"] = str(tmp_path / "old")
    manager, client = start_new_kernel(kernel_name="python3", env=environment)
    try:
        found = Kernel(client)
        found.run("import ipywidgets")
        version = found.value("ipywidgets.__version__").strip("'")
        assert (version == request.param) == (request.param != "installed")
        yield found
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_control_answers_in_a_real_kernel(kernel):
    kernel.run('from sdl_lib import live\ncontrol = live.show("draw-a-digit")\ncontrol')
    here = live.show("draw-a-digit")
    moves = [
        ("eps", 0.0),
        ("eps", 0.2),
        ("digit", 5),
    ]
    for name, value in moves:
        kernel.move(f"control.{name}", value)
        getattr(here, name).value = value
        assert kernel.value("control.verdict.value") == repr(here.verdict.value), (name, value)
    # where a front end sends an index, and not the value
    for name, value in [("network", "MLP"), ("target", 3), ("kind", "noise"), ("seed", 2)]:
        kernel.run(f"control.{name}.value = {value!r}")
        getattr(here, name).value = value
        assert kernel.value("control.verdict.value") == repr(here.verdict.value), (name, value)
    assert kernel.value("len(control.picture.value)") == str(len(here.picture.value))
