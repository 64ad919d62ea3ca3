"""Planning is in charge of turning an allowed operation into a DAG of subgraph fetches; it does no I/O."""
