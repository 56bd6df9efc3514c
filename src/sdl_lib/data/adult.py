"""Adult: census answers of 45,222 people, and whether they earned over $50,000 a year."""

from pathlib import Path
from typing import Literal

import pandas as pd

from sdl_lib import validate
from sdl_lib.data import tables


def adult(split: Literal["train", "test"]) -> pd.DataFrame:
    """Answers to the 1994 census of the United States, one row a person.

    Parameters
    ----------
    split : ``"train"`` (30,162 rows) or ``"test"`` (15,060), the publisher's own split, without
        the rows in which an answer is missing

    Returns
    -------
    DataFrame : numbers (``age``, ``education_num``, ``capital_gain``, ``capital_loss``,
        ``hours_per_week``), categories (``workclass``, ``education``, ``marital_status``,
        ``occupation``, ``relationship``, ``race``, ``sex``, ``native_country``), and the target
        ``over_50k`` (bool): income of over $50,000 a year

    Raises
    ------
    ValueError : if ``split`` is neither.
    DataError : if the shipped file is missing or damaged.

    References
    ----------
    Kohavi (1996); Ding et al. (2021) on its age and its threshold.
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(split, ("train", "test"), "split")
    everyone = tables.shipped(Path(__file__).with_suffix(".xz"))
    chosen = everyone[everyone["split"] == split].drop(columns="split")
    return chosen.reset_index(drop=True)
