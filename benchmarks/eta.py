"""When parcels arrive, told before they leave, beside what they took: coverage of the range, errors, and timers.

Run: python -m benchmarks.eta [--data FILE] [--held-out 0.25]

The data: real orders with the shop's promise and the delivery (Olist, a sample), from the folder of public instances.
It is no part of the product; without it the benchmark says so. They hold no handover and no scans: what is told is the
time from the order to the door, by state and weekday, and the one silence there is lasts from the order to the door.
Everything is told as the house would: by `floor/tracking/eta.py`, learned again every week from what was known then.
"""

import argparse
import csv
import gzip
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.instances import FOLDER
from floor.tracking import eta
from floor.tracking.eta import Spans
from floor.tracking.learned import LATEST, LONGEST

DATA = FOLDER / "tracking" / "olist_sample.csv.gz"
#: Hours after which a fixed rule thinks a parcel lost: 30 days.
FIXED_H = 30 * 24
_EPOCH = datetime(2017, 1, 1, tzinfo=UTC)


def hours(text: str) -> float:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH).total_seconds() / 3600


def read(path: Path) -> Spans:
    """Orders that were sent, in the order they were placed. The promised day counts to its end."""
    rows = []
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            if row["order_status"] not in ("delivered", "shipped"):
                continue
            began, came = hours(row["order_purchase_timestamp"]), row["order_delivered_customer_date"]
            day = datetime.fromisoformat(row["order_purchase_timestamp"]).weekday()
            promise = hours(row["order_estimated_delivery_date"]) + 24 - began
            lane = f"olist|{row['customer_state']}"
            ended = hours(came) if came else np.inf
            rows.append((began, ended, promise, ("", "olist", lane, f"{lane}|{day}")))
    rows.sort()
    began, ended, promise = (np.array([row[n] for row in rows], float) for n in range(3))
    return Spans([row[3] for row in rows], began, ended, promise)


def arrived(past: Spans) -> Spans:
    kept = np.nonzero(np.isfinite(past.ended))[0]
    return Spans([past.names[n] for n in kept], past.began[kept], past.ended[kept], past.scale[kept])


def ranges(past: Spans, first: int) -> None:
    """Coverage and errors on the later parcels."""
    came, now = arrived(past), float(past.began[-1]) + 365 * 24
    later = slice(first, None)
    days = (_EPOCH.timestamp() + came.began[later] * 3600) / 86400
    months = [str(np.datetime64(int(day), "D"))[:7] for day in days]
    print(f"{first} parcels to begin with, {len(came) - first} later ones told ({months[0]} to {months[-1]})")
    print(f"{'':<34}{'inside':>8}{'early':>7}{'late':>7}{'range':>8}{'median':>8}{'mean error':>12}")
    for name, again in (("learned again every week", eta.AGAIN_H), ("learned once, at the beginning", np.inf)):
        told = eta.told(came, now, first, again)
        early, late = (told.took < told.low).mean(), (told.took > told.high).mean()
        off = np.abs(told.middle - told.took) / 24
        wide = (told.high - told.low).mean() / 24
        print(
            f"{name:<34}{told.covered:>8.1%}{early:>7.1%}{late:>7.1%}{wide:>6.1f} d{np.median(off):>6.2f} d"
            f"{off.mean():>10.2f} d"
        )
    told = eta.told(came, now, first)
    for name, guess in (("the promise", told.promised), ("the plain mean", told.mean)):
        off = np.abs(guess - told.took) / 24
        print(f"{name:<34}{'':>30}{np.median(off):>6.2f} d{off.mean():>10.2f} d")
    print("\nmonth    parcels  inside")
    inside = (told.took >= told.low) & (told.took <= told.high)
    for month in sorted(set(months)):
        mine = np.array([one == month for one in months])
        print(f"{month}{mine.sum():>10}{inside[mine].mean():>8.1%}")


def timers(past: Spans, first: int) -> None:
    """Of parcels sent later: how often a timer rings for one that comes after all, and how early it rings."""
    began = float(arrived(past).began[first])
    start, end = int(np.searchsorted(past.began, began)), float(past.ended[np.isfinite(past.ended)].max())
    rings: dict[str, list[float]] = {name: [] for name in ("range", "latest", "house", "fixed")}
    learnt_at, weights = -np.inf, {}
    for n in range(start, len(past)):
        if past.began[n] - learnt_at >= eta.AGAIN_H:
            learnt_at = float(past.began[n])
            weights = eta.learn(past.until(learnt_at), learnt_at)
        told = eta.durations(weights, past.names[n], (eta.HIGH, LATEST), float(past.scale[n]))
        house = min(told[1], LONGEST.total_seconds() / 3600)
        for name, ring in zip(rings, [*told, house, FIXED_H], strict=True):
            rings[name].append(ring)
    began_, ended, scale = past.began[start:], past.ended[start:], past.scale[start:]
    took, came = ended - began_, np.isfinite(ended)
    print(f"\ntimers on {came.sum()} later parcels that came and {(~came).sum()} that never did by the end of the data")
    print(f"{'':<34}{'false alarms':>14}{'rings after':>13}{'before it came late':>21}{'of those that never came':>26}")
    for name, text in (("range", "delayed: over the range of 80%"), ("latest", "lost: 99% came sooner"),
                       ("house", "lost, as the house uses it"), ("fixed", "a fixed rule: 30 days")):  # fmt: skip
        ring = np.array(rings[name])
        false = (took > ring)[came].mean()
        is_late = came & (took > scale) & (ring < took)
        lead = np.median((took - ring)[is_late]) / 24 if is_late.any() else np.nan
        could = ~came & (end - began_ > ring)
        known = np.median((end - began_ - ring)[could]) / 24 if could.any() else np.nan
        print(
            f"{text:<34}{false:>14.1%}{np.median(ring) / 24:>11.1f} d{lead:>11.1f} d ({is_late.sum():>3})"
            f"{could.sum():>12} of {(~came).sum()}, {known:.0f} d ago"
        )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--held-out", type=float, default=eta.HELD_OUT)
    asked = parser.parse_args(argv)
    if not asked.data.exists():
        print(f"the data is not there: {asked.data.name} of the public instances; name it with --data")
        return
    past = read(asked.data)
    first = int(len(arrived(past)) * (1 - asked.held_out))
    ranges(past, first)
    timers(past, first)


if __name__ == "__main__":
    main()
