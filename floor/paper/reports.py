"""A report on paper: sections of figures, each with a drawing and its table."""

from dataclasses import dataclass
from datetime import date

from floor.paper.document import render
from floor.paper.words import html_of


@dataclass(frozen=True, slots=True)
class Section:
    """`bars`: (label, value, figure to read) of the drawing; `rows` as long as `header`, figures ready to read."""

    title: str
    bars_title: str
    #: How the figures are counted.
    counted: str
    bars: tuple[tuple[str, float | None, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: What the figures suggest, in sentences.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    company: str
    title: str
    first: date
    last: date
    sections: tuple[Section, ...]


def report_pdf(paper: Report, lang: str) -> bytes:
    """A4, sections kept together where they fit."""
    return render(html_of("report.html", lang, paper=paper), "desk.css", "sheet.css", "report.css")
