"""This package is in charge of the lifecycle ledger: what may happen to a pack, by when it is to be told, and what follows from it."""
