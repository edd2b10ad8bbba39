"""What is promised is really there: each test fails when it is only painted on."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import polars as pl

from pipeline.home import Home
from pipeline.score import score
from pipeline.scoring import open_scorer
from policy.parameters import Policy
from records.case import case_to_json


def test_a_change_in_one_parameter_alone_flips_a_decision(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    scorer, tables = open_scorer(fresh_home, None), trained.dataset().read()
    before = score(tables, court_cohort, scorer.bundle, scorer.policy)
    snapshot = json.loads(json.dumps(scorer.policy.to_json()))
    changed = [value for value in snapshot["values"] if value["key"] == "grade.limits.A"]
    assert changed
    for value in changed:
        value["value"] = 66.0
    after = score(tables, court_cohort, scorer.bundle, Policy.from_json(snapshot))
    pairs = [(one["suggestion"]["grade"], two["suggestion"]["grade"]) for one, two in zip(before, after, strict=True)]
    assert ("B", "A") in pairs
    assert set(pairs) <= {("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), (None, None), ("B", "A")}
    assert [one["points"] for one in before] == [two["points"] for two in after]


def test_promoting_another_bundle_changes_what_a_running_service_answers(
    trained, fresh_home: Home, court_cohort: pl.DataFrame
) -> None:
    row = assessed(trained, fresh_home, court_cohort)
    raw = case_to_json(trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"]))
    port = free_port()
    command = [sys.executable, "-m", "pipeline", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:  # noqa: S603
        try:
            wait_until_it_answers(port, server)
            first = post(port, raw)
            for person in ("丙", "丁"):
                done = trained.run(
                    "promote", str(trained.root / "second"), "--approver", person, "--reason", "test", home=fresh_home
                )
                assert done.returncode == 0, done.stderr
            second = post(port, raw)
        finally:
            server.terminate()
    assert first["record"]["versions"]["bundle"] == trained.first.id
    assert second["record"]["versions"]["bundle"] == trained.second.id
    assert first["record"]["models"]["redefault_6"]["margin"] != second["record"]["models"]["redefault_6"]["margin"]
    assert first["score_id"] != second["score_id"]


def assessed(trained, home: Home, cohort: pl.DataFrame) -> dict[str, object]:
    """The first case of the cohort for which a model is asked."""
    scorer = open_scorer(home, None)
    records = score(trained.dataset().read(), cohort, scorer.bundle, scorer.policy)
    key = next(one["case"]["case_key"] for one in records if one["gate"]["outcome"] == "assess")
    return cohort.filter(pl.col("case_key") == key).row(0, named=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_answers(port: int, server: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Ask for its health until the service answers; fails when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, "the service ended before it answered"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            try:
                server.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the service did not answer in time")


def post(port: int, raw: bytes) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/scores", data=raw, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 - our own service on loopback
        return json.loads(reply.read())


def test_verify_fails_and_names_the_record_after_one_byte_is_changed(
    trained, fresh_home: Home, court_cohort: pl.DataFrame, tmp_path: Path
) -> None:
    row = court_cohort.row(1, named=True)
    path = tmp_path / "case.json"
    path.write_bytes(case_to_json(trained.dataset().case(row["debtor_id"], row["application_id"], row["as_of"])))
    score_id = json.loads(trained.run("score", str(path), "--json", home=fresh_home).stdout)["score_id"]
    assert trained.run("verify", home=fresh_home).returncode == 0
    content = fresh_home.ledger.read_bytes()
    place = content.index(b'"debtor_id":"') + len(b'"debtor_id":"') + 3
    altered = bytearray(content)
    altered[place] ^= 0x01
    fresh_home.ledger.write_bytes(bytes(altered))
    done = trained.run("verify", home=fresh_home)
    assert done.returncode == 3
    assert score_id in done.stderr
    fresh_home.ledger.write_bytes(content)
    assert trained.run("verify", home=fresh_home).returncode == 0
