"""What all functions on word vectors check and share."""

import torch
from torch import Tensor


def check(vectors: Tensor, name: str = "vectors", *, ndim: int = 2) -> None:
    """Finite floats of ``ndim`` dimensions, none of them a zero vector."""
    if not isinstance(vectors, Tensor) or not vectors.is_floating_point():
        found = vectors.dtype if isinstance(vectors, Tensor) else type(vectors).__name__
        raise ValueError(f"{name}: expected a tensor of floats, found {found}")
    if vectors.ndim != ndim or vectors.numel() == 0:
        shape = ", ".join(["n", "2", "d"] if ndim == 3 else ["n", "d"][-ndim:])
        raise ValueError(f"{name}: expected shape ({shape}), found {tuple(vectors.shape)}")
    if not bool(torch.isfinite(vectors).all()):
        raise ValueError(f"{name}: contains values that are not finite")
    if not bool(vectors.norm(dim=-1).all()):
        raise ValueError(f"{name}: contains a zero vector, which has no direction")


def basis(subspace: Tensor, width: int, name: str = "subspace") -> Tensor:
    """``subspace`` as orthonormal rows, shape (k, width); one direction may come as (width,)."""
    rows = subspace[None] if isinstance(subspace, Tensor) and subspace.ndim == 1 else subspace
    check(rows, name)
    if rows.shape[1] != width:
        raise ValueError(f"{name}: expected directions of length {width}, found {rows.shape[1]}")
    q: Tensor
    q, r = torch.linalg.qr(rows.T)
    if not bool((r.diagonal().abs() > 1e-6 * r.abs().max()).all()):
        raise ValueError(f"{name}: its directions are linearly dependent")
    return q.T * torch.sign(r.diagonal())[:, None]  # a single direction keeps its sense


def unit(vectors: Tensor) -> Tensor:
    """Each vector scaled to length 1."""
    return torch.nn.functional.normalize(vectors, dim=-1)
