"""Commands about people: the first person of an empty house has nobody to ask."""

import click
from flask.cli import AppGroup

from floor.kit.actor import Actor
from floor.kit.errors import Invalid
from floor.kit.uow import unit_of_work
from floor.people import service
from floor.people.models import Role

people_group = AppGroup("people", help="People who work here.")


@people_group.command("hire")
@click.argument("badge")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--site", default="", help="Code of the warehouse; nothing for people of the whole house.")
@click.option("--pin", prompt=True, hide_input=True, confirmation_prompt=True, help="Four digits or more.")
def hire(badge: str, name: str, role: str, site: str, pin: str) -> None:
    """Give NAME a BADGE (what its barcode says) and a PIN."""
    if not (pin.isdecimal() and pin.isascii() and 4 <= len(pin) <= 12):
        raise click.BadParameter("use 4 to 12 digits", param_hint="--pin")
    try:
        with unit_of_work() as db:
            user = service.hire(db, badge.strip().upper(), name, Role(role), pin, site, Actor("system", None, "flask"))
    except Invalid:
        raise click.ClickException(f"badge {badge} already belongs to somebody") from None
    click.echo(f"{user.name} has badge {user.badge} and may sign in as {user.role}.")
