"""Live labs: a page answers by itself, and a notebook has the same control on the real model.

In the built book a lab runs in the reader's browser (``book/static/live``), on the weights and
samples that :func:`write_assets` exports. In a kernel, :func:`show` builds it of ipywidgets.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sdl_lib import validate
from sdl_lib.live import (
    bias_amplification,
    blend_faces,
    caption_to_picture,
    causal_graph,
    certified_sandwich,
    choose_groups,
    compas_thresholds,
    compas_thresholds_page,
    decision_boundary,
    decision_boundary_page,
    draw_a_digit,
    draw_a_digit_page,
    feature_coalition,
    feature_coalition_page,
    feature_maps,
    feature_maps_page,
    influence_explorer,
    influence_explorer_page,
    integrated_gradients,
    integrated_gradients_page,
    latent_walk,
    learning_curves,
    masked_gradients,
    neutralise,
    next_letter,
    next_letter_page,
    optimiser_paths,
    pareto_front,
    pixel_game,
    ring_gan,
    superposition,
    transfer_map,
    two_gaussians,
)

__all__ = ["show", "write_assets"]


class _Lab(NamedTuple):
    control: Callable[..., Any]
    write: Callable[[Path], None]


_LABS = {
    "caption-to-picture": _Lab(caption_to_picture.Control, caption_to_picture.write),
    "causal-graph": _Lab(causal_graph.Control, causal_graph.write),
    "certified-sandwich": _Lab(certified_sandwich.Control, certified_sandwich.write),
    "choose-groups": _Lab(choose_groups.Control, choose_groups.write),
    "bias-amplification": _Lab(bias_amplification.Control, bias_amplification.write),
    "blend-faces": _Lab(blend_faces.Control, blend_faces.write),
    "compas-thresholds": _Lab(compas_thresholds.Control, compas_thresholds_page.write),
    "decision-boundary": _Lab(decision_boundary.Control, decision_boundary_page.write),
    "draw-a-digit": _Lab(draw_a_digit.Control, draw_a_digit_page.write),
    "feature-coalition": _Lab(feature_coalition.Control, feature_coalition_page.write),
    "feature-maps": _Lab(feature_maps.Control, feature_maps_page.write),
    "masked-gradients": _Lab(masked_gradients.Control, masked_gradients.write),
    "neutralise": _Lab(neutralise.Control, neutralise.write),
    "influence-explorer": _Lab(influence_explorer.Control, influence_explorer_page.write),
    "integrated-gradients": _Lab(integrated_gradients.Control, integrated_gradients_page.write),
    "learning-curves": _Lab(learning_curves.Control, learning_curves.write),
    "latent-walk": _Lab(latent_walk.Control, latent_walk.write),
    "next-letter": _Lab(next_letter.Control, next_letter_page.write),
    "optimiser-paths": _Lab(optimiser_paths.Control, optimiser_paths.write),
    "pareto-front": _Lab(pareto_front.Control, pareto_front.write),
    "pixel-game": _Lab(pixel_game.Control, pixel_game.write),
    "ring-gan": _Lab(ring_gan.Control, ring_gan.write),
    "superposition": _Lab(superposition.Control, superposition.write),
    "transfer-map": _Lab(transfer_map.Control, transfer_map.write),
    "two-gaussians": _Lab(two_gaussians.Control, two_gaussians.write),
}


def show(name: str, **options: Any) -> Any:
    """The lab ``name`` as a control of ipywidgets; end a cell with it to see it.

    Parameters
    ----------
    name : one of the labs, such as ``"draw-a-digit"``
    options : of the lab, see ``Control`` in its module, such as :mod:`sdl_lib.live.draw_a_digit`

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
