"""The rehearsal in docs/forecast.md: its commands work, one after the other."""

import re
from pathlib import Path

import pytest

from abkit.cli.forecast_rehearsal import rehearse


@pytest.mark.slow
def test_the_rehearsal_runs_and_its_forecast_is_the_one_that_is_checked(tmp_path: Path) -> None:
    page = rehearse(tmp_path)
    hashes = re.findall(r"^ *([0-9a-f]{64})$", page, re.MULTILINE)
    assert len(hashes) == 2
    assert len(set(hashes)) == 1
    assert "of 9 estimates lie in the 90 % interval" in page
    assert max(map(len, page.splitlines())) <= 100
