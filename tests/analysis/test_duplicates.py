"""Copies of contacts: dropped; contacts without an identifier: kept, and counted."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abkit.analysis.duplicates import Duplicates, without_copies
from abkit.analysis.roles import Roles
from abkit.analysis.sources import Data, open_source
from abkit.core.errors import DataError

ROLES = Roles(columns={"contact_id": "id"}, metrics=())


def kept(data: Data) -> tuple[Duplicates, list[tuple[object, ...]]]:
    with open_source(data) as source:
        found = without_copies(source, ROLES, "source")
        rows = source.rows(f"SELECT id, y FROM {found.relation} ORDER BY ALL")
    return found, [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("form", ["CSV", "Parquet", "data frame"])
def test_rows_without_an_identifier_are_kept(
    form: str, nothing: str | None, tmp_path: Path
) -> None:
    """Two of them may differ, or be alike: neither is a contradiction, nor a copy."""
    frame = pd.DataFrame({"id": ["a", "b", "b", *[nothing] * 3, "c"], "y": [1, 2, 2, 3, 3, 4, 5]})
    data: Data = frame
    if form == "CSV":
        data = tmp_path / "x.csv"
        frame.to_csv(data, index=False)
    elif form == "Parquet":
        data = tmp_path / "x.parquet"
        frame.to_parquet(data)
    found, rows = kept(data)
    assert (found.dropped, found.examples, found.without_id) == (1, ("b",), 3)
    assert sorted(str(y) for _, y in rows) == ["1", "2", "3", "3", "4", "5"]
    found, rows = kept(frame.drop(index=2))
    assert (found.relation, found.dropped, found.without_id) == ("source", 0, 3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", None, ""]), min_size=1, max_size=12))
def test_one_row_of_each_identifier_stays(ids: Sequence[str | None]) -> None:
    named = {name for name in ids if name}
    found, rows = kept(pd.DataFrame({"id": pd.Series(ids, dtype="string"), "y": 1}))
    missing = sum(not name for name in ids)
    assert found.without_id == missing
    assert found.dropped == len(ids) - missing - len(named)
    assert len(rows) == missing + len(named)
    assert {name for name, _ in rows if name} == named


def test_a_contradiction_is_one_of_rows_with_an_identifier() -> None:
    frame = pd.DataFrame({"id": ["a", "a", None, None], "y": [1, 2, 3, 4]})
    with pytest.raises(DataError, match="1 identifiers in `id` .*: `a`$"):
        kept(frame)
    assert kept(frame[1:])[0].without_id == 2
