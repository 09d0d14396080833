"""Planted faults: nothing at strength 0, and at another just what their words say."""

import pyarrow as pa
import pytest

from abkit.core.errors import ConfigError
from abkit.simulations.clock import WEEK
from abkit.simulations.contact_log import make_contact_log
from abkit.simulations.draws import Draws
from abkit.simulations.faults import DRIFT_DAY, FAULTS, fault
from abkit.simulations.world import play

from .fakes import beta_supply, default_scenario

SCENARIO = default_scenario(
    {"arrivals.first_contacts_per_week": 8_000.0, "agents.heads": "unlimited"}
)
SUPPLY = beta_supply()


def log_of(name: str | None, strength: float = 0.0) -> pa.Table:
    planted = None if name is None else fault(name, strength)
    alter = {"alter": planted.alter(strength)} if planted and planted.alter else {}
    world = play(SCENARIO, SUPPLY, threshold=0.5, weeks=2, seed=5, **alter)
    parts = world.bot, world.customers, world.issues, world.timeline
    log = make_contact_log(*parts, counted_until=2 * WEEK)
    if planted and planted.damage:
        log = planted.damage(log, strength, Draws(5, 0))
    return log


@pytest.fixture(scope="module")
def sound() -> pa.Table:
    return log_of(None)


@pytest.mark.parametrize("name", FAULTS)
def test_without_strength_the_bytes_are_the_same(name: str, sound: pa.Table) -> None:
    assert log_of(name, 0.0).equals(sound)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_strikes_more_the_stronger_it_is(name: str, sound: pa.Table) -> None:
    """What a weak fault strikes a strong one strikes, too: the draws are the same."""
    whole = {row["contact_id"]: row for row in sound.to_pylist()}

    def struck(strength: float) -> set[str]:
        rows = {row["contact_id"]: row for row in log_of(name, strength).to_pylist()}
        first = [key for key in whole if key.endswith("-01")]
        return {key for key in first if rows.get(key) != whole[key]}

    if name.startswith("unseen"):  # first contacts stay
        assert not struck(0.5)
        assert log_of(name, 0.5).num_rows < log_of(name, 0.1).num_rows < sound.num_rows
    else:
        assert struck(0.1) < struck(0.5)


def test_unsticky_customers_change_arms_between_contacts(sound: pa.Table) -> None:
    frame = log_of("sticky", 0.5).to_pandas()
    arms = frame.groupby("customer_id")["arm"].nunique()
    several = frame.groupby("customer_id").size() == 2
    assert not (sound.to_pandas().groupby("customer_id")["arm"].nunique() > 1).any()
    assert (arms[several] > 1).mean() == pytest.approx(0.25, abs=0.05)  # 4 SE: .02
    treated = frame["flagged"].fillna(False).astype(bool) & (frame["arm"] == "treatment")
    assert (frame.loc[treated, "assigned_reason"] == "defective").all()


@pytest.mark.parametrize("name", ["lost-contacts", "lost-flagged", "lost-arm", "unseen-treatment"])
def test_control_is_not_touched(name: str, sound: pa.Table) -> None:
    before, after = sound.to_pandas(), log_of(name, 0.5).to_pandas()
    left, right = (frame[frame["arm"] == "control"] for frame in (before, after))
    assert left.reset_index(drop=True).equals(right.reset_index(drop=True))


def test_what_is_lost_is_the_share_that_was_named(sound: pa.Table) -> None:
    before = sound.to_pandas()
    treated = before["arm"] == "treatment"
    flagged = treated & before["flagged"].fillna(False).astype(bool)
    for name, which in (("lost-contacts", treated), ("lost-flagged", flagged)):
        lost = len(before) - log_of(name, 0.25).num_rows
        n = int(which.sum())
        assert lost == pytest.approx(n / 4, abs=4 * (n * 0.25 * 0.75) ** 0.5)
    after = log_of("response", 0.25).to_pandas()
    silenced = before["response"].notna() & after["response"].isna()
    assert before.loc[silenced, "accepted"].eq(False).all()
    assert (before.loc[silenced, "arm"] == "treatment").all()


@pytest.mark.parametrize("name", ["texts", "reasons"])
def test_drifts_begin_on_their_day(name: str, sound: pa.Table) -> None:
    before, after = sound.to_pandas(), log_of(name, 1.0).to_pandas()
    start = before["started_at"].min().normalize()
    day = (before["started_at"] - start).dt.days
    first = before[(before["attempt"] == 1) & (day < DRIFT_DAY)]["contact_id"]
    same = after.set_index("contact_id").loc[first].reset_index()[before.columns]
    assert same.equals(before[before["contact_id"].isin(first)].reset_index(drop=True))
    late = after[(after["started_at"] - start).dt.days >= DRIFT_DAY]
    if name == "reasons":
        assert (late[late["attempt"] == 1]["true_reason"] == "defective").all()


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="did you mean|expected one of"):
        fault("stiky", 0.1)
    with pytest.raises(ConfigError, match="`fault sticky` is 2; expected a share"):
        fault("sticky", 2)
