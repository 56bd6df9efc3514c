"""A causal graph as a picture: who listens to whom, and how strongly."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from sdl_lib.figures import PALETTE

Place = tuple[float, float]


def draw_causal_graph(
    ax: Axes,
    strength: Mapping[tuple[str, str], float],
    places: Mapping[str, Place],
    *,
    marked: tuple[str, ...] = (),
) -> None:
    """Draw the variables at their ``places`` and an arrow for each edge, its strength beside it.

    Parameters
    ----------
    ax : the axes to draw on
    strength : of each edge (cause, effect); one of 0 is drawn dotted: it is cut
    places : (across, up) of each variable, from 0 to 1
    marked : variables drawn in the second colour, such as a protected attribute

    Raises
    ------
    ValueError : if an edge names a variable without a place.

    References
    ----------
    Explained in :doc:`/book/fairness/individuals-causality-and-law`.
    """
    for edge in strength:
        if unknown := set(edge) - set(places):
            raise ValueError(f"places: nothing on {unknown.pop()}")
    ax.set(xlim=(-0.14, 1.14), ylim=(-0.14, 1.14))
    ax.set_axis_off()
    for (cause, effect), weight in strength.items():
        start, end = places[cause], places[effect]
        look = {"lw": 1 + 2 * abs(weight)} if weight else {"lw": 1, "ls": ":", "color": "0.6"}
        ax.annotate(
            "",
            end,
            start,
            arrowprops={"arrowstyle": "-|>", "shrinkA": 24, "shrinkB": 24, "color": "0.35"} | look,
        )
        ax.text(
            start[0] + 0.42 * (end[0] - start[0]),
            start[1] + 0.42 * (end[1] - start[1]),
            f"{weight:.1f}" if weight else "cut",
            ha="center",
            va="center",
            fontsize="small",
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"},
        )
    for name, place in places.items():
        ax.text(
            *place,
            name,
            ha="center",
            va="center",
            color="white",
            bbox={
                "boxstyle": "round,pad=0.45",
                "fc": PALETTE[1 if name in marked else 0],
                "ec": "none",
            },
        )
