"""This package is in charge of importing files: enterprises, models, packs, vehicles and events, as CSV or NDJSON."""

from resolvers.importing.events import holds_events
from resolvers.importing.fields import TABLES, Field, Kind, Table
from resolvers.importing.load import import_file, reporter
from resolvers.importing.reader import ImportRefused
from resolvers.importing.rejects import rejects_path
from resolvers.importing.reports import ImportReport, Progress

__all__ = ["TABLES", "Field", "ImportRefused", "ImportReport", "Kind", "Progress", "Table", "holds_events", "import_file", "rejects_path", "reporter"]
