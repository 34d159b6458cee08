"""Which warehouse ships which order: `problem` in, `solve` or `greedy`, `plan` out, `check` independent
of both."""
