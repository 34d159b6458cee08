"""Commands of tracking."""

import click
from flask import current_app
from flask.cli import AppGroup

from floor.tracking import jobs

tracking_group = AppGroup("tracking", help="Parcels on the road.")


@tracking_group.command("simulate")
@click.option("--deliver", is_flag=True, help="Tell of the whole way, up to the customer's door.")
def simulate(deliver: bool) -> None:
    """Let a simulated carrier tell of every shipped parcel, signed, through the real webhook (demo and tests)."""
    client = current_app.test_client()

    def post(carrier: str, headers: dict[str, str], body: bytes) -> int:
        path = f"/hooks/tracking/{carrier}"
        return client.post(path, data=body, headers=headers, content_type="application/json").status_code

    for carrier, parcels in jobs.simulate(post, deliver).items():
        click.echo(f"{carrier}: told of {parcels} parcels (simulated)")
