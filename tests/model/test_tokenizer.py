"""Subwords: deterministic over processes and orders, total over inputs."""

import json
import os
import subprocess
import sys
from hashlib import sha256

import pytest

from abkit.core.errors import ArtifactError
from abkit.model.tokenizer import UNKNOWN_ID, encode, tokenizer_size, train_tokenizer

SCRIPT = """
import sys, json
from hashlib import sha256
from abkit.model.tokenizer import train_tokenizer
texts = json.load(sys.stdin)
print(sha256(train_tokenizer(texts, vocabulary_size=300).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def tokenizer(corpus) -> str:
    return train_tokenizer(corpus.texts, vocabulary_size=300)


def test_equal_sets_of_texts_give_equal_bytes_in_any_process(corpus, tokenizer) -> None:
    """Other hash seeds and thread settings, reversed texts: the same JSON."""
    want = sha256(tokenizer.encode()).hexdigest()
    for parallel in ("true", "false"):
        env = os.environ | {"TOKENIZERS_PARALLELISM": parallel, "PYTHONHASHSEED": "7"}
        got = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=json.dumps(corpus.texts[::-1]),
            capture_output=True,
            text=True,
            check=True,
            env=env,
        )
        assert got.stdout.strip() == want


def test_pieces_spell_the_text(corpus, tokenizer) -> None:
    vocabulary = {i: piece for piece, i in json.loads(tokenizer)["model"]["vocab"].items()}
    for text, ids in zip(corpus.texts, encode(tokenizer, corpus.texts, max_tokens=99), strict=True):
        assert "".join(vocabulary[i] for i in ids).replace("▁", " ").strip() == text


def test_a_typo_stays_readable(tokenizer) -> None:
    """A word with a swapped letter shares pieces with others and holds no unknown."""
    (typo,) = encode(tokenizer, ["brokne"], max_tokens=99)
    assert UNKNOWN_ID not in typo
    assert 1 < len(typo) <= 7


@pytest.mark.parametrize(
    ("text", "n"), [("", 1), ("\0", None), ("😀😀", None), ("q" * 5000, 32), ("the " * 10_000, 32)]
)
def test_every_text_has_one_to_max_tokens(tokenizer, text: str, n: int | None) -> None:
    (ids,) = encode(tokenizer, [text], max_tokens=32)
    assert 1 <= len(ids) <= 32
    assert n is None or len(ids) == n
    assert all(0 <= i < tokenizer_size(tokenizer) for i in ids)


def test_the_callers_environment_is_restored(tokenizer, monkeypatch) -> None:
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    encode(tokenizer, ["x"], max_tokens=3)
    assert "TOKENIZERS_PARALLELISM" not in os.environ
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    encode(tokenizer, ["x"], max_tokens=3)
    assert os.environ["TOKENIZERS_PARALLELISM"] == "true"


def test_a_damaged_tokenizer_is_named() -> None:
    with pytest.raises(ArtifactError, match="tokenizer cannot be read"):
        encode("{}", ["x"], max_tokens=3)
