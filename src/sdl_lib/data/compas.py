"""COMPAS: risk scores of 7,214 people, and whether they were charged again within two years."""

from pathlib import Path

import pandas as pd

from sdl_lib.data import tables


def compas() -> pd.DataFrame:
    """Risk scores given in Broward County, Florida, in 2013 and 2014, one row a person.

    Returns
    -------
    DataFrame, 7,214 rows : numbers (``age``, ``juv_fel_count``, ``juv_misd_count``,
        ``juv_other_count``, ``priors_count``, ``decile_score`` 1 to 10, ``v_decile_score``,
        ``days_b_screening_arrest``, nan where unknown), categories (``sex``, ``age_cat``,
        ``race``, ``c_charge_degree`` F or M, ``score_text``, ``screening_month``), and the
        outcomes ``two_year_recid`` and ``is_recid`` (bool): charged with a new crime

    Raises
    ------
    DataError : if the shipped file is missing or damaged.

    Warns
    -----
    KnownProblems : once a process.

    References
    ----------
    Angwin et al. (2016); Barenstein (2019) on the two-year sample.
    Passport: :doc:`/book/appendix/data-and-models`.
    """
    return tables.shipped(Path(__file__).with_suffix(".xz"))
