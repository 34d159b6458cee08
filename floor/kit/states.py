"""State machines as tables: one dict (state, action) -> state feeds buttons, tests, diagrams and CHECKs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from floor.kit.errors import Conflict

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class Machine(Generic[S, A]):
    """The only place that knows which action leads where."""

    def __init__(self, name: str, table: Mapping[tuple[S, A], S]) -> None:
        self.name = name
        self.table = dict(table)

    def after(self, state: S, action: A) -> S:
        """The next state. Raises Conflict("state.no_such_move") where the table has none."""
        try:
            return self.table[state, action]
        except KeyError:
            raise Conflict("state.no_such_move", thing=self.name, state=state, action=action) from None

    def available(self, state: S) -> tuple[A, ...]:
        """The actions open from `state`, in the table's order."""
        return tuple(action for (origin, action) in self.table if origin == state)

    def mermaid(self) -> str:
        """The diagram of the README, drawn from the table."""
        rows = [f"    {origin} --> {target}: {action}" for (origin, action), target in self.table.items()]
        return "\n".join(["stateDiagram-v2", *rows])
