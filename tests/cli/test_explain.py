"""`abkit explain`: agrees with the log, flips one customer, refuses what is not there."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import abkit
from abkit.core.errors import RunError
from abkit.model.scoring import score_texts
from abkit.pipeline.explaining import explain_contact, issue_story
from abkit.pipeline.replayed_run import ReplayedRun, replay

from .steps import Cli, in_80_columns


@pytest.fixture(scope="session")
def replayed(tmp_path_factory: pytest.TempPathFactory, private_cache: Path) -> ReplayedRun:
    """A small run of the default model, played again."""
    folder = tmp_path_factory.mktemp("explained") / "runs"
    changes = {"arrivals.first_contacts_per_week": 3_000.0, "agents.heads": 2}
    return replay(abkit.simulate(weeks=1, runs=folder, changes=changes).run)


def test_two_hundred_contacts_agree_with_the_log(replayed: ReplayedRun) -> None:
    log = pq.read_table(replayed.log).to_pandas().set_index("contact_id")
    for contact in np.random.default_rng(0).choice(log.index, 200, replace=False):
        row = log.loc[contact]
        story = issue_story(replayed, replayed.played, int(row["customer_id"][1:]))
        told = story.contact(row["attempt"])
        assert told is not None
        assert (told.contact_id, story.arm) == (contact, row["arm"])
        assert told.started_at == row["started_at"].isoformat(timespec="microseconds")
        assert told.ended_at == row["ended_at"].isoformat(timespec="microseconds")
        assert (told.menu_reason, told.outcome) == (row["menu_reason"], row["outcome"])
        assert (told.text is None) == (not isinstance(row["text"], str))
        if told.text is not None:
            assert told.text == row["text"]
            assert (told.score, told.flagged) == (row["score"], row["flagged"])
            assert told.flagged == (told.score >= story.threshold)
        lasted = (row["ended_at"] - row["started_at"]).total_seconds()
        parts = told.bot_s + (told.wait_s or 0) + (told.service_s or 0)
        assert parts == pytest.approx(lasted, abs=5e-6)


def test_a_contact_in_json_and_in_words(cli: Cli, replayed: ReplayedRun) -> None:
    log = pq.read_table(replayed.log).to_pandas()
    flagged = log["flagged"].fillna(False).astype(bool)
    changed = log[(log["arm"] == "treatment") & flagged & (log["menu_reason"] != "defective")]
    contact = changed["contact_id"].iloc[0]
    done = cli("explain", contact, "--runs", replayed.folder.parent)
    assert done.code == 0
    in_80_columns(done.out)
    said = " ".join(done.out.split())
    for word in ("Flagged", "at or above the threshold", "had it been there", contact):
        assert word in said
    found = json.loads(cli("explain", replayed.folder.name, contact, "--runs",
                           replayed.folder.parent, "--format", "json").out)  # fmt: skip
    (other,) = found["others"]
    mine, theirs = found["own"]["contacts"][0], other["story"]["contacts"][0]
    assert (found["own"]["arm"], other["story"]["arm"]) == ("treatment", "control")
    for same in ("started_at", "menu_reason", "text", "score", "bot_s"):
        assert mine[same] == theirs[same]
    assert found["own"]["contacts"][found["attempt"] - 1]["believed_reason"] == "defective"
    assert theirs["believed_reason"] == theirs["menu_reason"]
    artifact = replayed.artifact()
    assert artifact is not None
    text, score = (found["own"]["contacts"][found["attempt"] - 1][k] for k in ("text", "score"))
    best = found["words"][0]
    without = [text.split()[:i] + text.split()[i + 1 :] for i in range(len(text.split()))]
    scores = score_texts(artifact, [" ".join(words) for words in without])
    assert abs(best["score_without"] - score) == pytest.approx(
        np.abs(scores - score).max(), abs=1e-6
    )


def test_what_is_not_there_is_refused(cli: Cli, replayed: ReplayedRun) -> None:
    runs = replayed.folder.parent
    done = cli("explain", "c00000005-99", "--runs", runs)
    assert done.code == 1
    assert "has no contact `c00000005-99`" in done.err
    assert "that customer's: `c00000005-01`" in done.err
    assert "did you mean `c00000042-01`?" in cli("explain", "42", "--runs", runs).err
    assert "for example `c0000" in cli("explain", "foo", "--runs", runs).err
    hostile = cli("explain", "\x1b[2J", "--runs", runs)
    assert hostile.code == 1
    assert "\x1b[2J" not in hostile.err
    assert "is no run's name" in cli("explain", "a/b", "42", "--runs", runs).err
    assert cli("explain", "a", "b", "c").code == 2


def test_a_run_of_other_code_is_refused(replayed: ReplayedRun, tmp_path: Path) -> None:
    table = pq.read_table(replayed.log)
    wrong = table.set_column(
        table.schema.get_field_index("menu_reason"), "menu_reason", table["true_reason"]
    )
    shutil.copytree(replayed.folder, tmp_path / "run")
    pq.write_table(wrong, tmp_path / "run" / "contacts.parquet")
    other = ReplayedRun(folder=tmp_path / "run", made=replayed.made, played=replayed.played)
    frame = table.to_pandas()
    contact = frame[frame["menu_reason"] != frame["true_reason"]]["contact_id"].iloc[0]
    with pytest.raises(RunError, match="made by other code: played again, `menu_reason` of"):
        explain_contact(other, contact)


def test_hostile_texts_of_a_user_are_harmless(cli: Cli, own_texts: Path) -> None:
    columns = ("--text", "body", "--reason", "why", "--label-0", "lost")
    served = ("--texts", own_texts, *columns)
    few = ("--set", "arrivals.first_contacts_per_week=500.0")
    assert cli("simulate", "--weeks", 1, *served, *few).code == 0
    (log,) = Path("runs").glob("*/contacts.parquet")
    frame = pq.read_table(log).to_pandas()
    contact = frame[frame["text"].str.contains("\x1b", na=False)]["contact_id"].iloc[0]
    for form in ("text", "markdown", "latex"):
        done = cli("explain", contact, "--format", form)
        assert done.code == 0
        assert "\x1b" not in done.out
    assert "cleared" in done.out
