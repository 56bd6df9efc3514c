"""One look for all plots: colours that survive colour blindness and both themes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

# Okabe & Ito (2008), without yellow and black: told apart with any colour vision, visible on
# light and dark paper. Their order is the order in which a plot uses them.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


def use_look() -> None:
    """Apply the book's style to matplotlib: white card, thin frame, 100 dots an inch."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": cycler(color=PALETTE),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": 100,
            "figure.facecolor": "white",
            "figure.figsize": (6.4, 3.2),
            "font.size": 10,
            "image.cmap": "gray",
            "legend.frameon": False,
            "lines.linewidth": 2,
            "savefig.dpi": 100,
        }
    )


def show_images(
    images: Tensor | Sequence[Tensor],
    titles: Sequence[str] = (),
    *,
    columns: int | None = None,
    size: float = 1.6,
    low: float = 0.0,
    high: float = 1.0,
    cmap: str = "gray",
) -> Figure:
    """Lay pictures out in a grid, each under its title.

    Parameters
    ----------
    images : n tensors of shape (c, h, w) with c = 1 or 3, or one tensor (n, c, h, w)
    titles : one for each picture, or none
    columns : pictures in a row; default: all in one row, at most 8
    size : inches for one picture
    low, high : the values drawn black and white (or at the two ends of ``cmap``)
    cmap : colours of single-channel pictures

    Returns
    -------
    Figure : not yet shown; a notebook shows it when the cell ends.

    Raises
    ------
    ValueError : if there are no pictures, or as many titles as pictures are not given.
    """
    pictures = list(images)
    if not pictures:
        raise ValueError("images: expected at least one picture, found none")
    if titles and len(titles) != len(pictures):
        raise ValueError(f"titles: expected {len(pictures)}, found {len(titles)}")
    columns = columns or min(len(pictures), 8)
    rows = -(-len(pictures) // columns)
    height = size + (0.25 * (1 + max(t.count("\n") for t in titles)) if titles else 0)
    figure, grid = plt.subplots(
        rows, columns, figsize=(size * columns, height * rows), squeeze=False
    )
    for ax in grid.flat:
        ax.set_axis_off()
    for i, (ax, picture) in enumerate(zip(grid.flat, pictures, strict=False)):
        draw_image(ax, picture, low=low, high=high, cmap=cmap)
        if titles:
            ax.set_title(titles[i], fontsize="small")
    return figure


def draw_image(
    ax: Axes, picture: Tensor, *, low: float = 0.0, high: float = 1.0, cmap: str = "gray"
) -> None:
    """Draw one picture of shape (c, h, w), c = 1 or 3, into ``ax``; pixels stay sharp."""
    array = picture.detach().cpu().float().numpy()
    if array.ndim != 3 or array.shape[0] not in (1, 3):
        raise ValueError(f"picture: expected shape (1 or 3, h, w), found {array.shape}")
    if array.shape[0] == 1:
        ax.imshow(array[0], vmin=low, vmax=high, cmap=cmap, interpolation="nearest")
    else:
        scaled = np.clip((array.transpose(1, 2, 0) - low) / (high - low), 0, 1)
        ax.imshow(scaled, interpolation="nearest")
    ax.set_axis_off()
