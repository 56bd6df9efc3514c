"""Where the generator of a matching-aware game ends: not quite at the data."""

import torch
from torch import Tensor


def matching_equilibrium(p: Tensor, prior: Tensor | None = None) -> Tensor:
    r"""The best generator against the best discriminator that also sees wrong pairs, exactly.

    Against :math:`p(x,c)` stand half forgeries :math:`q` and half wrong pairs
    :math:`w=p(x)\,p(c)`. The Jensen-Shannon divergence of :math:`p` and :math:`(q+w)/2` is least at
    :math:`q(x\mid c)=(2\kappa_c\,p(x\mid c)-p(x))_+`, with :math:`\kappa_c` so that it sums to 1.
    Where the conditions share no example this is :math:`p`; where they do, it exaggerates.

    Parameters
    ----------
    p : Tensor, shape (k, m), float64: for each of k conditions the chances of m examples
    prior : Tensor, shape (k,): the chances of the conditions; default: equal

    Returns
    -------
    Tensor, shape (k, m): the generator's chances

    Raises
    ------
    ValueError : if a row, or the prior, is no distribution.

    References
    ----------
    Follows from Goodfellow et al. (2014) for the loss of Reed et al. (2016). Explained in
    :doc:`/book/security/conditional-gans`.
    """
    if p.ndim != 2 or not p.numel():
        raise ValueError(f"p: expected shape (conditions, examples), found {tuple(p.shape)}")
    weights = torch.full((len(p),), 1 / len(p)).to(p) if prior is None else prior
    if weights.shape != (len(p),):
        raise ValueError(f"prior: expected shape ({len(p)},), found {tuple(weights.shape)}")
    for name, rows in (("p", p), ("prior", weights[None])):
        if bool((rows < 0).any()) or not torch.allclose(rows.sum(1), torch.ones(len(rows)).to(p)):
            raise ValueError(f"{name}: expected chances that are not negative and sum to 1")
    return torch.stack([_fill(row, weights @ p) for row in p])


def _fill(p: Tensor, marginal: Tensor) -> Tensor:
    """(2 k p - marginal)_+ with k so that it sums to 1: examples enter in order of p / marginal."""
    order = (p / marginal.clamp_min(1e-300)).argsort(descending=True)
    scale = (1 + marginal[order].cumsum(0)) / (2 * p[order].cumsum(0))
    lowest = scale.nan_to_num(torch.inf).min()
    return (2 * lowest * p - marginal).clamp_min(0)
