"""Real data: one loader a set, its passport beside it."""

from sdl_lib.data.adult import adult
from sdl_lib.data.alice import alice
from sdl_lib.data.captions import (
    CAPTION_SLOTS,
    all_captions,
    caption_words,
    captioned_shapes,
    captions,
    draw_captions,
    encode_captions,
    parse_caption,
)
from sdl_lib.data.cartoons import Heads, cartoon_heads, draw_how, draw_who
from sdl_lib.data.characters import CHARACTERS, POSE, character_faces, draw_characters
from sdl_lib.data.compas import compas
from sdl_lib.data.fountain import Fountains, fountains, jet_height, jet_height_of, sound_bands
from sdl_lib.data.german import german_credit
from sdl_lib.data.googlenews import googlenews
from sdl_lib.data.hatched import hatched_digits
from sdl_lib.data.idx import mnist70k, read_idx
from sdl_lib.data.imagenet import imagenet_classes
from sdl_lib.data.lfw import lfw_faces
from sdl_lib.data.mnist import mnist10k
from sdl_lib.data.passports import DataError, KnownProblems, Passport
from sdl_lib.data.photographs import photograph
from sdl_lib.data.quickdraw import quickdraw, read_bitmaps
from sdl_lib.data.scans import ct_slice, lung_patches, lung_phantoms
from sdl_lib.data.scenes import SCENE_KINDS, SCENE_SETS, drawn_scenes
from sdl_lib.data.signs import SIGN_CLASSES, draw_signs, sign_templates, traffic_signs
from sdl_lib.data.spoken_digits import (
    DIGIT_WORDS,
    SAMPLE_RATE,
    SpokenDigits,
    SpokenPhrases,
    spoken_digits,
    spoken_phrases,
)
from sdl_lib.data.tables import Encoding, fit_encoding
from sdl_lib.data.tissue import Tissue, stained_tissue, tissue_slide
from sdl_lib.data.unpaired import (
    INKS,
    Unpaired,
    negatives,
    poster,
    thicken,
    unpaired_digits,
    unpaired_posters,
)
from sdl_lib.data.wheels import downloads
from sdl_lib.data.words import WeatTest, WordLists, word_lists

__all__ = [
    "CAPTION_SLOTS",
    "CHARACTERS",
    "DIGIT_WORDS",
    "INKS",
    "POSE",
    "SAMPLE_RATE",
    "SCENE_KINDS",
    "SCENE_SETS",
    "SIGN_CLASSES",
    "DataError",
    "Encoding",
    "Fountains",
    "Heads",
    "KnownProblems",
    "Passport",
    "SpokenDigits",
    "SpokenPhrases",
    "Tissue",
    "Unpaired",
    "WeatTest",
    "WordLists",
    "adult",
    "alice",
    "all_captions",
    "caption_words",
    "captioned_shapes",
    "captions",
    "cartoon_heads",
    "character_faces",
    "compas",
    "ct_slice",
    "downloads",
    "draw_captions",
    "draw_characters",
    "draw_how",
    "draw_signs",
    "draw_who",
    "drawn_scenes",
    "encode_captions",
    "fit_encoding",
    "fountains",
    "german_credit",
    "googlenews",
    "hatched_digits",
    "imagenet_classes",
    "jet_height",
    "jet_height_of",
    "lfw_faces",
    "lung_patches",
    "lung_phantoms",
    "mnist10k",
    "mnist70k",
    "negatives",
    "parse_caption",
    "photograph",
    "poster",
    "quickdraw",
    "read_bitmaps",
    "read_idx",
    "sign_templates",
    "sound_bands",
    "spoken_digits",
    "spoken_phrases",
    "stained_tissue",
    "thicken",
    "tissue_slide",
    "traffic_signs",
    "unpaired_digits",
    "unpaired_posters",
    "word_lists",
]
