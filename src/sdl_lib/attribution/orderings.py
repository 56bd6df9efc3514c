"""Necessity and sufficiency: does the answer need the first features, and do they suffice?"""

from torch import Tensor, nn

from sdl_lib.attribution.removal import class_scores, filled, removal_curve


def necessity(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    steps: int = 20,
    baseline: float | Tensor = 0.0,
) -> Tensor:
    r"""Mean of :math:`\max(f_y(x_k) - f_y(b), 0)` while the top features are removed; low is good.

    :math:`x_k` lacks the k groups of features with the largest attribution, k = 0 to ``steps``.

    Parameters
    ----------
    model, x, y, attribution, steps, baseline : as for :func:`removal_curve`

    Returns
    -------
    Tensor, shape (n,): in units of the logit, at least 0.

    Raises
    ------
    ValueError : as :func:`removal_curve`.

    References
    ----------
    Wang, Mardziel, Datta & Fredrikson (2020). Explained in
    :doc:`/book/explanation/trusting-explanations`.
    """
    curve = removal_curve(model, x, y, attribution, steps=steps, baseline=baseline)
    return _above_baseline(curve, model, x, y, baseline)


def sufficiency(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    attribution: Tensor,
    *,
    steps: int = 20,
    baseline: float | Tensor = 0.0,
) -> Tensor:
    r"""Mean of :math:`\max(f_y(b_k) - f_y(b), 0)` while the top features come back; high is good.

    :math:`b_k` is the baseline with the k groups of features with the largest attribution.

    Parameters
    ----------
    model, x, y, attribution, steps, baseline : as for :func:`removal_curve`

    Returns
    -------
    Tensor, shape (n,): in units of the logit, at least 0.

    Raises
    ------
    ValueError : as :func:`removal_curve`.

    References
    ----------
    Wang, Mardziel, Datta & Fredrikson (2020). Explained in
    :doc:`/book/explanation/trusting-explanations`.
    """
    curve = removal_curve(model, x, y, attribution, steps=steps, baseline=baseline, keep=True)
    return _above_baseline(curve, model, x, y, baseline)


def _above_baseline(
    curve: Tensor, model: nn.Module, x: Tensor, y: Tensor, baseline: float | Tensor
) -> Tensor:
    floor = class_scores(model, filled(x, baseline), y, "logit")
    return (curve - floor).clamp(min=0).mean(0)
