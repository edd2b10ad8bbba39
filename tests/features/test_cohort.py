"""Who is assessed, and when."""

from __future__ import annotations

import pytest
from made import at, day, frames

from features.cohort import SCHEMA, applications, december_observations, first_listings, observations


def application(name: str, known: str, accepted: str | None = None, **more: object) -> tuple[str, dict[str, object]]:
    row = {"application_id": name, "debtor_id": f"D{name}", "known_at": at(known), "region_code": "220102"}
    return "repair_applications", row | {"accepted_at": at(accepted) if accepted else None} | more


def test_accepted_applications_are_assessed_at_the_midnight_that_ends_the_day_of_acceptance() -> None:
    tables = frames(
        application("A", "2024-03-01 09:00"),
        application("A", "2024-03-05 10:00", "2024-03-05 10:00"),
        application("A", "2024-04-01 10:00", "2024-03-05 10:00", withdrawn_at=at("2024-04-01 10:00")),
        application("B", "2024-03-02 09:00"),
        application("C", "2024-03-02 23:59", "2024-03-02 23:59"),
    )
    whom = applications(tables)
    assert whom.schema == SCHEMA
    assert whom.select("case_key", "as_of").rows() == [
        ("C@2024-03-03T00:00:00+0800", at("2024-03-03")),
        ("A@2024-03-06T00:00:00+0800", at("2024-03-06")),
    ]
    assert whom.select("debtor_id", "application_id", "region_code", "kind").row(1) == (
        "DA",
        "A",
        "220102",
        "application",
    )


def test_an_acceptance_entered_late_is_assessed_when_it_can_be_seen() -> None:
    tables = frames(application("A", "2024-03-08 10:00", "2024-03-05 10:00"))
    assert applications(tables)["as_of"].item() == at("2024-03-09")


def listing(debtor: str, decided: str, **more: object) -> tuple[str, dict[str, object]]:
    row = {"debtor_id": debtor, "measure_id": f"{debtor}{decided}", "kind": "失信", "decided_date": day(decided)}
    return "restriction_measures", row | more


def test_first_listings_are_assessed_at_the_start_of_their_month() -> None:
    tables = frames(
        listing("D", "2014-05-20", measure_id="second"),
        listing("D", "2014-01-28", measure_id="first", known_at=at("2014-01-29")),
        listing("D", "2014-03-31", measure_id="first", published_date=day("2014-04-02"), known_at=at("2014-04-03")),
        listing("E", "2014-01-10", kind="限消"),
        listing("F", "2013-12-31", measure_id="wrong", known_at=at("2014-01-02")),
        listing("F", "2013-12-31", measure_id="wrong", lift_ground="error", known_at=at("2014-02-01")),
        listing("F", "2014-06-02"),
        listing("G", "2014-03-10", measure_id="wrong"),  # another debtor's, by the same name
    )
    whom = first_listings(tables)
    assert whom.select("debtor_id", "as_of", "application_id", "kind").rows() == [
        ("G", at("2014-03-01"), None, "first_listing"),
        ("D", at("2014-04-01"), None, "first_listing"),
        ("F", at("2014-06-01"), None, "first_listing"),
    ]
    assert whom["case_key"][1] == "D@2014-04-01T00:00:00+0800"


def decision(name: str, when: str, result: str, months: int) -> tuple[str, dict[str, object]]:
    row = {"decision_id": f"E{name}", "application_id": name, "debtor_id": f"D{name}", "decided_at": at(when)}
    return "decisions", row | {"known_at": at(when), "result": result, "observation_months": months}


def test_observation_runs_from_the_grant_for_its_months_unless_revoked() -> None:
    revoked = {"application_id": "R", "debtor_id": "DR", "known_at": at("2024-02-10"), "decided_at": at("2024-02-10")}
    tables = frames(
        *(application(name, "2023-01-01", "2023-01-02") for name in "AFRNZ"),
        decision("A", "2024-01-15", "granted_conditional", 6),
        decision("F", "2024-01-15", "refused", 0),
        decision("R", "2024-01-15", "granted_full", 6),
        decision("N", "2024-03-01", "granted_suspension", 6),
        decision("Z", "2024-01-15", "granted_full", 0),
        ("revocations", revoked),
    )
    seen = {month: observations(tables, day(f"2024-{month:02}-01"), lag_days=10) for month in range(1, 8)}
    under = {month: whom["application_id"].to_list() for month, whom in seen.items()}
    assert under == {1: ["A"], 2: ["A"], 3: ["A", "N"], 4: ["A", "N"], 5: ["A", "N"], 6: ["A", "N"], 7: ["A", "N"]}
    assert observations(tables, day("2024-08-01"), lag_days=10)["application_id"].to_list() == ["N"]
    assert seen[2]["as_of"].unique().to_list() == [at("2024-03-11")]
    early = observations(tables, day("2024-01-20"), lag_days=5)
    assert early["application_id"].to_list() == ["A", "R"]  # the revocation was not known on 6 February
    assert early["kind"].to_list() == ["observation", "observation"]


def test_a_negative_lag_is_refused() -> None:
    with pytest.raises(ValueError, match="lag_days is -1"):
        observations(frames(), day("2024-01-01"), lag_days=-1)
    assert observations(frames(), day("2024-01-01"), lag_days=0).height == 0


def test_december_landmarks_are_those_whose_facts_had_come_in() -> None:
    tables = frames(
        *(application(name, "2022-01-01", "2022-01-02") for name in "AB"),
        decision("A", "2022-11-15", "granted_full", 6),
        decision("B", "2023-10-15", "granted_full", 12),
    )
    marks = {until: december_observations(tables, day(until)) for until in ("2024-02-13", "2024-02-14", "2022-12-31")}
    assert marks["2024-02-14"].select("application_id", "as_of").rows() == [
        ("A", at("2023-02-15")),
        ("B", at("2024-02-15")),
    ]
    assert marks["2024-02-13"]["application_id"].to_list() == ["A"]
    assert marks["2022-12-31"].schema == SCHEMA
    assert marks["2022-12-31"].height == december_observations(frames(), day("2024-01-01")).height == 0
