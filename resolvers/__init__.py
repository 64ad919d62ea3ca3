"""This package is in charge of keeping the graph's word: rows, the ledger and the database."""
