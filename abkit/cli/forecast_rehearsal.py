"""`python -m abkit.cli.forecast_rehearsal`: make the last part of docs/forecast.md.

Every command runs in an empty folder, and what it prints stands below it.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from abkit.cli.ui import typed_out

_HEAD: Final = """
## A rehearsal

Control of a simulated test stands in for a team's log, its truth for a person's labels; the test
that comes afterwards has other draws. The priors are centred on this very world, as they are for no
real team: C rests on them. `python -m abkit.cli.forecast_rehearsal` makes this part again.
"""
_LOG: Final = """import duckdb

duckdb.sql("FROM 'before/contacts.parquet' WHERE arm = 'control'").write_parquet("control.parquet")
duckdb.sql(
    "SELECT contact_id, CASE WHEN true_reason = 'defective' THEN 'yes' ELSE 'no' END AS label "
    "FROM 'control.parquet' WHERE attempt = 1 ORDER BY hash(contact_id) LIMIT 1000"
).write_csv("golden.csv")
"""
_PREPARE: Final = """abkit simulate --weeks 2 --seed 3 --runs runs-before
mv runs-before/* before
"""
_FORECAST: Final = """abkit forecast --log control.parquet --labels golden.csv --out forecast.json
"""
_AFTERWARDS: Final = """abkit simulate --weeks 2 --seed 4 --runs runs-after
mv runs-after/* after
abkit forecast --check forecast.json --against after
"""


def rehearse(folder: Path) -> str:
    """Run it in `folder` and return the part of the page."""
    _shell(_PREPARE, folder)
    _run([sys.executable, "-c", _LOG], folder)
    forecast = _shell(_FORECAST, folder)
    check = _shell(_AFTERWARDS, folder)
    check = check[check.index("Forecast forecast.json") :]
    blocks = [
        _HEAD, _block("sh", _PREPARE), _block("python", _LOG), _block("sh", _FORECAST),
        _block("text", forecast), "Two weeks later:\n", _block("sh", _AFTERWARDS),
        _block("text", check),
    ]  # fmt: skip
    return "\n".join(blocks)


def _shell(commands: str, folder: Path) -> str:
    return _run(["sh", "-e", "-c", commands], folder)


def _run(command: list[str], folder: Path) -> str:
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    plain = {"PATH": places, "COLUMNS": "80", "NO_COLOR": "1"}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | plain, stdout=subprocess.PIPE, text=True, check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        typed_out(rehearse(Path(folder)))
