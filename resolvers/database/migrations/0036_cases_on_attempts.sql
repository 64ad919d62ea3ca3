-- A case on nothing but what its party tried in vain is not told to the party until it is asked in it, for what was only tried is not told to who tried it.
-- The owner of a table sees none of its rows through the lock; the ledger does.

set local role cellgate_ledger
-- ;;
delete from enterprise.case_reader r using enterprise.case_file c
where c.case_id = r.case_id and r.grantee = c.party
  and not exists (select from enterprise.case_finding x join battery.finding_reader y on y.code = x.code and y.id = x.id
    where x.case_id = c.case_id and y.grantee = c.party)
  and not exists (select from enterprise.case_event e where e.case_id = c.case_id and e.kind = 'ASKED')
-- ;;
set local role cellgate_owner
