"""Commands of tracking."""

import click
from flask import current_app
from flask.cli import AppGroup

from floor.tracking import eta, jobs, learning

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


@tracking_group.command("learn")
def learn() -> None:
    """Learn from our own parcels when they arrive and how long silence is normal; what tells no better is kept off."""
    row, figures = learning.learn_road()
    if row is None or figures is None:
        click.echo(f"too few parcels arrived: {eta.LEAST} are needed")
        return
    click.echo(f"{figures.learned} parcels learned, {figures.held_out} later ones told")
    click.echo(f"  inside the range of 80% {figures.covered:>8.1%}")
    click.echo(f"  mean error, hours: ours {figures.ours:>8.1f}  (median {figures.median:.1f})")
    click.echo(f"          carrier's promise {figures.promise:>6.1f}")
    click.echo(f"                 plain mean {figures.mean:>6.1f}")
    click.echo(f"version {row.version}, {'in use' if row.is_active else 'kept off: what is simpler tells as well'}")
