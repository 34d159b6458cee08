"""Adapters: what a channel sends, turned into drafts of orders. No database here."""
