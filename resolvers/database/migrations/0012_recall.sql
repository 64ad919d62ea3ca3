-- Whether a pack is under a recall: published, and therefore of category A.
alter table battery.pack add column recalled boolean not null default false
-- ;;
-- An offer is overtaken when an authority says who takes a pack that was found abandoned.
alter table battery.custody drop constraint custody_outcome_check
-- ;;
alter table battery.custody add constraint custody_outcome_check check (outcome in ('PENDING', 'RECEIVED', 'REJECTED', 'VOID'))
