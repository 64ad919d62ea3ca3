-- Two events of one moment may both change who holds a pack; who held it in between did so for no time.
alter table battery.custody drop constraint custody_check
-- ;;
alter table battery.custody add constraint custody_check check (until_at is null or received_at <= until_at)
