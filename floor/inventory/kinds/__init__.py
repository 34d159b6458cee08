"""The kinds of files: each looks at rows, books them, and writes what the house has in the same columns."""

from floor.inventory.kinds import bins, layouts, skus, stock
from floor.inventory.kinds.base import Kind
from floor.inventory.models import ImportKind

KINDS: dict[ImportKind, Kind] = {
    ImportKind.STOCK: stock.KIND,
    ImportKind.SKUS: skus.KIND,
    ImportKind.BINS: bins.KIND,
    ImportKind.LAYOUTS: layouts.KIND,
}
