"""The labelled rows that certify a threshold: a file's, a model's own part, or fresh ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.errors import ConfigError, DataError, nearest
from abkit.core.progress import SILENT, Progress
from abkit.core.tables import read_table
from abkit.model.artifact import Artifact
from abkit.model.fresh_uses import FreshUse, told
from abkit.model.golden_ledger import GoldenPart, to_facts
from abkit.model.text import normalise, text_hashes
from abkit.model.text_reuse import check_fresh
from abkit.pipeline.labelled import NAME_CLASSES, LabelledTexts
from abkit.pipeline.score_files import PREFIX, SCORE, read_scores

Floats = npt.NDArray[np.float64]
_ONCE = (
    "the promise is for one target, chosen before the scores were looked at; the best of several "
    "tries carries none"
)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Scores of the class that is flagged, and whether it was right."""

    scores: Floats  # (n,)
    is_positive: npt.NDArray[np.bool_]  # (n,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Who certifies, who chose the plug-in threshold, who measures both."""

    source: str  # the rows that certify, in words
    class_names: tuple[str, ...]
    place: int  # of the flagged class among them
    certify: Rows
    choose: Rows
    measure: Rows
    measured_on: str  # in words that are true of a threshold that was found, and of none
    prior: tuple[float, ...]  # at which the probabilities are calibrated, (k,)
    golden: dict[str, Any]
    notes: tuple[str, ...]
    fresh: FreshUse | None = None  # the rows that certify, to be recorded; None: no fresh ones


def of_file(path: Path, *, label: str, positive: str | None) -> Labelled:
    """Return a file's rows: they certify, choose and measure, since there are no others."""
    file = read_scores(path, label=label, positive=positive)
    place = _place(file.class_names, positive)
    rows = Rows(file.probabilities[:, place], file.labels == place)
    shares = np.bincount(file.labels, minlength=len(file.class_names)) / len(file.labels)
    return Labelled(
        source=f"{len(file.labels):,} rows of {path.name}, "
        f"{int(rows.is_positive.sum()):,} {file.class_names[place]}",
        class_names=file.class_names,
        place=place,
        certify=rows,
        choose=rows,
        measure=rows,
        measured_on="these same rows, which flatter a threshold chosen on them",
        prior=tuple(map(float, shares)),
        golden={},
        notes=(
            *file.notes,
            "abkit cannot know what else the rows of a file served: the promise needs rows on "
            "which nothing was fitted, tuned or tried before",
            _ONCE,
        ),
    )


def of_model(artifact: Artifact, *, positive: str | None, question: Mapping[str, Any]) -> Labelled:
    """Return a model's golden parts: certify, calibrate, report.

    Training asked the part that certifies one question; a note says so where `question` is another.

    Raises:
        ConfigError: The model has no part to certify on, or no such class.
    """
    place = _place(artifact.class_names, positive)
    part = artifact.golden.get("certify")
    if part is None:
        raise ConfigError(
            "the model was trained without golden labels: it has no part that could certify",
            hint="give carefully labelled texts with --data, or train with --golden",
        )
    name = artifact.class_names[place]
    counted = f"{len(part.labels):,} golden texts kept for this"
    notes = [_ONCE]
    if part.n_in_training:
        notes.append(
            f"{part.n_in_training:,} of those golden texts also stand in the training texts, word "
            "for word"
        )
    notes += _asked_before(artifact, {"class": name, **question})
    return _with_model(
        artifact, part, place, f"{counted}, {int((part.labels == place).sum()):,} {name}", notes
    )


def _asked_before(artifact: Artifact, question: Mapping[str, Any]) -> list[str]:
    """Return a note where training asked the part another question than this one."""
    first = artifact.certified
    if first is None:
        return []
    asked = {
        "class": artifact.class_names[0], "goal": first.goal, "target": first.target,
        "confidence": first.confidence, "start": first.start, "step": first.step,
    }  # fmt: skip
    if question == asked:
        return []
    return [
        f"training already asked this part for {told(asked)}: the promise holds for that first "
        "question only; for another one label a fresh draw (--data)"
    ]


def of_texts(
    artifact: Artifact, path: Path, *, text: str, reason: str, positive: str | None,
    question: Mapping[str, Any], uses: Sequence[FreshUse] = (), progress: Progress = SILENT,
) -> Labelled:  # fmt: skip
    """Return a fresh draw of labelled texts, scored by the model.

    Args:
        artifact: The model.
        path: The file of labelled texts.
        text: Its column of texts.
        reason: Its column of true reasons.
        positive: The class that is flagged; None: LABEL 0.
        question: What is to be certified on them, all that decides the answer.
        uses: Draws that were tested before: the same rows may be asked the same question again.
        progress: Shows the scoring.

    Raises:
        DataError: The file cannot be used, or its texts served the model before.
    """
    names = artifact.class_names
    place = _place(names, positive)
    data = LabelledTexts(path, text, reason, names[0]).read(remedy=NAME_CLASSES)
    codes = data.codes(names, rest=len(names) == 2)
    fresh = FreshUse(
        question={"class": names[place], **question},
        hashes=text_hashes([normalise(one) for one in data.texts]),
        labels=codes,
    )
    known = check_fresh(
        artifact.golden, data.texts, seen=artifact.seen_texts, source=path.name,
        uses=[use for use in uses if not use.same_as(fresh)], asked=fresh.question,
    )  # fmt: skip
    from abkit.model.scoring import probabilities  # torch

    part = GoldenPart(
        labels_of="golden",
        probabilities=probabilities(artifact, data.texts, progress),
        labels=codes,
        hashes=fresh.hashes,
        n_in_training=0,
    )
    notes = [_ONCE]
    if known.n_long or known.n_short:
        notes.append(
            f"known to the model: {known.n_long:,} of its distinct texts of more than four words "
            f"and {known.n_short:,} rows of fewer, no more than chance repeats"
        )
    if data.left_out:
        notes.append(f"{data.left_out:,} rows without text or reason left out")
    source = f"{len(codes):,} texts of {path.name}, {int((codes == place).sum()):,} {names[place]}"
    return replace(_with_model(artifact, part, place, source, notes), fresh=fresh)


def _with_model(
    artifact: Artifact, certify: GoldenPart, place: int, source: str, notes: list[str]
) -> Labelled:
    def rows(part: GoldenPart) -> Rows:
        return Rows(part.probabilities[:, place], part.labels == place)

    report = artifact.golden["report"]
    own = certify is artifact.golden.get("certify") and report.labels_of == "golden"
    return Labelled(
        source=source,
        class_names=artifact.class_names,
        place=place,
        certify=rows(certify),
        choose=rows(artifact.golden["calibrate"]),
        measure=rows(report) if own else rows(certify),
        measured_on=f"the report part, {len(report.labels):,} texts on which nothing was fitted"
        if own
        else "the rows tested, which flatter a threshold certified on them",
        prior=artifact.class_prior,
        golden=to_facts(artifact.golden),
        notes=tuple(notes),
    )


def served_probabilities(path: Path, names: tuple[str, ...], place: int) -> tuple[Floats, bool]:
    """Return probabilities (n, k) of an unlabelled file, and whether k is all the classes.

    `p_<class>` columns of all classes, or of the flagged class alone, or `score`, which is its
    probability; with one column k is 2, the flagged class first. Rows with empty scores (texts
    that could not be scored) are left out.

    Raises:
        DataError: The file cannot be read, or a score is no probability.
    """
    table = read_table(path)
    columns = [f"{PREFIX}{name}" for name in names]
    whole = all(column in table.columns for column in columns)
    if not whole:
        columns = [name for name in (columns[place], SCORE) if name in table.columns][:1]
    if not columns:
        raise DataError(
            f"`{path}` has no column `{PREFIX}{names[place]}` or `{SCORE}`",
            hint="`abkit score` writes `score`",
        )
    cells = table[columns]
    cells = cells[(cells.apply(lambda column: column.str.strip()) != "").all(axis=1)]
    values = cells.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = ~((values >= 0) & (values <= 1)).all(axis=1)
    if bad.any() or not len(values):
        row = [] if not len(values) else cells.iloc[int(bad.argmax())].tolist()
        raise DataError(
            f"{int(bad.sum()):,} rows of `{path}` hold no probabilities, such as {row}"
            if len(values)
            else f"`{path}` has no row with a score"
        )
    return (values, True) if whole else (np.column_stack([values, 1 - values]), False)


def _place(names: tuple[str, ...], positive: str | None) -> int:
    if positive is None:
        return 0
    if positive not in names:
        shown = ", ".join(f"`{name}`" for name in names)
        raise ConfigError(
            f"`positive` is `{positive}`; expected one of {shown}", hint=nearest(positive, names)
        )
    return names.index(positive)
