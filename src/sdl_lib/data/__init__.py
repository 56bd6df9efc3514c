"""Real data: one loader a set, its passport beside it."""

from sdl_lib.data.adult import adult
from sdl_lib.data.alice import alice
from sdl_lib.data.compas import compas
from sdl_lib.data.german import german_credit
from sdl_lib.data.googlenews import googlenews
from sdl_lib.data.idx import mnist70k, read_idx
from sdl_lib.data.imagenet import imagenet_classes
from sdl_lib.data.mnist import mnist10k
from sdl_lib.data.passports import DataError, KnownProblems, Passport
from sdl_lib.data.photographs import photograph
from sdl_lib.data.quickdraw import quickdraw, read_bitmaps
from sdl_lib.data.tables import Encoding, fit_encoding
from sdl_lib.data.tissue import Tissue, stained_tissue, tissue_slide
from sdl_lib.data.wheels import downloads
from sdl_lib.data.words import WeatTest, WordLists, word_lists

__all__ = [
    "DataError",
    "Encoding",
    "KnownProblems",
    "Passport",
    "Tissue",
    "WeatTest",
    "WordLists",
    "adult",
    "alice",
    "compas",
    "downloads",
    "fit_encoding",
    "german_credit",
    "googlenews",
    "imagenet_classes",
    "mnist10k",
    "mnist70k",
    "photograph",
    "quickdraw",
    "read_bitmaps",
    "read_idx",
    "stained_tissue",
    "tissue_slide",
    "word_lists",
]
