"""Live labs: a page answers by itself, and a notebook has the same control on the real model.

In the built book a lab runs in the reader's browser (``book/static/live``), on the weights and
samples that :func:`write_assets` exports. In a kernel, :func:`show` builds it of ipywidgets.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sdl_lib import validate
from sdl_lib.live import draw_a_digit, draw_a_digit_page, feature_maps, feature_maps_page

__all__ = ["show", "write_assets"]


class _Lab(NamedTuple):
    control: Callable[..., Any]
    write: Callable[[Path], None]


_LABS = {
    "draw-a-digit": _Lab(draw_a_digit.Control, draw_a_digit_page.write),
    "feature-maps": _Lab(feature_maps.Control, feature_maps_page.write),
}


def show(name: str, **options: Any) -> Any:
    """The lab ``name`` as a control of ipywidgets; end a cell with it to see it.

    Parameters
    ----------
    name : ``"draw-a-digit"`` or ``"feature-maps"``
    options : of the lab, see the class ``Control`` of its module, such as
        :class:`sdl_lib.live.draw_a_digit.Control`

    Returns
    -------
    The lab's control; its parts (such as ``eps`` and ``verdict``) are its attributes.

    Raises
    ------
    ValueError : if there is no such lab.
    """
    validate.choice(name, tuple(_LABS), "name")
    return _LABS[name].control(**options)


def write_assets(folder: Path) -> None:
    """Write what each lab needs in a page into ``folder/<name>``."""
    for name, lab in _LABS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        lab.write(folder / name)
