"""This package is in charge of recovery: recycling batches, their mass balance, and what they gave back against the norm."""
