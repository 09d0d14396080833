"""What else `analyze` can do: a triggered comparison, designs by blocks, signs of a queue."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from abkit.cli.ui import Format, busy, say, show
from abkit.core.errors import ConfigError

_SHARED: Final = "Where customers share a queue"


class DesignName(StrEnum):
    """What was randomised instead of customers."""

    switchback = "switchback"
    saturation = "saturation"


Design = Annotated[
    DesignName | None,
    typer.Option(
        rich_help_panel=_SHARED,
        help="Blocks of time were randomised, and are the units: whole blocks in one arm, or "
        "blocks with much and with little treatment. It needs --block.",
    ),
]
BlockColumn = Annotated[
    str | None,
    typer.Option(
        "--block",
        metavar="COLUMN",
        rich_help_panel=_SHARED,
        help="The block of time, that of a customer's first contact where repeats keep the arm.",
    ),
]
Interference = Annotated[
    bool,
    typer.Option(
        "--interference",
        rich_help_panel=_SHARED,
        help="Signs that the arms share a queue (it needs `started_at` and `wait_s`).",
    ),
]
Before = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        rich_help_panel=_SHARED,
        help="With --interference: when the experiment began; control before is compared with "
        "control after it.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Which analysis other than Table 3 was asked for."""

    triggered: bool
    design: DesignName | None
    block: str | None
    interference: bool
    before: str | None
    own: Mapping[str, Any]  # what belongs to --triggered alone

    @property
    def is_asked(self) -> bool:
        """Return whether any was."""
        return bool(self.triggered or self._by_blocks or self.interference or self.before)

    @property
    def _by_blocks(self) -> bool:
        return self.design is not None or self.block is not None

    @property
    def option(self) -> str:
        """Return the option that asked for it."""
        if self.triggered:
            return "--triggered"
        return "--design" if self._by_blocks else "--interference"

    @property
    def foreign(self) -> dict[str, Any]:
        """Return the options of the others, which exclude it."""
        blocks = {"design": self.design, "block": self.block}
        queue = {"interference": self.interference, "before": self.before}
        if self.triggered:
            return blocks | queue
        return {**self.own, **(queue if self._by_blocks else {})}

    def show(
        self, log: str | None, *, run: str | None, runs: Path, output: Format, **asked: Any
    ) -> None:
        """Analyse and print; `asked` as for `analyze`."""
        from abkit.pipeline import analyzing_kinds
        from abkit.pipeline.analyzing import chosen_log

        if self._by_blocks and (self.design is None or self.block is None):
            raise ConfigError(
                "`--design` and `--block` belong together",
                hint="for example: --design switchback --block day",
            )
        if self.before is not None and not self.interference:
            raise ConfigError("`--before` belongs to `--interference`")
        place = chosen_log(log, run=run, runs=runs)
        if log is None:
            say(f"run {Path(place).parent.name}")
        with busy("Analysing"):
            if self.triggered:
                own = {**self.own, "label_0": self.own["label_0"] or "defective"}
                show(analyzing_kinds.analyze_triggered(place, **own, **asked), output)
            elif self._by_blocks:
                found = analyzing_kinds.analyze_blocks(
                    place, design=str(self.design), block=str(self.block), **asked
                )
                show(found, output)
            else:
                of_rows = _only_of_logs(asked)
                show(
                    analyzing_kinds.analyze_interference(place, before=self.before, **of_rows),
                    output,
                )


def _only_of_logs(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what signs in a contact log can heed; refuse the rest."""
    for name in ("metrics", "variant", "unit", "use_case", "allocation"):
        if asked[name]:
            option = "--metric" if name == "metrics" else "--" + name.replace("_", "-")
            raise ConfigError(
                f"`--interference` and `{option}` exclude each other",
                hint="columns of a contact log under other names are told by --map",
            )
    left_out = ("metrics", "variant", "unit", "use_case", "allocation")
    return {name: value for name, value in asked.items() if name not in left_out}
