"""One question put to the data before the results are trusted, and its answer."""

from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["pass", "warn", "fail", "not_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A `fail` withdraws verdicts; `not_run` says in `detail` why.

    `use_case`, `treatment` and `metric` are None where the check is about all of them.
    """

    code: str
    status: Status
    detail: str
    p_value: float | None = None
    use_case: str | None = None
    treatment: str | None = None
    metric: str | None = None
    count: int | None = None  # rows or customers concerned, where the check counts some
    examples: tuple[str, ...] = ()  # identifiers or values of some of them
    hint: str | None = None  # what to do about it

    def concerns(self, *, treatment: str, use_case: str | None, metric: str | None) -> bool:
        """Return whether the check bears on these results; None: on results over all of them."""
        return (
            self.treatment in (None, treatment)
            and (use_case is None or self.use_case in (None, use_case))
            and (metric is None or self.metric in (None, metric))
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the check as DESIGN's JSON."""
        return {
            "code": self.code,
            "use_case": self.use_case,
            "treatment": self.treatment,
            "metric": self.metric,
            "status": self.status,
            "p_value": self.p_value,
            "count": self.count,
            "examples": list(self.examples),
            "detail": self.detail,
            "hint": self.hint,
        }
