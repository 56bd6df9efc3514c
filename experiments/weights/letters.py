"""The networks that read *Alice* letter by letter."""

from functools import partial

from torch import nn

from experiments.weights.recipe import Recipe, Setting, Trained
from sdl_lib.data import alice
from sdl_lib.models import CausalTransformer, CharGRU
from sdl_lib.sequences import bits_per_character, encode, fit_language_model, simplify


def language_model(build: type[nn.Module], steps: int, lr: float, setting: Setting) -> Trained:
    """Trained on the first chapters; ``lr`` is the largest rate."""
    text, held_out = (encode(simplify(part)) for part in (alice("train"), alice("test")))
    model = build().to(setting.device)
    fit_language_model(model, text.to(setting.device), steps=setting.times(steps), lr=lr)

    def measure(model: nn.Module) -> str:
        bits = bits_per_character(model, held_out)
        return f"On the last two chapters: {bits:.4f} bits a letter."

    return Trained(model, measure)


RECIPES = {
    "char-gru": Recipe(partial(language_model, CharGRU, 1500, 4e-3)),
    "causal-transformer": Recipe(partial(language_model, CausalTransformer, 4000, 3e-3)),
}
