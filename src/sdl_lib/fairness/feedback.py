"""A feedback loop as an urn: where one looks depends on what was found there before."""

import torch
from torch import Tensor

from sdl_lib import validate


def feedback_urn(
    rates: Tensor,
    *,
    start: Tensor,
    steps: int,
    runs: int,
    generator: torch.Generator,
    corrected: bool = False,
) -> Tensor:
    r"""Look every day at one district, drawn in proportion to the records, and record what is seen.

    On each day district i is visited with chance :math:`s_i`, its share of the records so far.
    There, and only there, an incident is seen with chance ``rates[i]`` and one record added.

    Parameters
    ----------
    rates : Tensor, shape (k,): chance that a visit finds an incident, in [0, 1]
    start : Tensor, shape (k,), over 0: the records at first
    steps : days
    runs : independent histories
    corrected : drop a new record with chance :math:`s_i`, so that a district that is often
        visited is not often recorded for that reason (for two districts)

    Returns
    -------
    Tensor, shape (steps + 1, runs, k): shares of the records after each day.

    Raises
    ------
    ValueError : if the shapes differ, or an argument is out of its range.

    References
    ----------
    Ensign, Friedler, Neville, Scheidegger & Venkatasubramanian (2018).
    Explained in :doc:`/book/fairness/where-bias-comes-from`.
    """
    if rates.ndim != 1 or not bool(((rates >= 0) & (rates <= 1)).all()):
        raise ValueError(f"rates: expected a vector of shares from 0 to 1, found {rates}")
    if start.shape != rates.shape or not bool((start > 0).all()):
        raise ValueError(f"start: expected {len(rates)} numbers over 0, found {start}")
    if corrected and len(rates) != 2:
        raise ValueError(f"rates: the correction is for two districts, found {len(rates)}")
    validate.count(steps, "steps")
    validate.count(runs, "runs")
    records = start.double().expand(runs, -1).clone()
    chance = rates.double().expand(runs, -1)
    shares = [records / records.sum(1, keepdim=True)]
    for _ in range(steps):
        share = shares[-1]
        visited = torch.multinomial(share, 1, generator=generator)
        seen = chance.gather(1, visited)
        if corrected:
            seen = seen * (1 - share.gather(1, visited))
        lot = torch.rand(runs, 1, generator=generator, dtype=torch.float64)
        records = records.scatter_add(1, visited, (lot < seen).double())
        shares.append(records / records.sum(1, keepdim=True))
    return torch.stack(shares)
