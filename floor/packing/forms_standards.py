"""What people type about packing standards."""

from typing import Annotated

from pydantic import BaseModel, Field

from floor.catalog.models import CareKind, CheckBy, PackingClass


class StandardForm(BaseModel):
    kind: CareKind
    sku: Annotated[str, Field(max_length=32)] = ""
    packing_class: PackingClass | None = None
    category: Annotated[str, Field(max_length=40)] = ""
    code: Annotated[str, Field(max_length=48)] = ""


class CheckForm(BaseModel):
    sku: Annotated[str, Field(max_length=32)]
    check_by: CheckBy
