"""abkit: what does a calibrated text classifier change for the customers of a chatbot?

The verbs of the command line are functions here; each imports what it needs when it is first
looked up. They return frozen results and print nothing.
"""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from abkit.analysis.analyzing import analyze, analyze_counts
    from abkit.analysis.block_designs import analyze_blocks
    from abkit.analysis.interference import analyze_interference
    from abkit.analysis.triggered import analyze_triggered
    from abkit.pipeline.auditing import audit
    from abkit.pipeline.evaluating import evaluate
    from abkit.pipeline.explaining import explain
    from abkit.pipeline.fitting_scenario import fit_scenario
    from abkit.pipeline.forecasting import forecast
    from abkit.pipeline.inspecting import inspect
    from abkit.pipeline.labelled import LabelledTexts
    from abkit.pipeline.replicating import replicate
    from abkit.pipeline.scoring import score
    from abkit.pipeline.simulating import simulate
    from abkit.pipeline.sweeping import sweep
    from abkit.pipeline.thresholding import threshold
    from abkit.pipeline.training import train
    from abkit.pipeline.whatif import whatif

__version__ = "0.1.0"
__all__ = [
    "LabelledTexts",
    "analyze",
    "analyze_blocks",
    "analyze_counts",
    "analyze_interference",
    "analyze_triggered",
    "audit",
    "evaluate",
    "explain",
    "fit_scenario",
    "forecast",
    "inspect",
    "replicate",
    "score",
    "simulate",
    "sweep",
    "threshold",
    "train",
    "whatif",
]

_PLACES: Final = {
    "LabelledTexts": ("abkit.pipeline.labelled", "LabelledTexts"),
    "analyze": ("abkit.analysis.analyzing", "analyze"),
    "analyze_blocks": ("abkit.analysis.block_designs", "analyze_blocks"),
    "analyze_counts": ("abkit.analysis.analyzing", "analyze_counts"),
    "analyze_interference": ("abkit.analysis.interference", "analyze_interference"),
    "analyze_triggered": ("abkit.analysis.triggered", "analyze_triggered"),
    "audit": ("abkit.pipeline.auditing", "audit"),
    "evaluate": ("abkit.pipeline.evaluating", "evaluate"),
    "explain": ("abkit.pipeline.explaining", "explain"),
    "fit_scenario": ("abkit.pipeline.fitting_scenario", "fit_scenario"),
    "forecast": ("abkit.pipeline.forecasting", "forecast"),
    "inspect": ("abkit.pipeline.inspecting", "inspect"),
    "replicate": ("abkit.pipeline.replicating", "replicate"),
    "score": ("abkit.pipeline.scoring", "score"),
    "simulate": ("abkit.pipeline.simulating", "simulate"),
    "sweep": ("abkit.pipeline.sweeping", "sweep"),
    "threshold": ("abkit.pipeline.thresholding", "threshold"),
    "train": ("abkit.pipeline.training", "train"),
    "whatif": ("abkit.pipeline.whatif", "whatif"),
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module `abkit` has no attribute `{name}`")
    from importlib import import_module

    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
