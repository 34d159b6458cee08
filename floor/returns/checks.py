"""What `flask check` proves of returns."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.orders.models import Order, OrderLine
from floor.returns import queries
from floor.returns.models import CaseKind, Refund, RefundKind, RefundWhy, Repair, ReturnCase, ReturnItem
from floor.returns.states import CaseState, RepairState

# --- checks ------------------------------------------------------------------------------------------------------


def broken_quantities(db: Session) -> list[str]:
    """Check: of no order line more units come back than were shipped."""
    back, gone = queries.returning(), queries.shipped()
    units = sa.func.coalesce(gone.c.units, 0)
    over = (
        sa.select(back.c.line, back.c.units, units.label("shipped"))
        .outerjoin(gone, gone.c.line == back.c.line)
        .where(back.c.units > units)
    )
    return [f"order_line {row.line}: {row.units} returned of {row.shipped} shipped" for row in db.execute(over)]


def broken_sums(db: Session) -> list[str]:
    """Check: no order gets more back than was paid for it."""
    total = sa.func.sum(col(Refund.amount_fen))
    over = (
        sa.select(col(Order.number), col(Order.paid_fen), total.label("back"))
        .join(Refund, col(Refund.order_id) == col(Order.id))
        .group_by(col(Order.id), col(Order.number), col(Order.paid_fen))
        .having(total > col(Order.paid_fen))
    )
    return [f"{row.number}: {row.back} fen refunded of {row.paid_fen} paid" for row in db.execute(over)]


def broken_lines(db: Session) -> list[str]:
    """Check: no line gets more back than was paid for it, no order more freight; and money stays in its own order."""
    line, total = OrderLine, sa.func.sum(col(Refund.amount_fen))
    paid = col(line.unit_price_fen) * col(line.qty) - col(line.discount_fen)
    over = (
        sa.select(col(line.id), paid.label("paid"), total.label("back"))
        .join(Refund, col(Refund.order_line_id) == col(line.id))
        .group_by(*sa.inspect(line).columns)
        .having(total > sa.case((paid > 0, paid), else_=0))
    )
    freight = (
        sa.select(col(Order.number), col(Order.freight_fen), total.label("back"))
        .join(Refund, col(Refund.order_id) == col(Order.id))
        .where(col(Refund.order_line_id).is_(None))
        .group_by(col(Order.id), col(Order.number), col(Order.freight_fen))
        .having(total > col(Order.freight_fen))
    )
    foreign = (
        sa.select(col(Refund.id))
        .join(ReturnCase, col(ReturnCase.id) == col(Refund.case_id))
        .outerjoin(line, col(line.id) == col(Refund.order_line_id))
        .where((col(ReturnCase.order_id) != col(Refund.order_id)) | (col(line.order_id) != col(Refund.order_id)))
    )
    return [
        *(f"order_line {row.id}: {row.back} fen refunded of {row.paid} paid" for row in db.execute(over)),
        *(f"{row.number}: {row.back} fen of {row.freight_fen} freight refunded" for row in db.execute(freight)),
        *(f"refund {row.id} is of another order than its case or line" for row in db.execute(foreign)),
    ]


def broken_refunds(db: Session) -> list[str]:
    """Check: refunds of a closed case are the sum of its items, of a cancelled one none; of an open one that of the
    items paid early, of an exchange or a repair no more than what was settled, and none after an inspection. An item
    that was neither inspected nor settled has no money."""
    owed, paid = _per_case(ReturnItem.case_id, ReturnItem.refund_fen), _per_case(Refund.case_id, Refund.amount_fen)
    settled = _per_case(ReturnItem.case_id, ReturnItem.refund_fen, col(ReturnItem.settled_at).is_not(None))
    should, did = sa.func.coalesce(owed.c.fen, 0), sa.func.coalesce(paid.c.fen, 0)
    early = sa.func.coalesce(settled.c.fen, 0)
    off_early = sa.case((col(ReturnCase.kind) == CaseKind.REFUND, did != early), else_=did > early)
    mine = (col(Refund.case_id) == col(ReturnCase.id), col(Refund.why) == RefundWhy.INSPECTED)
    inspected, state = sa.exists().where(*mine), col(ReturnCase.state)
    off = (
        sa.select(col(ReturnCase.number), should.label("owed"), did.label("paid"))
        .outerjoin(owed, owed.c.case_id == col(ReturnCase.id))
        .outerjoin(paid, paid.c.case_id == col(ReturnCase.id))
        .outerjoin(settled, settled.c.case_id == col(ReturnCase.id))
        .where(
            sa.case(
                (state == CaseState.CLOSED, did != should),
                (state == CaseState.CANCELLED, did != 0),
                else_=sa.or_(off_early, inspected),
            )
        )
    )
    unseen = (
        sa.select(col(ReturnCase.number), col(ReturnItem.position), col(ReturnItem.refund_fen))
        .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        .where(col(ReturnItem.inspected_at).is_(None), col(ReturnItem.settled_at).is_(None))
        .where(col(ReturnItem.refund_fen) != 0)
    )
    return [
        *(f"{row.number}: its items say {row.owed} fen, its refunds say {row.paid}" for row in db.execute(off)),
        *(
            f"{row.number}: item {row.position} has {row.refund_fen} fen that nobody decided"
            for row in db.execute(unseen)
        ),
    ]


def _per_case(case_id: Any, fen: Any, *where: Any) -> sa.Subquery:
    summed: Any = sa.select(col(case_id).label("case_id"), sa.func.sum(col(fen)).label("fen"))
    return summed.where(*where).group_by(col(case_id)).subquery()


def broken_credits(db: Session) -> list[str]:
    """Check: what items credited, the refunds say and the order that was sent was paid with is one sum."""
    credited = _per_case(ReturnItem.case_id, ReturnItem.credit_fen)
    rows = _per_case(Refund.case_id, Refund.amount_fen, col(Refund.kind) == RefundKind.CREDIT)
    said, did = sa.func.coalesce(credited.c.fen, 0), sa.func.coalesce(rows.c.fen, 0)
    off = (
        sa.select(col(ReturnCase.number), said.label("said"), did.label("did"), col(Order.paid_fen))
        .outerjoin(credited, credited.c.case_id == col(ReturnCase.id))
        .outerjoin(rows, rows.c.case_id == col(ReturnCase.id))
        .outerjoin(Order, col(Order.id) == col(ReturnCase.sends_id))
        .where((said != did) | (did > sa.func.coalesce(col(Order.paid_fen), 0)))
    )
    return [
        f"{row.number}: its items credit {row.said} fen, its refunds {row.did}, the order sent was paid {row.paid_fen}"
        for row in db.execute(off)
    ]


def broken_repairs(db: Session) -> list[str]:
    """Check: a repair sent back has a closed case with its order, one given up is a return; one under way is here."""
    state, case = col(Repair.state), ReturnCase
    sent = (col(case.state) == CaseState.CLOSED) & col(case.sends_id).is_not(None)
    is_repair = col(case.kind) == CaseKind.REPAIR
    sound = sa.case(
        (state == RepairState.SENT_BACK, is_repair & sent),
        (state == RepairState.GIVEN_UP, col(case.kind) == CaseKind.REFUND),
        else_=is_repair & (col(case.state) == CaseState.ARRIVED),
    )
    off = sa.select(col(case.number), state).join(case, col(case.id) == col(Repair.case_id)).where(sa.not_(sound))
    without = (
        sa.select(col(case.number))
        .outerjoin(Repair, col(Repair.case_id) == col(case.id))
        .where(is_repair, col(case.state).in_([CaseState.ARRIVED, CaseState.CLOSED]), col(Repair.case_id).is_(None))
    )
    return [
        *(f"{row.number}: its repair is {row.state}, its case is not" for row in db.execute(off)),
        *(f"{row.number}: a repair that is here and nobody's" for row in db.execute(without)),
    ]
