"""One look for every figure: small, legible in grey, and the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from abkit.core.errors import ConfigError, listed
from abkit.core.store import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMS: Final = ("png", "svg", "pdf")
FULL: Final = 170.0  # width in mm of a figure over the whole page
COLUMN: Final = 80.0  # ... over one of two columns
INK: Final = "black"
GREYS: Final = ("0.30", "0.80", "0.62")  # far enough apart without colour ...
HATCHES: Final = ("", "////", "....")  # ... and told apart by their hatches, too

_MM_PER_INCH: Final = 25.4
_LOOK: Final[dict[Any, Any]] = {
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 0.9,
    "patch.linewidth": 0.5,
    "hatch.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # text stays text
    "svg.fonttype": "none",
    "svg.hashsalt": "abkit",  # the same names of parts every time
}
# No dates: equal facts give equal files.
_METADATA: Final[dict[str, dict[str, Any]]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


@contextmanager
def page(
    width_mm: float,
    height_mm: float,
    *,
    rows: int = 1,
    columns: int = 1,
    sharex: bool = False,
    sharey: bool | Literal["row"] = False,
    height_ratios: Sequence[float] | None = None,
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a figure in this look and its axes, row by row; no window and no global state."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_LOOK):
        figure = Figure(
            figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout="constrained"
        )
        axes = figure.subplots(
            rows, columns, squeeze=False, sharex=sharex, sharey=sharey, height_ratios=height_ratios
        )
        yield figure, list(axes.flat)


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write the figure as PNG, SVG and PDF, each whole or not at all; return the files."""
    written = []
    for form in FORMS:
        content = BytesIO()
        figure.savefig(content, format=form, metadata=_METADATA[form])
        path = folder / f"{name}.{form}"
        with atomic_write(path) as file:
            file.write(content.getvalue())
        written.append(path)
    return written


def save_as(figure: Figure, path: Path) -> Path:
    """Write the figure in the form that the file's ending names, whole or not at all."""
    form = form_of(path)
    content = BytesIO()
    figure.savefig(content, format=form, metadata=_METADATA[form])
    with atomic_write(path) as file:
        file.write(content.getvalue())
    return path


def form_of(path: Path) -> str:
    """Return the form that a file's ending names.

    Raises:
        ConfigError: There is no such form.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMS:
        raise ConfigError(f"`plot` is `{path}`; expected a name that ends in {listed(FORMS)}")
    return form


def share_axis(axis: Any) -> None:
    """Set ticks of a share from 0 to 1 in the house's form: 0, .5, 1."""
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
