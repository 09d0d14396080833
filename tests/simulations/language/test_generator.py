"""What the texts must be: repeatable, held apart by part, distinct, told as symptoms."""

import re

import numpy as np
import pytest

from abkit.core.errors import ConfigError
from abkit.core.reasons import REASONS
from abkit.simulations.language import margins
from abkit.simulations.language.frames import SHARED_POOLS, frames_for
from abkit.simulations.language.generator import write, write_texts
from abkit.simulations.language.lexicon import PARTS, brief_texts, families, wordings

from . import drawn


def issues(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.choice(5, n, p=drawn.SERVED).astype(np.int8), rng.random(n)


def test_equal_arguments_give_equal_texts_and_others_do_not() -> None:
    reason, hardness = issues(300)
    once = write_texts(reason, hardness, part="train", seed=3)
    assert once == write_texts(reason, hardness, part="train", seed=3)
    assert once != write_texts(reason, hardness, part="train", seed=4)
    assert once != write_texts(reason, hardness, part="golden", seed=3)


@pytest.mark.parametrize(
    ("reason", "hardness", "part", "fact"),
    [
        ([0], [0.5], "test", "`part` is `test`"),
        ([0, 1], [0.5], "train", "shape"),
        ([5], [0.5], "train", "outside 0 to 4"),
        ([0], [1.5], "train", "outside 0 to 1"),
        ([0], [float("nan")], "train", "outside 0 to 1"),
    ],
)
def test_bad_arguments_are_named(reason, hardness, part, fact) -> None:
    with pytest.raises(ConfigError, match=re.escape(fact)):
        write_texts(np.array(reason), np.array(hardness), part=part, seed=1)


def test_no_frame_belongs_to_two_parts() -> None:
    """Not even one wording of it; greetings of at most four words are everybody's."""
    owned = {
        part: {w for pool, frames in frames_for(part).items() if pool not in SHARED_POOLS
               for frame in frames for w in frame}
        for part in PARTS
    }  # fmt: skip
    for a, b in (("train", "golden"), ("train", "served"), ("golden", "served")):
        common = owned[a] & owned[b]
        assert not common, f"{a} and {b} share {sorted(common)[:3]}"
    for part in PARTS:
        for pool in SHARED_POOLS:
            assert all(len(w.split()) <= 4 for frame in frames_for(part)[pool] for w in frame)


def test_no_text_longer_than_four_words_is_in_two_parts() -> None:
    reason, hardness = issues(25_000)
    texts = {
        part: {t.lower().strip(".!? ") for t in write_texts(reason, hardness, part=part, seed=2)}
        for part in PARTS
    }
    long = {part: {t for t in found if len(t.split()) > 4} for part, found in texts.items()}
    assert not long["train"] & long["golden"]
    assert not long["train"] & long["served"]
    assert not long["golden"] & long["served"]


def test_no_clause_that_may_stand_alone_belongs_to_two_parts() -> None:
    """Lists are split one by one, so the same words in two lists would slip through."""
    alone = {
        part: {w for family in families(part) for key in ("defective", "quality", "preference")
               for clause in family.clauses[key].owned for w in clause}
        for part in PARTS
    }  # fmt: skip
    assert not alone["train"] & alone["golden"]
    assert not alone["train"] & alone["served"]
    assert not alone["golden"] & alone["served"]


def test_every_part_owns_frames_and_clauses_for_every_pool() -> None:
    for part in PARTS:
        assert all(frames for frames in frames_for(part).values())
        for family in families(part):
            assert all(clauses.every for clauses in family.clauses.values())


def test_lists_are_rich_enough() -> None:
    assert len(families("train")) >= 40
    assert all(len(t.split()) <= 4 for texts in brief_texts().values() for t in texts)


def test_every_slot_of_every_wording_is_filled() -> None:
    for part in PARTS:
        texts = write_texts(*issues(15_000), part=part, seed=8)
        assert not [t for t in texts if re.search(r"[{}\[\]|]|  ", t)]
        assert all(texts)


def test_wordings_are_the_product_of_choices() -> None:
    assert wordings("it [won't|will not] turn [back |]on") == (
        "it won't turn back on",
        "it won't turn on",
        "it will not turn back on",
        "it will not turn on",
    )


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_most_texts_are_distinct(part: str) -> None:
    assert len(set(write_texts(*issues(200_000), part=part, seed=1))) >= 100_000


def test_a_sample_is_mostly_distinct() -> None:
    """Distinct texts grow slower than draws, so 20 k of 20 k is not asked for."""
    assert len(set(drawn.history().texts)) >= 16_000


def test_defects_are_told_as_symptoms() -> None:
    """Reference: 10 to 35 % of defect texts hold a literal defect word, 0.5 to 4 % of others."""
    texts = drawn.history()
    pattern = margins.PATTERNS["a literal defect word"]
    found = np.array([pattern.search(t) is not None for t in texts.texts])
    assert 0.10 <= found[texts.reason == 0].mean() <= 0.35
    assert 0.005 <= found[texts.reason != 0].mean() <= 0.04


def test_texts_speak_of_prices_people_reviews_and_what_was_tried() -> None:
    joined = " ".join(drawn.history().texts).lower()
    for word in ("$", "reviews", "my daughter", "twice", "not the color", "order 1"):
        assert word in joined


def test_long_turns_are_cut_by_the_box_in_the_middle_of_a_word() -> None:
    at_the_box = [t for t in drawn.history().texts if 195 <= len(t) <= 200]
    assert len(at_the_box) >= 20
    assert all(len(t) <= 500 for t in drawn.history().texts)


def test_texts_name_what_the_family_has() -> None:
    """An earring does not charge: words of power never stand in texts about jewelry."""
    for family in families("train"):
        if family.kind != "powered":
            clauses = [w for c in family.clauses.values() for pool in c.every for w in pool]
            assert not [c for c in clauses if re.search(r"\b(?:battery|wifi|charg\w+)\b", c)
                        and family.name not in ("backpack", "train_set", "phone_case")]  # fmt: skip


def test_telling_codes_are_returned_in_order() -> None:
    reason, hardness = issues(200)
    written = write(reason, hardness, part="train", seed=3)
    assert written.texts == write_texts(reason, hardness, part="train", seed=3)
    assert written.telling.shape == (200,)
    assert len(REASONS) == 5
