"""Attribution: what an answer rests on, told in the units of the input.

Each is a pure function of tensors. None changes its input, the model, its mode, its parameters'
gradients, or the global random state.
"""

from sdl_lib.attribution.grad_cam import grad_cam
from sdl_lib.attribution.gradient_x_input import gradient_x_input
from sdl_lib.attribution.guided_backprop import guided_backprop
from sdl_lib.attribution.integrated_gradients import integrated_gradients
from sdl_lib.attribution.lrp import lrp
from sdl_lib.attribution.occlusion import occlusion
from sdl_lib.attribution.saliency import saliency
from sdl_lib.attribution.smoothgrad import smoothgrad

__all__ = [
    "grad_cam",
    "gradient_x_input",
    "guided_backprop",
    "integrated_gradients",
    "lrp",
    "occlusion",
    "saliency",
    "smoothgrad",
]
