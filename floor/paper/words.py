"""Words on paper without Flask. The language is an argument: a slip follows its reader, not the screen."""

from functools import cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined

LANGUAGES = ("zh_Hans_CN", "en")
_FLOOR = Path(__file__).resolve().parents[1]


@cache
def translations(lang: str) -> NullTranslations:
    """The catalogue of one of LANGUAGES (English is the msgids themselves); ValueError for any other."""
    if lang not in LANGUAGES:
        raise ValueError(f"no paper in language {lang!r}")
    return Translations.load(_FLOOR / "translations", [lang], "messages")


def html_of(template: str, lang: str, **values: Any) -> str:
    """`templates/paper/<template>` filled in, in the language given."""
    return _environment(lang).get_template(template).render(html_lang=lang.replace("_", "-"), lang=lang, **values)


@cache
def _environment(lang: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FLOOR.parent / "templates" / "paper"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]
    return environment
