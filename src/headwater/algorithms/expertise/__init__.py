"""Expertise: how well experts fit proposals, by what they have published, in Chinese and English.

- `candidates`: the best experts of each proposal, hundreds of thousands of proposals at a time (`build` and `search` are its halves).
- `similarity`: precise scores of pairs by single works, codes and keywords, with a sentence model when there is one.
- `explain`: the works and words that made a score.
"""

from headwater.algorithms.expertise.candidates import CODE_WEIGHT, TEXT_WEIGHT, candidates
from headwater.algorithms.expertise.codes import NSFC, CodeTree, code_overlap
from headwater.algorithms.expertise.encoder import Encoder, NoModel, english_model
from headwater.algorithms.expertise.explain import Explanation, explain
from headwater.algorithms.expertise.index import Index, build, search
from headwater.algorithms.expertise.papers import Expert, Work, fit_spaces, profile, whole_text
from headwater.algorithms.expertise.similarity import Similarity, Weights, similarity, z_sum
from headwater.algorithms.expertise.space import Space, fit

__all__ = [
    "CODE_WEIGHT",
    "NSFC",
    "TEXT_WEIGHT",
    "CodeTree",
    "Encoder",
    "Expert",
    "Explanation",
    "Index",
    "NoModel",
    "Similarity",
    "Space",
    "Weights",
    "Work",
    "build",
    "candidates",
    "code_overlap",
    "english_model",
    "explain",
    "fit",
    "fit_spaces",
    "profile",
    "search",
    "similarity",
    "whole_text",
    "z_sum",
]
