"""The network that guesses incomes from twelve answers to the census."""

import torch
from torch import nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import adult, fit_encoding
from sdl_lib.models import ADULT_FEATURES, AdultMLP
from sdl_lib.training import accuracy, fit


def adult_mlp(setting: Setting) -> Trained:
    encode_people = fit_encoding(adult("train"), ADULT_FEATURES)
    (x, y), test = (
        (encode_people(people), torch.tensor(people["over_50k"].to_numpy()).long())
        for people in (adult("train"), adult("test"))
    )
    model = AdultMLP(x.shape[1]).to(setting.device)
    x, y = x.to(setting.device), y.to(setting.device)
    fit(model, x, y, epochs=setting.times(8), batch_size=128, lr=2e-3, weight_decay=1e-4)

    def measure(model: nn.Module) -> str:
        return f"Accuracy on the 15,060 test rows: {accuracy(model, *test):.4f}."

    return Trained(model, measure)


RECIPES = {"adult-mlp": Recipe(adult_mlp)}
