-- Deliveries that hang do not hold up others, and redeliveries stand outside the order (src/control/notify/deliveries.ts).

-- 1 while an attempt is under way, and after one whose Worker died.
ALTER TABLE deliveries ADD COLUMN claimed INTEGER NOT NULL DEFAULT 0;
-- 1: sent again by request, after it was delivered or dead. Later events do not wait for it.
ALTER TABLE deliveries ADD COLUMN redelivery INTEGER NOT NULL DEFAULT 0;

CREATE INDEX deliveries_claimed ON deliveries (webhook_id) WHERE claimed = 1;
