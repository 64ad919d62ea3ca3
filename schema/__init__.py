"""This package is in charge of what the graph says: its types, one file per subgraph."""
