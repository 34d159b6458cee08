"""Which carton an order goes into and how: `problem` in, `solve` or `greedy`, `plan` out, `check`
independent."""
