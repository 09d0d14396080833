"""What every section of a scenario shares: numbers with a domain, unknown keys refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Variation = Annotated[NonNegative, Field(le=10)]  # coefficient of variation
Weight = Annotated[NonNegative, Field(le=1e6)]  # relative
Heads = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Name = Annotated[str, Field(strict=True, min_length=1)]


class Section(BaseModel):
    """A part of a scenario: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
