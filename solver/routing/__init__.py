"""The shortest walk past all picks: `problem` in, `solve` or `greedy`, `plan` out, `check` independent of
both."""
