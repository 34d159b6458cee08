"""Settings: read once from the environment, frozen, and passed on. No other file reads the environment."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

#: Incoterms 2020 for any way of transport.
INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP")


@dataclass(frozen=True)
class Settings:
    """Every field can be set as FLOOR_<NAME>; `docs/settings.md` tells each (a test keeps the two together)."""

    database_url: str = "sqlite:///floor.db"
    #: Signs cookies and forms. Production refuses to start without one of its own.
    secret_key: str = ""
    #: Development keeps a random secret for the life of the process; production must bring its own.
    production: bool = False
    #: Cookies over HTTPS only; `./run --https` switches it on.
    secure_cookies: bool = False
    #: The address customers see in links on slips and in notices, without a slash at the end.
    public_url: str = "http://127.0.0.1:8000"
    #: What the company is called on slips and customer pages.
    company: str = "Floor Demo"
    #: Our unified social credit code, on the data of electronic invoices.
    tax_id: str = ""
    #: How long a signed-in device may stay idle, minutes.
    idle_minutes: int = 12 * 60
    #: Wrong PINs before a badge is locked, and for how long, minutes.
    pin_attempts: int = 5
    pin_lock_minutes: int = 5
    #: Who bears what on the way abroad, on commercial invoices; one of INCOTERMS.
    incoterm: str = "DAP"
    #: A refund above this needs a supervisor's badge and PIN beside the clerk's, fen.
    second_person_fen: int = 20_000
    #: Where customers ask for help, shown on their pages: a phone number or an address.
    contact: str = "service@floor.example"
    #: Where purchasing hears what runs low: addresses as the library apprise reads them, with blanks between.
    purchasing_notify: str = ""
    #: Kuaidi100: the key and secret of e-waybills, the customer of queries, and its addresses.
    kuaidi100_key: str = ""
    kuaidi100_secret: str = ""
    kuaidi100_customer: str = ""
    #: Our contracts with express companies behind it: COMPANY=ID:KEY:NET, blanks between them.
    kuaidi100_partners: str = ""
    kuaidi100_label_url: str = "https://api.kuaidi100.com/label/order"
    kuaidi100_query_url: str = "https://poll.kuaidi100.com/poll/query.do"
    kuaidi100_poll_url: str = "https://poll.kuaidi100.com/poll"
    #: Salts the signature of Kuaidi100's pushes; "" and no push is asked for or believed.
    kuaidi100_salt: str = ""
    #: SF: our partner id, its check word, the monthly account, and the address of the service.
    sf_partner: str = ""
    sf_checkword: str = ""
    sf_monthly_card: str = ""
    sf_url: str = "https://bspgw.sf-express.com/std/service"
    #: Codes with which SF's search says that it knows no such order; not in its published texts, so set them here.
    sf_unknown_order: str = "8024"
    #: Outgoing mail, host:port; "" and customers get no mail. TLS: starttls, tls or none.
    smtp: str = ""
    smtp_tls: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    #: The sender of mail to customers; "": the contact.
    mail_from: str = ""
    #: Who else hears that a parcel left: addresses as the library apprise reads them, with blanks between.
    shipping_notify: str = ""
    #: The largest upload or photo, bytes.
    max_upload_bytes: int = 16 * 1024 * 1024
    #: How long the worker holds a message before another may take it, seconds.
    lease_seconds: int = 60
    #: Rate limits of the pages strangers reach; off in tests that make thousands of calls.
    rate_limits: bool = True
    #: Address of a `distributed` scheduler whose workers plan big runs too; "": this machine alone.
    cluster: str = ""
    #: Days after which the personal data of orders that are over is masked; 0: only when somebody says so.
    retention_days: int = 0
    #: What of a receiver is masked on labels: any of name, phone, room, with blanks between.
    label_mask: str = "name phone room"
    #: Show badges and PINs of the demo staff on the sign-in page.
    demo: bool = False
    #: Where the templates, static files and translations live.
    root: Path = field(default=Path(__file__).resolve().parent.parent)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from FLOOR_* variables. Raises ValueError naming the variable that cannot be read."""
        given = os.environ if environ is None else environ  # noqa: TID251 -- the one reader
        values: dict[str, object] = {}
        for entry in fields(cls):
            name = f"FLOOR_{entry.name.upper()}"
            if name in given and entry.name != "root":
                values[entry.name] = _parsed(name, given[name], type(entry.default))
        return replace(cls(), **values).checked()  # type: ignore[arg-type]

    def exported(self) -> dict[str, str]:
        """This process's environment with these settings in it, for a child process."""
        mine = {f"FLOOR_{f.name.upper()}": str(getattr(self, f.name)) for f in fields(self) if f.name != "root"}
        return {**os.environ, **mine}  # noqa: TID251 -- the one reader

    def checked(self) -> "Settings":
        if unknown := set(self.label_mask.split()) - {"name", "phone", "room"}:
            raise ValueError(f"FLOOR_LABEL_MASK takes name, phone and room, not {' '.join(sorted(unknown))}")
        if self.incoterm not in INCOTERMS:
            raise ValueError(f"FLOOR_INCOTERM takes one of {' '.join(INCOTERMS)}, not {self.incoterm}")
        if self.secret_key:
            return self
        if self.production:
            raise ValueError("FLOOR_SECRET_KEY must be set in production")
        return replace(self, secret_key=secrets.token_hex(32))


def _parsed(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
        raise ValueError(f"{name} must be yes or no, not {text!r}")
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"{name} must be a whole number, not {text!r}") from None
    return text


_bound = Settings()


def bind(settings: Settings) -> None:
    """Say which settings this process works under; the factory calls it once."""
    global _bound
    _bound = settings


def bound() -> Settings:
    """For jobs and handlers, which run in workers where no Flask application is at hand."""
    return _bound
