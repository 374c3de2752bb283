-- The log stays append only, but for this: bytes that storage has damaged may be put back. The database itself
-- takes none but those that have the hash of the change, which is the sum of everything behind its checksum.

CREATE POLICY as_it_was ON changes AS RESTRICTIVE FOR UPDATE
    USING (true) WITH CHECK (sha256(substr(raw, 9)) = hash);
GRANT UPDATE (raw) ON changes TO kardakar_app;
