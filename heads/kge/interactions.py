"""How an entity, a relation and an answer become a score: one small class per published model.

Every interaction splits in two: ``combine`` makes one vector out of (source, relation), and
``against`` compares it with entity vectors. Head queries use reciprocal relation vectors (Lacroix
et al., ICML 2018), so there is one direction only. Complex vectors are stored as the real parts
followed by the imaginary parts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Interaction:
    """One scoring function over vectors of ``dim`` reals.

    Attributes:
        combine: (…, d) source, (…, d) relation → (…, d) query vector.
        against: (B, d) query vectors, (n, d) entity vectors → (B, n) scores.
        pairwise: (B, d) query vectors, (B, N, d) entity vectors → (B, N) scores.
        modulus: (…, d) → (…, d') absolute values that the N3 norm cubes; for complex models d' = d / 2.
        complex_valued: ``dim`` must be even.
        distance: the score is a negative distance: it needs a margin and sampled negatives.
    """

    combine: Callable[[Tensor, Tensor], Tensor]
    against: Callable[[Tensor, Tensor], Tensor]
    pairwise: Callable[[Tensor, Tensor], Tensor]
    modulus: Callable[[Tensor], Tensor] = torch.abs
    complex_valued: bool = False
    distance: bool = False


def _complex_product(a: Tensor, b: Tensor) -> Tensor:
    a_re, a_im = a.chunk(2, dim=-1)
    b_re, b_im = b.chunk(2, dim=-1)
    return torch.cat([a_re * b_re - a_im * b_im, a_re * b_im + a_im * b_re], dim=-1)


def _complex_modulus(x: Tensor) -> Tensor:
    re, im = x.chunk(2, dim=-1)
    return (re.square() + im.square()).clamp_min(1e-12).sqrt()


def _dot(query: Tensor, entities: Tensor) -> Tensor:
    return query @ entities.T


def _dot_pairwise(query: Tensor, entities: Tensor) -> Tensor:
    return torch.einsum("bd,bnd->bn", query, entities)


def _l1(query: Tensor, entities: Tensor) -> Tensor:
    return -torch.cdist(query, entities, p=1.0)


def _l1_pairwise(query: Tensor, entities: Tensor) -> Tensor:
    return -(query.unsqueeze(1) - entities).abs().sum(dim=-1)


def _rotate(source: Tensor, relation: Tensor) -> Tensor:
    # only the first half of a relation vector is used: the phases, in units of π
    phase = relation.chunk(2, dim=-1)[0] * math.pi
    return _complex_product(source, torch.cat([phase.cos(), phase.sin()], dim=-1))


def _rotate_pairwise(query: Tensor, entities: Tensor) -> Tensor:
    return -_complex_modulus(query.unsqueeze(1) - entities).sum(dim=-1)


def _rotate_against(query: Tensor, entities: Tensor) -> Tensor:
    # one query at a time: [B, n, d] at once would not fit for large n
    return torch.stack([-_complex_modulus(row - entities).sum(dim=-1) for row in query])


INTERACTIONS: Mapping[str, Interaction] = {
    # Trouillon et al., ICML 2016, eq. 11: Re ⟨s, r, conj(o)⟩
    "complex": Interaction(
        _complex_product, _dot, _dot_pairwise, modulus=_complex_modulus, complex_valued=True
    ),
    # Yang et al., ICLR 2015: ⟨s, r, o⟩
    "distmult": Interaction(torch.mul, _dot, _dot_pairwise),
    # Bordes et al., NeurIPS 2013: −‖s + r − o‖₁
    "transe": Interaction(torch.add, _l1, _l1_pairwise, distance=True),
    # Sun et al., ICLR 2019, eq. 3: −‖s ∘ e^{iθ} − o‖, moduli summed over dimensions
    "rotate": Interaction(
        _rotate,
        _rotate_against,
        _rotate_pairwise,
        modulus=_complex_modulus,
        complex_valued=True,
        distance=True,
    ),
}
"""Model name → interaction."""
