"""The OpenAPI document says what the endpoints truly take and answer."""

from __future__ import annotations

import re
from typing import Any

from fastapi.testclient import TestClient

from records.tables import CASE_TABLES, TABLES


def references(node: object) -> set[str]:
    """Every $ref below `node`."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*(references(item) for item in node)) if isinstance(node, list) else set()


def test_every_endpoint_documents_its_answers_and_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert client.get("/openapi.json").json() == document
    assert set(document["paths"]) == {
        "/v1/scores",
        "/v1/scores/{score_id}",
        "/v1/scores/{score_id}/interactions",
        "/v1/what-if",
        "/v1/recourse",
        "/healthz",
    }
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                wanted = "application/problem+json" if int(status) >= 400 else "application/json"
                assert set(answer["content"]) == {wanted}, (path, method, status)
    posted = document["paths"]["/v1/scores"]["post"]
    assert set(posted["responses"]) == {"200", "201", "400", "413", "415", "422", "500", "503"}
    assert posted["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ScoreAnswer"
    }


def test_the_case_is_described_by_the_column_contracts(client: TestClient, case: dict[str, Any]) -> None:
    body = client.get("/openapi.json").json()["paths"]["/v1/scores"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert set(schema["required"]) == set(schema["properties"]) == set(case)
    tables = schema["properties"]["tables"]
    assert tuple(tables["required"]) == CASE_TABLES
    for name, described in tables["properties"].items():
        row = described["items"]
        columns = {column.name: column for column in TABLES[name].columns}
        assert set(row["properties"]) == set(columns)
        assert set(row["required"]) == {column.name for column in columns.values() if not column.nullable}
        for column_name, cell in row["properties"].items():
            assert ("null" in cell["type"]) == columns[column_name].nullable
            if "pattern" in cell:
                re.compile(cell["pattern"])
    payments = tables["properties"]["payments"]["items"]["properties"]
    assert payments["amount"]["type"] == "string"
    assert "voluntary" in payments["nature"]["enum"]
