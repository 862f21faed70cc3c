"""Candidate lists: the best experts of each proposal by text and discipline codes, at national size."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import sparse

from headwater.algorithms.expertise.codes import NSFC, CodeTree, check_codes
from headwater.algorithms.expertise.index import build, check_search, search
from headwater.algorithms.expertise.space import check_texts
from headwater.algorithms.progress import Progress, silent

TEXT_WEIGHT, CODE_WEIGHT = 0.55, 0.45


def candidates(
    proposals: Sequence[str],
    profiles: Sequence[str],
    proposal_codes: Sequence[str] | None = None,
    expert_codes: Sequence[Sequence[str]] | None = None,
    *,
    keep: int = 80,
    forbidden: sparse.sparray | sparse.spmatrix | None = None,
    text_weight: float = TEXT_WEIGHT,
    code_weight: float = CODE_WEIGHT,
    tree: CodeTree = NSFC,
    short: int | None = None,
    workers: int | None = None,
    progress: Progress = silent,
) -> sparse.csr_matrix:
    """The `keep` best experts of each proposal, as a sparse score matrix (proposals, experts), float32, columns sorted.

    The score is text_weight x cosine / (the proposal's highest cosine) + code_weight x overlap of codes, within 0..1 with the default
    weights; pairs that share nothing are left out. Without codes (both None) it is the cosine itself.

    Args:
        proposals, profiles: texts; what an expert's profile should hold is said in `papers.profile`.
        proposal_codes: one discipline code for each proposal, "" for none.
        expert_codes: the codes of each expert.
        forbidden: (proposals, experts), any non-zero is a pair that must not be a candidate.
        short: experts of a proposal that get an exact score, 2.25 x keep by default.
        progress: called with texts done of 2 x profiles + proposals.

    Registers of up to 1,024 profiles are searched exactly. Above, the answer holds at least 95 % of the exact one in all measured cases
    (docs/kernels/expertise.md). Memory: 8 bytes for each distinct term of each profile, about 350 MB a thread, 8 bytes a candidate.

    Raises:
        BadInput: no proposals or profiles, mismatched lengths or shapes, NaN, something that is not text; says where.
    """
    left, right = _checked(proposals, profiles, proposal_codes, expert_codes)
    if proposal_codes is None and expert_codes is None:
        text_weight, code_weight = 1.0, 0.0
    check_search(keep, text_weight, code_weight, forbidden, (len(proposals), len(profiles)))
    total = 2 * len(profiles) + len(proposals)
    index = build(profiles, right, tree=tree, workers=workers, progress=progress, total=total)
    return search(
        index, proposals, left, keep=keep, text_weight=text_weight, code_weight=code_weight, forbidden=forbidden, short=short,
        workers=workers, progress=progress, done_before=2 * len(profiles), total=total,
    )  # fmt: skip


def _checked(
    proposals: Sequence[str],
    profiles: Sequence[str],
    proposal_codes: Sequence[str] | None,
    expert_codes: Sequence[Sequence[str]] | None,
) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Codes of proposals and experts, empty ones where none are given."""
    check_texts(proposals, "proposals")
    check_texts(profiles, "profiles")
    left = [""] * len(proposals) if proposal_codes is None else proposal_codes
    right = [()] * len(profiles) if expert_codes is None else expert_codes
    check_codes([[c] for c in left], len(proposals), "proposal_codes")
    check_codes(right, len(profiles), "expert_codes")
    return left, right
