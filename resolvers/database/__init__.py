"""This package is in charge of PostgreSQL: starting it, migrating it, talking to it."""


class DatabaseUnusable(Exception):
    """The operator must change something before the database can be used; never shown to a client.

    `code` is stable (docs/errors.md); the message names what was found, what is needed and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code + ": " + message)
        self.code = code
        self.message = message
