"""The program: `abkit COMMAND`; every command's heavy imports stay inside it."""

import sys
import traceback
from io import TextIOWrapper
from typing import Annotated

import typer

from abkit import __version__
from abkit.cli import (
    analyze,
    audit,
    evaluate,
    explain,
    fit_scenario,
    forecast,
    inspect,
    language,
    reproduce,
    scenario,
    score,
    simulate,
    threshold,
    train,
    ui,
    validate,
    whatif,
)
from abkit.core.errors import AbkitError

app = typer.Typer(
    name="abkit",
    cls=ui.Program,
    help="What does a calibrated text classifier change for the customers of a chatbot?\n\n"
    "Train it on noisy return reasons, put it into a simulated chatbot with a control and a "
    "treatment branch, and analyse that experiment.",
    epilog="Start with: abkit simulate --weeks 2, then: abkit audit --sample 485",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # joins the lines of a paragraph
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        ui.typed_out(f"abkit {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


app.command()(simulate.simulate)
app.add_typer(scenario.app, name="scenario")
app.command()(audit.audit)
app.command()(analyze.analyze)
app.command()(explain.explain)
app.command()(inspect.inspect)
app.command()(train.train)
app.command()(score.score)
app.command()(threshold.threshold)
app.command()(evaluate.evaluate)
app.command()(language.language)
app.command()(validate.validate)
app.command()(reproduce.reproduce)
app.command()(fit_scenario.fit_scenario)
app.command()(whatif.whatif)
app.command()(forecast.forecast)


def main() -> int:
    """Run the command line: 0 done, 1 the user can fix it, 2 bad usage, 3 a defect, 130 stopped."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a character gets its code
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except AbkitError as error:
        ui.complain(error)
        return error.exit_code
    except Exception:  # a defect of ours: say so, with all that helps to find it
        ui.err.print(traceback.format_exc(), markup=False)
        ui.say("this is a defect in abkit; please report it with the lines above")
        return 3
    return 0  # not reached: the program above ends by SystemExit


if __name__ == "__main__":
    sys.exit(main())
