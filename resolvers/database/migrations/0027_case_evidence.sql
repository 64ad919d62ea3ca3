-- What an answer in a case rests on: documents that stay with the party, each with its digest, and events, by battery code and place.

alter table enterprise.case_event
  add column documents jsonb not null default '[]',
  add column evidence_codes text[] collate "C" not null default '{}',
  add column evidence integer[] not null default '{}',
  add check (cardinality(evidence_codes) = cardinality(evidence))
