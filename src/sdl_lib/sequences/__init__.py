"""Sequences: recurrent cells, attention, positions, CTC, and text read letter by letter."""

from sdl_lib.sequences.attention import Attended, attention, causal_mask, multi_head_attention
from sdl_lib.sequences.characters import ALPHABET, decode, encode, simplify
from sdl_lib.sequences.ctc import collapse, ctc_forward, greedy_decode
from sdl_lib.sequences.language import (
    bigram_log_probs,
    bits_per_character,
    fit_language_model,
    generate,
    next_letter,
)
from sdl_lib.sequences.positions import sinusoidal_positions
from sdl_lib.sequences.recurrent import gru_cell, lstm_cell, rnn_cell
from sdl_lib.sequences.teacher_forcing import fit_sequences
from sdl_lib.sequences.through_time import gradient_norms

__all__ = [
    "ALPHABET",
    "Attended",
    "attention",
    "bigram_log_probs",
    "bits_per_character",
    "causal_mask",
    "collapse",
    "ctc_forward",
    "decode",
    "encode",
    "fit_language_model",
    "fit_sequences",
    "generate",
    "gradient_norms",
    "greedy_decode",
    "gru_cell",
    "lstm_cell",
    "multi_head_attention",
    "next_letter",
    "rnn_cell",
    "simplify",
    "sinusoidal_positions",
]
