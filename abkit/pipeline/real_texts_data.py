"""The tasks on real texts: which rows, which labels, what is measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.errors import DataError
from abkit.core.rng import rng_for
from abkit.core.tables import read_columns

REASONS: Final = ("defective", "missing", "quality", "preference", "others")
AIRLINE: Final = ("luggage", "product_quality", "flight_disruption", "staff_service", "others")
# LABEL 0 is the rarest, as in the paper's logs
BANK: Final = ("not_working", "missing", "change_request", "wrong_or_poor", "others")
BANK_SHARES: Final = (0.03, 0.07, 0.10, 0.15, 0.65)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """Rows that are measured only."""

    texts: list[str]
    labels: Ints
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTexts:
    """The rows that are split 8:1:1, and, where they are not their own test part, the golden."""

    name: str
    how: str
    class_names: tuple[str, ...]
    metric: str
    texts: list[str]
    labels: Ints
    agreed: npt.NDArray[np.bool_] | None = None  # whether all annotators agreed
    golden: Golden | None = None


def airline_reasons(folder: Path) -> TaskTexts:
    """Return complaints with a reason: five classes."""
    rows = _airline(folder)
    return TaskTexts(
        name="airline reasons",
        how="tweets to airlines with a complaint, five reasons set by the crowd",
        class_names=AIRLINE,
        metric="macro.average_precision",
        texts=rows["text"].tolist(),
        labels=_codes(rows["reason5"], AIRLINE),
        agreed=(rows["unanimous"] == "1").to_numpy(dtype=bool),
    )


def airline_luggage(folder: Path) -> TaskTexts:
    """Return the same complaints: luggage against the rest."""
    rows = _airline(folder)
    return TaskTexts(
        name="airline luggage",
        how="the same tweets, luggage against the rest",
        class_names=("luggage", "rest"),
        metric="average_precision",
        texts=rows["text"].tolist(),
        labels=np.where(rows["reason5"] == "luggage", 0, 1).astype(np.int64),
        agreed=(rows["unanimous"] == "1").to_numpy(dtype=bool),
    )


def clothing_recommended(folder: Path) -> TaskTexts:
    """Return all reviews: not recommended against the rest."""
    rows = read_columns(folder / "clothing_reviews.parquet", ["text", "recommended"])
    return TaskTexts(
        name="clothing not recommended",
        how="reviews of clothes, the buyer's own recommendation",
        class_names=("not recommended", "recommended"),
        metric="average_precision",
        texts=rows["text"].tolist(),
        labels=np.where(rows["recommended"] == "0", 0, 1).astype(np.int64),
    )


def clothing_returns(folder: Path) -> TaskTexts:
    """Return reviews that mention a return: trained on keyword rules, measured on golden rows."""
    columns = ["text", "mentions_return", "reason_rule", "gold", "weight"]
    table = read_columns(folder / "clothing_reviews.parquet", columns)
    rows = table[table["mentions_return"] == "1"]
    gold = table[table["gold"] != ""]
    logs = rows[(rows["gold"] == "") & ~rows["text"].isin(set(gold["text"]))]
    return TaskTexts(
        name="clothing returns",
        how="reviews that mention a return; trained and calibrated on keyword rules, which agree "
        "with the golden labels on 77 %, measured on golden rows with their sampling weights; "
        "golden labels are provisional",
        class_names=REASONS,
        metric="average_precision",  # one golden row says missing: no macro average
        texts=logs["text"].tolist(),
        labels=_codes(logs["reason_rule"], REASONS),
        golden=Golden(
            texts=gold["text"].tolist(),
            labels=_codes(gold["gold"], REASONS),
            weights=gold["weight"].to_numpy(dtype=np.float64),
        ),
    )


def clothing_rules(folder: Path) -> TaskTexts:
    """Return the same task with the keyword rules' labels of all reviews for training."""
    own = clothing_returns(folder)
    table = read_columns(folder / "clothing_reviews.parquet", ["text", "reason_rule", "gold"])
    assert own.golden is not None
    logs = table[(table["gold"] == "") & ~table["text"].isin(set(own.golden.texts))]
    return replace(own, texts=logs["text"].tolist(), labels=_codes(logs["reason_rule"], REASONS))


def bank(folder: Path) -> TaskTexts:
    """Return queries cut to 65, 15, 10, 7 and 3 %, always the same ones."""
    rows = read_columns(folder / "bank_queries.csv.gz", ["text", "reason5"])
    labels = _codes(rows["reason5"], BANK)
    available = np.bincount(labels, minlength=len(BANK))
    total = int(min(n / share for n, share in zip(available, BANK_SHARES, strict=True)))
    rng = rng_for(1, "real texts", "bank")
    kept = np.sort(
        np.concatenate(
            [
                rng.permutation(np.flatnonzero(labels == code))[: round(total * share)]
                for code, share in enumerate(BANK_SHARES)
            ]
        )
    )
    return TaskTexts(
        name="bank queries",
        how="queries to a bank, cut to 65, 15, 10, 7 and 3 %",
        class_names=BANK,
        metric="macro.average_precision",
        texts=rows["text"].iloc[kept].tolist(),
        labels=labels[kept],
    )


TASKS: Final[Mapping[str, Callable[[Path], TaskTexts]]] = {
    "airline reasons": airline_reasons,
    "airline luggage": airline_luggage,
    "clothing not recommended": clothing_recommended,
    "clothing returns": clothing_returns,
    "bank queries": bank,
}


def _airline(folder: Path) -> pd.DataFrame:
    columns = ["text", "reason", "reason5", "unanimous"]
    table = read_columns(folder / "airline_complaints.csv.gz", columns)
    return table[table["reason"] != ""]


def _codes(column: "pd.Series[str]", names: Sequence[str]) -> Ints:
    codes = pd.Categorical(column, categories=list(names)).codes.astype(np.int64)
    if (codes < 0).any():
        unknown = column[codes < 0].iloc[0]
        raise DataError(f"a reason is `{unknown}`; expected one of " + ", ".join(names))
    return codes
