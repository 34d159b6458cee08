"""`flask demo load`: the demo company, once."""

import click
from flask.cli import AppGroup

from floor.demo import company

demo = AppGroup("demo", help="The demo company.")


@demo.command("load")
def load() -> None:
    """Build the demo company in an empty house; an inhabited one is left alone."""
    if not company.load_once(click.echo):
        click.echo("Somebody lives here already: nothing was changed.")
