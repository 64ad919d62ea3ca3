"""Composition is in charge of turning subgraph SDL into one supergraph, or saying exactly why it cannot."""
