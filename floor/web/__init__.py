"""Flask glue: pages, fragments, sign-in, forms, languages, idempotent commands, errors. Knows no slice."""
