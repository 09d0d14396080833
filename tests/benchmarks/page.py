"""The page of benchmarks: tables, printed as they are measured, and written as Markdown."""

import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

HEAD = """# Benchmarks

Made by `make benchmarks`. Whole processes, start-up included, unless a table says otherwise;
commands that are compared run in turn, and the fastest of their runs counts. CPU s is the time of
all cores together, which other work on the machine disturbs less: where the load average is above
the number of cores, the seconds are too long. Peak MB is the most memory that was resident. What
must agree between the columns is checked in the same run.
"""
PACKAGES = ("abkit", "duckdb", "simpy", "ciw", "tea-tasting", "pandas", "statsmodels")


class Page:
    """Sections in the order in which they were measured."""

    def __init__(self) -> None:
        self.sections: list[str] = []

    def add(
        self, title: str, header: Sequence[str], rows: Iterable[Sequence[str]], note: str
    ) -> None:
        """Print a table and keep it."""
        lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        section = f"## {title}\n\n{table}\n\n{note}\n"
        print(f"\n{section}")
        self.sections.append(section)

    def write(self, path: Path) -> None:
        """Write what was kept."""
        versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
        load = os.getloadavg()[2]
        machine = (
            f"{os.cpu_count()} cores, load average {load:.1f}, Python {platform.python_version()}, "
            f"{versions}.\n"
        )
        path.write_text("\n".join([HEAD, machine, *self.sections]), encoding="utf-8")
