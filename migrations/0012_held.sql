-- Held changes: which attachments they name, so that those are kept, and who has sent them, so that those hear
-- of the decision.

-- What is named by a change that waits for a person (wedged_changes) or for others that it builds on
-- (waiting_changes). It keeps bytes from being collected and lets nobody read them: that is for
-- attachment_references, once the change is part of a record. Rows whose change waits no more go with the next
-- collection.
CREATE TABLE held_attachments (
    tenant_id   integer NOT NULL,
    change_hash bytea   NOT NULL CHECK (length(change_hash) = 32),
    hash        bytea   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, change_hash, hash)
);
CREATE INDEX held_attachments_by_hash ON held_attachments (tenant_id, hash);

-- Which devices have sent a held change, also one that was held already.
CREATE TABLE held_senders (
    tenant_id integer NOT NULL,
    hash      bytea   NOT NULL CHECK (length(hash) = 32),
    device_id bytea   NOT NULL CHECK (length(device_id) = 8),
    PRIMARY KEY (tenant_id, hash, device_id)
);

-- By a trigger, which also fires for what is there already, and for servers that do not know of the table.
CREATE FUNCTION note_held_sender() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO held_senders (tenant_id, hash, device_id)
    VALUES (NEW.tenant_id, NEW.hash, NEW.device_id) ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER held_sender BEFORE INSERT ON wedged_changes
    FOR EACH ROW EXECUTE FUNCTION note_held_sender();

-- Of changes that were held before this step it is not known who else has sent them: of those every device is
-- told, as before.
ALTER TABLE wedged_changes ADD COLUMN senders_unknown boolean NOT NULL DEFAULT false;

-- The owner is not above row-level security here; a migration is of no municipality.
ALTER TABLE wedged_changes NO FORCE ROW LEVEL SECURITY;
UPDATE wedged_changes SET senders_unknown = true WHERE reason = 'foreign_actor';
INSERT INTO held_senders (tenant_id, hash, device_id)
SELECT tenant_id, hash, device_id FROM wedged_changes;
INSERT INTO held_attachments (tenant_id, change_hash, hash)
SELECT DISTINCT w.tenant_id, w.hash, decode(named[1], 'hex')
FROM wedged_changes w,
     regexp_matches(encode(w.raw, 'escape'), '#([0-9a-f]{64});', 'g') AS named
WHERE w.decision IS NULL;
ALTER TABLE wedged_changes FORCE ROW LEVEL SECURITY;

-- Decisions are looked for by their numbers alone now.
CREATE INDEX wedged_changes_by_decision ON wedged_changes (tenant_id, decided_seq)
    WHERE decided_seq IS NOT NULL;
DROP INDEX wedged_changes_decided;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['held_attachments', 'held_senders'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, DELETE ON held_attachments TO kardakar_app;
GRANT SELECT, INSERT ON held_senders TO kardakar_app;
