"""Hostile text made harmless: control characters for terminals, formulas for spreadsheets."""

import re
import unicodedata
from typing import Final

_BREAKS: Final = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"  # after each, some program starts a line
_FORMULA: Final = re.compile(rf"(?:\A|[{_BREAKS}])[^\S{_BREAKS}]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_PICTURES: Final = 0x2400  # the symbols for C0 controls: U+2400 to U+241F


def visible(text: str) -> str:
    """Return `text` with every control and format character replaced by a visible symbol.

    Escape sequences, C1 controls, line breaks and bidirectional overrides cannot act on a terminal
    any more (general categories Cc, Cf, Zl, Zp, Cs).
    """
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURES + code)
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
        return "\ufffd"
    return character


def spreadsheet_safe(text: str) -> str:
    """Return `text` so that a spreadsheet shows it instead of evaluating it.

    A cell of which any line, whatever breaks it, begins, after blanks, with `=`, `+`, `-`, `@` or
    their full-width forms, or which begins with a tab, a carriage return or an apostrophe, gets an
    apostrophe in front (OWASP, CSV injection). `spreadsheet_original` undoes it.
    """
    return f"'{text}" if _FORMULA.search(text) or text[:1] in ("\t", "\r", "'") else text


def spreadsheet_original(cell: str) -> str:
    """Return the text that `spreadsheet_safe` was given."""
    return cell[1:] if cell.startswith("'") else cell
