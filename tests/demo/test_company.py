"""The demo company on PostgreSQL; on SQLite `tests/screens` and `tests/test_checks.py` live in it all day."""

from floor import cli
from floor.demo import company
from floor.factory import create_app
from floor.kit import uow
from floor.settings import Settings


def test_the_company_is_built_once_and_its_books_are_clean(postgres_url):
    app = create_app(Settings(database_url=postgres_url, secret_key="a key for tests"))
    try:
        cli.migrate()
        assert company.load_once(lambda _words: None, orders=20)
        assert not company.load_once(lambda _words: None, orders=20)
        assert {name: rows for name, rows in cli.run_checks(app.extensions["checks"]).items() if rows} == {}
    finally:
        uow.database().dispose()
