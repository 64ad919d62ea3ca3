"""This package is in charge of reports: saved operations that BI tools read as rows, by the same pipeline as any query, a page at a time."""
