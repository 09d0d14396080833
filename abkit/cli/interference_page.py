"""`python -m abkit.cli.interference_page`: make docs/interference.md and its figures."""

from pathlib import Path

from abkit.cli.ui import Bars, Format, show
from abkit.pipeline.interference_study import study_interference
from abkit.render.figures.interference import draw_interference

if __name__ == "__main__":
    study = study_interference(progress=Bars())
    draw_interference(study, Path("docs/figures"))
    show(study, Format.markdown)
