"""Four copies of one small network: trained as usual, and for each of three certificates."""

from pathlib import Path

import safetensors.torch

from sdl_lib import validate
from sdl_lib.data import passports
from sdl_lib.models import StridedConv

_FOLDER = Path(__file__).parent / "weights"
CERTIFIABLE = ("plain", "gloro", "ibp", "noise")


def certifiable(name: str) -> StridedConv:
    """A reader of digits that was trained to be certified, in evaluation mode and frozen.

    Parameters
    ----------
    name : ``"gloro"`` (Euclidean, radius .5), ``"ibp"`` (max norm, radius .1) or ``"noise"``
        (standard deviation .5); ``"plain"`` is what it is without; all by
        ``python -m experiments.weights``

    Raises
    ------
    ValueError : if the name is unknown.
    DataError : if the file is missing or damaged.

    References
    ----------
    Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.choice(name, CERTIFIABLE, "name")
    model = StridedConv()
    file = passports.shipped(_FOLDER / f"strided-{name}.safetensors")
    model.load_state_dict(safetensors.torch.load(file))
    return model.eval().requires_grad_(False)
