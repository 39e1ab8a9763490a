-- What of an asset plays: nothing, an early part of its first version's tracks, or all of them.

ALTER TABLE assets ADD COLUMN ready TEXT NOT NULL DEFAULT 'no' CHECK (ready IN ('no', 'partial', 'full'));
UPDATE assets SET ready = 'full' WHERE current_version IS NOT NULL;
