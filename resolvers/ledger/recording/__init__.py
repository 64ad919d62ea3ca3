"""Recording is in charge of taking what parties report into the ledger: judged, folded, and written in one transaction."""
