"""`explain`: what happened to a contact, why, and what the other arm would have done."""

import datetime
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from abkit.core.contacts import CONTACT_SCHEMA
from abkit.core.errors import RunError
from abkit.core.explained import ContactStory, Explanation, IssueStory, OtherArm, WordEffect
from abkit.core.progress import SILENT, Progress
from abkit.core.reasons import REASONS
from abkit.core.runs import find_run, open_run
from abkit.pipeline.occlusion import word_effects
from abkit.pipeline.replayed_run import ReplayedRun, replay
from abkit.pipeline.simulating import LOG
from abkit.simulations.retold import chances, changes_elsewhere, rows_of
from abkit.simulations.world import Played

_ID: Final = re.compile(r"c(\d{8})-(\d{2})")


def explain(
    contact: str,
    *,
    run: str | None = None,
    runs: Path = Path("runs"),
    progress: Progress = SILENT,
) -> Explanation:
    """Retell one contact of a simulated run, and what would have happened in the other arms.

    The run's world is simulated again, once as it was and once for each other arm with this
    customer alone moved there; everybody else keeps arm and draws, and shares the agents' queue.

    Args:
        contact: A `contact_id` of the run's log.
        run: The run's name; None: the latest.
        runs: The folder that holds the run folders.
        progress: Shows simulated days.

    Raises:
        RunError: There is no such run or contact, or the run was made by other code, another model
            or other texts.
    """
    folder = find_run(Path(runs), run)
    open_run(folder)
    check_contact(folder / LOG, contact)
    return explain_contact(replay(folder, progress), contact, progress)


def explain_contact(
    replayed: ReplayedRun, contact: str, progress: Progress = SILENT
) -> Explanation:
    """Retell one contact of a run that was played again already."""
    rows = check_contact(replayed.log, contact)
    customer = int(rows[0]["customer_id"][1:])
    attempt = next(row["attempt"] for row in rows if row["contact_id"] == contact)
    _check_same(replayed, customer, rows)
    own = issue_story(replayed, replayed.played, customer)
    first = rows[0]
    words, note = _words(replayed, own, attempt)
    return Explanation(
        run=replayed.folder.name,
        contact_id=contact,
        attempt=attempt,
        customer_id=first["customer_id"],
        use_case=first["use_case"],
        true_reason=first["true_reason"],
        true_hardness=first["true_hardness"],
        own=own,
        others=tuple(
            _other_arm(replayed, customer, arm, progress)
            for arm in replayed.made.world.arms
            if arm != own.arm
        ),
        words=words,
        words_note=note,
    )


def _other_arm(replayed: ReplayedRun, customer: int, arm: str, progress: Progress) -> OtherArm:
    played = replayed.moved(customer, arm, progress)
    elsewhere = changes_elsewhere(replayed.played, played, customer)
    return OtherArm(
        story=issue_story(replayed, played, customer),
        others_changed=elsewhere.contacts,
        others_waited_s=elsewhere.waited_s,
        others_more=elsewhere.contacts_more,
    )


def issue_story(replayed: ReplayedRun, played: Played, customer: int) -> IssueStory:
    """Return a customer's contacts in one played world."""
    made = replayed.made
    name = list(made.world.arms)[int(played.customers.arm[customer])]
    arm = made.world.arms[name]
    rows = rows_of(played, customer, weeks=made.weeks).to_pylist()
    following = [*rows[1:], None]
    return IssueStory(
        arm=name,
        policy=arm.policy,
        threshold=None if made.loop.model is None else arm.flags_from(made.loop.threshold),
        contacts=tuple(
            _story(replayed, played, row, after) for row, after in zip(rows, following, strict=True)
        ),
    )


def _story(
    replayed: ReplayedRun, played: Played, row: dict[str, Any], after: dict[str, Any] | None
) -> ContactStory:
    behind = chances(
        played, replayed.made.world, customer=int(row["customer_id"][1:]), attempt=row["attempt"],
        believed=REASONS.index(row["assigned_reason"]), draws=replayed.draws,
    )  # fmt: skip
    offered = row["resolution"] is not None
    return ContactStory(
        contact_id=row["contact_id"],
        attempt=row["attempt"],
        started_at=_instant(row["started_at"]),
        menu_reason=row["menu_reason"],
        text=row["text"],
        score=row["score"],
        flagged=row["flagged"],
        believed_reason=row["assigned_reason"],
        resolution=row["resolution"],
        fits=behind.fits if offered else None,
        acceptance_chance=behind.accepts if offered else None,
        accepted=row["accepted"],
        response=row["response"],
        bot_s=behind.bot_s,
        wait_s=row["wait_s"],
        service_s=behind.service_s if row["outcome"] == "resolved_by_agent" else None,
        outcome=row["outcome"],
        ended_at=_instant(row["ended_at"]),
        next_contact=None if after is None else after["contact_id"],
        next_after_s=None
        if after is None
        else (after["started_at"] - row["ended_at"]).total_seconds(),
    )


def _instant(at: datetime.datetime) -> str:
    return at.isoformat(timespec="microseconds")


def _words(
    replayed: ReplayedRun, own: IssueStory, attempt: int
) -> tuple[tuple[WordEffect, ...], str | None]:
    """Return the words that the score rests on, or why there are none."""
    contact = own.contact(attempt)
    artifact = replayed.artifact()
    if contact is None or contact.text is None or contact.score is None or artifact is None:
        return (), "the customer typed no usable text"
    found = word_effects(artifact, contact.text, contact.score)
    return found, None if found else "the text is a single word"


def check_contact(log: Path, contact: str) -> list[dict[str, Any]]:
    """Return the rows of the contact's customer, in order.

    Raises:
        RunError: The log has no such contact; the nearest one is named.
    """
    made = _ID.fullmatch(contact)
    rows = _rows_of(log, f"u{made[1]}") if made else []
    if any(row["contact_id"] == contact for row in rows):
        return rows
    ids = ", ".join(f"`{row['contact_id']}`" for row in rows)
    raise RunError(
        f"run `{log.parent.name}` has no contact `{contact}`",
        hint=f"that customer's: {ids}" if rows else _nearest(log, contact),
    )


def _rows_of(log: Path, customer_id: str) -> list[dict[str, Any]]:
    table = parquet.read_table(log, filters=[("customer_id", "==", customer_id)])
    rows: list[dict[str, Any]] = table.select(CONTACT_SCHEMA.names).sort_by("attempt").to_pylist()
    return rows


def _nearest(log: Path, contact: str) -> str:
    """Return a hint that names the identifier closest in number; without one, an example."""
    ids = parquet.read_table(log, columns=["contact_id"])["contact_id"]
    if not len(ids):
        return "its log has no contacts"
    everywhere = f"the column `contact_id` of `{log}` has them all"
    digits = re.search(r"[0-9]{1,8}", contact)
    if digits is None:
        return f"for example `{ids[0].as_py()}`; {everywhere}"
    numbers = pc.cast(pc.utf8_slice_codeunits(ids, 1, 9), pa.int64()).to_numpy()
    close = ids[int(np.argmin(np.abs(numbers - int(digits[0]))))].as_py()
    return f"did you mean `{close}`? {everywhere}"


def _check_same(replayed: ReplayedRun, customer: int, rows: list[dict[str, Any]]) -> None:
    """Raise `RunError` unless the world played again has the log's rows of this customer."""
    table = rows_of(replayed.played, customer, weeks=replayed.made.weeks)
    again = table.select(CONTACT_SCHEMA.names).to_pylist()
    for was, now in zip(rows, again, strict=False):
        for name, value in was.items():
            if now[name] != value:
                raise _other_code(
                    replayed, f"`{name}` of `{was['contact_id']}` is `{now[name]}`, not `{value}`"
                )
    if len(rows) != len(again):
        raise _other_code(replayed, f"the customer has {len(again)} contacts, not {len(rows)}")


def _other_code(replayed: ReplayedRun, what: str) -> RunError:
    return RunError(
        f"run `{replayed.folder.name}` was made by other code: played again, {what}",
        hint="simulate again, and explain a contact of that run",
    )
