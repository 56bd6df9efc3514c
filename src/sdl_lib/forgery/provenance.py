"""A signed statement of where a picture comes from, bound to its very pixels."""

import hashlib
import hmac
import json
from typing import NamedTuple

from torch import Tensor

from sdl_lib import validate


class Manifest(NamedTuple):
    """A statement in JSON, and the tag that only who holds the key can make."""

    statement: str
    tag: str


def sign_manifest(x: Tensor, key: bytes, *, claim: str, parent: Manifest | None = None) -> Manifest:
    """State who made a picture and from what, and seal the statement together with the pixels.

    Parameters
    ----------
    x : Tensor, shape (c, h, w), values in [0, 1]; its 8-bit pixels are what counts
    key : the secret of a maker. HMAC needs the same key for checking; a real standard signs with
        a private key and checks with a public one, so that who can check cannot forge
    claim : what is stated, such as ``"camera 7, 3 May"`` or ``"cropped"``
    parent : the manifest of the picture that this one was made from

    References
    ----------
    After the C2PA's technical specification, in small. Explained in
    :doc:`/book/security/deepfakes-and-forgery`.
    """
    before = hashlib.sha256("".join(parent).encode()).hexdigest() if parent else None
    fields = {"claim": claim, "parent": before, "pixels": _digest(x)}
    statement = json.dumps(fields, sort_keys=True)
    return Manifest(statement, _tag(statement, key))


def verify_manifest(x: Tensor, manifest: Manifest | None, key: bytes) -> str:
    """One of "intact", "other pixels", "forged manifest" and "no manifest".

    "intact" says that the holder of the key made this statement about these pixels. It does not
    say that the statement is true. "no manifest" says nothing at all.

    Parameters
    ----------
    x : Tensor, shape (c, h, w), values in [0, 1]
    manifest : what came with the picture, if anything did
    key : that of the maker who is named

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    pixels = _digest(x)
    if manifest is None:
        return "no manifest"
    if not hmac.compare_digest(_tag(manifest.statement, key), manifest.tag):
        return "forged manifest"
    return "intact" if json.loads(manifest.statement)["pixels"] == pixels else "other pixels"


def _tag(statement: str, key: bytes) -> str:
    return hmac.new(key, statement.encode(), hashlib.sha256).hexdigest()


def _digest(x: Tensor) -> str:
    """SHA-256 of the shape and the 8-bit pixels."""
    if x.ndim != 3:
        raise ValueError(f"x: expected one picture (c, h, w), found shape {tuple(x.shape)}")
    validate.images(x)
    pixels = (x.detach() * 255).round().byte().cpu().contiguous().numpy()
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
