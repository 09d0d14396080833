"""From a result object to any form: one list of blocks, three renderers."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from abkit.core.analyzed import Analysis
from abkit.core.audit_report import AuditReport
from abkit.core.audited import AuditResult
from abkit.core.coverage_report import CoverageReport
from abkit.core.deltas import Deltas
from abkit.core.evaluated import Evaluated
from abkit.core.explained import Explanation
from abkit.core.faults_report import FaultsReport
from abkit.core.fitted import FittedScenario
from abkit.core.fitted_log import FittedToLog
from abkit.core.forecast_study import ForecastStudy
from abkit.core.forecasted import Forecast, ForecastCheck
from abkit.core.inspected import Inspection
from abkit.core.interference import BlockAnalysis, QueueSigns
from abkit.core.interference_study import InterferenceStudy
from abkit.core.real_texts import RealTexts
from abkit.core.replicated import Replications
from abkit.core.reproduced import Reproduction
from abkit.core.scenarios import ScenarioCheck, ScenarioDiff, ScenarioList
from abkit.core.simulated import SimulationResult
from abkit.core.swept import Sweep
from abkit.core.table3 import Table3
from abkit.core.thresholded import ThresholdReport
from abkit.core.trained import TrainingReport
from abkit.core.triggered import TriggeredAnalysis
from abkit.core.validity_report import ValidityReport
from abkit.core.whatif import WhatIf
from abkit.core.world_checks import WorldReport
from abkit.render import (
    analyzed,
    audited,
    coverage,
    evaluated,
    explained,
    faults,
    fitted,
    fitted_log,
    forecast_study,
    forecasted,
    inspected,
    interference,
    interference_study,
    markup,
    queue_signs,
    real_texts,
    replicated,
    reproduced,
    reproduced_page,
    scenarios,
    simulated,
    swept,
    table3,
    thresholded,
    trained,
    triggered,
    validity,
    whatif,
    world_checks,
)
from abkit.render.grid import Block
from abkit.render.terminal import to_terminal

if TYPE_CHECKING:
    from rich.console import RenderableType

BLOCKS: Final[dict[type, Callable[[Any], list[Block]]]] = {
    Analysis: analyzed.blocks,
    Deltas: analyzed.deltas_blocks,
    Table3: table3.blocks,
    SimulationResult: simulated.blocks,
    Replications: replicated.blocks,
    AuditReport: audited.blocks,
    BlockAnalysis: interference.blocks,
    InterferenceStudy: interference_study.blocks,
    QueueSigns: queue_signs.blocks,
    AuditResult: audited.result_blocks,
    TrainingReport: trained.blocks,
    TriggeredAnalysis: triggered.blocks,
    ThresholdReport: thresholded.blocks,
    Evaluated: evaluated.blocks,
    CoverageReport: coverage.blocks,
    Explanation: explained.blocks,
    Inspection: inspected.blocks,
    ValidityReport: validity.blocks,
    FaultsReport: faults.blocks,
    FittedScenario: fitted.blocks,
    FittedToLog: fitted_log.blocks,
    Forecast: forecasted.blocks,
    ForecastCheck: forecasted.check_blocks,
    ForecastStudy: forecast_study.blocks,
    WorldReport: world_checks.blocks,
    ScenarioList: scenarios.list_blocks,
    ScenarioCheck: scenarios.check_blocks,
    ScenarioDiff: scenarios.diff_blocks,
    Sweep: swept.blocks,
    Reproduction: reproduced.blocks,
    RealTexts: real_texts.blocks,
    WhatIf: whatif.blocks,
}
PAGES: Final[dict[type, Callable[[Any], str]]] = {  # results whose Markdown is a page of its own
    CoverageReport: coverage.page,
    FaultsReport: faults.page,
    ForecastStudy: forecast_study.page,
    Inspection: inspected.page,
    InterferenceStudy: interference_study.page,
    ValidityReport: validity.page,
    WorldReport: world_checks.page,
    Reproduction: reproduced_page.page,
    RealTexts: real_texts.page,
    WhatIf: whatif.page,
}


def to_markdown(result: object) -> str:
    """Return a result as GitHub Markdown."""
    if page := PAGES.get(type(result)):
        return page(result)
    return "\n".join(map(markup.to_markdown, BLOCKS[type(result)](result)))


def to_latex(result: object) -> str:
    """Return a result as LaTeX; tables need the package booktabs."""
    if isinstance(result, Inspection):  # with lines to type, which stand as they are
        return inspected.latex(result)
    return "\n".join(map(markup.to_latex, BLOCKS[type(result)](result)))


def to_rich(result: object) -> "Iterator[RenderableType]":
    """Yield what a console prints."""
    for block in BLOCKS[type(result)](result):
        yield from to_terminal(block)
