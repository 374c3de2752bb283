-- Attachments: photos, sound, signatures and files, known by the SHA-256 of their bytes. A record's answer
-- names one; the bytes come beside the records, in pieces, and lie outside the database once they are
-- whole and verified.

CREATE TABLE attachments (
    tenant_id       integer NOT NULL REFERENCES tenants,
    hash            bytea   NOT NULL CHECK (length(hash) = 32),
    size            bigint  NOT NULL CHECK (size > 0),
    received        bigint  NOT NULL DEFAULT 0,   -- bytes from the beginning
    media_type      text    NOT NULL DEFAULT '',  -- by the bytes themselves, once they are whole
    device_id       bytea   NOT NULL,             -- which sent the first piece
    created_at_ms   bigint  NOT NULL,
    updated_at_ms   bigint  NOT NULL,
    completed_at_ms bigint,                       -- set once the bytes have the hash and are stored
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX attachments_on_the_way ON attachments (tenant_id, updated_at_ms) WHERE completed_at_ms IS NULL;

-- Pieces of what is not whole yet. Here and not in the object store, so that a piece and the count of
-- bytes are one transaction, on whichever server node it arrives.
CREATE TABLE attachment_parts (
    tenant_id integer NOT NULL,
    hash      bytea   NOT NULL,
    position  bigint  NOT NULL,                   -- where the piece begins
    bytes     bytea   NOT NULL,
    PRIMARY KEY (tenant_id, hash, position),
    FOREIGN KEY (tenant_id, hash) REFERENCES attachments ON DELETE CASCADE
);
-- Photos do not compress; trying would cost time.
ALTER TABLE attachment_parts ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Which record names which attachment, now or in its history. Whoever may read the document may read the
-- attachment; what nothing names is removed after a while.
CREATE TABLE attachment_references (
    tenant_id integer  NOT NULL REFERENCES tenants,
    record_id uuid     NOT NULL,
    audience  smallint NOT NULL CHECK (audience IN (0, 1)),
    hash      bytea    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, record_id, audience, hash)
);
CREATE INDEX attachment_references_by_hash ON attachment_references (tenant_id, hash);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['attachments', 'attachment_parts', 'attachment_references'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON attachments TO kardakar_app;
GRANT SELECT, INSERT, DELETE ON attachment_parts TO kardakar_app;
GRANT SELECT, INSERT ON attachment_references TO kardakar_app;
