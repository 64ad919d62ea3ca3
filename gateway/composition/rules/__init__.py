"""Rules are in charge of what composition refuses: one file a rule, and the tuples here are their order."""
