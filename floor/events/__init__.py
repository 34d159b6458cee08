"""What happened: the append-only audit trail, and the outbox that carries each event to every subscriber."""
