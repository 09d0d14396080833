"""Each value of a column by itself, and whether the values agree: exploration, a family apart."""

from collections.abc import Sequence

from abkit.analysis.comparison import effective_tables
from abkit.analysis.means import pooled_means
from abkit.analysis.multiplicity import holm_adjusted
from abkit.analysis.pooled import pooled_effect
from abkit.analysis.reading import Reading
from abkit.analysis.table3 import RowKey, by_use_case, make_rows
from abkit.core.analyzed import Agreement, SegmentRows, Segments
from abkit.core.check import Check
from abkit.core.metrics import Metric
from abkit.core.table3 import Heterogeneity


def make_segments(
    reading: Reading,
    found: Sequence[Check],
    column: str,
    *,
    control: str,
    treatments: Sequence[str],
    confidence_level: float,
) -> tuple[Segments, ...]:
    """Return the segments of each treatment; all their rows are one family, as are the tests."""
    keys = [
        RowKey(treatment, case, metric, value)
        for treatment in treatments
        for value, cells in reading.segments.items()
        for case in sorted({name for name, arm in cells if arm in (control, treatment)})
        for metric in reading.metrics
    ]
    rows = make_rows(reading, found, keys, control=control, confidence_level=confidence_level)
    tests = {
        (treatment, case, metric): _agreement(reading, metric, case, control, treatment)
        for treatment in treatments
        for case in reading.use_cases((control, treatment))
        for metric in reading.metrics
    }
    known = {key: test.p_value for key, test in tests.items() if test.p_value is not None}
    adjusted = dict(zip(known, holm_adjusted(list(known.values())), strict=True))
    return tuple(
        Segments(
            column=column,
            treatment=treatment,
            values=tuple(
                SegmentRows(
                    value=value,
                    use_cases=by_use_case(
                        {
                            key: row for key, row in rows.items()
                            if (key.treatment, key.segment) == (treatment, value)
                        }
                    ),
                )
                for value in reading.segments
            ),
            agreements=tuple(
                Agreement(
                    use_case=case,
                    metric=metric.name,
                    heterogeneity=test,
                    p_value_adjusted=adjusted.get((name, case, metric)),
                )
                for (name, case, metric), test in tests.items()
                if name == treatment
            ),
        )
        for treatment in treatments
    )  # fmt: skip


def _agreement(
    reading: Reading, metric: Metric, use_case: str, control: str, treatment: str
) -> Heterogeneity:
    """Test whether the segments' differences are one: Cochran's Q, as over use-cases."""
    arms, values = (control, treatment), reading.segments
    if metric.kind == "mean":
        pooled = pooled_means([reading.means(metric.name, use_case, arms, v) for v in values])
        return Heterogeneity(q=pooled.q, df=pooled.q_df, p_value=pooled.q_p_value)
    tables = effective_tables([reading.rates(metric.name, use_case, arms, v) for v in values])
    effect = pooled_effect(tables)
    return Heterogeneity(q=effect.q, df=effect.q_df, p_value=effect.q_p_value)
