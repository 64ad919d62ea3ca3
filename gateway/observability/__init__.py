"""Observability is in charge of what an operator sees of requests: traces and metrics, both off unless they are asked for."""
