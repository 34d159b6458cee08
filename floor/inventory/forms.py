from pydantic import BaseModel, Field


class CountForm(BaseModel):
    qty: int = Field(ge=0, le=100_000)


class ReceiveForm(BaseModel):
    warehouse: str = Field(max_length=16)
    sku: str = Field(max_length=48)
    bin: str = Field(max_length=16)
    qty: int = Field(ge=1, le=100_000)
