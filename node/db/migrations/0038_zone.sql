-- A planet's clock by its IANA name: days, months and years of money are counted by it. What was a fixed distance
-- from UTC becomes a zone that keeps it all year.
ALTER TABLE planet ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
UPDATE planet SET zone = COALESCE((SELECT CASE
       WHEN r.zone_minutes = 480 THEN 'Asia/Shanghai'
       WHEN r.zone_minutes = 210 THEN 'Asia/Tehran'
       WHEN r.zone_minutes = 270 THEN 'Asia/Kabul'
       WHEN r.zone_minutes = 330 THEN 'Asia/Kolkata'
       WHEN r.zone_minutes = 345 THEN 'Asia/Kathmandu'
       WHEN r.zone_minutes = 390 THEN 'Asia/Yangon'
       WHEN r.zone_minutes = 525 THEN 'Australia/Eucla'
       WHEN r.zone_minutes = 570 THEN 'Australia/Darwin'
       WHEN r.zone_minutes = -570 THEN 'Pacific/Marquesas'
       WHEN r.zone_minutes >= 60 THEN 'Etc/GMT-' || (r.zone_minutes / 60)
       WHEN r.zone_minutes <= -60 THEN 'Etc/GMT+' || (-r.zone_minutes / 60)
       ELSE 'UTC' END FROM planet_renewing r WHERE r.planet_id = planet.id), 'UTC');
-- An invoice keeps the days that it was written with.
ALTER TABLE bill ADD COLUMN zone TEXT NOT NULL DEFAULT 'UTC';
