"""`flask audit`: look at everything that waits, now."""

import click
from flask.cli import AppGroup

from floor.audit import handling, jobs, language, reading, service
from floor.kit.uow import reading as reading_only
from floor.kit.uow import unit_of_work

audit = AppGroup("audit", help="Checks of orders before they may be allocated.")


@audit.command("run")
def run() -> None:
    """Audit every order nobody looked at yet; the worker does the same one by one."""

    def tell(done: int, total: int) -> None:
        click.echo(f"  {done} of {total}", err=True)

    counted = jobs.audit_received(tell)
    click.echo(f"{counted.released + counted.held} orders: {counted.released} released, {counted.held} on hold")
    for rule, count in sorted(counted.flags.items(), key=lambda entry: (-entry[1], entry[0])):
        click.echo(f"  {count:>6} {rule}")


@audit.command("rules")
def rules() -> None:
    """Install the rules that are missing, with their default settings."""
    with unit_of_work() as db:
        service.install_rules(db)
    click.echo("rules installed")


@audit.command("learn")
def learn_() -> None:
    """Learn from the trail how long orders take; a version that does not beat what is simpler is kept off."""
    row, figures = jobs.learn_handling()
    if row is None or figures is None:
        click.echo(f"too few orders were handled: {handling.LEAST} are needed")
        return
    click.echo(f"{figures.learned} orders learned, {figures.held_out} later ones told; mean error in minutes")
    click.echo(f"  learned trees {figures.trees:>9.2f}")
    click.echo(f"  straight line {figures.line:>9.2f}")
    click.echo(f"  mean          {figures.mean:>9.2f}")
    click.echo(f"version {row.version}, {'in use' if row.is_active else 'kept off: what is simpler does as well'}")


@audit.command("language")
@click.option("--learn", is_flag=True, help="Learn again first, with what people decided since.")
def language_(learn: bool) -> None:
    """How well remarks are read: precision and recall on the held-out remarks, and the confusion table."""
    if learn:
        row, _figures = jobs.learn_language()
        said = "in use" if row.is_active else "kept off: it reads worse"
        click.echo(f"version {row.version}, {row.figures['decided']} decisions of people learned, {said}")
    with reading_only() as db:
        reader = reading.reader_of(db)
    held_out = language.remarks("held_out")
    figures, table = language.measure(reader, held_out)
    click.echo(f"{len(language.remarks('learn'))} remarks learned, {len(held_out)} held out")
    click.echo(f"{'intent':<10}{'right':>7}{'wrong':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
    for one in figures:
        counts = f"{one.right:>7}{one.wrong:>7}{one.missed:>8}"
        click.echo(f"{one.intent:<10}{counts}{one.precision:>10.0f}%{one.recall:>7.0f}%")
    every = language.Figures("all", *(sum(getattr(f, name) for f in figures) for name in ("right", "wrong", "missed")))
    click.echo(
        f"{'all':<10}{every.right:>7}{every.wrong:>7}{every.missed:>8}{every.precision:>10.0f}%{every.recall:>7.0f}%"
    )
    names = [*language.INTENTS, "nothing"]
    click.echo("\nread as:  " + "".join(f"{name[:7]:>8}" for name in names))
    for name, row_ in zip(names, table, strict=True):
        click.echo(f"{name:<10}" + "".join(f"{n or '.':>8}" for n in row_))
