"""The way out: the least burdensome lawful, feasible and dated actions that would change the grade or the route.

    found = recourse(case, record, rescore, "grade")
    found.plan.steps, found.plan.record        # what to do by when, and the re-scored record that shows it helps

Facts are changed, never indicators: each action adds rows (`explain.actions`), and `rescore`, the real scoring
function, is asked what comes of them at a later day. So causes keep their order, and a plan that is returned reached
its goal when it was scored. Instalments that fall due meanwhile are taken as paid, since they are owed anyway; all
else stays as on record.

Search. For every horizon and every set of actions, the least payment that still reaches the goal is found by halving
(a larger payment is taken never to hurt); sets that cannot be cheaper than the best plan so far are not scored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations
from typing import Any, Final, Literal, get_args

from explain.actions import Action, costs, instalments_due, left_after, open_actions, owed_cases, payment, presupposed
from explain.burden import means, paying, payment_step, waiting
from explain.case_rows import Change, KnownCase, Tables, day_after, moment, with_changes
from explain.phrases import Words

Record = Mapping[str, Any]
Rescore = Callable[[Tables, datetime], Record]
Goal = Literal["grade", "route", "mode", "assessed"]
GOALS: Final[tuple[Goal, ...]] = get_args(Goal)
_GRANTING: Final = frozenset({"full", "conditional", "suspension"})


@dataclass(frozen=True)
class Step:
    """One dated action in words."""

    code: str
    day: date
    zh: str
    en: str


@dataclass(frozen=True)
class Plan:
    """Steps that reach the goal when the case is scored again at `as_of`; `record` is that score, never stored.

    `burden` in errands to the court (explain/templates/actions.yaml); `pay` in CNY; `changes` are the rows of the
    steps, `given` those of what is owed anyway.
    """

    goal: Goal
    steps: tuple[Step, ...]
    burden: float
    pay: Decimal
    as_of: datetime
    given: tuple[Change, ...] = field(repr=False)
    changes: tuple[Change, ...] = field(repr=False)
    notes: tuple[Words, ...] = field(repr=False)
    record: Record = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """The plan without its record, but with what that says."""
        return {
            "goal": self.goal,
            "steps": [
                {"code": step.code, "day": step.day.isoformat(), "zh": step.zh, "en": step.en} for step in self.steps
            ],
            "burden": self.burden,
            "pay": str(self.pay),
            "as_of": self.as_of.isoformat(),
            "notes": [note._asdict() for note in self.notes],
            "reaches": outlook(self.record),
        }


@dataclass(frozen=True)
class Recourse:
    """What was found for one goal: a plan, or none and the words that say so."""

    goal: Goal
    plan: Plan | None
    zh: str
    en: str
    rescored: int
    exhaustive: bool

    def to_json(self) -> dict[str, Any]:
        """What was found; `plan` is null, and the words say so, where there is none."""
        return {
            "goal": self.goal,
            "zh": self.zh,
            "en": self.en,
            "plan": None if self.plan is None else self.plan.to_json(),
            "rescored": self.rescored,
            "exhaustive": self.exhaustive,
        }


def outlook(record: Record) -> dict[str, Any]:
    """The head figures of a record."""
    suggestion, points = record["suggestion"], record["points"]
    return {
        "gate": record["gate"]["outcome"],
        "grade": suggestion["grade"],
        "route": suggestion["route"],
        "mode": suggestion["mode"],
        "points": None if points is None else points["total"],
        "probabilities": dict(record["probabilities"]),
    }


def reached(goal: Goal, before: Record, after: Record) -> bool:
    """Whether `after` attains the goal from `before`. Leaving the list as of right attains every goal."""
    then = outlook(after)
    if then["gate"] == "no_discretion":
        return bool(before["gate"]["outcome"] != "no_discretion")
    if goal == "assessed":
        return bool(then["gate"] == "assess")
    if goal == "grade":
        grade = before["suggestion"]["grade"]
        return bool(then["grade"] is not None and grade is not None and then["grade"] < grade)
    if goal == "route":
        return bool(then["route"] == "simple")
    return then["mode"] in _GRANTING


def open_goals(record: Record) -> tuple[Goal, ...]:
    """The goals that a case has not reached yet. None for a statutory exit: nothing more is asked of the debtor."""
    now = outlook(record)
    if now["gate"] != "assess":
        return ("assessed",) if now["gate"] == "human_only" else ()
    goals: list[Goal] = []
    if now["grade"] not in (None, "A"):
        goals.append("grade")
    if now["route"] != "simple":
        goals.append("route")
    if now["mode"] not in _GRANTING | {"under_observation"}:
        goals.append("mode")
    return tuple(goals)


def recourse(case: KnownCase, record: Record, rescore: Rescore, goal: Goal) -> Recourse:
    """The least burdensome plan that reaches `goal`, scored by `rescore(tables, as_of)`; `record` is the case as it is.

    `rescore` gets the case's tables with the plan's rows added and the day on which the case is looked at again.
    """
    return _Search(case, record, rescore, goal).run()


def apply_plan(case: KnownCase, plan: Plan) -> dict[str, Any]:
    """The case's tables with the plan's rows, as they were scored."""
    return with_changes(case.tables, (*plan.given, *plan.changes))


class _Search:
    def __init__(self, case: KnownCase, record: Record, rescore: Rescore, goal: Goal) -> None:
        self.case, self.record, self.rescore, self.goal = case, record, rescore, goal
        self.rules = costs()
        self.limit = int(self.rules["max_rescores"])
        self.owed = sum(owed_cases(case).values(), Decimal(0))
        self.rescored = 0
        self.means_known = False
        self.best: Plan | None = None

    def run(self) -> Recourse:
        self.best = None
        for days in self.rules["horizons_days"]:
            self._horizon(int(days))
        exhaustive = self.rescored < self.limit
        words = self._words(exhaustive)
        return Recourse(self.goal, self.best, words.zh, words.en, self.rescored, exhaustive)

    def _horizon(self, days: int) -> None:
        """Improve on the best plan with plans that are looked at again after `days`."""
        until = day_after(self.case.day, days)
        able = means(self.record, self.owed, days)
        self.means_known, most_paid = able.known, min(able.amount, self._left(until))
        wait = waiting(days)
        actions = [
            action for action in open_actions(self.case, self._known("disposable_income_m")) if action.days <= days
        ]
        if self._too_dear(wait):
            return
        baseline = self._scored((), Decimal(0), until)
        if baseline is None:
            return
        helpful = [action for action in actions if self._matters(action, baseline, until)]
        most = self._scored(helpful, most_paid, until)
        if most is None or not (reached(self.goal, self.record, most) or reached(self.goal, self.record, baseline)):
            return  # not even everything together: more of the same cannot help by then
        for chosen in _subsets(helpful):
            burden = wait + sum(action.burden for action in chosen)
            if not self._too_dear(burden):
                self._least_payment(chosen, burden, most_paid, until)

    def _least_payment(self, chosen: Sequence[Action], burden: float, most: Decimal, until: date) -> None:
        step = payment_step(self.owed)
        if self._try(chosen, Decimal(0), burden, until):
            return
        low, high = self._least(until), self._affordable(burden, most)
        if high < low or not self._try(chosen, high, burden, until):
            return
        if low < high and self._try(chosen, low, burden, until):
            return
        while high - low > step:
            middle = ((low + high) / 2 / step).to_integral_value(ROUND_CEILING) * step
            if middle >= high:
                break
            if self._try(chosen, middle, burden, until):
                high = middle
            else:
                low = middle

    def _try(self, chosen: Sequence[Action], pay: Decimal, burden: float, until: date) -> bool:
        """Score a plan; keep it when it reaches the goal and is less burdensome than the best."""
        record = self._scored(chosen, pay, until)
        if record is None or not reached(self.goal, self.record, record):
            return False
        whole = burden + paying(pay, self.owed)
        if not self._too_dear(whole):
            self.best = self._plan(chosen, pay, whole, until, record)
        return True

    def _scored(self, chosen: Sequence[Action], pay: Decimal, until: date) -> Record | None:
        if self.rescored >= self.limit:
            return None
        self.rescored += 1
        given, changes = self._changes(chosen, pay, until)
        return self.rescore(with_changes(self.case.tables, (*given, *changes)), moment(day_after(until, 1)))

    def _changes(self, chosen: Sequence[Action], pay: Decimal, until: date) -> tuple[list[Change], list[Change]]:
        given = presupposed(self.case, until)
        changes: list[Change] = []
        for action in chosen:
            changes += action.changes(self._day(action.days))
        if pay > 0:
            changes += payment(self.case, pay, self._day(self.rules["actions"]["pay"]["days"]), [*given, *changes])
        return given, changes

    def _matters(self, action: Action, baseline: Record, until: date) -> bool:
        """Whether the action alone changes any indicator or fact."""
        alone = self._scored((action,), Decimal(0), until)
        return alone is not None and any(_values(alone[part]) != _values(baseline[part]) for part in _STATED)

    def _too_dear(self, burden: float) -> bool:
        return self.best is not None and burden >= self.best.burden - 1e-9

    def _day(self, days: int) -> date:
        return day_after(self.case.day, days)

    def _affordable(self, burden: float, most: Decimal) -> Decimal:
        """The most that may be paid: within the means, and cheaper than the best plan so far."""
        if self.best is None or self.owed <= 0:
            return most
        rule, step = self.rules["actions"]["pay"], payment_step(self.owed)
        room = (self.best.burden - burden - rule["burden"]) / rule["burden_per_share"]
        cap = (Decimal(room) * self.owed / step).to_integral_value(ROUND_FLOOR) * step
        return min(most, cap)

    def _left(self, until: date) -> Decimal:
        """What remains once the instalments due until then are paid."""
        return sum(left_after(self.case, presupposed(self.case, until)).values(), Decimal(0))

    def _least(self, until: date) -> Decimal:
        """The smallest payment that is proposed: never a token, never more than what remains."""
        step = payment_step(self.owed)
        share = Decimal(str(self.rules["actions"]["pay"]["minimum_share"]))
        wanted = max((self.owed * share / step).to_integral_value(ROUND_CEILING) * step, step)
        return max(min(wanted, self._left(until)), Decimal("0.01"))

    def _known(self, indicator: str) -> float | None:
        found = {item["id"]: item["value"] for item in self.record["indicators"]}
        return found.get(indicator)

    def _plan(self, chosen: Sequence[Action], pay: Decimal, burden: float, until: date, record: Record) -> Plan:
        given, changes = self._changes(chosen, pay, until)
        steps = [self._step(action.code, self._day(action.days), action.fields) for action in chosen]
        if pay > 0:
            rule = self.rules["actions"]["pay"]
            steps.append(self._step("pay", self._day(rule["days"]), {"amount": f"{pay:.2f}"}))
        return Plan(
            self.goal,
            tuple(sorted(steps, key=lambda step: (step.day, step.code))),
            round(burden, 6),
            pay,
            moment(day_after(until, 1)),
            tuple(given),
            tuple(changes),
            tuple(self._notes(until, pay)),
            record,
        )

    def _step(self, code: str, day: date, fields: Mapping[str, str]) -> Step:
        rule = self.rules["actions"][code]
        return Step(code, day, rule["zh"].format(day=day, **fields), rule["en"].format(day=day, **fields))

    def _notes(self, until: date, pay: Decimal) -> Iterator[Words]:
        due = instalments_due(self.case, until)
        told = self.rules["presupposed"]
        if due:
            fields = {"count": len(due), "amount": sum(amount for _, amount, _ in due)}
            yield Words(told["instalments"]["zh"].format(**fields), told["instalments"]["en"].format(**fields))
        if pay > 0:
            yield Words(**self.rules["means" if self.means_known else "means_unknown"])
        yield Words(**told["rest"])

    def _words(self, exhaustive: bool) -> Words:
        goal, tail = self.rules["goals"][self.goal], Words("", "") if exhaustive else Words(**self.rules["unfinished"])
        if self.best is None:
            none = self.rules["none"]
            return Words(none["zh"].format(goal=goal["zh"]) + tail.zh, none["en"].format(goal=goal["en"]) + tail.en)
        zh = "；".join(step.zh for step in self.best.steps) or f"等待至{self.best.as_of:%Y-%m-%d}，届时重新评估"
        en = "; ".join(step.en for step in self.best.steps) or f"wait until {self.best.as_of:%Y-%m-%d}"
        return Words(f"{goal['zh']}：{zh}{tail.zh}", f"{goal['en']}: {en}{tail.en}")


_STATED = ("indicators", "facts")


def _values(stated: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {item["id"]: item["value"] for item in stated}


def _subsets(actions: Sequence[Action]) -> list[tuple[Action, ...]]:
    """Every set of the actions, the least burdensome first."""
    every = [chosen for size in range(len(actions) + 1) for chosen in combinations(actions, size)]
    return sorted(every, key=lambda chosen: sum(action.burden for action in chosen))
