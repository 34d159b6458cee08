"""What shipping does when told. Every handler may run twice: the jobs find what is done already."""

from floor.events.relay import Happened
from floor.kit.uow import unit_of_work
from floor.orders import queries as orders
from floor.shipping import invoices, jobs, notices, print_jobs, queries_invoices, sending


def request_waybill(happened: Happened) -> None:
    """A parcel is packed, a paper was asked for again, or a person settled its number: number, label and slip."""
    jobs.send_out_papers(happened.subject_id)


def send_to_printer(happened: Happened) -> None:
    """Papers were put into a printer's queue."""
    print_jobs.send_out(happened.data["sendings"])


def carry_batch(happened: Happened) -> None:
    """Many papers were asked for, or their next part."""
    print_jobs.carry_batch(happened.subject_id)


def tell_of_parcels(happened: Happened) -> None:
    """A lorry left: customers and shops are told of its parcels."""
    with unit_of_work() as db:
        notices.make(db, happened.data["parcels"])


def ask_invoices(happened: Happened) -> None:
    """A lorry left: orders that are on their way whole have the invoice made out that their buyer asked for."""
    with unit_of_work() as db:
        for order_id in queries_invoices.orders_in(db, happened.data["parcels"]):
            invoices.ask_for_shipped(db, orders.order_for(db, order_id))


def follow_parcels(happened: Happened) -> None:
    """A lorry left: Kuaidi100 is asked for news of the parcels it carries numbers of."""
    jobs.follow(happened.data["parcels"])


def send_notice(happened: Happened) -> None:
    """One notice; raises what stood against it, to be tried again."""
    sending.send(happened.subject_id)
