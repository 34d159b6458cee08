"""What every slice stands on: database, unit of work, states, clock, ids, units, errors. No Flask, no business."""
