"""A hundred real faces of a hundred people, small and grey, as scikit-image ships them."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import skimage
import torch
from torch import Tensor

from sdl_lib.data import passports

_FILE = Path(skimage.__file__).parent / "data" / "lfw_subset.npy"
_SHA256 = "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c"
_FACES = 100  # the second half of the file shows no faces


def lfw_faces() -> Tensor:
    """One grey patch of the face of each of a hundred people, without their names.

    Returns
    -------
    Tensor, shape (100, 1, 25, 25), float32 in [0, 1]: cut from photographs of the press

    Raises
    ------
    DataError : if the file is missing or is not the one that the passport describes.

    References
    ----------
    Huang et al. (2008). Passport: :doc:`/book/appendix/data-and-models`. Explained in
    :doc:`/book/security/deepfakes-and-forgery`.
    """
    return _pictures().clone()


@cache
def _pictures() -> Tensor:
    passports.announce(passports.read(Path(__file__).with_suffix(".toml")))
    if not _FILE.exists():
        raise passports.DataError(f"{_FILE.name}: is not part of the installed scikit-image")
    content = passports.verify(_FILE.read_bytes(), _SHA256, _FILE.name)
    values: np.ndarray = np.load(io.BytesIO(content), allow_pickle=False)
    return torch.from_numpy(values[:_FACES]).float().unsqueeze(1)
