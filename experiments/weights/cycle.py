"""CycleGAN: digits and a thicker pen, photographs and posters of other places."""

from typing import Any

import torch
from torch import nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import Unpaired, unpaired_digits, unpaired_posters
from sdl_lib.gan import cycle_error, cycle_networks, pairing_error, train_cycle
from sdl_lib.models import CycleDigits, TranslatorPair, cycle_names

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "identity": {"identity_weight": 5.0},
    "pairs": {"pairs": 8},
    "no cycle": {"cycle_weight": 0.0},
}


def digit_translators(setting: Setting) -> Trained:
    """Four settings, with several seeds of each."""
    sets, steps = unpaired_digits(), setting.times(300)
    runs = CycleDigits()
    for name in cycle_names():
        kind, seed = name.rsplit(" ", 1)
        pair = _translators(sets, setting.device, steps=steps, seed=int(seed), **OPTIONS[kind])
        runs[name].load_state_dict(pair.state_dict())

    def measure(model: nn.Module) -> str:
        assert isinstance(model, CycleDigits)
        return f"Mean pairing error on 1,000 test digits: {_pairing_errors(model, sets)}."

    return Trained(runs, measure, f"{len(runs)} runs of {steps:,} steps", half=True)


def _pairing_errors(model: CycleDigits, sets: Unpaired) -> str:
    told = []
    for kind in OPTIONS:
        pairs = [
            pair for name in cycle_names(kind) if isinstance(pair := model[name], TranslatorPair)
        ]
        errors = [float(pairing_error(pair.there, sets.x_test, sets.truth)) for pair in pairs]
        told.append(f"{sum(errors) / len(errors):.4f} ({kind})")
    return ", ".join(told)


def poster_translators(setting: Setting) -> Trained:
    sets, steps = unpaired_posters(), setting.times(900)
    pair = _translators(sets, setting.device, steps=steps, seed=0, channels=3, width=20)

    def measure(model: nn.Module) -> str:
        assert isinstance(model, TranslatorPair)
        return (
            "On the photograph that was held out: cycle error "
            f"{cycle_error(model.there, model.back, sets.x_test):.4f}, pairing error "
            f"{pairing_error(model.there, sets.x_test, sets.truth):.4f}."
        )

    return Trained(pair, measure, half=True)


def _translators(
    sets: Unpaired,
    device: str,
    *,
    steps: int,
    seed: int,
    pairs: int = 0,
    channels: int = 1,
    width: int = 12,
    **options: Any,
) -> TranslatorPair:
    """Fresh translators after training; they are told the first ``pairs`` partners."""
    pair, judge_x, judge_y = cycle_networks(seed=seed, channels=channels, width=width)
    for network in (pair, judge_x, judge_y):
        network.to(device)
    x, y, partners = (v.to(device) for v in (sets.x, sets.y, sets.partners))
    known = (x[:pairs], partners[:pairs]) if pairs else None
    train_cycle(
        pair.there, pair.back, judge_x, judge_y, x, y,
        steps=steps, batch_size=16, lr=2e-3, pairs=known,
        chance=torch.Generator().manual_seed(seed), **options,
    )  # fmt: skip
    return pair


RECIPES = {
    "cycle-digits": Recipe(digit_translators),
    "cycle-posters": Recipe(poster_translators),
}
