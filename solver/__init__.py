"""Pure planning: frozen dataclasses of ints and strings in, plans out. No Flask, no database, no clock of
its own."""
