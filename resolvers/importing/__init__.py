"""This package is in charge of importing files: enterprises, models, packs and vehicles, as CSV or NDJSON."""

from resolvers.importing.fields import TABLES, Field, Kind, Table
from resolvers.importing.load import ImportReport, Progress, import_file, reporter
from resolvers.importing.reader import ImportRefused
from resolvers.importing.rejects import rejects_path

__all__ = ["TABLES", "Field", "ImportRefused", "ImportReport", "Kind", "Progress", "Table", "import_file", "rejects_path", "reporter"]
