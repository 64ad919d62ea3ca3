"""The edge is in charge of bytes: HTTP to request, result to bytes, and nothing else."""
