"""What people type at the lorry, and about printers."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from floor.shipping.models import PaperKind
from floor.shipping.models_printing import PrinterKind


class HandoverForm(BaseModel):
    driver: Annotated[str, Field(max_length=60)]
    seal: Annotated[str, Field(max_length=40)] = ""


class PrinterForm(BaseModel):
    name: Annotated[str, Field(max_length=40)]
    warehouse: Annotated[str, Field(max_length=16)]
    kind: PrinterKind
    host: Annotated[str, Field(max_length=120)] = ""
    port: Annotated[int, Field(ge=1, le=65_535)] = 9100
    dpi: Literal["203", "300", "600"] = "203"
    size: Literal["100x180", "100x150", "76x130"] = "100x180"
    is_active: bool = False


class BatchForm(BaseModel):
    kind: PaperKind
    warehouse: Annotated[str, Field(max_length=16)]
    #: An allocation run; None: all that is in the house.
    run: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None
    #: None: the browser.
    printer: Annotated[int | None, Field(ge=1, le=2_000_000_000)] = None
