"""The section on challengers of the small home's bundle: what it says is what comes out when computed directly."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest

from models.auc import paired_difference
from models.challengers import points_card
from models.spec import CARD_OUTCOME
from pipeline.evaluate import open_evaluated
from pipeline.report import environment
from pipeline.sections.challengers import challengers
from pipeline.sections.evaluated import Evaluated, Section
from tests.pipeline.conftest import Trained


@pytest.fixture(scope="module")
def given(trained: Trained) -> Evaluated:
    found = open_evaluated(
        str(trained.root / "first"), trained.world, trained.root / "features", trained.root / "world_truth", None
    )
    return replace(found, settings=replace(found.settings, draws=50, additive_rounds=20, additive_bags=1))


@pytest.fixture(scope="module")
def found(given: Evaluated) -> Section:
    return challengers(given)


def shown(section: Section, given: Evaluated) -> str:
    """The section's part of the report."""
    return (
        environment()
        .get_template("sections/challengers.html")
        .render(
            tables=section.tables,
            indicators={spec.id: spec.zh for spec in given.bundle.specs},
            dimensions={"ability": "履行能力", "willingness": "行为意愿", "impact": "社会影响"},
        )
    )


def test_what_the_fixed_shares_cost_is_the_card_refitted_without_them(given: Evaluated, found: Section) -> None:
    card, splits, held = given.bundle.scorecard, given.frames.splits, given.held_out(CARD_OUTCOME)
    assert card is not None
    mine = splits[(splits["outcome"] == CARD_OUTCOME) & splits["split"].isin(["fit", "calibrate"])]
    learnt = mine.set_index("case_key")["label"].astype(np.float64).sort_index()
    population = sorted(set(splits.loc[splits["split"] == "fit", "case_key"]))
    X = given.frames.X[list(given.bundle.indicator_ids)]  # noqa: N806
    method = points_card(given.bundle.specs, replace(given.params.card, shares=None), X.loc[population])
    free = method(X.loc[learnt.index], learnt.to_numpy())(X.loc[held.keys])
    direct = paired_difference(held.y, free, -card.total(card.points(X.loc[held.keys])))
    rows = found.metrics["challengers"][CARD_OUTCOME]
    assert rows["card_free_shares"]["against_card"] == pytest.approx(asdict(direct))
    assert direct.standard_error > 0
    assert [name for name, row in rows.items() if "against_card" in row] == ["card_free_shares"]
    said = f"AUC: {direct.difference:+.3f} [{direct.low:+.3f}, {direct.high:+.3f}]"
    assert [line for line in found.lines if "fixed shares cost" in line and line.endswith(said)] != []
    page = shown(found, given)
    assert f"AUC 之差 {direct.difference:+.3f} " in page
    assert f"[{direct.low:+.3f}, {direct.high:+.3f}]" in page
    assert "what the fixed shares cost" in page
