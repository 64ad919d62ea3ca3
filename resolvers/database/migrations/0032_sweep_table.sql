-- What a sweep has found is noted in a table of its transaction (resolvers/database/sweep_write.py), which a server may keep from everybody. Rights to
-- the database are given by who owns that.

set local role none
-- ;;
do $$
begin
  execute format('grant temporary on database %I to cellgate_ledger', current_database());
end $$
-- ;;
set local role cellgate_owner
