"""The analyses besides Table 3, apart from it: their libraries take a second to import."""

from abkit.analysis.block_designs import analyze_blocks
from abkit.analysis.interference import analyze_interference
from abkit.analysis.triggered import analyze_triggered

__all__ = ["analyze_blocks", "analyze_interference", "analyze_triggered"]
