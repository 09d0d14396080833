"""How far the generated language stands in for real texts: the study behind docs/language.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import REASONS
from abkit.core.rng import rng_for
from abkit.core.tables import read_columns
from abkit.pipeline.language_difficulty import Difficulty, difficulties
from abkit.pipeline.language_page import page
from abkit.pipeline.language_transfer import Transfer, real_files, transfers
from abkit.simulations.language import margins
from abkit.simulations.language.ambiguity import Telling
from abkit.simulations.language.generator import write, write_texts
from abkit.simulations.language.lexicon import PARTS
from abkit.simulations.language.sets import TextSet, golden_set, logged_history
from abkit.simulations.scenario_files import load_scenario

WORLD: Final = load_scenario("returns-bot-points")  # whose mix of reasons is served
SERVED_SHARE: Final = float(WORLD.served_prior()[0])  # of defective contacts
PAPER_SHARE: Final = 0.42  # of LABEL 0 in the paper's golden set, as reconstructed from Table 1
COLUMN_WEIGHTS: Final = (0.5, 0.25, 0.25)  # telecom turns, negative phone sentences, returns
N_HISTORY: Final = 20_000
N_GOLDEN: Final = 8_000
N_DISTINCT: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRow:
    """One measure of the generated texts, and of the real ones where they are at hand."""

    name: str
    generated: float
    columns: tuple[float, ...] = ()  # telecom turns, phone sentences, returns
    mixture: float | None = None  # of the real columns, weighted by COLUMN_WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageStudy:
    """Everything docs/language.md shows."""

    seed: int
    quantiles: tuple[MarginRow, ...]
    shares: tuple[MarginRow, ...]
    defect_words: dict[str, float]  # share of texts with a literal defect word, by true reason
    tellings: dict[str, tuple[float, ...]]  # share of texts by how they tell, by hardness level
    log_codes: tuple[tuple[float, ...], ...]  # P(logged code | true reason), rows sum to 1
    distinct: dict[str, int]  # distinct texts among N_DISTINCT, by part
    difficulty: tuple[Difficulty, ...]
    transfers: tuple[Transfer, ...]
    samples: tuple[tuple[str, float, str], ...] = field(default=())  # reason, hardness, text

    def to_markdown(self) -> str:
        """Return the page as GitHub Markdown."""
        return page(self)


def run_language_study(
    real_data: Path | None, *, seed: int, progress: Progress = SILENT
) -> LanguageStudy:
    """Measure generated texts beside real ones, their difficulty, and how models carry over.

    Args:
        real_data: Folder with the real files, or None: then real columns and transfer are absent.
        seed: Of every draw.
        progress: Shows how far it is.

    Raises:
        DataError: A real file is missing or lacks a column.
    """
    files = real_files(real_data) if real_data is not None else ()
    served, paper = prior_with(SERVED_SHARE), prior_with(PAPER_SHARE)
    history = logged_history(N_HISTORY, prior=served, seed=seed, progress=progress)
    golden = golden_set(N_GOLDEN, prior=served, seed=seed, purpose="report")
    quantiles, shares = _margins(history.texts, real_data)
    return LanguageStudy(
        seed=seed,
        quantiles=quantiles,
        shares=shares,
        defect_words=_defect_words(history),
        tellings=_tellings(served, seed),
        log_codes=_log_codes(history),
        distinct={part: _distinct(part, seed, progress) for part in PARTS},
        difficulty=(
            *difficulties(PAPER_SHARE, *_pair(paper, seed)),
            *difficulties(SERVED_SHARE, history, golden),
        ),
        transfers=transfers(files, history, golden, seed=seed),
        samples=_samples(golden),
    )


def prior_with(defective_share: float) -> tuple[float, ...]:
    """Return P(reason) with the given share of LABEL 0 and the default mix of the rest."""
    return (defective_share, *((1 - defective_share) * s for s in WORLD.other_reasons.shares()))


def _pair(prior: Sequence[float], seed: int) -> tuple[TextSet, TextSet]:
    history = logged_history(N_HISTORY, prior=prior, seed=seed)
    return history, golden_set(N_GOLDEN, prior=prior, seed=seed, purpose="report")


def _margins(
    generated: list[str], real_data: Path | None
) -> tuple[tuple[MarginRow, ...], tuple[MarginRow, ...]]:
    columns = _real_columns(real_data) if real_data is not None else ()
    own = margins.mixture_quantiles([generated], [1.0])
    each = [margins.mixture_quantiles([c], [1.0]) for c in columns]
    both = margins.mixture_quantiles(columns, COLUMN_WEIGHTS) if columns else None
    quantiles = tuple(
        MarginRow(
            name=f"words, {q:.0%} quantile",
            generated=own[q],
            columns=tuple(e[q] for e in each),
            mixture=both[q] if both else None,
        )
        for q in margins.QUANTILES
    )
    mine, theirs = margins.shares(generated), [margins.shares(c) for c in columns]
    if real_data is not None:
        known = margins.known_words(_all_real_texts(real_data)) | margins.own_words()
        mine |= margins.unknown_shares(generated, known)
        theirs = [
            s | margins.unknown_shares(c, known) for s, c in zip(theirs, columns, strict=True)
        ]
    rows = []
    for name, value in mine.items():
        real = tuple(s[name] for s in theirs)
        mixed = float(np.dot(COLUMN_WEIGHTS, real)) if real else None
        rows.append(MarginRow(name=name, generated=value, columns=real, mixture=mixed))
    return quantiles, tuple(rows)


def _real_columns(folder: Path) -> tuple[list[str], ...]:
    """Return the three real columns: telecom turns, negative phone sentences, returns."""
    turns = read_columns(folder / "assistant_requests.csv.gz", ["domain", "text"])
    phones = read_columns(folder / "phone_sentences.csv.gz", ["sentiment", "text"])
    wanted = ["text", "mentions_return", "recommended"]
    clothes = read_columns(folder / "clothing_reviews.parquet", wanted)
    returned = (clothes["mentions_return"] == "1") & (clothes["recommended"] == "0")
    return (
        turns.loc[turns["domain"] == "telecom", "text"].tolist(),
        phones.loc[phones["sentiment"] == "0", "text"].tolist(),
        clothes.loc[returned, "text"].tolist(),
    )


REAL_TEXT_FILES: Final = (
    "airline_complaints.csv.gz",
    "assistant_requests.csv.gz",
    "bank_queries.csv.gz",
    "clothing_reviews.parquet",
    "phone_sentences.csv.gz",
)


def _all_real_texts(folder: Path) -> list[str]:
    """Return every text of the real files: what counts as a known word."""
    return [t for name in REAL_TEXT_FILES for t in read_columns(folder / name, ["text"])["text"]]


def _defect_words(history: TextSet) -> dict[str, float]:
    """Return the share of texts with a literal defect word, by true reason."""
    pattern = margins.PATTERNS["a literal defect word"]
    found = np.array([pattern.search(t) is not None for t in history.texts])
    return {name: float(found[history.reason == code].mean()) for code, name in enumerate(REASONS)}


def _tellings(prior: Sequence[float], seed: int) -> dict[str, tuple[float, ...]]:
    """Return the share of texts that tell their reason in each way, over five hardness levels."""
    rng = rng_for(seed, "language", "tellings")
    reason = rng.choice(len(REASONS), size=N_HISTORY, p=prior).astype(np.int8)
    hardness = rng.random(N_HISTORY)
    told = write(reason, hardness, part="golden", seed=seed).telling
    levels = np.floor(5 * hardness)
    return {
        way.name.lower(): tuple(float((told[levels == level] == way).mean()) for level in range(5))
        for way in Telling
    }


def _log_codes(history: TextSet) -> tuple[tuple[float, ...], ...]:
    """Return how true reasons were logged: one row per true reason."""
    counts = np.zeros((len(REASONS), len(REASONS)))
    np.add.at(counts, (history.reason, history.logged_reason), 1)
    return tuple(map(tuple, (counts / counts.sum(axis=1, keepdims=True)).tolist()))


def _distinct(part: str, seed: int, progress: Progress) -> int:
    rng = rng_for(seed, "language", "distinct", part)
    reason = rng.choice(len(REASONS), size=N_DISTINCT, p=prior_with(SERVED_SHARE)).astype(np.int8)
    texts = write_texts(reason, rng.random(N_DISTINCT), part=part, seed=seed, progress=progress)
    return len(set(texts))


def _samples(golden: TextSet) -> tuple[tuple[str, float, str], ...]:
    """Return three golden texts of each reason: an easy, a middling and a hard one."""
    chosen: list[tuple[str, float, str]] = []
    for code, name in enumerate(REASONS):
        rows = np.flatnonzero(golden.reason == code)
        for aim in (0.1, 0.5, 0.9):
            i = int(rows[np.argmin(np.abs(golden.hardness[rows] - aim))])
            chosen.append((name, float(golden.hardness[i]), golden.texts[i]))
    return tuple(chosen)
