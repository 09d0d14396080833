"""What the columns and verdicts of Table 3 mean: only what is shown, once for all tables."""

from collections.abc import Sequence
from typing import Final

from abkit.core.arms import Proportion
from abkit.core.table3 import MetricRow, PooledRow, Table3, Verdict

VERDICTS: Final[dict[Verdict, str]] = {
    "better": "better",
    "worse": "WORSE",
    "lost_after_correction": "not (Holm)",
    "no_difference_shown": "none shown",
    "not_trusted": "not trusted",
}
_KNOWN: Final = {
    "AR": "AR automation rate",
    "PRR": "PRR positive response rate",
    "24RR": "24RR repeat rate within 24 h",
}
_NO_TRIALS: Final = "no trials"
_NOBODY: Final = "all 0"
_MEANING: Final = {
    VERDICTS["no_difference_shown"]: "this experiment cannot tell",
    VERDICTS["lost_after_correction"]: "only the uncorrected p is small",
    VERDICTS["not_trusted"]: "a check failed, see above",
    _NO_TRIALS: "an arm has none, so that nothing can be compared",
    _NOBODY: "no success in either arm",
}


def word(row: MetricRow | PooledRow) -> str:
    """Return what a row shows, or why it cannot show anything."""
    if row.verdict == "no_difference_shown" and isinstance(row.control, Proportion):
        if row.p_value is None:
            return _NO_TRIALS
        if isinstance(row.treatment, Proportion) and not (
            row.control.successes or row.treatment.successes
        ):
            return _NOBODY
    return VERDICTS[row.verdict]


def legend(tables: Sequence[Table3], others: Sequence[MetricRow] = ()) -> tuple[str, ...]:
    """Return the notes under the last of the tables of one analysis.

    `others`: rows that stand elsewhere, as those of segments.
    """
    table = tables[-1]  # all have the same metrics, and one family
    rows = [row for _, row in table.rows()]
    directions = []
    for better in ("higher", "lower"):
        names = list(dict.fromkeys(row.metric for row in rows if row.better == better))
        if names:
            words = ", ".join(_KNOWN.get(name, name) for name in names)
            directions.append(f"{words}: {better} is better.")
    shown = {word(row) for each in tables for _, row in each.rows()} | set(map(word, others))
    shown |= {word(row) for each in tables if len(each.use_cases) > 1 for row in each.pooled}
    verdicts = [f"{said}: {why}." for said, why in _MEANING.items() if said in shown]
    return " ".join(directions), " ".join([_tests(table), *verdicts])


def is_joint(table: Table3) -> bool:
    """Return whether intervals are wider, so that several hold at once; one does as it is."""
    return table.intervals == "bonferroni" and table.family > 1


def _tests(table: Table3) -> str:
    """Return what the p-values are, and whose intervals stand beside them."""
    n, kinds = table.family, {row.kind for _, row in table.rows()}
    tests = []
    if "proportion" in kinds:
        tests.append("Miettinen-Nurminen score test of no effect, which both intervals invert")
    if "mean" in kinds:
        tests.append("of a mean Welch's test, with Fieller's interval per cent")
    if is_joint(table):
        tests.append(
            f"the intervals are Bonferroni's, all {n} hold at once: wider than Holm's decisions"
        )
    return (
        f"p: {'; '.join(tests)}; under it Holm's over the {n} row{'s' if n > 1 else ''} of this "
        "analysis, which decides the verdict."
    )
