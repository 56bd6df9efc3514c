"""Active learning: which examples to have labelled when labels are dear."""

from sdl_lib.active.bald import bald, disagreement
from sdl_lib.active.ceal import ceal
from sdl_lib.active.chance import random
from sdl_lib.active.core_set import core_set, farthest_first
from sdl_lib.active.dfal import dfal, dfal_0
from sdl_lib.active.egl import egl, egl_of_mean, expected_length, length_of_mean
from sdl_lib.active.loop import Learned, Round, active_learning
from sdl_lib.active.oracle import Oracle
from sdl_lib.active.query import Query, Strategy, entropy
from sdl_lib.active.record import Curve, load_record, running_maximum
from sdl_lib.active.retrain import train_until
from sdl_lib.active.study import PROTOCOLS, STRATEGIES, Split, Task, run_task
from sdl_lib.active.uncertainty import margin, uncertainty

__all__ = [
    "PROTOCOLS",
    "STRATEGIES",
    "Curve",
    "Learned",
    "Oracle",
    "Query",
    "Round",
    "Split",
    "Strategy",
    "Task",
    "active_learning",
    "bald",
    "ceal",
    "core_set",
    "dfal",
    "dfal_0",
    "disagreement",
    "egl",
    "egl_of_mean",
    "entropy",
    "expected_length",
    "farthest_first",
    "length_of_mean",
    "load_record",
    "margin",
    "random",
    "run_task",
    "running_maximum",
    "train_until",
    "uncertainty",
]
