"""Commands of insight."""

from datetime import date, datetime, timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from floor.analytics import jobs, weekly
from floor.inventory.count_days import today
from floor.kit.uow import reading
from floor.paper.reports import report_pdf
from floor.web.locale import LANGUAGES

insight = AppGroup("insight", help="Figures over days.")


@insight.command("sum")
@click.option("--all", "anew", is_flag=True, help="Every day there is, not only those something happened to.")
def sum_up(anew: bool) -> None:
    """Sum up days: workers do it by themselves; after rows were written past the verbs, it is done here."""

    def tell(day: date) -> None:
        click.echo(day.isoformat())

    click.echo(f"{jobs.sum_up(anew=anew, tell=tell)} days summed up.")


@insight.command("week")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="A day of the week; without it, last week.")
@click.option("--lang", type=click.Choice(LANGUAGES), default=LANGUAGES[0], show_default=True)
@click.option("--site", default="", help="Code of one warehouse.")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="The PDF to write.")
def week(day: datetime | None, lang: str, site: str, target: Path) -> None:
    """Write a week's report."""
    chosen = day.date() if day else today() - timedelta(days=7)
    jobs.sum_up()
    with reading() as db:
        paper = weekly.report(db, chosen, lang, current_app.extensions["settings"].company, site)
    target.write_bytes(report_pdf(paper, lang))
    click.echo(f"{target}: {paper.first.isoformat()} to {paper.last.isoformat()}")
