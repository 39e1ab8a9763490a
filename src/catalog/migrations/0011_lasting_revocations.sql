-- Revocations of links, viewers and keys without an end were forgotten after 373 days (32,227,200,000 ms), and a link that
-- its app had signed for longer played again. They stay for good now. A viewer's may have been given such an end, so only
-- what is 373 days to the millisecond is taken for none; a link or key stays revoked either way.

UPDATE revocations SET expires_at = NULL
WHERE (kind IN ('link', 'key') AND expires_at - created_at >= 32227200000)
   OR (kind = 'viewer' AND expires_at - created_at = 32227200000);
