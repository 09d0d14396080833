"""What every section of a scenario shares: numbers with a domain, unknown keys refused."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Variation = Annotated[NonNegative, Field(le=10)]  # coefficient of variation
Weight = Annotated[NonNegative, Field(le=1e6)]  # relative
Heads = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Name = Annotated[str, Field(strict=True, min_length=1)]

_LISTED: Final = 10  # shares that a message lists one by one


def check_sum(shares: Mapping[str, float]) -> None:
    """Raise `ValueError`, with the numbers, unless shares sum to 1 within 1e-9."""
    total = math.fsum(shares.values())
    if math.isclose(total, 1, abs_tol=1e-9):
        return
    said = " + ".join(f"{name} {share:.10g}" for name, share in shares.items())
    if len(shares) > _LISTED:
        said = f"{len(shares)} values"
    raise ValueError(f"the shares {said} = {total:.10g}; expected 1")


class Section(BaseModel):
    """A part of a scenario: frozen, unknown keys refused.

    The text under a key describes it, with its unit, in the JSON Schema as well.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_serializer(mode="wrap")
    def _without_defaults(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out optional keys at their default, so that older files keep their digest.

        A law is always named: the same law may be the default in one place and not in another.
        """
        usual = {
            key
            for key, field in type(self).model_fields.items()
            if key != "law" and not field.is_required() and getattr(self, key) == field.default
        }
        return {key: value for key, value in write(self).items() if key not in usual}
