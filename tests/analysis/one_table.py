"""The table of an analysis that has one treatment arm."""

from typing import Any

from abkit.analysis.analyzing import analyze
from abkit.core.table3 import Table3


def table_of(data: Any, **options: Any) -> Table3:
    return analyze(data, **options).table3
