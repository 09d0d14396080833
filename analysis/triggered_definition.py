"""Which contacts the text check would change, as SQL, and whether a log can tell it at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from abkit.analysis.roles import Roles
from abkit.analysis.sources import Source
from abkit.analysis.values import OTHER, number_invalid, number_value, text_value, truth_value
from abkit.core.errors import ConfigError, DataError, listed

# role -> what a column in it says, beside `roles.ROLES`; a contact log names them like that
ROLES: Final = {
    "menu_reason": "what the customer selected",
    "flagged": "whether the text check says LABEL 0",
    "score": "the text's P(LABEL 0)",
    "assigned_reason": "what the bot believed",
}
_NOTHING: Final = ('"NULL"', "DOUBLE")  # of a frame's column in which nothing is
_SCORE_BOTH: Final = (
    "a triggered comparison needs to know in both arms which contacts the text check would change: "
    "score the other arm's texts, too (`abkit score`), and leave the scores unused"
)
OTHER_POLICIES: Final = (
    "a contact triggers if it is flagged while the menu says something else, which is right where "
    "the text only adds LABEL 0; where it can overrule the menu, write what it would change into "
    "a column, in both arms, and name it with --trigger COLUMN"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """When a contact triggers: by a column of its own, else by flag or score and by menu."""

    column: str | None = None
    threshold: float | None = None  # of `score`; None: `flagged` says it
    label_0: str = "defective"  # the menu's word
    columns: Mapping[str, str]  # column of each of `ROLES`; absent ones left out

    def __post_init__(self) -> None:
        if self.column is not None and self.threshold is not None:
            raise ConfigError(
                f"`trigger` is `{self.column}` and `threshold` {self.threshold:g}; expected one of "
                "them"
            )
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ConfigError(f"`threshold` is {self.threshold:g}; expected a score in [0, 1]")

    @property
    def words(self) -> str:
        """Return the definition as words."""
        if self.column is not None:
            return f"`{self.column}` is true"
        menu = f"`{self.columns['menu_reason']}` is not `{self.label_0}`"
        if self.threshold is not None:
            return f"`{self.columns['score']}` is at least {self.threshold:g} and {menu}"
        return f"`{self.columns['flagged']}` is true and {menu}"

    def said_by(self) -> str:
        """Return the column that must not be null throughout an arm."""
        if self.column is not None:
            return self.column
        return self.columns["flagged" if self.threshold is None else "score"]

    def sql(self, source: Source) -> str:
        """Return BOOLEAN, never null: whether a contact triggers."""
        column, kind = self.said_by(), source.columns[self.said_by()]
        if self.column is None and self.threshold is not None:
            said = f"{number_value(column, kind)} >= {self.threshold!r}"
        else:
            said = f"{truth_value(column, kind)} = 1"
        if self.column is None:
            said += f" AND {self.menu(source)} IS DISTINCT FROM {_literal(self.label_0)}"
        return f"coalesce({said}, false)"

    def menu(self, source: Source) -> str:
        """Return the SQL of the menu's word."""
        column = self.columns["menu_reason"]
        return text_value(column, source.columns[column])


def find_trigger(
    source: Source,
    *,
    column: str | None,
    threshold: float | None,
    label_0: str,
    mapping: Mapping[str, str],
) -> Trigger:
    """Return the definition that was asked for, its columns present.

    Raises:
        ConfigError: The threshold is no score, or stands beside a column.
        DataError: A column that the definition needs is absent.
    """
    named = {role: mapping.get(role, role) for role in ROLES}
    for role, name in mapping.items():
        source.require(name, role=role)
    present = {role: name for role, name in named.items() if name in source.columns}
    trigger = Trigger(column=column, threshold=threshold, label_0=label_0, columns=present)
    if column is not None:
        source.require(column, role="trigger")
        return trigger
    if "menu_reason" not in present:
        raise DataError(
            f"`{source.name}` has no column `menu_reason`, without which nobody knows where the "
            "text check changed something",
            hint="name it with --map menu_reason=COLUMN, or a column that is true where the arms "
            "would differ with --trigger COLUMN",
        )
    needed = "flagged" if threshold is None else "score"
    if needed not in present:
        hint = (
            "say from which score on with --threshold T"
            if "score" in present
            else f"name it with --map {needed}=COLUMN; `abkit score` makes scores"
        )
        raise DataError(
            f"`{source.name}` has no column `{needed}`; both arms need it, control as a shadow "
            "that is computed and not used",
            hint=hint,
        )
    return trigger


def check_shadow(source: Source, relation: str, roles: Roles, trigger: Trigger) -> None:
    """Raise `DataError` where values cannot be read, or an arm has none: control needs them too."""
    column = trigger.said_by()
    kind = source.columns[column]
    if kind == _NOTHING[0]:
        raise DataError(f"`{column}` is null in all rows", hint=_SCORE_BOTH)
    score = trigger.column is None and trigger.threshold is not None
    bad = number_invalid(column, kind) if score else f"{truth_value(column, kind)} = {OTHER}"
    value = number_value(column, kind) if score else truth_value(column, kind)
    arm = text_value(roles.columns["arm"], source.columns[roles.columns["arm"]])
    menu = "*" if trigger.column is not None else trigger.menu(source)
    rows = source.rows(
        f"SELECT {arm} AS arm, count(*) AS n, count({value}) AS known, count({menu}) AS selected, "
        f"count(*) FILTER ({bad}) AS bad FROM {relation} WHERE {arm} IS NOT NULL "
        "GROUP BY ALL ORDER BY ALL"
    )
    if invalid := sum(row["bad"] for row in rows):
        total = sum(row["n"] for row in rows)
        what = "no finite number" if score else "neither true nor false"
        raise DataError(f"`{column}` is {what} in {invalid:,} of {total:,} rows")
    for row in rows:
        if not row["known"]:
            raise DataError(
                f"`{column}` is null in all {row['n']:,} rows of the arm `{row['arm']}`",
                hint=_SCORE_BOTH,
            )
        if not row["selected"]:
            raise DataError(
                f"`{trigger.columns['menu_reason']}` is null in all {row['n']:,} rows of the arm "
                f"`{row['arm']}`",
                hint="it is what the customer selected: without it nobody knows what the text "
                "check changes",
            )


def check_beliefs(
    source: Source, relation: str, roles: Roles, trigger: Trigger, arms: Sequence[str], control: str
) -> None:
    """Raise `DataError` if the log shows that the bots differ where the definition says they agree.

    Only where the log says what the bot believed: in control that must be the menu's word, in a
    treatment wherever the contact does not trigger.
    """
    if trigger.column is not None or "assigned_reason" not in trigger.columns:
        return
    believed = trigger.columns["assigned_reason"]
    if source.columns[believed] in _NOTHING:
        return
    word = text_value(believed, source.columns[believed])
    arm = text_value(roles.columns["arm"], source.columns[roles.columns["arm"]])
    asked = ", ".join(_literal(name) for name in arms)
    rows = source.rows(
        f"SELECT {arm} AS arm, count(*) AS n, "
        f"count(*) FILTER ({arm} = {_literal(control)} OR NOT {trigger.sql(source)}) AS silent, "
        f"count(*) FILTER (({arm} = {_literal(control)} OR NOT {trigger.sql(source)}) "
        f"AND {word} IS DISTINCT FROM {trigger.menu(source)}) AS changed "
        f"FROM {relation} WHERE {arm} IN ({asked}) AND {word} IS NOT NULL GROUP BY ALL ORDER BY ALL"
    )
    for row in rows:
        if row["changed"]:
            which = "contacts" if row["arm"] == control else "contacts that do not trigger"
            raise DataError(
                f"in {row['changed']:,} of {row['silent']:,} {which} of the arm `{row['arm']}`, "
                f"`{believed}` is not what `{trigger.columns['menu_reason']}` says",
                hint=OTHER_POLICIES,
            )


def unheard_label(source: Source, relation: str, trigger: Trigger) -> list[str]:
    """Return a note if the menu never says LABEL 0: a word misspelt, or a menu without it."""
    if trigger.column is not None:
        return []
    words = source.rows(
        f"SELECT {trigger.menu(source)} AS word FROM {relation} GROUP BY ALL ORDER BY ALL LIMIT 20"
    )
    found = [str(row["word"]) for row in words if row["word"] is not None]
    if trigger.label_0 in found or len(words) == 20:
        return []
    return [
        f"the menu never says `{trigger.label_0}`, so that every flag triggers; its words are "
        f"{listed(found)} (--label-0)"
    ]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
