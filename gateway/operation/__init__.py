"""Operation is in charge of what a client asked: its document, limits, view, variables and allowed selection."""
