"""Paper: labels, slips and lists. Plain picklable data in, PDF, PNG or SVG out; no Flask, no database."""
