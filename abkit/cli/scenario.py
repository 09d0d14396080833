"""`abkit scenario list|show|check|diff|schema`: the worlds that can be simulated."""

from enum import StrEnum
from typing import Annotated

import typer

from abkit.cli import options
from abkit.cli.ui import Format, show, typed_out

app = typer.Typer(
    help="The worlds that can be simulated: which there are, what they state and what they mean.",
    epilog="Start with: abkit scenario list, then: abkit scenario show returns-bot-points",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

_Name = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A packaged scenario's name, or a TOML file.")
]


class _File(StrEnum):
    """How a scenario's values are printed."""

    toml = "toml"
    json = "json"


@app.command("list")
def list_scenarios(output: options.Output = Format.text) -> None:
    """List the scenarios that come with the package."""
    from abkit.pipeline.scenarios import list_scenarios

    show(list_scenarios(), output)


@app.command("show")
def show_scenario(
    name: _Name,
    changes: options.Set = None,
    resolved: Annotated[
        bool,
        typer.Option("--resolved", help="Every value, the base's too, without comments."),
    ] = False,
    output: Annotated[
        _File, typer.Option("--format", metavar="FORM", help="toml or json (always resolved).")
    ] = _File.toml,
) -> None:
    """Print a scenario's file: its values with unit and source.

    With --set it is printed with these values, and is a scenario file again: `abkit scenario show
    returns-bot-points --set agents.backlog=20 > mine.toml`.
    """
    from abkit.pipeline.scenarios import read_changes, scenario_json, show_scenario

    changed = read_changes(changes or ())
    if output is _File.json:
        typed_out(scenario_json(name, changed))
        return
    typed_out(show_scenario(name, changed, resolved=resolved))


@app.command("check")
def check_scenario(
    name: _Name, changes: options.Set = None, output: options.Output = Format.text
) -> None:
    """Say what is wrong with a scenario or, if nothing is, what it means.

    What is wrong: every problem, with key, value and hint; then the exit code is 1. What it means:
    contacts a week, true reasons, the load of the agents by hour, and a warning of arms that
    nobody is sent to.
    """
    from abkit.pipeline.scenarios import check_scenario, read_changes

    result = check_scenario(name, read_changes(changes or ()))
    show(result, output)
    if not result.valid:
        raise typer.Exit(1)


@app.command("diff")
def diff_scenarios(
    first: _Name,
    second: Annotated[
        str | None,
        typer.Argument(metavar="[OTHER]", help="Another; default: the first, with --set."),
    ] = None,
    changes: options.Set = None,
    output: options.Output = Format.text,
) -> None:
    """Compare two scenarios key by key, all values resolved; --set changes the second."""
    from abkit.pipeline.scenarios import diff_scenarios, read_changes

    show(diff_scenarios(first, second, read_changes(changes or ())), output)


@app.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of scenario files, for editors: every key, its unit and its domain."""
    from abkit.pipeline.scenarios import schema_json

    typed_out(schema_json())
