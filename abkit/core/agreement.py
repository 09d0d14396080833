"""How far two annotators agree on the texts that both of them judged."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAgreement:
    """Two annotators' answers, counted by text, and Cohen's kappa with its interval.

    A number that the table does not define is None, and then `note` says why.
    """

    first: str
    second: str
    both_yes: int
    only_first: int  # the first says LABEL 0, the second does not
    only_second: int
    both_no: int
    kappa: float | None
    ci_lower: float | None
    ci_upper: float | None
    method: str
    note: str | None = None

    @property
    def annotated(self) -> int:
        """Return the number of texts that both judged."""
        return self.both_yes + self.only_first + self.only_second + self.both_no

    @property
    def agreed(self) -> int:
        """Return the number of texts on which they say the same."""
        return self.both_yes + self.both_no

    @property
    def agreement_rate(self) -> float | None:
        """Return the share of texts on which they say the same, chance included."""
        return self.agreed / self.annotated if self.annotated else None

    def to_dict(self) -> dict[str, Any]:
        """Return names, counts, the share of agreement and kappa."""
        kappa: dict[str, Any] = {
            "estimate": self.kappa,
            "ci_lower": self.ci_lower,
            "ci_upper": self.ci_upper,
            "method": self.method,
        }
        return {
            "annotators": [self.first, self.second],
            "annotated": self.annotated,
            "agreed": self.agreed,
            "agreement_rate": self.agreement_rate,
            "both_yes": self.both_yes,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "both_no": self.both_no,
            "kappa": kappa | ({} if self.note is None else {"note": self.note}),
        }
