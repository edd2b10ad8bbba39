"""What comes after the as-of tells of the outcome, so a leak would show: and none of it reaches an indicator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from data_synth.world import generate
from features.as_of import cut, known, with_day
from features.catalogue import scored_ids
from features.engine import evaluate
from features.facts import with_parameters
from features.profiles import PROFILES
from records.dataset import Dataset
from records.tables import CASE_TABLES, TABLES

PROFILE = PROFILES["applications"]
Tables = dict[str, pl.DataFrame]
OUTCOMES = ("repair_success", "redefault_6", "redefault_12")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, pl.DataFrame, pl.DataFrame]:
    folder: Path = tmp_path_factory.mktemp("world")
    generate(folder / "data", 1500, 21, buckets=1)
    dataset = Dataset.open(folder / "data")
    tables = dataset.read()
    whom = PROFILE.cohort_fn(tables)
    return tables, whom, PROFILE.label_fn(tables, whom, dataset.info.observed_until)


def later_rows(rows: Mapping[str, pl.DataFrame], whom: pl.DataFrame) -> np.ndarray:
    """Per case and table: how many of the rows handed over became known on or after the as-of."""
    cases = with_day(whom).select("debtor_id", "case_key", case_moment="as_of")
    columns = []
    for name in CASE_TABLES:
        joined = rows[name].select("debtor_id", "known_at").join(cases, on="debtor_id")
        after = joined.filter(pl.col("known_at") >= pl.col("case_moment")).group_by("case_key").len("n")
        counts = whom.select("case_key").join(after, on="case_key", how="left", maintain_order="left")["n"]
        columns.append(counts.fill_null(0).to_numpy().astype(float))
    return np.column_stack(columns)


def probe(inputs: np.ndarray, label: np.ndarray) -> float:
    """AUC, on cases it was not fitted on, of a model that is given nothing but `inputs`."""
    fit = np.arange(len(label)) % 2 == 0
    scale = StandardScaler().fit(inputs[fit])
    model = LogisticRegression(max_iter=500).fit(scale.transform(inputs[fit]), label[fit])
    return float(roc_auc_score(label[~fit], model.predict_proba(scale.transform(inputs[~fit]))[:, 1]))


def test_a_probe_sees_the_future_in_the_records_and_nothing_of_it_behind_the_boundary(
    world: tuple[Tables, pl.DataFrame, pl.DataFrame],
) -> None:
    tables, whom, labels = world
    # One case a debtor, so that a row belongs to one case only.
    whom = whom.unique("debtor_id", keep="last", maintain_order=True)
    seen = cut(tables, whom)
    raw, bounded = later_rows(tables, whom), later_rows(seen, whom)
    for outcome in OUTCOMES:
        own = labels.filter((pl.col("outcome") == outcome) & (pl.col("status") == "observed"))
        label = whom.select("case_key").join(own, on="case_key", how="left", maintain_order="left")["label"]
        observed = label.is_not_null().to_numpy()
        y = label.drop_nulls().to_numpy()
        assert probe(raw[observed], y) > 0.75, outcome
        assert probe(bounded[observed], y) == 0.5, outcome
    assert bounded.sum() == 0 < raw.sum()


def test_a_coin_tossed_after_the_as_of_is_plain_in_the_records_and_invisible_to_the_indicators(
    world: tuple[Tables, pl.DataFrame, pl.DataFrame],
) -> None:
    """Facts that betray a coin, known at the very as-of: a probe on the records reads it off, the same probe on the
    indicators does no better than a coin of its own. Known an hour sooner they would betray it there too."""
    tables, whom, _ = world
    whom = with_parameters(whom.unique("debtor_id", keep="last", maintain_order=True))
    coin = np.random.default_rng(5).integers(0, 2, whom.height)
    plain = inputs_of(tables, whom)
    later, sooner = planted(tables, whom, coin, hours=0), planted(tables, whom, coin, hours=-1)
    assert probe(later_rows(later, whom), coin) > 0.95
    assert inputs_of(later, whom).tobytes() == plain.tobytes()
    assert abs(probe(plain, coin) - 0.5) < 0.06
    assert probe(inputs_of(sooner, whom), coin) > 0.95


def planted(tables: Tables, whom: pl.DataFrame, coin: np.ndarray, *, hours: int) -> Tables:
    """The tables with a verified violation, a payment and a false report for each case whose coin shows 1."""
    moment = pl.col("as_of") + pl.duration(hours=hours)
    cases = whom.filter(pl.Series(coin == 1)).select("debtor_id", moment=moment, day=moment.dt.date())
    told = {
        "behaviour_events": {"kind": pl.lit("ban_violation"), "verified_date": pl.col("day")},
        "payments": {"paid_date": pl.col("day"), "nature": pl.lit("voluntary")},
        "property_reports": {"verdict": pl.lit("false"), "verified_date": pl.col("day")},
    }
    out = dict(tables)
    for name, columns in told.items():
        pattern = tables[name].head(1).drop("debtor_id")
        rows = cases.join(pattern, how="cross").with_columns(
            known_at=pl.col("moment"), row_id=pl.concat_str(pl.lit(f"planted-{name}-"), "debtor_id"), **columns
        )
        rows = rows.with_columns(pl.col("row_id").alias(TABLES[name].business_id))
        out[name] = pl.concat(
            [tables[name], rows.select(pl.col(key).cast(kind) for key, kind in tables[name].schema.items())]
        )
    return out


def inputs_of(tables: Tables, whom: pl.DataFrame) -> np.ndarray:
    """What a model would be given: the scored indicators, a missing one as -1."""
    values = evaluate(known(tables, whom), whom, PROFILE.catalogue)
    return values.select(scored_ids()).fill_null(-1.0).to_numpy()


def test_no_row_that_decided_a_label_was_known_at_the_as_of(
    world: tuple[Tables, pl.DataFrame, pl.DataFrame],
) -> None:
    tables, whom, labels = world
    seen = cut(tables, whom)
    deciding = labels.explode("row_ids", empty_as_null=False, keep_nulls=False)
    deciding = deciding.filter(pl.col("status") == "observed").select("case_key", row_id="row_ids")
    assert deciding.height > 1000
    known_rows = pl.concat([frame.select("case_key", "row_id") for frame in seen.values()])
    assert deciding.join(known_rows, on=["case_key", "row_id"], how="semi").height == 0


def test_labels_do_not_change_when_all_that_was_known_before_is_taken_away(
    world: tuple[Tables, pl.DataFrame, pl.DataFrame],
) -> None:
    tables, whom, _ = world
    whom = whom.unique("debtor_id", keep="last", maintain_order=True)
    until = max(frame["known_at"].max() for frame in tables.values() if frame.height).date()  # type: ignore[union-attr]
    moments = whom.select("debtor_id", moment="as_of")
    bare = {}
    for name, frame in tables.items():
        own = frame.join(moments, on="debtor_id", maintain_order="left")
        # The application itself says whom and which cases a label is about.
        keep = own if name == "repair_applications" else own.filter(pl.col("known_at") >= pl.col("moment"))
        bare[name] = keep.select(TABLES[name].schema.names())
    whole, rest = PROFILE.label_fn(tables, whom, until), PROFILE.label_fn(bare, whom, until)
    assert whole.equals(rest)
    assert whole["label"].drop_nulls().len() > 1500
