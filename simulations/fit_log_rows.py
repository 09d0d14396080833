"""A control log as arrays, with what golden labels say of its contacts; never a `true_*` column."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from abkit.core.contacts import OUTCOMES, RESPONSES
from abkit.core.errors import DataError, listed, nearest
from abkit.core.reasons import DEFECTIVE, REASONS
from abkit.simulations.clock import DAY, WEEK, Floats, Microseconds
from abkit.simulations.draws import Indices
from abkit.simulations.fit_log_rates import Mask

NEEDED: Final = (
    "contact_id", "issue_id", "attempt", "use_case", "started_at", "ended_at", "menu_reason",
    "resolution", "accepted", "response", "outcome", "wait_s",
)  # fmt: skip
OPTIONAL: Final = ("arm", "assigned_reason", "score", "text", "flagged")
ANSWERS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
NO_LABEL, IS_0, IS_OTHER, UNNAMED = -1, 0, 1, -1
_MONDAY: Final = 3 * DAY  # 1970-01-01 was a Thursday: the Monday before it is three days earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlLog:
    """Contacts by issue and attempt; shape (n,) each, times in microseconds from `origin`."""

    origin: int  # a Monday 00:00 UTC, microseconds since 1970, at or before the first contact
    use_cases: tuple[str, ...]
    use_case: Indices  # code
    issue: Indices  # 0 to issues - 1
    first: Mask  # first contact of its issue
    attempt: Indices
    start: Microseconds
    end: Microseconds
    menu: Indices  # code of REASONS
    has_text: Mask
    score: Floats  # NaN: none
    offered: Mask
    accepted: Mask
    responded: Mask
    positive: Mask
    asked: Mask  # for an agent
    wait_s: Floats  # 0 where none was asked for
    served: Mask
    followed: Mask  # for 24 h after its end
    repeated: Mask  # within 24 h, where followed
    delay: Microseconds  # from the end to the repeat; 0 without one
    label: Indices  # of the issue: NO_LABEL, IS_0, IS_OTHER
    reason: Indices  # labelled reason, code of REASONS; UNNAMED: not known by name
    resolution: npt.NDArray[np.object_]  # what was offered

    @property
    def issues(self) -> int:
        """How many issues there are."""
        return int(self.issue[-1]) + 1 if self.issue.size else 0


def control_log(table: pd.DataFrame, labels: Mapping[str, str]) -> ControlLog:
    """Return the log as arrays.

    Args:
        table: Columns `NEEDED`, and of `OPTIONAL` what there is; times in UTC.
        labels: By contact: yes or no (is it LABEL 0?), or one of the five reasons. A label holds
            for all contacts of its issue.

    Raises:
        DataError: The log is no control log, a value is none that it can hold, or labels
            contradict each other or name contacts that are not there.
    """
    _check_control(table)
    rows = table.assign(attempt=table["attempt"].astype("int64"))
    rows = rows.sort_values(["issue_id", "attempt"], kind="stable").reset_index(drop=True)
    issue = pd.factorize(rows["issue_id"])[0].astype(np.int64)
    start, end = (_microseconds(rows[name]) for name in ("started_at", "ended_at"))
    origin = int((start.min() + _MONDAY) // WEEK * WEEK - _MONDAY)
    last = np.append(issue[1:] != issue[:-1], True)
    gap = np.where(last, -1, np.append(start[1:], 0) - end)
    within, followed = (gap > 0) & (gap <= DAY), end + DAY <= start.max()
    cases = sorted(rows["use_case"].astype(str).unique())
    outcome = _codes(rows["outcome"], OUTCOMES, "outcome")
    response = _codes(rows["response"], RESPONSES, "response", may_lack=True)
    offered, wait = rows["resolution"].notna().to_numpy(), rows["wait_s"].to_numpy(dtype=float)
    (reason, label), (score, has_text) = _labels(rows, issue, labels), _scores(rows)
    return ControlLog(
        origin=origin,
        use_cases=tuple(cases),
        use_case=_codes(rows["use_case"], cases, "use_case"),
        issue=issue,
        first=np.append(True, issue[1:] != issue[:-1]),
        attempt=rows["attempt"].to_numpy(),
        start=start - origin,
        end=end - origin,
        menu=_codes(rows["menu_reason"], REASONS, "menu_reason"),
        has_text=has_text,
        score=score,
        offered=offered,
        accepted=offered & rows["accepted"].fillna(False).to_numpy(dtype=bool),
        responded=offered & (response >= 0),
        positive=offered & (response == RESPONSES.index("positive")),
        asked=~np.isnan(wait),
        wait_s=np.nan_to_num(wait),
        served=outcome == OUTCOMES.index("resolved_by_agent"),
        followed=followed,
        repeated=followed & within,
        delay=np.where(within, gap, 0),
        label=label,
        reason=reason,
        resolution=rows["resolution"].astype(object).to_numpy(),
    )


def _check_control(table: pd.DataFrame) -> None:
    """Refuse a log with several arms, or whose bot did not believe the menu."""
    if table.empty:
        raise DataError("the log has no contacts")
    if "arm" in table and (arms := sorted(table["arm"].dropna().astype(str).unique()))[1:]:
        raise DataError(
            f"the log holds {len(arms)} arms: {listed(arms)}; expected control alone",
            hint="keep the rows of the arm whose bot believes the menu, for example with DuckDB",
        )
    if table["menu_reason"].isna().all():
        raise DataError(
            f"`menu_reason` is empty in all {len(table):,} contacts",
            hint="it is what the customer selected: without it nobody knows what the text changes",
        )
    if "assigned_reason" in table:
        menu, believed = (table[name].astype(str) for name in ("menu_reason", "assigned_reason"))
        if bad := int((menu != believed).sum()):
            raise DataError(
                f"in {bad:,} contacts `assigned_reason` is not `menu_reason`; in a control log the "
                "bot believes the menu"
            )
    if repeated := int(table["contact_id"].duplicated().sum()):
        raise DataError(f"{repeated:,} rows repeat a `contact_id`")


def _microseconds(column: "pd.Series[pd.Timestamp]") -> Microseconds:
    if column.isna().any():
        raise DataError(f"`{column.name}` is empty in {int(column.isna().sum()):,} rows")
    instants = pd.to_datetime(column, utc=True).dt.tz_localize(None).to_numpy()
    times: Microseconds = instants.astype("datetime64[us]").astype(np.int64)
    return times


def _codes(
    column: "pd.Series[str]", words: tuple[str, ...] | list[str], name: str, *,
    may_lack: bool = False,
) -> Indices:  # fmt: skip
    """Return indices into `words`; -1 for an empty cell that may be."""
    codes = pd.Index(list(words), dtype=object).get_indexer(pd.Index(column.astype(object)))
    bad = (codes < 0) & (column.notna().to_numpy() if may_lack else True)
    if bad.any():
        got = str(column[bad].iloc[0])
        raise DataError(
            f"`{name}` is `{got}` in one of {int(bad.sum()):,} rows; expected one of "
            f"{listed(words)}",
            hint=nearest(got, words),
        )
    return codes.astype(np.int64)


def _scores(rows: pd.DataFrame) -> tuple[Floats, Mask]:
    """Return the scores, NaN without one, and which contacts have a usable text."""
    score = np.full(len(rows), np.nan)
    if "score" in rows:
        score = rows["score"].to_numpy(dtype=float)
    has_text = ~np.isnan(score)
    if not has_text.any() and "text" in rows:
        has_text = rows["text"].notna().to_numpy()
    return score, has_text


def _labels(
    rows: pd.DataFrame, issue: Indices, labels: Mapping[str, str]
) -> tuple[Indices, Indices]:
    """Return the labelled reason's code by contact, and whether it is LABEL 0."""
    given = rows["contact_id"].astype(str).map(labels).astype("string")
    if missing := len(labels) - int(given.notna().sum()):
        known = set(rows["contact_id"].astype(str))
        some = next(contact for contact in labels if contact not in known)
        raise DataError(
            f"{missing:,} of {len(labels):,} labelled contacts are not in the log, such as `{some}`"
        )
    words = given.dropna().str.strip().str.lower()
    by_name = words.isin(REASONS)
    if not (by_name | words.isin(ANSWERS)).all():
        bad = str(words[~(by_name | words.isin(ANSWERS))].iloc[0])
        raise DataError(
            f"a golden label is `{bad}`; expected yes or no, or one of {listed(REASONS)}",
            hint=nearest(bad, REASONS),
        )
    code = words.map({name: i for i, name in enumerate(REASONS)}).fillna(UNNAMED).astype(int)
    is_0 = (code == DEFECTIVE) | words.map(ANSWERS).eq(True)
    named, label = np.full(len(rows), UNNAMED), np.full(len(rows), NO_LABEL)
    named[words.index], label[words.index] = code, np.where(is_0, IS_0, IS_OTHER)
    return _of_issue(named, issue, rows), _of_issue(label, issue, rows)


def _of_issue(values: Indices, issue: Indices, rows: pd.DataFrame) -> Indices:
    """Return each issue's value for all its contacts; -1: none has one."""
    high = np.full(int(issue.max()) + 1, -1)
    low = np.full(high.size, len(REASONS))
    np.maximum.at(high, issue, values)
    np.minimum.at(low, issue, np.where(values < 0, len(REASONS), values))
    if (clash := np.flatnonzero((high >= 0) & (low != high))).size:
        name = rows["issue_id"][int(np.argmax(issue == clash[0]))]
        raise DataError(f"labels of issue `{name}` contradict each other; one issue has one reason")
    return high[issue].astype(np.int64)
