"""Which orders share a cart: `problem` in, `solve` or `greedy`, `plan` out, `check` independent of both."""
