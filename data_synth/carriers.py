"""How well anybody could predict in this world, and which causes carry it.

The log-odds of an outcome are a sum, cause times strength, so what each cause contributes can be told exactly:
`share` is the covariance of its term with the sum over the variance of the sum (the shares add up to 1);
`alone` the AUC of who knows this cause only; `without` the AUC of who knows all others. The best reachable
AUC is that of the true probabilities. For a grant the causes are facts of the record and of the court; how
much of them the latent traits behind the record explain is told by a regression of the sum on these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import rankdata

from data_synth.params import HIDDEN
from data_synth.rng import Bools, Floats

LATENT = ("ability", "willingness", "impact")
AFTER_ACCEPTANCE = ("consent", "objection", "cycle")
FEWEST = 200  # outcomes of either kind without which an AUC says nothing


@dataclass(frozen=True)
class Carrier:
    """One cause, or several together, of one outcome."""

    name: str
    share: float
    alone: float
    without: float


@dataclass(frozen=True)
class Reach:
    """The best reachable AUC of one outcome over `n` applications, and its causes, the strongest first.

    `groups` are causes taken together; `latent` the share of the variance of the log-odds that ability,
    willingness and impact explain together, `latent_auc` the AUC of who knows these three only.
    """

    outcome: str
    n: int
    auc: float
    carriers: tuple[Carrier, ...]
    groups: tuple[Carrier, ...]
    latent: float
    latent_auc: float

    def to_markdown(self) -> list[str]:
        """A section for people: title, table, what the latent traits explain."""
        lines = [
            f"## What carries the best reachable AUC: {self.outcome}",
            "",
            f"{self.auc:.3f} on {self.n:,} discretionary applications. Ability, willingness and impact explain "
            f"{self.latent:.0%} of the variance of the log-odds; who knew these three alone would reach "
            f"{self.latent_auc:.3f}.",
            "",
            "| cause | share of the log-odds | AUC of it alone | AUC without it |",
            "|---|---:|---:|---:|",
        ]
        lines += [
            f"| {one.name} | {one.share:.1%} | {one.alone:.3f} | {one.without:.3f} |"
            for one in (*self.carriers, *self.groups)
        ]
        return [*lines, ""]


def reaches(truth: Path) -> tuple[Reach, ...]:
    """The reach of a grant and of re-default within 12 months in the world whose truth lies at `truth`.

    Over the discretionary applications: a grant over the decided ones, re-default (had the repair been granted)
    over the accepted ones. An outcome with fewer than FEWEST cases of either kind is left out.
    """
    strengths = json.loads((truth / "world.json").read_text(encoding="utf-8"))["params"]
    free = pl.read_parquet(truth / "applications.parquet").filter(pl.col("p_success").is_not_null())
    latent = np.column_stack([free[f"cause_{name}"].to_numpy() for name in LATENT])
    until = date.fromisoformat(strengths["observed_until"])
    decided = (free["decided_on"] <= until).fill_null(value=False).to_numpy()
    accepted = free["accepted_on"].is_not_null().to_numpy()
    asked: tuple[tuple[str, str, str, Bools, dict[str, tuple[str, ...]]], ...] = (
        ("success", "success_", "granted", decided,
         {"the panel's reading and what is known after acceptance only": ("panel_reading", *AFTER_ACCEPTANCE)}),
        ("redefault", "cause_", "y_redefault_12", accepted,
         {"hidden and later causes": tuple(name for name in HIDDEN if name in strengths["redefault"])}),
    )  # fmt: skip
    found = []
    for outcome, prefix, label, rows, groups in asked:
        y = free[label].to_numpy().astype(bool)[rows]
        if min(y.sum(), (~y).sum()) < FEWEST:
            continue
        terms = {
            name: strength * free[f"{prefix}{name}"].to_numpy().astype(np.float64)[rows]
            for name, strength in strengths[outcome].items()
        }
        found.append(_reach(outcome, terms, y, latent[rows], groups))
    return tuple(found)


def auc(y: Bools, score: Floats) -> float:
    """Area under the ROC curve of `score` (n,) for the outcome `y` (n,): the chance that one with the outcome has
    the higher score, ties counting half (Mann and Whitney 1947). NaN when all outcomes are alike."""
    yes = int(y.sum())
    no = y.size - yes
    if not yes or not no:
        return float("nan")
    return float((rankdata(score)[y].sum() - yes * (yes + 1) / 2) / (yes * no))


def _reach(
    outcome: str, terms: Mapping[str, Floats], y: Bools, latent: Floats, groups: Mapping[str, Sequence[str]]
) -> Reach:
    total = np.sum(list(terms.values()), axis=0)

    def carrier(name: str, members: Sequence[str]) -> Carrier:
        own = np.sum([terms[member] for member in members], axis=0)
        share = float(np.cov(own, total)[0, 1] / np.var(total, ddof=1))
        return Carrier(name, share, auc(y, own), auc(y, total - own))

    single = sorted((carrier(name, (name,)) for name in terms), key=lambda one: -one.share)
    design = np.column_stack([np.ones(y.size), latent])
    fitted = design @ np.linalg.lstsq(design, total, rcond=None)[0]
    return Reach(
        outcome=outcome,
        n=int(y.size),
        auc=auc(y, total),
        carriers=tuple(single),
        groups=tuple(carrier(name, members) for name, members in groups.items()),
        latent=float(fitted.var() / total.var()),
        latent_auc=auc(y, fitted),
    )
