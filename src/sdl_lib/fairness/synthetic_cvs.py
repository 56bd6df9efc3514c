"""Invented applications: what people can, what they write, and who was hired in the past."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate


class Applications(NamedTuple):
    """Invented applications; nobody is described.

    ``skills`` (n, 6) and ``words`` (n, k) are 1 where a CV mentions them, ``woman`` (n,) says who
    wrote it and stands in no CV, ``hired`` (n,) is what people decided in the past.
    """

    skills: Tensor
    words: Tensor
    woman: Tensor
    hired: Tensor


def synthetic_cvs(
    lean: Tensor,
    *,
    n: int,
    generator: torch.Generator,
    women: float = 0.3,
    slant: float = 8.0,
    penalty: float = 1.5,
) -> Applications:
    r"""Applications whose words leak a gender that was held against women in the past.

    Each of six skills is there with chance 1/2, whoever writes. Word j of the free text is there
    with chance :math:`\sigma(-2\pm\text{slant}\cdot\text{lean}_j)`, + for women. Who was hired was
    decided by lot, with chance :math:`\sigma(\text{skills}-3-\text{penalty}\,[\text{woman}])`.

    Parameters
    ----------
    lean : Tensor, shape (k,): gender component of each word, such as that of a real word vector
    n : number of applications
    women : share of women among those who apply, in [0, 1]
    slant : how far the words that people use follow their lean; 0: not at all
    penalty : how much being a woman was held against an applicant, in skills; 0: not at all

    Raises
    ------
    ValueError : if an argument is out of its range.

    References
    ----------
    Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    if lean.ndim != 1 or not bool(torch.isfinite(lean).all()):
        raise ValueError(f"lean: expected a vector of finite numbers, found {tuple(lean.shape)}")
    validate.count(n, "n")
    if not 0 <= women <= 1:
        raise ValueError(f"women: expected a share from 0 to 1, found {women}")
    validate.radius(slant, "slant")
    validate.radius(penalty, "penalty")

    def lot(chance: Tensor) -> Tensor:
        return (torch.rand(chance.shape, generator=generator) < chance).double()

    woman = lot(torch.full((n,), women))
    skills = lot(torch.full((n, 6), 0.5))
    words = lot(torch.sigmoid(-2 + slant * (2 * woman - 1)[:, None] * lean.double()))
    hired = lot(torch.sigmoid(skills.sum(1) - 3 - penalty * woman))
    return Applications(skills, words, woman.bool(), hired)
