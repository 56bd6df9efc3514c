"""Forged pictures and what is done against them: laundering, marks, seals, borrowed manners."""

from sdl_lib.forgery.laundering import blur, eight_bit, jpeg
from sdl_lib.forgery.provenance import Manifest, sign_manifest, verify_manifest
from sdl_lib.forgery.style_transfer import gram_matrix, style_distance, style_transfer
from sdl_lib.forgery.watermark import (
    detect_watermark,
    embed_watermark,
    watermark_residual,
    watermark_signs,
)

__all__ = [
    "Manifest",
    "blur",
    "detect_watermark",
    "eight_bit",
    "embed_watermark",
    "gram_matrix",
    "jpeg",
    "sign_manifest",
    "style_distance",
    "style_transfer",
    "verify_manifest",
    "watermark_residual",
    "watermark_signs",
]
