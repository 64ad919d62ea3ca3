-- What a vehicle of a past moment is told by, beside that packs were put into it: its sale, and that it was taken in (resolvers/database/past.py).
drop index battery.event_sale
-- ;;
create index event_sale on battery.event (vin) where type = any (array['VEHICLE_SOLD', 'VEHICLE_SCRAPPED'])
