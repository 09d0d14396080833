"""Blocks of the docs that a command printed: read, compared, and printed again.

`python tests/printed.py` writes what the commands print now into the docs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "docs/analyze.md", ROOT / "docs/scenarios.md")
SLOW_PAGES = (ROOT / "docs/fit-scenario.md",)  # a quarter of a minute for each block
BLOCK = re.compile(r"```text\n\$ (abkit (?:[^\n]|(?<=\\)\n)*)\n(.*?)```", re.DOTALL)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return each command and what stands below it."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def printed(command: str) -> str:
    """Return what a command prints in 80 columns, without blanks at the ends of lines."""
    words = command.replace("\\\n", " ").split(maxsplit=1)[1]
    done = subprocess.run(
        f"{sys.executable} -m abkit {words}", shell=True, cwd=ROOT, check=True, text=True,
        capture_output=True, env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.rstrip().splitlines()) + "\n"


def print_again(page: Path) -> None:
    """Replace what stands below each command."""
    text = page.read_text(encoding="utf-8")
    again = BLOCK.sub(lambda found: f"```text\n$ {found[1]}\n{printed(found[1])}```", text)
    page.write_text(again, encoding="utf-8")


if __name__ == "__main__":
    for each in PAGES + SLOW_PAGES:
        print_again(each)
