"""From a recipe to a file and its passport: what a worker makes, and who writes it down."""

import time
from pathlib import Path
from typing import NamedTuple

import safetensors.torch
import torch
from torch import nn

import sdl_lib.defences
import sdl_lib.models
from experiments.runs import provenance
from experiments.weights.recipe import Setting
from experiments.weights.registry import RECIPES
from tools.passport import enter

FOLDERS = [Path(part.__path__[0]) / "weights" for part in (sdl_lib.models, sdl_lib.defences)]


class Made(NamedTuple):
    """What a worker sends back."""

    name: str
    content: bytes
    how: str
    """the sentences of the passport"""


def make(name: str, setting: Setting) -> Made:
    """What a worker does: one network, from a fixed seed, on one thread or on a GPU."""
    device = sdl_lib.setup(seed=0, device=setting.device)
    if device.type == "cuda":  # some gradients have no kernel there that is repeatable
        torch.use_deterministic_algorithms(True, warn_only=True)
    start = time.process_time()
    trained = RECIPES[name].train(setting)
    seconds = time.process_time() - start
    content = packed(trained.model, half=trained.half)
    where = "one CPU thread" if device.type == "cpu" else provenance(device)["device"]
    how = (
        f"python -m experiments.weights {name}{setting.options()}: {trained.settings}, {where}, "
        f"torch {torch.__version__}, {seconds:.0f} s of processor time. "
        + trained.measure(unpacked(trained.model, content))
    )
    return Made(name, content, how)


def packed(model: nn.Module, *, half: bool) -> bytes:
    """The weights as a file, perhaps in half precision."""
    state = {
        name: (value.half() if half and value.is_floating_point() else value).cpu().contiguous()
        for name, value in model.state_dict().items()
    }
    content: bytes = safetensors.torch.save(state)
    return content


def unpacked(model: nn.Module, content: bytes) -> nn.Module:
    """The model with the weights of a file, on the CPU, as the library would load it."""
    # the format of one that is built afresh: another adds up in another order
    model.to("cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    model.load_state_dict(safetensors.torch.load(content))
    return model.eval().requires_grad_(False)


def ship(made: Made, out: Path | None = None) -> Path:
    """Write the weights and their passport where the library keeps them, or into ``out``."""
    passport = kept(made.name)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        text = passport.read_text(encoding="utf-8")
        passport = out / passport.name
        passport.write_text(text, encoding="utf-8")
    file = passport.with_suffix(".safetensors")
    file.write_bytes(made.content)
    enter(passport, made.content, made.how)
    return file


def kept(name: str) -> Path:
    """The passport of a network of the library."""
    found = [file for folder in FOLDERS if (file := folder / f"{name}.toml").exists()]
    if not found:
        raise ValueError(f"name: {name!r} has no passport; write one where its weights shall lie")
    return found[0]
