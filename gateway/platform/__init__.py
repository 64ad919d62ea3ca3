"""This package is in charge of telling a national platform what happened: the messages of the outbox, by file or by HTTP."""
