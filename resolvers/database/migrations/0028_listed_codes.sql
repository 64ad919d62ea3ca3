-- What is in a pack was told under codes that are given once, as the pack's own is: whether a code was told before is asked by these. `heads` are the
-- beginnings of the codes in a compressed list of cells (resolvers/ledger/cell_codes.py); lists that were written before are without them until
-- `cellgate ledger rebuild --write` has put them right.

alter table battery.cell_list add column heads text[] collate "C" not null default '{}'
-- ;;
create index cell_list_heads on battery.cell_list using gin (heads)
-- ;;
create index module_code on battery.module (module_code)
-- ;;
create index pack_item_head on battery.pack (left(code, 21)) where product_type <> 'PACK'
