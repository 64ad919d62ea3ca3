-- Which packs were ever told to be put into a vehicle, corrected reports included: a vehicle of a past moment is told from their events
-- (resolvers/database/past.py). Every vehicle begins with such an event; other events that name it are found below these packs.
create index event_vehicle on battery.event (vin, code)
where vin is not null and type = any (array['INSTALLED', 'SWAP_IN', 'REINSTALLED', 'REPLACED'])
