"""What is asked about a record is answered by the bundle that made it, champion or not."""

from __future__ import annotations

import pytest

from explain.additivity import AdditivityError
from pipeline.cohorts import bucket_cohort
from pipeline.maker import Maker
from pipeline.refusals import IntegrityRefused
from pipeline.score import Scorer, ScorerSource
from tests.pipeline.conftest import Trained


def test_an_earlier_bundle_answers_for_its_own_records_while_another_is_champion(trained: Trained) -> None:
    source = ScorerSource(trained.home)
    assert source.current().bundle.id == trained.first.id
    dataset = trained.dataset()
    rows = bucket_cohort(dataset, dataset.read_bucket(0)).sort("as_of", descending=True).to_dicts()
    cases = (dataset.case(row["debtor_id"], row["application_id"], row["as_of"]) for row in rows)
    scored = ((case, source.current().score_case(case)) for case in cases)
    case, record = next((case, record) for case, record in scored if all(record["models"].values()))
    assert source.maker(record).bundle is source.current().bundle
    assert source.maker(record).together(record)

    other = Scorer(trained.second, source.policy).score_case(case)
    maker = source.maker(other)
    assert maker.bundle.id == trained.second.id
    assert source.maker(other).bundle is maker.bundle  # kept open
    assert source.current().bundle.id == trained.first.id
    assert set(maker.together(other)) == {"redefault_12", "redefault_6", "redefault_7_12", "success"}
    card = trained.second.scorecard
    assert card is not None
    assert maker.scale is not None
    assert maker.scale.log_odds_per_point == card.odds.slope
    with pytest.raises(AdditivityError, match="interactions"):
        Maker(trained.first).together(other)


def test_a_bundle_that_is_gone_is_refused_by_name(trained: Trained) -> None:
    with pytest.raises(IntegrityRefused, match=f"bundle {'0' * 16} is not installed"):
        ScorerSource(trained.home).maker({"versions": {"bundle": "0" * 16}})
