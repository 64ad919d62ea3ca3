"""This package is in charge of the statistics: what is counted of the ledger, kept up to date event by event."""
