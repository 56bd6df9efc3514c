"""German credit: a thousand loans of a German bank of the 1970s, and how they ended."""

from pathlib import Path

import pandas as pd

from sdl_lib.data import tables


def german_credit() -> pd.DataFrame:
    """One thousand borrowers, one row each.

    Returns
    -------
    DataFrame : numbers (``months``, ``amount`` in DM, ``instalment_rate`` in percent of income,
        ``residence_years`` 1 to 4, ``age``, ``credits``, ``dependants``), categories (``status``,
        ``history``, ``purpose``, ``savings``, ``employment``, ``sex``, ``marital_status``,
        ``other_debtors``, ``property``, ``plans``, ``housing``, ``job``, ``telephone``,
        ``foreign_worker``), and the target ``good`` (bool): the loan was paid back

    Raises
    ------
    DataError : if the shipped file is missing or damaged.

    Warns
    -----
    KnownProblems : once a process.

    References
    ----------
    Hofmann (1994); Groemping (2019) on its errors.
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    return tables.shipped(Path(__file__).with_suffix(".xz"))
