"""Every figure of insight beside a plain SQL count over the rows themselves, written apart from the code that sums."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from floor.analytics import insight, jobs, summing
from floor.analytics.insight import Filter, Goods, Group, Lane
from floor.analytics.metrics import PAGES
from floor.analytics.models import WeekReport
from floor.events.service import Event, record
from floor.inventory.count_days import start_of
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.people.models import Role, User
from floor.web.locale import LANGUAGES
from tests.analytics.parcels import FIRST, make

LAST = FIRST + timedelta(days=9)
SHANGHAI = "+8 hours"


@pytest.fixture
def rows(app):
    with unit_of_work() as db:
        made = make(db, parcels=300, days=8)
    jobs.sum_up(anew=True)
    return made


def local(db: Session, column: str) -> str:
    """The SQL of people's day of a stored UTC moment, on either database."""
    if db.get_bind().dialect.name == "sqlite":
        return f"date({column}, '{SHANGHAI}')"
    return f"({column} AT TIME ZONE 'Asia/Shanghai')::date"


def hours(db: Session, later: str, earlier: str) -> str:
    if db.get_bind().dialect.name == "sqlite":
        return f"(julianday({later}) - julianday({earlier})) * 24"
    return f"EXTRACT(EPOCH FROM {later} - {earlier}) / 3600"


def asked(db: Session, sql: str, **values) -> list[tuple]:
    return [tuple(row) for row in db.execute(sa.text(sql), values)]


PARCELS = (
    "FROM parcel p JOIN shipment s ON s.id = p.shipment_id JOIN address a ON a.order_id = s.order_id "
    "LEFT JOIN waybill w ON w.parcel_id = p.id AND w.state <> 'void' LEFT JOIN track t ON t.parcel_id = p.id "
    "LEFT JOIN parcel_fill f ON f.parcel_id = p.id WHERE p.state = 'shipped' AND s.shipped_at IS NOT NULL"
)


def test_every_figure_is_what_plain_sql_counts(rows):
    for group in Group:
        parcels_by(group)
    days_are_peoples_days(rows)
    weeks_begin_on_monday()
    walks(rows)
    goods_that_come_back()


def parcels_by(group):
    key = {Group.REGION: "a.province", Group.CARRIER: "w.carrier_id", Group.HOUSE: "s.warehouse_id"}[group]
    with reading() as db:
        found = dict(insight.by_group(db, Filter(FIRST, LAST), group))
        told = asked(
            db,
            f"""
            SELECT {key}, COUNT(*), SUM(CASE WHEN s.shipped_at <= s.promised_at THEN 1 ELSE 0 END),
              COUNT(t.delivered_at),
              SUM(w.cost_fen), SUM(p.weight_g), COUNT(f.parcel_id), SUM(f.inner_mm3), SUM(f.goods_mm3),
              SUM({hours(db, "t.delivered_at", "s.shipped_at")}),
              SUM((SELECT COUNT(*) FROM (SELECT DISTINCT parcel_id FROM carrier_event e WHERE e.parcel_id = p.id AND
                e.meaning IN ('attempt_failed', 'exception', 'returning', 'returned')) q)),
              SUM((SELECT SUM(mass_g) FROM parcel_material m WHERE m.parcel_id = p.id)),
              SUM((SELECT SUM(cost_fen) FROM parcel_material m WHERE m.parcel_id = p.id))
            {PARCELS} GROUP BY {key}""",
        )
        assert len(told) > 1
        assert {row[0] for row in told} == found.keys()
        for of, parcels, kept, delivered, fen, grams, measured, inner, goods, lasted, troubled, mass, spent in told:
            one = found[of]
            assert (one.parcels, one.kept, one.delivered, one.troubled) == (parcels, kept, delivered, troubled)
            assert (one.cost_fen, one.weight_g, one.measured) == (fen, grams, measured)
            assert (one.inner_mm3, one.goods_mm3, one.mass_g, one.material_fen) == (inner, goods, mass, spent)
            assert one.minutes / 60 == pytest.approx(float(lasted or 0), abs=delivered / 60)


def days_are_peoples_days(rows):
    with reading() as db:
        for house, carrier in (
            (None, None),
            (rows.houses[0], None),
            (None, rows.carriers[1]),
            (rows.houses[1], rows.carriers[0]),
        ):
            only = "".join(
                f" AND {name} = {value}"
                for name, value in (("s.warehouse_id", house), ("w.carrier_id", carrier))
                if value
            )
            day = local(db, "s.shipped_at")
            told = {str(d): n for d, n in asked(db, f"SELECT {day}, COUNT(*) {PARCELS}{only} GROUP BY {day}")}
            found = insight.by_time(db, Lane, Filter(FIRST, LAST, house, carrier))
            assert {str(d): sums.parcels for d, sums in found if sums.parcels} == told
        orders = asked(db, f"SELECT COUNT(*) - COUNT(DISTINCT s.order_id) {PARCELS}")
        assert insight.total_of(Lane, [sums for _day, sums in found]).parcels > 0
        every = insight.total_of(Lane, [sums for _day, sums in insight.by_time(db, Lane, Filter(FIRST, LAST))])
        assert [(every.further,)] == orders


def weeks_begin_on_monday():
    wide = Filter(FIRST - timedelta(days=40), FIRST + timedelta(days=40))
    assert wide.by_week
    with reading() as db:
        weeks = insight.by_time(db, Lane, wide)
        days = insight.by_time(db, Lane, Filter(FIRST, LAST))
    assert {day.weekday() for day, _sums in weeks} == {0}
    assert insight.total_of(Lane, [s for _d, s in weeks]) == insight.total_of(Lane, [s for _d, s in days])


def walks(rows):
    with reading() as db:
        found = dict(insight.floor_by_house(db, Filter(FIRST, LAST)))
        told = asked(
            db,
            f"""
            SELECT w.warehouse_id, COUNT(*), SUM((SELECT COUNT(*) FROM walk_stop x WHERE x.walk_id = w.id)),
              SUM((SELECT COUNT(*) FROM walk_stop x WHERE x.walk_id = w.id AND x.state = 'short')),
              SUM((SELECT SUM(k.picked) FROM pick k JOIN walk_stop x ON x.id = k.stop_id WHERE x.walk_id = w.id)),
              SUM(w.length_mm), SUM({hours(db, "w.finished_at", "w.started_at")})
            FROM walk w WHERE w.state = 'done' GROUP BY w.warehouse_id""",
        )
        assert len(told) == 2
        for house, walks, stops, shorts, units, length, lasted in told:
            one = found[house]
            assert (one.walks, one.stops, one.shorts, one.units) == (walks, stops, shorts, units)
            assert one.metres == pytest.approx(length / 1000, abs=walks)
            assert one.minutes / 60 == pytest.approx(float(lasted), abs=walks / 60)
        assert sum(one.mispicks for one in found.values()) == rows.mispicks


def goods_that_come_back():
    with reading() as db:
        told = asked(
            db,
            """
            SELECT i.sku_id, c.reason, SUM(i.qty) FROM return_item i JOIN return_case c ON c.id = i.case_id
            WHERE c.arrived_at IS NOT NULL GROUP BY i.sku_id, c.reason""",
        )
        found = insight.by_sku(db, Filter(FIRST, LAST))
        assert {(one.sku.id, reason, n) for one in found for reason, n in one.reasons.items()} == set(told)
        reasons = asked(
            db,
            """
            SELECT c.reason, SUM(i.qty) FROM return_item i JOIN return_case c ON c.id = i.case_id
            WHERE c.arrived_at IS NOT NULL GROUP BY c.reason""",
        )
        assert insight.by_reason(db, Filter(FIRST, LAST)) == dict(reasons)
        lines = PARCELS.replace("FROM parcel p", "FROM parcel_line l JOIN parcel p ON p.id = l.parcel_id")
        sent = asked(db, f"SELECT l.sku_id, SUM(l.qty) {lines} GROUP BY l.sku_id")
        assert {one.sku.id: one.sent for one in found}.items() <= dict(sent).items()
        assert insight.units_sent(db, Filter(FIRST, LAST)) == sum(n for _sku, n in sent)
        goods = insight.total_of(Goods, [sums for _day, sums in insight.by_time(db, Goods, Filter(FIRST, LAST))])
        assert (goods.sent, goods.returned) == (sum(n for _s, n in sent), sum(n for _r, n in reasons))


def test_summing_again_changes_nothing_and_what_happens_later_is_in_the_next_sums(rows):
    with reading() as db:
        before = insight.by_group(db, Filter(FIRST, LAST), Group.REGION)
    assert jobs.sum_up(anew=True) >= 8
    assert jobs.sum_up() <= 2, "today, at most since yesterday"
    with reading() as db:
        assert insight.by_group(db, Filter(FIRST, LAST), Group.REGION) == before
    with unit_of_work() as db:
        parcel, order, shipped = asked(
            db, f"SELECT p.id, s.order_id, s.id {PARCELS} AND t.delivered_at IS NULL LIMIT 1"
        )[0]
        db.execute(
            sa.text(
                "UPDATE track SET delivered_at = (SELECT shipped_at FROM shipment WHERE id = :s) WHERE parcel_id = :p"
            ),
            {"s": shipped, "p": parcel},
        )
        record(db, Event("shipments.shipment.deliver", "shipment", shipped, order), SYSTEM)
    jobs.sum_up()
    with reading() as db:
        after = insight.by_group(db, Filter(FIRST, LAST), Group.REGION)
    assert sum(one.delivered for _p, one in after) == sum(one.delivered for _p, one in before) + 1


# --- pages ------------------------------------------------------------------------------------------------------------


def test_every_page_and_its_file_say_the_same_and_the_filter_is_in_the_address(rows, sign_in):
    dai, chen = sign_in("Dai"), sign_in("Chen")
    for name in PAGES:
        a_page_and_its_file(dai, name)
        assert chen.get(f"/insight/{name}").status_code == 403
    page = dai.get(f"/insight/delivery?first={FIRST}&last={LAST}").text
    assert "Zhejiang" in page
    assert "浙江" not in page
    assert dai.get(f"/insight/week.pdf?day={FIRST}").data.startswith(b"%PDF")
    assert dai.get("/insight/nothing").status_code == 404


def a_page_and_its_file(dai, name):
    at = f"/insight/{name}"
    given = f"?first={FIRST}&last={LAST}&group=carrier"
    page = dai.get(at + given)
    assert page.status_code == 200
    assert f'value="{FIRST}"' in page.text
    assert 'class="trend"' in page.text
    csv = dai.get(f"{at}.csv{given}")
    assert csv.headers["Content-Type"].startswith("text/csv")
    lines = csv.data.decode("utf-8-sig").splitlines()
    assert sum(line.startswith(f"{FIRST:%Y-}") for line in lines) == 10
    busiest = max(lines[1:11], key=lambda line: float(line.split(",")[1] or 0))
    assert f"{int(float(busiest.split(',')[1])):,}" in page.text
    for odd in (
        "?first=x",
        "?first=2031-01-01&last=2020-01-01",
        "?house=NO&carrier=no",
        "?group=person",
        "?province=%00",
    ):
        assert dai.get(at + odd).status_code == 200


def test_a_command_writes_the_week(rows, app, tmp_path):
    said = app.test_cli_runner().invoke(args=["insight", "week", "--day", str(FIRST), "--to", str(tmp_path / "w.pdf")])
    assert (said.exit_code, (tmp_path / "w.pdf").read_bytes()[:4]) == (0, b"%PDF"), said.output


def test_the_week_that_is_over_is_kept_on_paper_once_and_opened_from_the_pages(rows, sign_in):
    """Not before its last day is summed up; then in each language, for all warehouses and for a bound supervisor's."""
    monday = FIRST - timedelta(days=FIRST.weekday())
    dai = sign_in("Dai")
    with clock.shifted(start_of(monday + timedelta(days=7)) - clock.now() + timedelta(hours=9)):
        with unit_of_work() as db:
            summing.keep_mark(db, clock.now() - timedelta(days=1))
            db.add(User(name="Wu", badge="U-77", pin_hash="x", role=Role.SUPERVISOR, site="SHA"))
        assert jobs.keep_week() == 0, "its Sunday may still change"
        jobs.sum_up()
        assert jobs.keep_week() == 4
        assert jobs.keep_week() == 0
    with reading() as db:
        kept = {(one.first, one.site, one.lang): one.pdf[:4] for one in db.exec(select(WeekReport))}
    assert kept == {(monday, site, lang): b"%PDF" for site in ("", "SHA") for lang in LANGUAGES}
    at = f"/insight/weeks/{monday}.pdf"
    assert at in dai.get("/insight").text
    assert (dai.get(at).content_type, dai.get(at).data[:4]) == ("application/pdf", b"%PDF")
    assert dai.get(f"/insight/weeks/{monday + timedelta(days=7)}.pdf").status_code == 404
    assert dai.get("/insight/weeks/x.pdf").status_code == 404
    assert sign_in("Chen").get(at).status_code == 403
