"""Opening a contact log: what may be asked, and what never leaves the library."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abkit.analysis.contact_log import COLUMNS, open_contact_log
from abkit.core.contacts import CONTACT_SCHEMA
from abkit.core.errors import DataError


@pytest.fixture
def log(write_log: Callable[..., Path], contact: Callable[..., dict[str, Any]]) -> Path:
    return write_log([contact(1, "a", "control", 0, 1), contact(2, "b", "treatment", 0, 1)])


def test_truth_is_out_of_reach(log: Path) -> None:
    assert set(COLUMNS) <= set(CONTACT_SCHEMA.names)
    with open_contact_log(log, COLUMNS) as opened:
        names = {row["column_name"] for row in opened.rows("DESCRIBE contacts")}
    assert names == set(COLUMNS)
    assert not any(name.startswith("true_") for name in names)


def test_duckdb_neither_prints_nor_fetches(log: Path) -> None:
    """Its progress bar goes to stdout after two seconds, between the user's data."""
    with open_contact_log(log, ("contact_id",)) as opened:
        for setting in ("enable_progress_bar", "autoinstall_known_extensions"):
            (row,) = opened.rows(f"SELECT current_setting('{setting}') AS value")
            assert row["value"] is False


def test_only_the_columns_asked_for_must_exist(log: Path) -> None:
    with open_contact_log(log, ("contact_id", "arm")) as opened:
        rows = opened.rows("SELECT * FROM contacts WHERE arm = $arm", arm="control")
    assert rows == [{"contact_id": "k1", "arm": "control"}]


def test_a_failing_question_names_the_file(log: Path) -> None:
    with (
        open_contact_log(log, ("contact_id",)) as opened,
        pytest.raises(DataError, match="`contacts.parquet` cannot be read as Parquet"),
    ):
        opened.rows("SELECT arm FROM contacts")


def test_the_connection_ends_with_the_block(log: Path) -> None:
    with open_contact_log(log, ("contact_id",)) as opened:
        pass
    with pytest.raises(DataError):
        opened.rows("SELECT 1")
