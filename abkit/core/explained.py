"""What `abkit explain` found: one contact in its arm and in the others. Facts only."""

from dataclasses import asdict, dataclass
from typing import Any

from abkit.core.results import Rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStory:
    """One contact in one world; times are ISO 8601, UTC."""

    contact_id: str
    attempt: int
    started_at: str
    menu_reason: str
    text: str | None  # None: no usable text; then score and flagged are None too
    score: float | None
    flagged: bool | None
    believed_reason: str
    resolution: str | None  # None: asked for a human before any offer
    fits: bool | None  # the offer is what the true reason needs; None: no offer
    acceptance_chance: float | None  # P(accepts this offer); None: no offer
    accepted: bool | None
    response: str | None
    bot_s: float
    wait_s: float | None  # None: no agent was asked for
    service_s: float | None  # None: no agent served
    outcome: str
    ended_at: str
    next_contact: str | None  # of the same issue
    next_after_s: float | None  # from this end to its start


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStory:
    """A customer's issue in one arm, everybody else in theirs."""

    arm: str
    policy: str
    threshold: float | None  # None: no text is ever scored
    contacts: tuple[ContactStory, ...]

    def contact(self, attempt: int) -> ContactStory | None:
        """Return the contact of that number, if it came to be."""
        return next((one for one in self.contacts if one.attempt == attempt), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherArm:
    """The same issue in another arm, and what that changed for everybody else."""

    story: IssueStory
    others_changed: int  # contacts of others: another wait, another start, or in one world only
    others_waited_s: float  # more waiting of all others together
    others_more: int  # more contacts of others


@dataclass(frozen=True, slots=True, kw_only=True)
class WordEffect:
    """A word of the text, and the score of the text without it."""

    word: str
    score_without: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Rendered):
    """One contact of a simulated run."""

    run: str
    contact_id: str
    attempt: int
    customer_id: str
    use_case: str
    true_reason: str
    true_hardness: int
    own: IssueStory
    others: tuple[OtherArm, ...]  # one per other arm
    words: tuple[WordEffect, ...]  # those that change the score most, strongest first
    words_note: str | None  # why there are none

    @property
    def contact(self) -> ContactStory:
        """Return the contact that was asked for, as it was."""
        found = self.own.contact(self.attempt)
        assert found is not None  # it was read from the log
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON-able values, unrounded."""
        return asdict(self)
