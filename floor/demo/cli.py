"""`flask demo ...`: the demo company, and shelves for imported orders."""

import random

import click
from flask.cli import AppGroup

from floor.demo import company, places
from floor.kit.uow import unit_of_work

demo = AppGroup("demo", help="The demo company.")


@demo.command("load")
@click.option("--orders", default=company.ORDERS, show_default=True, help="How many open orders it begins with.")
def load(orders: int) -> None:
    """Build the demo company in an empty house; an inhabited one is left alone."""
    if not company.load_once(click.echo, orders=orders):
        click.echo("Somebody lives here already: nothing was changed.")


@demo.command("shelve")
@click.option("--seed", default=1, show_default=True)
def shelve(seed: int) -> None:
    """Opening stock for ordered SKUs that lie nowhere: order files bring demand, but no shelves."""
    with unit_of_work() as db:
        skus, units = places.shelve_the_rest(db, random.Random(seed))
    click.echo(f"{skus} SKUs had no stock: {units} units shelved")
