"""What every result object can do besides holding facts."""

from typing import TYPE_CHECKING, Any

from abkit.core.store import to_json

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, ConsoleOptions, RenderResult


class Rendered:
    """Lend a frozen result its renderings; the renderers are imported only when asked for."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the facts as JSON-able values: proportions, unrounded."""
        raise TypeError(f"{type(self).__name__} must define to_dict")

    def to_json(self) -> str:
        """Return `to_dict` as indented JSON; a non-finite number is null."""
        return to_json(self.to_dict())

    def to_markdown(self) -> str:
        """Return the result as GitHub Markdown."""
        from abkit.render import formats

        return formats.to_markdown(self)

    def to_latex(self) -> str:
        """Return the result's tables as LaTeX (booktabs)."""
        from abkit.render import formats

        return formats.to_latex(self)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the result's main table, unrounded; by default all facts as one."""
        return [self.to_dict()]

    def to_pandas(self) -> "pd.DataFrame":
        """Return `records` as a data frame; nested facts become columns `outer.inner`."""
        import pandas as pd

        return pd.json_normalize(self.records())

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from abkit.render import formats

        yield from formats.to_rich(self)
