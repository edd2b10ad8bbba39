"""Many randomly damaged records of the public lists: none crashes the import, none is lost, each has its reasons.

    python -m benchmarks.import_damaged                  10,000 records
    python -m benchmarks.import_damaged 100000 --seed 3

Four records in five are damaged, each in one to four ways: fields missing, renamed, exchanged between layouts,
with wrong characters or things of another kind, or no record at all; a few whole lines are broken bytes. The
layouts are those of the public site and its mirrors, the people are nobody (area prefix 99).
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from records.clock import SHANGHAI
from records.importers.public_list import REASONS, import_public_list
from records.validate import validate

LISTED: dict[str, Any] = {
    "id": 1,
    "iname": "王某甲",
    "cardNum": "9901011985****2123",
    "sexy": "男",
    "age": "35",
    "courtName": "吉林省长春市南关区人民法院",
    "areaName": "吉林",
    "gistId": "（2018）吉0102民初77号",
    "duty": "支付若干",
    "performance": "全部未履行",
    "disruptTypeName": "违反财产报告制度,有履行能力而拒不履行生效法律文书确定义务",
    "publishDate": "2019年07月13日",
    "businessEntity": "—",
}
MIRRORED: dict[str, Any] = {
    "iname": "星海测试有限公司",
    "areaname": "福建",
    "courtname": "福州市鼓楼区人民法院",
    "type": "1",
    "cardnum": "91350100M000100Y43",  # the example printed in GB 32100
    "gistid": "—",
    "performance": "部分未履行",
    "performedPart": "12,000元",
    "disrupttypename": "其他规避执行",
    "regdate": 1577980800000,
    "publishdate": "20200410",
}
EXECUTED: dict[str, Any] = {
    "pname": "王某甲",
    "partyCardNum": "99010119850302****",
    "sexname": "男",
    "execCourtName": "长春市南关区人民法院",
    "caseCreateTime": "2019-05-10",
    "execMoney": "50000.5",
}
LAYOUTS = (LISTED, MIRRORED, EXECUTED)
JUNK: tuple[Any, ...] = (
    None, "", "—", "\ud800", "\x00", "＊" * 18, "9" * 400, -1, 1e308, float("nan"), float("inf"), 10**30, True, [],
    {"a": [1]}, "2019-13-01", "１２３", "零", [[[[]]]], "0", "-0.00", "1e5", "\u202e王",
)  # fmt: skip
BROKEN = (b"\xff\xfe", b"{", b'{"a": 1, "a": 2}', b"[" * 50, b"NaN", b"", b'"', b"null")


def damaged(record: Mapping[str, Any], chance: random.Random) -> object:
    """A record with one to four things wrong: values, keys, characters, or no record at all."""
    fields = dict(record)
    for _ in range(chance.randint(1, 4)):
        key = chance.choice(list(fields) or ["iname"])
        match chance.randrange(6):
            case 0:
                fields[key] = chance.choice(JUNK)
            case 1:
                fields.pop(key, None)
            case 2:
                fields[chance.choice([key.upper(), key[:-1], "x" + key, ""])] = fields.get(key)
            case 3:
                words = list(str(fields.get(key, "")) or "?")
                words[chance.randrange(len(words))] = chance.choice("〇x*（-\t0\u2028号")
                fields[key] = "".join(words)
            case 4:
                fields[key] = chance.choice(LAYOUTS).get(key)
            case _:
                if chance.random() < 0.1:
                    return chance.choice([None, [], "text", 5, [fields]])
    return fields


def lines(count: int, seed: int) -> list[bytes]:
    """`count` lines, one record each, most of them damaged."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose, guards no secret
    found = []
    for number in range(1, count + 1):
        layout = chance.choice(LAYOUTS)
        key = "casecode" if layout is MIRRORED else "caseCode"
        record = {**layout, key: f"（2019）吉0102执{number}号"}
        if chance.random() < 0.01:
            found.append(chance.choice(BROKEN[:5]))
            continue
        found.append(json.dumps(damaged(record, chance) if chance.random() < 0.8 else record).encode())
    return found


def main() -> None:
    """Import them, prove the account and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.jsonl"
        source.write_bytes(b"\n".join(lines(asked.count, asked.seed)) + b"\n")
        begun = time.perf_counter()
        received = datetime(2021, 3, 1, 8, tzinfo=SHANGHAI)
        report = import_public_list(source, Path(folder) / "out", id_key=b"a key for a benchmark", received=received)
        seconds = time.perf_counter() - begun
        checked = validate(Path(folder) / "out", suite=False)
    aside = report.set_aside
    kinds = Counter(reason.partition(":")[0] for found in aside["reasons"] for reason in found)
    assert report.rows_in == asked.count == report.accepted + aside.height, "a record was lost"
    assert aside.select("part", "position").n_unique() == aside.height, "a record was set aside twice"
    assert aside["reasons"].list.len().min(), "a record was set aside without a reason"
    assert set(kinds) <= set(REASONS), "a reason without words"
    assert checked.row_faults.height == 0, "an imported row is at fault"
    print(f"{asked.count:,} records in {seconds:.1f} s, none lost")
    print(f"{report.accepted:,} imported, {aside.height:,} set aside:")
    for kind, times in kinds.most_common():
        print(f"  {times:>6,}  {kind}: {REASONS[kind]}")


if __name__ == "__main__":
    main()
