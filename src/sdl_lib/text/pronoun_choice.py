"""From a probability to one pronoun: what the choice does to the shares."""

import torch
from torch import Tensor


def choice_errors(share: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    r"""How often a pronoun is wrong for a person drawn at random, and for one of the smaller group.

    Of the people in a job a ``share`` uses the first pronoun; the translator shows it with chance
    ``shown``, whoever the person is. The errors are :math:`p(1-q)+(1-p)q` over all and, for those
    whose pronoun is the rarer, the chance that theirs is not shown.

    Parameters
    ----------
    share, shown : Tensor, shape (n,), values in [0, 1]

    Returns
    -------
    two Tensors, shape (n,) : error over all; error of the smaller group (at a share of exactly
        one half, of those with the first pronoun)

    Raises
    ------
    ValueError : if the shapes differ or a value is no share.

    References
    ----------
    Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    _shares(share, shown)
    over_all = share * (1 - shown) + (1 - share) * shown
    return over_all, torch.where(share <= 0.5, 1 - shown, shown)


def pronoun_amplification(share: Tensor, shown: Tensor) -> float:
    r"""How much further from half and half the output is than the text, on the text's side.

    The mean over jobs of the share that the text's more frequent pronoun has in the output less
    the one that it has in the text. 0 for a model that draws pronouns as it has read them. For one
    that always shows the likelier it is :math:`\frac1n\sum\min(p,1-p)`, whatever the jobs.

    Parameters
    ----------
    share, shown : Tensor, shape (n,): of the first pronoun, in the text and in the output

    Raises
    ------
    ValueError : as :func:`choice_errors`.

    References
    ----------
    Zhao et al. (2017), section 3. Explained in
    :doc:`/book/fairness/language-models-and-translation`.
    """
    _shares(share, shown)
    sign = torch.where(share >= 0.5, 1.0, -1.0)
    return float((sign * (shown - share)).double().mean())


def _shares(share: Tensor, shown: Tensor) -> None:
    if share.shape != shown.shape or share.ndim != 1 or len(share) == 0:
        raise ValueError(
            f"shown: expected one value for each share, found {tuple(shown.shape)} "
            f"for {tuple(share.shape)}"
        )
    for values, name in ((share, "share"), (shown, "shown")):
        if not bool(((values >= 0) & (values <= 1)).all()):
            raise ValueError(f"{name}: expected values in [0, 1]")
