"""The coalitions of a small game as a picture: who joins whom, and what they are worth."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from sdl_lib.attribution import all_coalitions
from sdl_lib.figures import PALETTE

_STYLES = ("-", "--", "-.", ":")


def draw_lattice(
    worths: Tensor, names: Sequence[str], *, size: tuple[float, float] = (6.4, 4.2)
) -> Figure:
    """Draw all coalitions by their size, each with its worth; an edge is a player who joins.

    Parameters
    ----------
    worths : Tensor, shape (2^d,), in the order of :func:`all_coalitions`
    names : of the d players, at most 4, with different initials: a coalition bears its initials
    size : width and height of the figure in inches

    Returns
    -------
    Figure : not yet shown; a notebook shows it when the cell ends.

    Raises
    ------
    ValueError : if there are more than 4 players, initials coincide, or worths are missing.

    References
    ----------
    Explained in :doc:`/book/explanation/shapley-lime-qii`.
    """
    d = len(names)
    if d > 4 or len({name[0] for name in names}) < d:
        raise ValueError(f"names: expected at most 4 with different initials, found {names}")
    if worths.shape != (2**d,):
        raise ValueError(f"worths: expected shape ({2**d},), found {tuple(worths.shape)}")
    place = _places(d)
    figure, ax = plt.subplots(figsize=size)
    for row, (across, up) in enumerate(place):
        for i in range(d):
            joined = row | 1 << (d - 1 - i)
            if joined != row:
                x, y = zip((across, up), place[joined], strict=True)
                ax.plot(x, y, _STYLES[i], color=PALETTE[i], lw=1.3, zorder=1)
    for row, members in enumerate(all_coalitions(d).tolist()):
        letters = "".join(n[0].upper() for n, there in zip(names, members, strict=True) if there)
        text = f"{letters or 'none'}\n{float(worths[row]):.0%}"
        box = {"boxstyle": "round,pad=.35", "fc": "white", "ec": "0.6"}
        ax.text(*place[row], text, ha="center", va="center", fontsize=9, bbox=box, zorder=2)
    for i, name in enumerate(names):
        ax.plot([], [], _STYLES[i], color=PALETTE[i], label=f"{name} joins")
    ax.legend(loc="lower right", fontsize="small")
    ax.set(xlim=(-0.6, max(x for x, _ in place) + 0.6), ylim=(-0.4, d + 0.4))
    ax.set_axis_off()
    return figure


def _places(d: int) -> list[tuple[float, int]]:
    """Left to right within a size, sizes from the bottom up."""
    sizes = all_coalitions(d).sum(1).tolist()
    widest = max(sizes.count(size) for size in sizes)
    places = []
    for row, size in enumerate(sizes):
        before = sizes[row + 1 :].count(size)  # who holds the first player stands left
        places.append((before + (widest - sizes.count(size)) / 2, size))
    return places
