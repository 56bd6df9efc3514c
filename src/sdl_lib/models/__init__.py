"""Architectures, and the trained networks that the pages use."""

from sdl_lib.models.captions import CaptionDiscriminator, CaptionGenerator
from sdl_lib.models.cycle import (
    CYCLE_RUNS,
    CycleDigits,
    CyclePosters,
    PatchJudge,
    PictureTranslator,
    TranslatorPair,
    cycle_names,
)
from sdl_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from sdl_lib.models.digits import MLP, VGG8, LeNet5, Softmax
from sdl_lib.models.efficientnet import EfficientNetLite0
from sdl_lib.models.face_swap import FaceSwap
from sdl_lib.models.scans import Judge, NoduleDetector, Painter
from sdl_lib.models.scenes import SceneConv, ScenePerceptron
from sdl_lib.models.sequences import CausalTransformer, CharGRU
from sdl_lib.models.signs import SignNet
from sdl_lib.models.speech import LETTERS, SpeechCTC, spell, transcribe, word_accuracy
from sdl_lib.models.strided import StridedConv
from sdl_lib.models.tabular import ADULT_FEATURES, AdultMLP
from sdl_lib.models.talking_head import TalkingHead
from sdl_lib.models.translator import Translator, translate
from sdl_lib.models.unet import UNet
from sdl_lib.models.weights import load

__all__ = [
    "ADULT_FEATURES",
    "CYCLE_RUNS",
    "LETTERS",
    "MLP",
    "VGG8",
    "AdultMLP",
    "CaptionDiscriminator",
    "CaptionGenerator",
    "CausalTransformer",
    "CharGRU",
    "CycleDigits",
    "CyclePosters",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "EfficientNetLite0",
    "FaceSwap",
    "Judge",
    "LeNet5",
    "NoduleDetector",
    "Painter",
    "PatchJudge",
    "PictureTranslator",
    "SceneConv",
    "ScenePerceptron",
    "SignNet",
    "Softmax",
    "SpeechCTC",
    "StridedConv",
    "TalkingHead",
    "Translator",
    "TranslatorPair",
    "UNet",
    "cycle_names",
    "load",
    "spell",
    "transcribe",
    "translate",
    "word_accuracy",
]
