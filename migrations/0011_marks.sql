-- What has to heal or be seen by a person: records without their rows, changes that wait for others, and
-- devices that send again and again what cannot be taken in.

-- The rows of a record could not be made from its documents. They are made with its next change, at the
-- server's start and every few minutes; then the mark goes.
CREATE TABLE unprojected (
    tenant_id integer NOT NULL,
    record_id uuid    NOT NULL,
    since_ms  bigint  NOT NULL,
    tried_ms  bigint  NOT NULL,
    tries     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, record_id)
);

-- A device has sent a change before those that it builds on, or they never come. The change itself is on the
-- device until it can be taken in, or has waited for too long and is held for a person.
CREATE TABLE waiting_changes (
    tenant_id integer NOT NULL,
    device_id bytea   NOT NULL CHECK (length(device_id) = 8),
    hash      bytea   NOT NULL CHECK (length(hash) = 32),
    record_id uuid    NOT NULL,
    since_ms  bigint  NOT NULL,
    PRIMARY KEY (tenant_id, device_id, hash)
);

-- How often, since when, a device has sent what no honest app makes; and since when nothing of it is taken
-- in, until an administrator says otherwise.
ALTER TABLE devices
    ADD COLUMN strikes           integer NOT NULL DEFAULT 0,
    ADD COLUMN strikes_since_ms  bigint  NOT NULL DEFAULT 0,
    ADD COLUMN quarantined_at_ms bigint;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['unprojected', 'waiting_changes'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON unprojected TO kardakar_app;
GRANT SELECT, INSERT, DELETE ON waiting_changes TO kardakar_app;
