"""What people type at the lorry."""

from typing import Annotated

from pydantic import BaseModel, Field


class HandoverForm(BaseModel):
    driver: Annotated[str, Field(max_length=60)]
    seal: Annotated[str, Field(max_length=40)] = ""
