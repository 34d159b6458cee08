REFUSALS: dict[str, object] = {}
EVENTS: dict[str, object] = {}
