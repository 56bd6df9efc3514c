"""Networks hardened beforehand: their training takes longer than a page should."""

from pathlib import Path

import safetensors.torch
from torch import nn

from sdl_lib import validate
from sdl_lib.data import passports
from sdl_lib.models import LeNet5

_FOLDER = Path(__file__).parent / "weights"
HARDENED = ("lenet5-adversarial", "lenet5-trades", "lenet5-distilled")


def hardened(name: str) -> nn.Module:
    """A LeNet-5 that was trained to resist, in evaluation mode and frozen.

    Parameters
    ----------
    name : ``"lenet5-adversarial"`` or ``"lenet5-trades"`` (in the max norm, radius .2), or
        ``"lenet5-distilled"`` (temperature 40); all by ``python -m experiments.weights``

    Raises
    ------
    ValueError : if the name is unknown.
    DataError : if the file is missing or damaged.

    References
    ----------
    Explained in :doc:`/book/security/defence-and-evaluation`.
    """
    validate.choice(name, HARDENED, "name")
    model = LeNet5()
    model.load_state_dict(
        safetensors.torch.load(passports.shipped(_FOLDER / f"{name}.safetensors"))
    )
    return model.eval().requires_grad_(False)
