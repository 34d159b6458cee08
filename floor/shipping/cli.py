"""`flask slips`: the packing slips of a run on paper, for the day they are printed in bulk."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from floor.kit.actor import SYSTEM
from floor.kit.spreadsheet import to_csv, to_workbook
from floor.kit.uow import reading, unit_of_work
from floor.shipping import invoices as kept_invoices
from floor.shipping import jobs, papers, queries

#: Slips per file: it stays printable, and progress shows.
_BATCH = 100


@click.command("slips")
@click.option("--run", "run_id", type=int, help="Only the shipments of this allocation run.")
@click.option("--all", "every", is_flag=True, help="The shipments of every run.")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@with_appcontext
def slips(run_id: int | None, every: bool, file: Path) -> None:
    """Write packing slips to FILE; more than a hundred, or two languages, go to FILE-001, FILE-002...

    An order whose slip cannot be made never stops the others: it is named at the end, and the exit code is 1.
    """
    if (run_id is not None) == every:
        raise click.UsageError("say either --run N or --all")
    parts = _parts(run_id)
    if not parts:
        raise click.ClickException("there are no shipments to print")
    total = sum(len(ids) for _lang, ids in parts)
    done = written = 0
    failed: dict[str, str] = {}
    for number, (lang, ids) in enumerate(parts, start=1):
        target = file if len(parts) == 1 else file.with_stem(f"{file.stem}-{number:03d}")
        pdf, bad = jobs.slips_paper(ids, lang)
        failed |= bad
        done, written = done + len(ids), written + len(ids) - len(bad)
        if pdf:
            target.write_bytes(pdf)
        click.echo(f"  {done:>7,} of {total:,}  {target.name if pdf else 'nothing to write'}")
    click.echo(f"{written:,} slips written, {len(failed):,} left out")
    for shipment, why in failed.items():
        click.echo(f"  {shipment}: {why}", err=True)
    if failed:
        raise SystemExit(1)


def _parts(run_id: int | None) -> list[tuple[str, list[int]]]:
    """(language, shipments) of each file: a paper has one language."""
    by_lang: dict[str, list[int]] = {}
    with reading() as db:
        for shipment_id, lang in queries.shipments_to_slip(db, run_id):
            by_lang.setdefault(papers.language(lang), []).append(shipment_id)
    return [
        (lang, ids[start : start + _BATCH]) for lang, ids in by_lang.items() for start in range(0, len(ids), _BATCH)
    ]


@click.command("invoices")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@with_appcontext
def invoices(file: Path) -> None:
    """Write the data of every invoice that is complete and not held to FILE (.xlsx or .csv), once each."""
    with unit_of_work() as db:
        header, rows = kept_invoices.table(db, kept_invoices.export(db, SYSTEM))
        body = (to_workbook if file.suffix == ".xlsx" else to_csv)(header, rows)
        file.write_bytes(body)  # before the commit: a file that cannot be written leaves them for the next
    click.echo(f"{len(rows):,} lines written")
