-- Who has still to answer a hand-over, by receiver.
create index custody_pending on battery.custody (holder, code) where outcome = 'PENDING'
