"""Proxy use: a part of a model that tells a protected attribute, and that decides."""

from typing import NamedTuple

import torch
from torch import Tensor

from sdl_lib import validate
from sdl_lib.fairness.attributes import binary
from sdl_lib.fairness.programs import Path, Program, constant, every_part, with_part


class ProxyUse(NamedTuple):
    """A part of a program, the way to it, what it tells and how often it decides."""

    path: Path
    part: Program
    association: float
    influence: float


def association(a: Tensor, z: Tensor) -> float:
    r"""Mutual information over joint entropy: :math:`1-(H(A|Z)+H(Z|A))/H(A,Z)`.

    Parameters
    ----------
    a, z : Tensors, shape (n,): what occurs is a level, whatever its value

    Returns
    -------
    From 0, for independent levels, to 1, if each tells the other; 0 if both are constant.

    Raises
    ------
    ValueError : if the lengths differ or are zero.

    References
    ----------
    Datta et al. (2017). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    if a.ndim != 1 or a.shape != z.shape or not len(a):
        raise ValueError(f"z: expected shape {tuple(a.shape)}, found {tuple(z.shape)}")
    first, second = (v.unique(return_inverse=True)[1] for v in (a, z))
    both = first * (int(second.max()) + 1) + second
    alone_a, alone_z, joint = (_entropy(codes) for codes in (first, second, both))
    return max(0.0, (alone_a + alone_z - joint) / joint) if joint > 0 else 0.0


def proxy_use(
    program: Program,
    x: Tensor,
    z: Tensor,
    *,
    eps: float = 0.0,
    delta: float = 0.0,
    levels: int = 64,
) -> list[ProxyUse]:
    r"""Every part of a program with association at least ``eps`` and influence at least ``delta``.

    The influence of a part is the share of decisions that change when its value is that of another
    person, drawn at random, and all else stays. It is computed over all pairs of people.

    Parameters
    ----------
    program : gives a decision for each row
    x : Tensor, shape (n, d), float: the people
    z : the protected attribute, shape (n,), integers or booleans
    eps, delta : from 0 to 1
    levels : a part with more values is cut into so many of about equal frequency, each
        represented by its median

    Returns
    -------
    list of ProxyUse, a part before its own parts. With ``eps`` and ``delta`` zero: all parts

    Raises
    ------
    ValueError : if a shape or a value is wrong.

    References
    ----------
    Datta et al. (2017). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    validate.finite_batch(x)
    validate.count(levels, "levels", least=2)
    for bound, name in ((eps, "eps"), (delta, "delta")):
        if not 0 <= bound <= 1:
            raise ValueError(f"{name}: expected a number from 0 to 1, found {bound}")
    if z.shape != (len(x),) or z.is_floating_point():
        raise ValueError(f"z: expected {len(x)} integers or booleans, found {tuple(z.shape)}")
    decided, found = program(x), []
    for path, part in every_part(program):
        values, code = _levels(part(x), levels)
        tells = association(code, z.long())
        if tells < eps:
            continue
        share = torch.bincount(code, minlength=len(values)).double() / len(x)
        changed = [
            float((with_part(program, path, constant(v))(x) != decided).double().mean())
            for v in values.tolist()
        ]
        decides = float(share @ torch.tensor(changed, dtype=torch.float64))
        if decides >= delta:
            found.append(ProxyUse(path, part, tells, decides))
    return found


class ProxyRepair(NamedTuple):
    """A program without proxy use, and what was replaced: witness, constant and accuracy after."""

    program: Program
    replaced: list[tuple[ProxyUse, float, float]]


def proxy_repair(
    program: Program,
    x: Tensor,
    y: Tensor,
    z: Tensor,
    *,
    eps: float,
    delta: float,
    levels: int = 64,
) -> ProxyRepair:
    """Replace witnesses of proxy use by constants until there is none.

    Each time, of all witnesses and all values that they take, that pair is chosen which leaves the
    program most accurate.

    Parameters
    ----------
    program, x, z, eps, delta, levels : of :func:`proxy_use`; ``eps`` and ``delta`` not both zero
    y : the truth, shape (n,), 0 and 1

    Returns
    -------
    ProxyRepair : ``proxy_use`` of its program at ``eps`` and ``delta`` is empty, for these people

    Raises
    ------
    ValueError : as :func:`proxy_use`, or if every program would be a proxy use.

    References
    ----------
    Datta et al. (2017). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    truth, replaced = binary(y, "y", n=len(x)), []
    if not max(eps, delta) > 0:
        raise ValueError("eps, delta: with both zero, a constant is a proxy use")
    while uses := proxy_use(program, x, z, eps=eps, delta=delta, levels=levels):
        best: tuple[float, ProxyUse, float, Program] | None = None
        for use in uses:
            for value in _levels(use.part(x), levels)[0].tolist():
                changed = with_part(program, use.path, constant(value))
                right = float((changed(x) == truth).double().mean())
                if best is None or right > best[0]:
                    best = right, use, value, changed
        assert best is not None
        right, use, value, program = best
        replaced.append((use, value, right))
    return ProxyRepair(program, replaced)


def _entropy(codes: Tensor) -> float:
    share = torch.bincount(codes).double() / len(codes)
    share = share[share > 0]
    return float(-(share * share.log()).sum())


def _levels(values: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The values that occur, or medians of ``most`` classes of them, and the class of each row."""
    occur, code = values.unique(return_inverse=True)
    if len(occur) <= most:
        return occur, code
    cuts = torch.quantile(values.contiguous(), torch.linspace(0, 1, most + 1).to(values)[1:-1])
    _, code = torch.bucketize(values.contiguous(), cuts.unique()).unique(return_inverse=True)
    medians = [values[code == k].median() for k in range(int(code.max()) + 1)]
    return torch.stack(medians), code
