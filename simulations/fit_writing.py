"""A fitted scenario as a file: the base's text and comments, fitted values replaced and marked."""

from collections.abc import Mapping, Sequence
from typing import Final

import tomli_w

from abkit.core.escape import visible
from abkit.simulations.scenario import Scenario
from abkit.simulations.scenario_files import means
from abkit.simulations.scenario_lines import changed_lines
from abkit.simulations.scenario_tables import Keys, leaves

_FIRST: Final = "Fitted by `abkit fit-scenario`. [F: was V] marks what it moved, from the base's V."


def fitted_text(
    base_text: str, fitted: Scenario, moved: Mapping[Keys, float], *, header: Sequence[str]
) -> str:
    """Return the TOML of a fitted scenario.

    Every line of the base stays as it is, comments and sources included, but for those that hold
    a moved value: there the number is replaced, and `[F: was 0.48]` ends the comment. Values that
    the base took from a packaged scenario are added to their tables. A base that is laid out so
    that this does not give the fitted scenario (some of a table in braces) is written anew,
    without its comments.

    Args:
        base_text: The base's file.
        fitted: The scenario that the result must mean.
        moved: The base's values of what was moved, by keys.
        header: Lines of a comment that is put on top; replaces that of an earlier fit.
    """
    top = "".join(f"# {visible(line)}\n" for line in (_FIRST, *header)) + "#\n"
    names: dict[Keys, str] = {("name",): fitted.name, ("description",): fitted.description}
    values = dict(leaves(fitted.model_dump(mode="json", exclude_none=True)))
    text = changed_lines(_without_header(base_text), names, mark="")
    text = changed_lines(text, {keys: values[keys] for keys in moved}, mark="F", was=moved)
    if not means(text, fitted):
        text = tomli_w.dumps(fitted.model_dump(mode="json", exclude_none=True))
    return top + text


def _without_header(text: str) -> str:
    """Return a file without what an earlier fit put on top."""
    _, found, below = text.partition("\n#\n")
    return below if found and text.startswith(f"# {_FIRST}\n") else text
