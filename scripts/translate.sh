#!/bin/sh
# Collects every msgid into the Chinese catalogue, and says which have no Chinese yet. Fill them in, then run ./test.
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
pot=$(mktemp)
trap 'rm -f "$pot"' EXIT
.venv/bin/pybabel -q extract -F pyproject.toml -k _l --no-location --sort-output --omit-header -o "$pot" floor templates templates/_ui # Babel skips folders that begin with _
.venv/bin/pybabel -q update -i "$pot" -d floor/translations -l zh_Hans_CN --no-fuzzy-matching --ignore-obsolete
.venv/bin/python - <<'END'
from babel.messages import pofile
with open("floor/translations/zh_Hans_CN/LC_MESSAGES/messages.po", "rb") as file:
    catalogue = pofile.read_po(file, locale="zh_Hans_CN")
empty = [m.id for m in catalogue if m.id and not (m.string[0] if isinstance(m.string, tuple) else m.string)]
print(f"{len(catalogue)} messages, {len(empty)} without Chinese")
for msgid in empty:
    print("  ", msgid)
END
.venv/bin/pybabel -q compile -d floor/translations
