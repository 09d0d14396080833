"""Which column of a file would play which part of a contact log, by its name and its values."""

from collections.abc import Mapping, Sequence
from typing import Final

from abkit.core.inspected import ColumnFacts

_NAMES: Final = ("names", "whole numbers", "words", "texts")
_TIMES: Final = ("times", "times without zone")
FITS: Final[Mapping[str, tuple[str, ...]]] = {  # role -> what its values must be
    "contact_id": _NAMES,
    "customer_id": _NAMES,
    "issue_id": _NAMES,
    "use_case": ("words", "names", "whole numbers", "0/1"),
    "arm": ("words", "whole numbers", "0/1"),
    "started_at": _TIMES,
    "ended_at": _TIMES,
    "counted": ("0/1",),
    "automated": ("0/1",),
    "resolution": ("words", "names", "texts", "0/1"),
    "response": ("responses", "0/1"),
}
OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "contact_id": ("contact", "conversation_id", "session_id", "chat_id", "ticket_id", "call_id"),
    "customer_id": ("customer", "user_id", "user", "client_id", "account_id", "visitor_id"),
    "issue_id": ("issue", "case_id", "matter_id"),
    "use_case": ("usecase", "application", "use case", "bot"),
    "arm": ("variant", "variation", "treatment", "branch", "group", "test_group"),
    "started_at": ("start", "started", "start_time", "created_at", "begin", "opened_at"),
    "ended_at": ("end", "ended", "end_time", "closed_at", "finished_at"),
    "counted": (),
    "automated": ("automation", "contained", "deflected", "resolved_by_bot", "bot_resolved"),
    "resolution": ("offer", "offered"),
    "response": ("feedback", "rating", "thumbs", "answer"),
}


def roles_of(columns: Sequence[ColumnFacts]) -> dict[str, ColumnFacts]:
    """Return the column of each role: one called like it, else one of its other names that fits."""
    by_name = {column.name: column for column in columns}
    lowered = {column.name.lower(): column for column in reversed(columns)}
    found = {role: by_name[role] for role in FITS if role in by_name}
    for role, names in OTHER_NAMES.items():
        if role in found:
            continue
        for name in names:
            column = lowered.get(name)
            if column is not None and column.kind in FITS[role]:
                found[role] = column
                break
    return found


def unfit(roles: Mapping[str, ColumnFacts]) -> list[str]:
    """Return what is wrong with columns that have the name of a role but other values."""
    return [
        f"`{column.name}` holds {column.kind}, expected {' or '.join(FITS[role])}"
        for role, column in roles.items()
        if column.kind not in FITS[role]
    ]
