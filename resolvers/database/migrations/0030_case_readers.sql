-- Who reads a case follows from its events: a rebuild takes away whom they do not name.
grant delete on enterprise.case_reader to cellgate_ledger
