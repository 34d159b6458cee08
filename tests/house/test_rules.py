"""Rules of the house that no linter knows."""

import io
import re
import subprocess
from pathlib import Path

import pytest
from babel.messages import pofile
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("floor/**/*.py"), *ROOT.glob("solver/**/*.py"), ROOT / "app.py"]
TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
CJK = re.compile(r"[\u4e00-\u9fff]")

#: POST doors that are no `@command`, and why.
NOT_COMMANDS = {
    "people.open_session": "a wrong PIN must be counted although it is refused",
    "care.frames": "reads a picture and changes nothing",
    "intake.receive": "the message's own id makes it idempotent",
    "pushes.push": "the push's own key makes it idempotent",
    "order_api.add": "the message's own key makes it idempotent",
    "order_api.pay": "the message's own key makes it idempotent",
    "order_api.cancel": "the message's own key makes it idempotent",
    "order_api.move": "the message's own key makes it idempotent",
    "tracking.hook": "every event carries its own key",
    "kuaidi100_push.hook": "every event carries its own key",
    "count_review.hook": "the message's own id makes it idempotent",
}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _holding(pattern: str, *but: str) -> list[str]:
    found = re.compile(pattern)
    names = ((path.relative_to(ROOT).as_posix(), path) for path in SOURCES)
    return [name for name, path in names if name not in but and found.search(_text(path))]


def test_only_the_unit_of_work_commits():
    assert _holding(r"\.commit\(", "floor/kit/uow.py") == []


def test_only_hx_and_the_command_store_know_htmx_headers():
    assert _holding(r"[\"']HX-", "floor/web/hx.py", "floor/web/commands.py") == []


def test_only_settings_read_the_environment():
    assert _holding(r"os\.(environ|getenv)", "floor/settings.py") == []


def test_only_paper_renders_pdf():
    assert [name for name in _holding(r"(import|from) weasyprint") if not name.startswith("floor/paper/")] == []


def test_code_speaks_english_and_catalogues_speak_chinese():
    """Demo data, sample carriers' own words and address grammar are data; sentences are not."""
    data = ("floor/demo/",)
    offenders = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(data) and CJK.search(_text(path)):
            offenders.append(name)
    assert [name for name in offenders if name not in CHINESE_DATA] == []
    assert [p.relative_to(ROOT).as_posix() for p in TEMPLATES if CJK.search(_text(p)) and "guide" not in p.name] == []


def test_a_percent_sign_in_words_is_doubled():
    """Templates fill every sentence in: a lone sign breaks the page, in one of the languages."""
    with (ROOT / "floor/translations/zh_Hans_CN/LC_MESSAGES/messages.po").open("rb") as file:
        said = [(message.id, message.string) for message in pofile.read_po(file)]
    texts = [text for pair in said for one in pair for text in ([one] if isinstance(one, str) else one)]
    assert [text for text in texts if "%" in re.sub(r"%%|%\(\w+\)[a-z]", "", text)] == []


#: Modules whose subject is Chinese text itself: what they match or show as an example, not what they say.
CHINESE_DATA = {
    "floor/audit/checks.py",
    "floor/audit/divisions.py",
    "floor/audit/rules.py",
    "floor/audit/lexicon.py",
    "floor/intake/openapi.py",
    "floor/paper/mask.py",
    "floor/tracking/codes.py",
    "floor/paper/words.py",
}


def test_nobody_assigns_a_state_but_the_one_door():
    """`thing.state = ...` stands once per machine, inside its slice's service."""
    offenders = []
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        found = re.findall(
            r"\b(?:order|shipment|walk|stop|run|pack|parcel|case)\.state = (?!\w+\.after\().*", _text(path)
        )
        offenders += [f"{name}: {line}" for line in found]
    assert offenders == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT / "templates").as_posix())
def test_every_template_compiles(path, app_of_house):
    app_of_house.jinja_env.get_template(path.relative_to(ROOT / "templates").as_posix())


@pytest.mark.parametrize(
    "path",
    [p for p in TEMPLATES if re.search(r'\{%-? extends "layouts/', _text(p)) and p.name != "guide.html"],
    ids=lambda p: p.relative_to(ROOT / "templates").as_posix(),
)
def test_every_screen_has_a_title_and_its_blocks_are_named_like_their_elements(path, app_of_house):
    source = _text(path)
    tree = app_of_house.jinja_env.parse(source)
    blocks = {block.name for block in tree.find_all(nodes.Block)}
    assert "title" in blocks
    for name in blocks & {"screen", "content"}:
        assert f'id="{name}"' in source, f"block {name} has no element with its name"


def test_every_view_says_who_may_and_every_post_is_a_command(app_of_house):
    unguarded, repeatable = [], []
    for rule in app_of_house.url_map.iter_rules():
        view = app_of_house.view_functions[rule.endpoint]
        if rule.endpoint == "static":
            continue
        if not hasattr(view, "access"):
            unguarded.append(rule.endpoint)
        changing = (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if changing and not _is_command(view) and rule.endpoint not in NOT_COMMANDS:
            repeatable.append(rule.endpoint)
    assert unguarded == []
    assert repeatable == []


def _is_command(view) -> bool:
    while view is not None:
        if getattr(view, "idempotent", False):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_every_handler_that_is_subscribed_exists_and_none_is_deaf():
    from floor import wiring

    named = {name for names in wiring.SUBSCRIBERS.values() for name in names}
    assert named == set(wiring.HANDLERS)


def test_both_catalogues_are_full(tmp_path):
    """Extract anew: every msgid has its Chinese, none is fuzzy, none is left over; placeholders agree."""
    pot = tmp_path / "messages.pot"
    words = ["-q", "extract", "-F", "pyproject.toml", "-k", "_l", "-o", str(pot), "floor", "templates", "templates/_ui"]
    subprocess.run([ROOT / ".venv/bin/pybabel", *words], cwd=ROOT, check=True, capture_output=True)
    wanted = pofile.read_po(io.BytesIO(pot.read_bytes()))
    folder = ROOT / "floor/translations/zh_Hans_CN/LC_MESSAGES"
    chinese = pofile.read_po(io.BytesIO((folder / "messages.po").read_bytes()), locale="zh_Hans_CN")
    missing = [m.id for m in wanted if m.id and not _words(chinese.get(m.id, m.context))]
    assert missing == []
    assert [m.id for m in chinese if m.id and m.fuzzy] == []
    assert [m.id for m in chinese if m.id and wanted.get(m.id, m.context) is None] == []
    off = [m.id for m in chinese if m.id and _holes(_one(m.id)) != _holes(_words(m)) and not isinstance(m.id, tuple)]
    assert off == []


def _one(words) -> str:
    return words[0] if isinstance(words, tuple | list) else words


def _words(message) -> str:
    return _one(message.string) if message and message.string else ""


def _holes(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", text))


def test_every_setting_is_documented():
    from dataclasses import fields

    from floor.settings import Settings

    told = _text(ROOT / "docs/settings.md")
    assert [f.name for f in fields(Settings) if f.name != "root" and f"FLOOR_{f.name.upper()}" not in told] == []


def test_the_migrations_make_exactly_the_models(database_url):
    from alembic import command
    from alembic.util import CommandError

    from floor import cli

    try:
        command.check(cli.alembic_config(database_url))
    except CommandError as off:
        pytest.fail(str(off))
