"""Rows of who the debtor is: registry extracts, audit-only attributes, guardians' conduct."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import polars as pl

from data_synth.debts import Debts
from data_synth.emit_debts import Lanes
from data_synth.latent import INDIVIDUAL, NATURAL, OTHER, SUBJECTS, Debtors
from data_synth.places import INDUSTRIES, PLACES
from data_synth.rng import Draws, Ints
from data_synth.sheet import NEVER, Sheet, at, coded, ids, nullify
from records.identifiers import keyed_hash

_SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧")
_TRADES = ("商贸", "建材", "食品", "机械", "物流", "科技", "建筑", "农业", "餐饮", "电子")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_ETHNICITIES = ("汉族", "回族", "满族", "苗族", "壮族", "其他")
_GUARDIAN = ("mixed_property", "false_report", "refused_contact")
_STAFF = ("0", "1-9", "10-49", "50-299", "300+")


def identity_number(draws: Draws, birth: Ints, sex: Ints) -> pl.Series:
    """Resident numbers (GB 11643-1999) under the unassigned area prefix 99xxxx: nobody's."""
    order = draws.whole("id_order", 1, 499) * 2 - sex % 2
    day = draws.whole("id_day", 1, 28)
    month = draws.whole("id_month", 1, 12)
    body = (990000 + draws.whole("id_area", 101, 9999)) * 10**11
    body = body + birth * 10**7 + month * 10**5 + day * 10**3 + order
    weights = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
    digits = (body[:, None] // 10 ** np.arange(16, -1, -1)) % 10
    check = coded((digits @ weights) % 11, tuple("10X98765432"))
    return pl.Series(body).cast(pl.String) + check


def uscc(draws: Draws) -> pl.Series:
    """Unified social credit codes (GB 32100-2015) under the unassigned area prefix 99xxxx."""
    n = draws.who.size
    digits = np.zeros((n, 17), dtype=np.int64)
    digits[:, 0], digits[:, 1] = 9, 1
    digits[:, 2], digits[:, 3] = 9, 9
    for place in range(4, 17):
        digits[:, place] = draws.whole("uscc", 0, 9 if place < 8 else 30, place)
    check = (31 - (digits @ _WEIGHTS) % 31) % 31
    columns = {f"c{place}": coded(digits[:, place], _ALPHABET) for place in range(17)}
    columns["check"] = coded(check, _ALPHABET)
    return pl.DataFrame(columns).select(pl.concat_str(pl.all())).to_series()


def keyed(seed: int, values: pl.Series) -> pl.Series:
    """Keyed hashes of identity numbers; the key is derived from the world's seed."""
    key = hashlib.blake2b(f"{seed}/id_key".encode(), digest_size=32).digest()
    return pl.Series([keyed_hash(value, key) for value in values], dtype=pl.String)


def emit_identity(sheet: Sheet, d: Debtors, debts: Debts, lanes: Lanes) -> None:
    """Registry extracts (a new one when a firm is deregistered), audit attributes, guardians."""
    u = d.draws
    n = d.size
    person, unit = d.subject == NATURAL, d.unit
    first = np.where(debts.filed == NEVER, np.iinfo(np.int64).max, debts.filed).min(axis=1) - 3
    age = 24 + np.floor(44 * u.u("age") ** 1.3).astype(np.int64)
    born = 1970 + d.anchor // 365 - np.where(d.minor, 12 + age % 5, age)
    sex = u.pick("sex", (0.36, 0.64))
    number = identity_number(u, born, sex)
    code = uscc(u)
    key = keyed(u.seed, pl.DataFrame({"u": unit, "c": code, "n": number}).select(
        pl.when("u").then("c").otherwise("n")).to_series())  # fmt: skip
    surname = coded(u.pick("surname", np.linspace(2, 0.4, len(_SURNAMES))), _SURNAMES)
    firm_name = coded(u.pick("trade", [1.0] * len(_TRADES)), [f"某某{trade}有限公司" for trade in _TRADES])
    other = coded(
        np.where(d.subject == OTHER, 0, np.where(d.subject == INDIVIDUAL, 1, -1)), ("某某合作社", "某某经营部")
    )
    name = pl.DataFrame({"p": person, "s": surname, "f": firm_name, "o": other}).select(
        pl.when("p").then(pl.col("s") + "某某").otherwise(pl.coalesce("o", "f"))).to_series()  # fmt: skip
    guardian = d.minor | d.lacks_capacity
    founded = np.where(unit, np.minimum(d.anchor - np.floor(d.age * 365.25).astype(np.int64), first - 60), NEVER)
    status = u.pick(
        "status",
        np.stack(
            [
                np.full(n, 1.0),
                0.08 * np.exp(-0.6 * d.ability),
                0.04 * np.exp(-0.6 * d.ability),
                np.zeros(n),
                np.full(n, 0.01),
            ],
            axis=1,
        ),
    )
    status = np.where(unit, status, 0)
    statuses = ("存续", "歇业", "吊销", "注销", "迁出")
    band = np.where(unit, np.searchsorted((1, 10, 50, 300), d.staff, side="right"), -1)
    fixed: dict[str, Any] = {
        "subject_type": coded(d.subject, SUBJECTS), "id_key": key, "uscc": nullify(code, ~unit), "name_masked": name,
        "industry_section": coded(d.industry, [letter for letter, *_ in INDUSTRIES]), "established_date": founded,
        "registered_capital": d.capital, "paid_in_capital": d.paid_in, "staff_band": coded(band, _STAFF),
        "is_specialized_sme": d.sme, "is_minor": d.minor, "lacks_capacity": d.lacks_capacity, "tag": "",
        "represented_by": coded(np.where(guardian, 2, np.where(unit, 1, 0)), ("none", "legal_rep", "guardian")),
    }  # fmt: skip
    gone = np.full(n, NEVER, dtype=np.int64)
    for _, outcome in lanes:
        leaves = (outcome.exit_day != NEVER) & ~outcome.exit_bankrupt & unit
        gone = np.where(leaves & (gone == NEVER), outcome.exit_day, gone)
    sheet.add("debtors", at(first, 500), source="registry", valid_from=first - 1,
              operating_status=coded(status, statuses), **fixed)  # fmt: skip
    sheet.add("debtors", at(gone + 7, 500), version=2, source="registry", rows=gone != NEVER, valid_from=gone,
              operating_status="注销", **fixed)  # fmt: skip
    home = coded(np.where(u.chance("at_home", 0.8), d.place, u.pick("home", [1.0] * len(PLACES))),
                 [place.code for place in PLACES])  # fmt: skip
    sheet.add(
        "debtor_audit", at(first, 500), tag="", source="registry", rows=person, sex=coded(sex, ("female", "male")),
        birth_year=born, ethnicity=coded(u.pick("ethnicity", (0.91, 0.02, 0.02, 0.02, 0.015, 0.015)), _ETHNICITIES),
        household_region=home,
    )  # fmt: skip
    found = np.minimum(debts.filed[:, 0] + 60 + u.whole("guardian_day", 0, 90), d.anchor - 6)
    sheet.add(
        "guardian_conduct",
        at(found + 1),
        tag="G",
        rows=guardian & u.chance("guardian", 0.5),
        guardian_key=ids(d.who, "GK", 1),
        kind=coded(u.pick("guardian_kind", (0.5, 0.2, 0.3)), _GUARDIAN),
        verified_date=found,
    )
