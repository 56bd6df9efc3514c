"""Attribution: what an answer rests on, told in the units of the input or of an inner layer.

Each is a pure function of tensors. None changes its input, the model, its mode, its parameters'
gradients, or the global random state.
"""

from sdl_lib.attribution.experts import (
    detector_scores,
    expert_channels,
    keep_channels,
    sum_over_positions,
)
from sdl_lib.attribution.grad_cam import grad_cam
from sdl_lib.attribution.gradient_x_input import gradient_x_input
from sdl_lib.attribution.guided_backprop import guided_backprop
from sdl_lib.attribution.integrated_gradients import integrated_gradients
from sdl_lib.attribution.internal_influence import internal_influence
from sdl_lib.attribution.lrp import lrp
from sdl_lib.attribution.occlusion import occlusion
from sdl_lib.attribution.saliency import saliency
from sdl_lib.attribution.slices import INPUT, after, listen
from sdl_lib.attribution.smoothgrad import smoothgrad

__all__ = [
    "INPUT",
    "after",
    "detector_scores",
    "expert_channels",
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "integrated_gradients",
    "internal_influence",
    "keep_channels",
    "listen",
    "lrp",
    "occlusion",
    "saliency",
    "smoothgrad",
    "sum_over_positions",
]
