"""`flask slips`: the packing slips of a run on paper, for the day the benches print in bulk."""

from collections.abc import Iterator
from pathlib import Path

import click

from floor.kit.uow import reading
from floor.shipping import jobs, queries

#: Shipments read at once; slips per file, so that one file stays printable and one bad order costs little.
_BATCH = 100


@click.command("slips")
@click.option("--run", "run_id", type=int, help="Only the shipments of this allocation run.")
@click.option("--all", "every", is_flag=True, help="The shipments of every run.")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def slips(run_id: int | None, every: bool, file: Path) -> None:
    """Write packing slips to FILE; more than a hundred go to FILE-001, FILE-002...

    An order whose slip cannot be made never stops the others: it is named at the end, and the exit code is 1.
    """
    if (run_id is None) == (not every):
        raise click.UsageError("say either --run N or --all")
    with reading() as db:
        ids = queries.shipments_to_slip(db, run_id)
    if not ids:
        raise click.ClickException("there are no shipments to print")
    failed: dict[str, str] = {}
    done = 0
    for number, (part, target) in enumerate(zip(_parts(ids), _names(file, len(ids)), strict=False), start=1):
        pdf, bad = jobs.slips_paper(part)
        failed |= bad
        done += len(part) - len(bad)
        if pdf:
            target.write_bytes(pdf)
        click.echo(f"{min(number * _BATCH, len(ids))} of {len(ids)}: {target.name}")
    click.echo(f"{done} slips written")
    for order, why in failed.items():
        click.echo(f"{order}: {why}", err=True)
    if failed:
        raise SystemExit(1)


def _parts(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _names(file: Path, total: int) -> Iterator[Path]:
    if total <= _BATCH:
        yield file
    for number in range(1, -(-total // _BATCH) + 1):
        yield file.with_stem(f"{file.stem}-{number:03d}")
