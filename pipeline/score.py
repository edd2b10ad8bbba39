"""Scoring, for everybody: one case over HTTP, a batch, a monthly re-score, a replay.

    records = score(tables, cohort, bundle, policy)      # the one function
    scorer = ScorerSource(home).current()                # the champion, as it stands now
    scorer.score_case(case)

A case scored alone, in a batch and in a replay gives the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from explain.case_rows import KnownCase, known_case
from explain.contributions import prepare
from explain.phrases import Words
from explain.recourse import Rescore
from explain.stability import stability, stability_said
from features.indicator import describe
from features.profiles import PROFILES
from models.bundle import Bundle, load_bundle
from models.keys import trusted_keys
from pipeline.context import bare_cohort
from pipeline.files import read_kept, write_json
from pipeline.home import Home
from pipeline.in_force import rules_in_force
from pipeline.maker import Maker
from pipeline.promote import champion
from pipeline.refusals import InputRefused, IntegrityRefused
from pipeline.steps import REPLAYED, STEPS
from pipeline.work import Record, Work, work_of_records
from policy.faults import PolicyFaults, PolicyLookupError
from policy.parameters import Policy
from records.case import Case
from records.faults import CaseFaults, Fault


def score(
    records: Mapping[str, pl.DataFrame], as_of: pl.DataFrame, bundle: Bundle, policy: Policy
) -> tuple[Record, ...]:
    """Score records, one per row of `as_of` (columns `debtor_id`, `application_id`, `as_of`), in `case_key` order.

    `records` holds a typed frame for each case table; rows known on or after `as_of` are ignored.
    Raises AdditivityError when an explanation does not add up: then nothing may be answered.
    """
    work = Work(records, bare_cohort(as_of), bundle, policy, PROFILES[bundle.profile])
    for _, step in STEPS:
        work = step(work)
    return work.output


def rescore(recorded: Sequence[Record], bundle: Bundle, policy: Policy) -> tuple[Record, ...]:
    """The same records made again from their stored indicators and facts, by the same steps, in their order.

    `bundle` and `policy` are those the records name. ValueError when a case stands twice: its records would be mixed.
    """
    if len({record["case"]["case_key"] for record in recorded}) < len(recorded):
        raise ValueError("a case stands twice among the records: rescore them apart")
    work = work_of_records(recorded, bundle, policy)
    for _, step in REPLAYED:
        work = step(work)
    again = {record["case"]["case_key"]: record for record in work.output}
    return tuple(again[record["case"]["case_key"]] for record in recorded)


# The service knows this module alone of the pipeline, so its home is handed on here.
__all__ = ["Home", "Scorer", "ScorerSource", "keep_policy", "open_bundle", "open_policy", "rescore", "score"]


@dataclass(frozen=True)
class Scorer:
    """One bundle under one policy, ready to score."""

    bundle: Bundle
    policy: Policy

    def score_case(self, case: Case) -> Record:
        """The record of one case. Nothing is stored here: that is the ledger's work, before any answer.

        Raises CaseFaults when the bundle is for another kind of case, nothing of the case is known before
        its as-of, or no rules are known for that day.
        """
        asks = "applications" if case.application_id is not None else "first_listings"
        if asks != self.bundle.profile:
            wanted = "must name the application" if self.bundle.profile == "applications" else "must be null"
            detail = f"{wanted}: bundle {self.bundle.id} assesses {self.bundle.profile}"
            raise CaseFaults([Fault("unknown_application", "/application_id", detail)])
        try:
            return self._score(case.tables, case.debtor_id, case.application_id, case.as_of)
        except PolicyLookupError as error:
            raise CaseFaults([Fault("out_of_range", "/as_of", str(error))]) from None

    def suppose(self, case: Case) -> tuple[KnownCase, Record, Rescore]:
        """What recourse and what-if start from: the rows known of the case, its record, and how to score them again.

        Nothing of it is ever stored. Raises as `score_case` does.
        """
        record = self.score_case(case)
        known = known_case(case.tables, case.debtor_id, case.application_id, case.as_of)
        return known, record, lambda tables, as_of: self._score(tables, case.debtor_id, case.application_id, as_of)

    def firm(self, record: Record) -> tuple[Words, ...]:
        """How firm the reasons of a record of this bundle are under noise in its figures, in words.

        Nothing for a record that another bundle made, or in which no model ranks the reasons.
        """
        if record["versions"]["bundle"] != self.bundle.id or record["models"]["redefault_6"] is None:
            return ()
        catalogue = PROFILES[self.bundle.profile].catalogue
        names = {item.id: (item.zh, item.en) for item in catalogue}
        values = {item["id"]: item["value"] for item in record["indicators"]}
        found = stability(self.bundle, catalogue, values, record["case"]["case_key"])
        return stability_said(found, None, names.__getitem__)

    def _score(
        self, tables: Mapping[str, pl.DataFrame], debtor_id: str, application_id: str | None, as_of: datetime
    ) -> Record:
        cohort = pl.DataFrame(
            {"debtor_id": [debtor_id], "application_id": [application_id], "as_of": [as_of]},
            schema_overrides={"application_id": pl.String()},
        )
        return score(tables, cohort, self.bundle, self.policy)[0]

    def describe(self) -> Mapping[str, Any]:
        """What answers: bundle, profile, policy, and the indicators in words."""
        profile = PROFILES[self.bundle.profile]
        return {
            "bundle": self.bundle.id,
            "profile": self.bundle.profile,
            "policy": self.policy.hash,
            "indicators": {item.id: describe(item) for item in (*profile.catalogue, *profile.facts)},
        }


class ScorerSource:
    """Gives the scorer of the bundle that is champion at this moment; a promotion takes effect at once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.policy = keep_policy(home, rules_in_force(home))  # as the rules stood when the service started
        self._lock = Lock()
        self._current: Scorer | None = None
        self._earlier: Bundle | None = None

    def current(self) -> Scorer:
        """The champion's scorer. InputRefused when nothing was promoted, BundleFault when it cannot be trusted."""
        approved = champion(self._home)
        if approved is None:
            raise InputRefused("no bundle was promoted yet: run `repair-risk promote BUNDLE` twice, by two people")
        wanted = str(approved["bundle"])
        with self._lock:
            if self._current is None or self._current.bundle.id != wanted:
                ready = Scorer(open_bundle(self._home, wanted), self.policy)
                prepare(ready.bundle)  # compiled and tabulated before the first case, not during it
                self._current = ready
            return self._current

    def maker(self, record: Record) -> Maker:
        """What made a record, champion or not. IntegrityRefused or BundleFault when it is gone or cannot be trusted.

        The last one asked for is kept open: a reviewer reads on in the scores of one bundle.
        """
        wanted = str(record["versions"]["bundle"])
        with self._lock:
            if self._current is not None and self._current.bundle.id == wanted:
                return Maker(self._current.bundle)
            if self._earlier is None or self._earlier.id != wanted:
                self._earlier = open_bundle(self._home, wanted)
            return Maker(self._earlier)


def open_bundle(home: Home, bundle_id: str) -> Bundle:
    """The installed bundle of this id, checked by signature, hashes and tree structure."""
    path = home.bundle(bundle_id)
    if not path.is_dir():
        raise IntegrityRefused(f"bundle {bundle_id} is not installed in {home.bundles}")
    bundle = load_bundle(path, trusted_keys(home.keys))
    if bundle.id != bundle_id:
        raise IntegrityRefused(f"the folder {path} holds bundle {bundle.id}")
    return bundle


def keep_policy(home: Home, policy: Policy) -> Policy:
    """Keep a snapshot of `policy` so that scores made under it can be replayed; returns it."""
    path = home.policy(policy.hash)
    if not path.exists():
        write_json(path, policy.to_json())
    return policy


def open_policy(home: Home, policy_hash: str) -> Policy:
    """The policy of a snapshot; IntegrityRefused when it is missing or not what its hash says."""
    path = home.policy(policy_hash)
    if not path.exists():
        raise IntegrityRefused(f"the policy {policy_hash[:16]} has no snapshot in {home.policies}")
    policy = _policy_of(path)
    if policy.hash != policy_hash:
        raise IntegrityRefused(f"the policy snapshot {path} is not what its name says")
    return policy


def _policy_of(path: Path) -> Policy:
    try:
        return Policy.from_json(read_kept(path))
    except PolicyFaults as faults:
        raise IntegrityRefused(f"the policy snapshot {path} was altered: {faults}") from None
