"""The description of the JSON interface, made from the very forms that read it: it cannot say something else."""

import json
from typing import Any

from pydantic import BaseModel

from floor.intake.forms import AddressMessage, CancelMessage, OrderMessage, PaidMessage
from floor.intake.messages import OUTCOMES, REASONS

_KINDS: dict[str, type[BaseModel]] = {
    "order": OrderMessage,
    "paid": PaidMessage,
    "cancel": CancelMessage,
    "address": AddressMessage,
}
#: The life of one order, call by call.
EXAMPLES: dict[str, dict[str, Any]] = {
    "OrderMessage": {
        "order_id": "W-1", "placed_at": "2026-11-20T10:00:00+08:00",
        "address": {"recipient": "张小明", "phone": "13812341234", "province": "浙江省", "city": "杭州市",
                    "district": "西湖区", "street": "文三路 90 号"},
        "lines": [{"sku": "TEE-NAVY-L", "qty": 2, "unit_price": "99.00", "id": "L1"}], "freight": "10.00",
        "total": "208.00", "invoice": {"title": "某公司", "tax_id": "91330100MA0000000X"},
    },
    "PaidMessage": {"paid_at": "2026-11-20T11:00:00+08:00", "paid": "208.00"},
    "AddressMessage": {
        "address": {"recipient": "李", "phone": "13900000000", "province": "上海", "district": "浦东新区",
                    "street": "世纪大道 1 号"},
    },
    "CancelMessage": {"reason": "bought twice"},
}  # fmt: skip
_MONEY = {"type": "string", "pattern": r"^\d{1,8}(\.\d{1,2})?$", "description": "yuan, as a decimal string"}


def wrapped(kind: str, order_id: str | None, body: bytes) -> bytes:
    """The inbox's message for a call: the body with its kind, and with the order the address names. A body that is no
    JSON object stays as it came, for the dead letters."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(told, dict):
        return body
    told["type"] = kind
    if order_id is not None:
        told["order_id"] = order_id
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()


def described() -> dict[str, Any]:
    """OpenAPI 3.1."""
    schemas: dict[str, Any] = {}
    for kind, form in _KINDS.items():
        made = form.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update({name: _plain(schema) for name, schema in made.pop("$defs", {}).items()})
        fields = {name: schema for name, schema in made["properties"].items() if name != "type"}
        if kind != "order":
            fields.pop("order_id")
        needed = [name for name in made.get("required", []) if name in fields]
        schemas[form.__name__] = _plain({"type": "object", "properties": fields, "required": needed})
    schemas["Taken"] = _object({"order": {"type": "string"}, "outcome": {"enum": sorted(OUTCOMES)}})
    schemas["Refusal"] = _object(
        {
            "error": {"type": "string"},
            "text": {"type": "string"},
            "errors": {"type": "array", "items": _object(
                {"path": {"type": "string"}, "reason": {"enum": sorted(REASONS)}, "text": {"type": "string"}}
            )},
        },
        ["error"],
    )  # fmt: skip
    schemas["Shown"] = _object({
        "order_id": {"type": "string"}, "number": {"type": "string"}, "state": {"type": "string"},
        "placed_at": {"type": "string", "format": "date-time"},
        "promised_at": {"type": "string", "format": "date-time"},
        "lines": {"type": "array", "items": _object({
            "sku": {"type": "string"}, "qty": {"type": "integer"}, "cancelled": {"type": "integer"},
            "gift": {"type": "boolean"},
        })},
    })  # fmt: skip
    one = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[^/]+$"},
           "example": "W-1"}  # fmt: skip
    shown = {
        "get": {
            "operationId": "showOrder", "summary": "How far an order is", "parameters": [one],
            "responses": {"200": _answer("Shown", "the order"), **_refusals(404)},
        }
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Floor: orders", "version": "1",
            "description": "Orders of our own shops. Money is yuan as a decimal string; times are ISO 8601 with an"
            " offset; fields not named here are ignored.",
        },
        "security": [{"key": []}],
        "paths": {
            "/api/v1/orders": {"post": _change("addOrder", "A new order", "OrderMessage", [])},
            "/api/v1/orders/{order_id}": shown,
            "/api/v1/orders/{order_id}/payment": {"post": _change("payOrder", "It was paid", "PaidMessage", [one])},
            "/api/v1/orders/{order_id}/cancellation": {
                "post": _change("cancelOrder", "The buyer no longer wants it", "CancelMessage", [one])
            },
            "/api/v1/orders/{order_id}/address": {
                "post": _change("moveOrder", "The buyer wants it elsewhere", "AddressMessage", [one])
            },
        },
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }  # fmt: skip


def _change(name: str, summary: str, schema: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key", "in": "header", "required": False,
        "description": "The same key is the same message; without one the body's hash is used.",
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[!-~]+$"},
    }  # fmt: skip
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": EXAMPLES[schema]}}
    return {
        "operationId": name, "summary": summary, "parameters": [*parameters, key],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": _answer("Taken", "applied, now or before"), **_refusals(400, 404, 413, 422)},
    }  # fmt: skip


def _refusals(*statuses: int) -> dict[str, Any]:
    why = {
        400: "the Idempotency-Key is none", 401: "no key, or one that opens nothing", 404: "no such order",
        413: "too long", 422: "it cannot be taken, with every reason; or the key was used for another message",
        429: "too many calls",
    }  # fmt: skip
    found = {str(status): _answer("Refusal", why[status]) for status in (401, *statuses)}
    return found | {"429": {"description": why[429]}}


def _answer(schema: str, words: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": words, "content": content}


def _object(fields: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields) if required is None else required}


#: Fields that hold money: integers of fen inside, decimal strings outside.
_SUMS = ("unit_price", "discount", "freight", "total", "paid")


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A form's schema as the outside sees it."""
    schema = dict(schema)
    fields = dict(schema.get("properties", {}))
    for name in fields:
        if name in _SUMS:
            fields[name] = _MONEY
        else:
            fields[name] = {key: value for key, value in fields[name].items() if key not in ("default", "title")}
    schema["properties"] = fields
    return {key: value for key, value in schema.items() if key not in ("title", "description")}
