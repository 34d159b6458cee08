"""HTML -> PDF through WeasyPrint, imported at the first document: that takes 0.5 s, and web processes never
need it."""

import atexit
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

STYLES = Path(__file__).resolve().parents[2] / "templates" / "paper"
# Debian's Chinese font has one weight and WeasyPrint does not thicken it: bold text is drawn with an outline.
THIN_FAMILY = b"WenQuanYi-Micro-Hei-Bold"
OUTLINE_EM = 0.045

# Words of customers are escaped: none of their brackets and quotation marks makes a tag or an attribute.
_STYLED = re.compile(r'<(\w+)([^<>]*?) style="([^"]*)"([^<>]*)>')


def render(html: str, *styles: str) -> bytes:
    """PDF of `html` under the named style sheets of templates/paper.

    Nothing is fetched but `data:` URIs: customers' words end up in this HTML, and WeasyPrint's own fetcher
    would embed local files and call out over HTTP. A refused address leaves a gap on the paper.
    """
    with _no_collections():
        document = _parser()(string=with_classes(html), url_fetcher=_data_only())
        pdf: bytes = document.write_pdf(
            stylesheets=[_style(name) for name in styles], font_config=_fonts(), finisher=_embolden
        )
    return pdf


def with_classes(html: str) -> str:
    """`style` attributes as classes of one style sheet in the head; HTML without a head stays as it is.

    WeasyPrint computes the style of a class once for all elements of one parent, but that of a `style` attribute for
    every element anew: a batch of slips took a quarter longer.
    """
    head, end, body = html.partition("</head>")
    if not end:
        return html
    rules: dict[str, str] = {}

    def named(found: "re.Match[str]") -> str:
        tag, before, style, after = found.groups()
        name = rules.setdefault(style, f"s{len(rules)}")
        others = before + after
        if ' class="' in others:
            others = others.replace(' class="', f' class="{name} ', 1)
        else:
            others = f' class="{name}"{others}'
        return f"<{tag}{others}>"

    body = _STYLED.sub(named, body)
    css = "".join(f".{name}{{{style}}}" for style, name in rules.items())
    return f"{head}<style>{css}</style>{end}{body}"


@contextmanager
def _no_collections() -> Iterator[None]:
    """Laying out makes a great many objects that all live until the end: looking for garbage among them takes a fifth
    of the time and finds none."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@cache
def _weasyprint() -> Any:
    """The library. Imported, it has Pillow read torn pictures wherever this process reads one: here none may."""
    import weasyprint
    from PIL import ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return weasyprint


@cache
def _fonts() -> Any:
    _weasyprint()
    from weasyprint.text.fonts import FontConfiguration

    # It frees fontconfig's memory through modules that are gone when the interpreter clears this one.
    atexit.register(_style.cache_clear)
    atexit.register(_fonts.cache_clear)
    return FontConfiguration()


@cache
def _parser() -> Any:
    class Paper(_weasyprint().HTML):  # type: ignore[misc]
        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
            return [_style("agent.css")]

    return Paper


@cache
def _style(name: str) -> Any:
    css = (STYLES / name).read_text(encoding="utf-8")
    return _weasyprint().CSS(string=css, font_config=_fonts(), url_fetcher=_data_only())


@cache
def _data_only() -> Any:
    return _weasyprint().urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)


def _embolden(document: Any, pdf: Any) -> None:
    """Outline the glyphs of THIN_FAMILY in their own colour.

    WeasyPrint writes the font at each change and the fill colour again after each restore: following these
    two operators is enough.
    """
    thin = {font.hash.encode() for font in document.fonts.values() if font.name.endswith(THIN_FAMILY)}
    for stream in (item for item in pdf.objects if hasattr(item, "stream")):
        if thin and any(isinstance(op, bytes) and op.endswith(b" Tf") for op in stream.stream):
            stream.stream = _outlined(stream.stream, thin)


def _outlined(operations: list[Any], thin: set[bytes]) -> list[Any]:
    out: list[Any] = []
    fill = b"0 0 0 rg"
    for op in operations:
        out.append(op)
        if not isinstance(op, bytes):
            continue
        if op.endswith(b" rg"):
            fill = op
        elif op.endswith(b" Tf"):
            name, size, _ = op.split()
            bold = name[1:] in thin
            out.append(b"2 Tr" if bold else b"0 Tr")
            if bold:
                out += [b"%.3f w" % (float(size) * OUTLINE_EM), fill[:-2] + b"RG"]
    return out
