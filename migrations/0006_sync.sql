-- What sync needs beside records: transfers that were cut, scope that changes, decisions about changes
-- that were refused for good, and the tickets by which a copied phone is found out.

-- A request or a response that did not get through as a whole. One per device: a new one replaces it.
-- In the database, so that any node can go on with it.
CREATE TABLE transfers (
    tenant_id     integer NOT NULL,
    device_id     bytea   NOT NULL CHECK (length(device_id) = 8),
    transfer_id   bytea   NOT NULL CHECK (length(transfer_id) = 16), -- of the request's bytes
    size          integer NOT NULL,
    response      bytea,                                             -- once the request is whole
    expires_at_ms bigint  NOT NULL,
    PRIMARY KEY (tenant_id, device_id)
);

-- What has arrived of a request, without gaps.
CREATE TABLE transfer_parts (
    tenant_id integer NOT NULL,
    device_id bytea   NOT NULL,
    start     integer NOT NULL,
    bytes     bytea   NOT NULL,
    PRIMARY KEY (tenant_id, device_id, start),
    FOREIGN KEY (tenant_id, device_id) REFERENCES transfers ON DELETE CASCADE
);

-- A record that was given to one person, wherever it lies. Its seq is a number of the change log, so
-- that the person's phone is sent all of it from there on.
CREATE TABLE assignments (
    tenant_id integer NOT NULL,
    record_id uuid    NOT NULL,
    user_id   uuid    NOT NULL,
    seq       bigint  NOT NULL,
    PRIMARY KEY (tenant_id, record_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX assignments_by_seq ON assignments (tenant_id, seq);

-- A record may have left somebody's scope here: phones whose cursor is older are told.
CREATE TABLE scope_moves (
    tenant_id integer NOT NULL,
    seq       bigint  NOT NULL,
    record_id uuid    NOT NULL,
    PRIMARY KEY (tenant_id, seq, record_id)
);

-- A settlement that was corrected moves the record.
CREATE FUNCTION note_scope_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scope_moves (tenant_id, seq, record_id)
    VALUES (NEW.tenant_id, NEW.seq, NEW.record_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER records_move AFTER UPDATE OF village ON records
    FOR EACH ROW WHEN (OLD.village <> '' AND OLD.village <> NEW.village)
    EXECUTE FUNCTION note_scope_move();

-- The pull looks for records that came into an area after a device's cursor.
CREATE INDEX records_by_placement ON records (tenant_id, placed_seq);

-- What a person decided about a change that was refused for good. The decision has a number of the
-- change log, so that the phone that sent the change is told once.
ALTER TABLE wedged_changes
    ADD COLUMN decision      text CHECK (decision IN ('retried', 'accepted', 'discarded')),
    ADD COLUMN decided_by    uuid,
    ADD COLUMN decided_at_ms bigint,
    ADD COLUMN decided_seq   bigint,
    ADD COLUMN decision_text text NOT NULL DEFAULT '';
CREATE INDEX wedged_changes_open ON wedged_changes (tenant_id, received_at_ms) WHERE decision IS NULL;
CREATE INDEX wedged_changes_decided ON wedged_changes (tenant_id, device_id, decided_seq)
    WHERE decided_seq IS NOT NULL;

-- How far each database of a device has come. A request with an older ticket than the last two, or from
-- a start of the app that another one has followed, comes from a copy.
CREATE TABLE device_stores (
    tenant_id      integer NOT NULL,
    device_id      bytea   NOT NULL,
    store_id       bytea   NOT NULL CHECK (length(store_id) = 8),
    ticket         bigint  NOT NULL,
    ticket_before  bigint,               -- a response may be lost
    session        bytea   NOT NULL,     -- drawn by the device whenever the app opens
    session_before bytea   NOT NULL DEFAULT '',
    copied         boolean NOT NULL DEFAULT false,
    seen_at_ms     bigint  NOT NULL,
    PRIMARY KEY (tenant_id, device_id, store_id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['transfers', 'transfer_parts', 'assignments', 'scope_moves',
                                'device_stores'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON transfers, transfer_parts, assignments TO kardakar_app;
GRANT SELECT, INSERT ON scope_moves TO kardakar_app;
GRANT SELECT, INSERT, UPDATE ON device_stores TO kardakar_app;
GRANT UPDATE (decision, decided_by, decided_at_ms, decided_seq, decision_text) ON wedged_changes
    TO kardakar_app;
