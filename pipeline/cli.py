"""The command line. Commands import what they need when they are called, so that `--help` is quick.

Exit status: 0 done, 1 the input is at fault (every fault listed), 2 wrong usage, 3 integrity or
replay failed.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pipeline.say import DONE, Outcome, run

app = typer.Typer(
    name="repair-risk",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Risk-model pipeline for judicial credit repair (司法信用修复): graded, predicted, explained.",
)

Out = Annotated[Path, typer.Option("--out", help="folder to write")]
BundleOption = Annotated[str | None, typer.Option("--bundle", help="bundle folder or id; the champion when left out")]
Json = Annotated[bool, typer.Option("--json", help="machine-readable result on standard output")]


@app.command()
def demo(debtors: Annotated[int, typer.Option(help="size of the synthetic world")] = 30000) -> None:
    """The whole path on a small synthetic world; ends with a report and the command that serves."""
    from pipeline.demo import demo as command

    run(lambda: command(debtors))


@app.command()
def synth(
    out: Out,
    debtors: Annotated[int, typer.Option(min=1)] = 6000,
    seed: Annotated[int, typer.Option()] = 7,
    mess: Annotated[float, typer.Option(min=0.0, max=0.5, help="share of rows damaged on purpose")] = 0.0,
    buckets: Annotated[int | None, typer.Option(min=1, help="parts of the dataset; by its size when left out")] = None,
) -> None:
    """Generate a synthetic world of case records; its truth lies beside it, never inside."""
    from pipeline.data import synth as command

    run(lambda: command(out, debtors, seed, mess, buckets))


@app.command()
def calibrate(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    truth: Annotated[Path | None, typer.Option(help="truth of the world; DIR_truth when left out")] = None,
    out: Annotated[Path | None, typer.Option(help="Markdown file to write")] = None,
    as_json: Json = False,
) -> None:
    """Set the figures of a synthetic world beside the published ones, with tolerance and verdict."""
    from pipeline.data import calibrate as command

    run(lambda: command(directory, truth, out, as_json))


@app.command("import")
def import_(
    layout: Annotated[str, typer.Argument(help="ccf2017, public-list or csv")],
    src: Annotated[Path, typer.Argument(exists=True)],
    out: Out,
) -> None:
    """Bring records of an outside layout into our tables; nothing is lost, reasons are given."""
    from pipeline.data import import_layout as command

    run(lambda: command(layout, src, out))


@app.command()
def validate(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    docs: Annotated[
        Path | None, typer.Option(help="folder for Data Docs: what was expected and found, page by page")
    ] = None,
    as_json: Json = False,
) -> None:
    """Report all faults of a dataset at once and move bad rows to a quarantine beside it."""
    from pipeline.data import validate as command

    run(lambda: command(directory, as_json, docs))


@app.command()
def features(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    out: Out,
    cluster: Annotated[str | None, typer.Option(help="address of a Dask scheduler (extra `cluster`)")] = None,
) -> None:
    """Compute cohort, indicators and labels of a dataset."""
    from pipeline.data import features as command

    run(lambda: command(directory, out, cluster))


@app.command()
def case(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    identifier: Annotated[str, typer.Argument(metavar="ID", help="application id, or debtor id for first listings")],
) -> None:
    """Print one case of a dataset as the JSON that `score` and the endpoint take."""
    from pipeline.data import case as command

    run(lambda: command(directory, identifier))


@app.command()
def train(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    out: Out,
    features: Annotated[Path | None, typer.Option(help="indicators already computed")] = None,
    params: Annotated[Path | None, typer.Option(help="YAML with a section `train`", exists=True)] = None,
    seed: Annotated[int | None, typer.Option(help="overrides the seed of the parameters")] = None,
) -> None:
    """Fit the models, sign the bundle, register it with MLflow as challenger."""
    from pipeline.train import train as command

    run(lambda: command(directory, out, features, params, seed))


@app.command()
def tune(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    out: Annotated[Path, typer.Option("--out", help="parameter file to write, for `train --params`")],
    features: Annotated[Path | None, typer.Option(help="indicators already computed")] = None,
    trials: Annotated[int, typer.Option(min=1)] = 50,
    objective: Annotated[str, typer.Option(help="log_loss or auc")] = "log_loss",
    params: Annotated[Path | None, typer.Option(help="YAML to start from", exists=True)] = None,
    seed: Annotated[int | None, typer.Option(help="overrides the seed of the parameters")] = None,
) -> None:
    """Search booster settings by rolling origins within the fit period; calibration and test stay unseen."""
    from pipeline.tune import tune_boosters as command

    run(lambda: command(directory, out, features, trials, objective, params, seed))


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument()],
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    out: Out,
    features: Annotated[Path | None, typer.Option(help="indicators already computed")] = None,
    truth: Annotated[Path | None, typer.Option(help="true probabilities of a synthetic world")] = None,
    params: Annotated[Path | None, typer.Option(help="YAML with a section `evaluate`", exists=True)] = None,
) -> None:
    """Measure a bundle out of time (or by repeated cross-validation where records are few)."""
    from pipeline.evaluate import evaluate as command

    run(lambda: command(bundle, directory, out, features, truth, params))


@app.command()
def report(
    evaluation: Annotated[Path, typer.Argument(help="folder written by evaluate")],
    bundle: Annotated[str, typer.Option()],
    out: Annotated[Path, typer.Option("--out", help="HTML file to write")],
) -> None:
    """Write the model report as one HTML file that needs no network."""
    from pipeline.report import report as command

    run(lambda: command(evaluation, bundle, out))


@app.command()
def card(
    bundle: Annotated[str, typer.Argument()],
    out: Annotated[Path, typer.Option("--out", help=".md or .html file to write")],
) -> None:
    """Write the model card: use, data, figures, gates, approvals, limits."""
    from pipeline.card import card as command

    run(lambda: command(bundle, out))


@app.command()
def promote(
    bundle: Annotated[str, typer.Argument()],
    approver: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
) -> None:
    """Approve a bundle; the second, different name makes it the champion that answers."""
    from pipeline.champion import promote as command

    run(lambda: command(bundle, approver, reason))


@app.command()
def score(
    source: Annotated[Path, typer.Argument(metavar="CASE.json|DIR", exists=True)],
    bundle: BundleOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="folder for the score log of a batch")] = None,
    as_json: Json = False,
) -> None:
    """Score one case or a whole dataset; every score is recorded before it is shown."""
    from pipeline.scoring import score_source as command

    run(lambda: command(source, bundle, out, as_json))


@app.command()
def monitor(
    directory: Annotated[Path, typer.Argument(metavar="DIR")],
    month: Annotated[str, typer.Option(help="YYYY-MM")],
    bundle: BundleOption = None,
    as_json: Json = False,
) -> None:
    """Re-score the debtors under observation with what the month has shown."""
    from pipeline.monitor import monitor as command

    run(lambda: command(directory, _month(month), bundle, as_json))


@app.command()
def explain(
    score_id: Annotated[str, typer.Argument()],
    as_json: Json = False,
    report: Annotated[Path | None, typer.Option(help="write the assessment report: a .html or .pdf file")] = None,
    interactions: Annotated[bool, typer.Option("--interactions", help="which indicators act together")] = False,
) -> None:
    """Say in words why a recorded case scored as it did."""
    from pipeline.recorded import explain as command

    run(lambda: command(score_id, as_json, report, interactions))


Data = Annotated[
    Path | None, typer.Option(help="the rows of the recorded score: the dataset scored, or CASE.json", exists=True)
]


@app.command()
def recourse(
    score_id: Annotated[str, typer.Argument()],
    data: Data = None,
    goal: Annotated[list[str] | None, typer.Option(help="grade, route, mode or assessed; all open ones")] = None,
    report: Annotated[Path | None, typer.Option(help="write it into the assessment report: .html or .pdf")] = None,
    as_json: Json = False,
) -> None:
    """The least burdensome lawful way to a better grade or route, scored again to show that it holds."""
    from pipeline.supposed import recourse as command

    run(lambda: command(score_id, data, goal or [], report, as_json))


@app.command("what-if")
def what_if(
    source: Annotated[str, typer.Argument(metavar="SCORE_ID|CASE.json")],
    changes: Annotated[
        list[str],
        typer.Argument(help="each 'TABLE ROW_ID COLUMN=VALUE …', 'TABLE + COLUMN=VALUE …' or 'TABLE - ROW_ID'"),
    ],
    data: Data = None,
    bundle: BundleOption = None,
    as_json: Json = False,
) -> None:
    """What the score would be were some facts otherwise, beside what it is; never recorded."""
    from pipeline.supposed import what_if as command

    run(lambda: command(source, changes, data, bundle, as_json))


@app.command()
def replay(
    score_id: Annotated[str | None, typer.Argument()] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="how many records, drawn by a fixed rule")] = None,
    as_json: Json = False,
) -> None:
    """Compute recorded scores again from the record and compare every bit."""
    from pipeline.recorded import replay as command

    run(lambda: command(score_id, sample, as_json))


@app.command()
def verify(as_json: Json = False) -> None:
    """Check the ledger against its signed checkpoints; names every record that does not hold."""
    from pipeline.recorded import verify as command

    run(lambda: command(as_json))


rule_book = typer.Typer(invoke_without_command=True, help="Print the public rule book of a day and a region.")
app.add_typer(rule_book, name="rules")


def _region(code: str) -> str:
    if code != "*" and not re.fullmatch(r"[0-9]{6}", code):
        raise typer.BadParameter(f"{code!r} is no area code; write six digits, or * for the national rules")
    return code


Region = Annotated[str, typer.Option(callback=_region, help="six digits, or * for the national rules")]
CourtFile = Annotated[list[Path] | None, typer.Option("--court-file", help="a court's own override file", exists=True)]


@rule_book.callback()
def rules(
    context: typer.Context,
    on: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"])] = None,
    region: Region = "*",
    bundle: BundleOption = None,
    html: Annotated[bool, typer.Option("--html", help="as a page instead of Markdown")] = False,
    court_file: CourtFile = None,
) -> None:
    """Print the public rule book of a day and a region, with the points table."""
    if context.invoked_subcommand is not None:
        return
    from pipeline.rulebook import rules as command

    day = on.date() if on else date.today()  # noqa: DTZ011 - the reader's own day
    run(lambda: command(day, region, bundle, html, court_file or []))


@rule_book.command()
def diff(
    first: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="D1")],
    second: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="D2")],
    region: Region = "*",
    court_file: CourtFile = None,
) -> None:
    """Print what changed in the rules from one day to another."""
    from pipeline.rulebook import diff as command

    run(lambda: command(first.date(), second.date(), region, court_file or []))


@app.command()
def serve(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Serve the scoring endpoint and the reviewer pages."""
    run(lambda: _serve(host, port))


def _serve(host: str, port: int) -> Outcome:
    import uvicorn

    # By name: nothing in the pipeline imports the service. Built here, so that a refusal is one clear message.
    application = import_module("service.main").from_environment()
    uvicorn.run(application, host=host, port=port, log_level="info")
    return DONE


def _month(text: str) -> date:
    try:
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no time zone
        if not 2000 <= month.year < 3000:
            raise ValueError(text)
        return month
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a month; write YYYY-MM", param_hint="--month") from None


def main() -> None:
    """Entry point of `repair-risk`."""
    app()


__all__ = ["Outcome", "app", "main"]
