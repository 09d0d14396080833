"""Subwords (byte-pair encoding), trained on the training texts: a typo costs a few more pieces."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from abkit.core.errors import ArtifactError

UNKNOWN: Final = "[UNK]"  # a character never seen in training, or a text without any
UNKNOWN_ID: Final = 0  # the trainer numbers special tokens first


@contextmanager
def _serial() -> Iterator[None]:
    """Tokenise on the calling thread, whatever the caller's environment says, and restore it.

    A thread pool here would gain little, and would make a later fork of the process unsafe.
    """
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        yield
    finally:
        if before is None:
            del os.environ["TOKENIZERS_PARALLELISM"]
        else:
            os.environ["TOKENIZERS_PARALLELISM"] = before


def train_tokenizer(normal_forms: Sequence[str], *, vocabulary_size: int) -> str:
    """Return a tokenizer as JSON; equal sets of texts give equal JSON.

    Words carry their leading space as part of the first piece. (A continuation prefix such as ##
    would be the other way to mark words, but the library then numbers pieces in the order of a
    randomly seeded hash table, so that two processes disagree.)
    """
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        limit_alphabet=400,  # rarer characters are unknown: nothing could be learnt about them
        special_tokens=[UNKNOWN],
        show_progress=False,
    )
    with _serial():
        tokenizer.train_from_iterator(sorted(normal_forms), trainer)
    text: str = tokenizer.to_str()
    return text


def tokenizer_size(tokenizer_json: str) -> int:
    """Return the number of subwords."""
    return int(_tokenizer(tokenizer_json).get_vocab_size())


def encode(tokenizer_json: str, normal_forms: Sequence[str], *, max_tokens: int) -> list[list[int]]:
    """Return the subword ids of each text: at least one, at most `max_tokens`."""
    tokenizer = _tokenizer(tokenizer_json)
    tokenizer.enable_truncation(max_tokens)
    with _serial():
        encoded = tokenizer.encode_batch_fast(list(normal_forms))
    unknown = [UNKNOWN_ID]
    return [one.ids or unknown for one in encoded]


def _tokenizer(tokenizer_json: str) -> Tokenizer:
    try:
        return Tokenizer.from_str(tokenizer_json)
    except Exception as error:  # the library raises bare Exception
        raise ArtifactError(
            f"the tokenizer cannot be read: {error}", hint="train the model again"
        ) from error
