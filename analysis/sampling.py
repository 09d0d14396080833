"""Which contacts to annotate: simple random samples of what was flagged and of what was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from abkit.analysis.sources import Source, open_source
from abkit.analysis.values import truth_value
from abkit.core import checks
from abkit.core.errors import ConfigError
from abkit.core.rng import rng_for

_COLUMNS = ("contact_id", "use_case", "arm", "counted", "text", "score", "flagged")


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledContact:
    """One contact to annotate, with what the classifier said about it."""

    contact_id: str
    use_case: str
    text: str
    score: float
    flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSample:
    """Both samples, each in random order, and how many contacts each was drawn from."""

    flagged: tuple[SampledContact, ...]
    unflagged: tuple[SampledContact, ...]
    population: tuple[int, int]  # flagged, unflagged


def draw_audit_sample(
    path: Path, *, n_flagged: int = 485, n_unflagged: int = 200, seed: int, arm: str = "treatment"
) -> AuditSample:
    """Draw without replacement from the counted contacts of `arm` that have text.

    Every subset of the given size is equally likely. The draw depends on the contacts' ids and the
    seed, not on the order of the rows, and a larger sample contains the smaller one: annotations
    made so far stay usable.

    Raises:
        ConfigError: A sample is larger than its population, or smaller than 1.
        DataError: The file cannot be read as a contact log.
    """
    wanted = {True: n_flagged, False: n_unflagged}
    names = {True: "--sample", False: "--sample-unflagged"}
    for flagged, n in wanted.items():
        checks.at_least(names[flagged], n, 1)
    with open_source(path) as log:
        for column in _COLUMNS:
            log.require(column, role="an audit")
        drawn, sizes = {}, {}
        for flagged, n in wanted.items():
            ids = _population(log, arm, flagged)
            if n > len(ids):
                kind = "flagged" if flagged else "unflagged"
                raise ConfigError(
                    f"`{names[flagged]}` is {n}, but the log has {len(ids)} counted {kind} "
                    f"contacts with text in the arm `{arm}`",
                    hint=_remedy(log, arm, flagged, len(ids)),
                )
            order = rng_for(seed, "audit", "flagged" if flagged else "unflagged").permutation(
                len(ids)
            )
            drawn[flagged] = _contacts(log, [ids[i] for i in order[:n]])
            sizes[flagged] = len(ids)
    return AuditSample(
        flagged=drawn[True], unflagged=drawn[False], population=(sizes[True], sizes[False])
    )


def _population(log: Source, arm: str, flagged: bool) -> list[str]:
    """Return the sorted ids of the contacts a sample is drawn from."""
    rows = log.rows(
        f"""
        SELECT contact_id::VARCHAR AS contact_id FROM source
        WHERE {_is(log, "counted", True)} AND arm::VARCHAR = $arm
            AND {_is(log, "flagged", flagged)} AND text IS NOT NULL
        ORDER BY contact_id
        """,
        arm=arm,
    )
    return [row["contact_id"] for row in rows]


def _is(log: Source, column: str, wanted: bool) -> str:
    return f"{truth_value(column, log.columns[column])} = {int(wanted)}"


def _remedy(log: Source, arm: str, flagged: bool, size: int) -> str:
    """Return what helps when a population of `size` is too small."""
    if size:
        return f"ask for at most {size}, or simulate more weeks"
    if not _population(log, arm, not flagged):
        return "no contact of this arm has both a score and text"
    if flagged:
        return "nothing was flagged: simulate with a lower threshold"
    return "everything was flagged: simulate with a higher threshold"


def _contacts(log: Source, ids: Sequence[str]) -> tuple[SampledContact, ...]:
    """Return the contacts with these ids, in their order."""
    rows = log.rows(
        f"""
        SELECT contact_id::VARCHAR AS contact_id, use_case::VARCHAR AS use_case, text,
            score::DOUBLE AS score, {_is(log, "flagged", True)} AS flagged
        FROM source WHERE contact_id::VARCHAR IN (SELECT unnest($ids))
        """,
        ids=list(ids),
    )
    found = {row["contact_id"]: SampledContact(**row) for row in rows}
    return tuple(found[contact] for contact in ids)
