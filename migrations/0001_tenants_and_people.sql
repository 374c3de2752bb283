-- Municipalities, the people who work there and what lets them in.
--
-- Every table begins with tenant_id: it is the first column of the primary key (so that the same
-- schema can be distributed over several machines by that key) and row-level security compares it
-- with app.tenant, which the server sets by SET LOCAL at the start of every transaction. The
-- setting is read without missing_ok on purpose: a statement outside such a transaction is an
-- error, not an empty result.
--
-- Times are milliseconds since 1970-01-01 UTC (bigint, *_ms): the same unit as in records.

-- The one table without a tenant: from the short name typed at sign-in to the tenant's number.
-- It holds nothing that is not on the municipality's own web page.
CREATE TABLE tenant_directory (
    slug      text    PRIMARY KEY CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,39}$'),
    tenant_id integer NOT NULL UNIQUE CHECK (tenant_id > 0)
);

CREATE TABLE tenants (
    tenant_id     integer PRIMARY KEY CHECK (tenant_id > 0),
    slug          text    NOT NULL,
    name          jsonb   NOT NULL,            -- {"ka": "...", "en": "..."}
    office_phone  text    NOT NULL DEFAULT '', -- whom a field worker can call
    seq           bigint  NOT NULL DEFAULT 0,  -- last number given to an accepted change; no gaps
    epoch         bytea   NOT NULL,            -- changes after a restore: devices then compare heads
    created_at_ms bigint  NOT NULL
);

CREATE TABLE users (
    tenant_id     integer NOT NULL REFERENCES tenants,
    user_id       uuid    NOT NULL,
    login         text    NOT NULL CHECK (login = lower(login) AND length(login) BETWEEN 2 AND 80),
    name          text    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    role          text    NOT NULL CHECK (role IN ('worker', 'reviewer', 'administrator')),
    password_hash text,                        -- PHC string; NULL until the person has set one
    villages      text[]  NOT NULL DEFAULT '{}', -- settlement codes; empty: the whole municipality
    scope_version integer NOT NULL DEFAULT 1,    -- counts changes of villages: a device that knows an
                                                 -- older one is sent its records from the beginning
    active        boolean NOT NULL DEFAULT true,
    created_at_ms bigint  NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    UNIQUE (tenant_id, login)
);

-- Office sessions. Only the hash of the token is stored: a copy of the table lets nobody in.
CREATE TABLE sessions (
    tenant_id       integer NOT NULL,
    token_hash      bytea   NOT NULL CHECK (length(token_hash) = 32),
    user_id         uuid    NOT NULL,
    created_at_ms   bigint  NOT NULL,
    expires_at_ms   bigint  NOT NULL,
    last_seen_at_ms bigint  NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id);

-- One-time links: the first administrator's, and a new colleague's to choose a password.
-- user_id is NULL for the first administrator, who names themselves.
CREATE TABLE setup_tokens (
    tenant_id     integer NOT NULL REFERENCES tenants,
    token_hash    bytea   NOT NULL CHECK (length(token_hash) = 32),
    user_id       uuid,
    created_at_ms bigint  NOT NULL,
    expires_at_ms bigint  NOT NULL,
    used_at_ms    bigint,
    PRIMARY KEY (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users ON DELETE CASCADE
);

-- Codes a field worker types (or scans) once to enrol a phone.
CREATE TABLE enrolment_codes (
    tenant_id     integer NOT NULL,
    code_hash     bytea   NOT NULL CHECK (length(code_hash) = 32),
    user_id       uuid    NOT NULL,
    created_by    uuid,
    created_at_ms bigint  NOT NULL,
    expires_at_ms bigint  NOT NULL,
    used_at_ms    bigint,
    device_id     bytea,
    PRIMARY KEY (tenant_id, code_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users ON DELETE CASCADE
);

CREATE TABLE devices (
    tenant_id       integer NOT NULL,
    device_id       bytea   NOT NULL CHECK (length(device_id) = 8),
    user_id         uuid    NOT NULL,
    token_hash      bytea   NOT NULL CHECK (length(token_hash) = 32),
    label           text    NOT NULL DEFAULT '',
    office          boolean NOT NULL DEFAULT false, -- a person's work in the office, not a phone
    enrolled_at_ms  bigint  NOT NULL,
    last_seen_at_ms bigint,
    unsent          integer NOT NULL DEFAULT 0, -- what the device said it still holds
    app_build       text    NOT NULL DEFAULT '',
    revoked_at_ms   bigint,
    PRIMARY KEY (tenant_id, device_id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);

-- Who did what in the office. Append only: the server's role may insert and read, nothing else.
CREATE TABLE audit_log (
    tenant_id integer NOT NULL REFERENCES tenants,
    entry_id  uuid    NOT NULL,
    at_ms     bigint  NOT NULL,
    user_id   uuid,
    device_id bytea,
    action    text    NOT NULL,
    subject   text    NOT NULL DEFAULT '',
    detail    jsonb   NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, entry_id)
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, at_ms);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenants', 'users', 'sessions', 'setup_tokens', 'enrolment_codes',
                                'devices', 'audit_log'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON tenant_directory, audit_log TO kardakar_app;
GRANT SELECT, INSERT, UPDATE ON tenants, users, devices TO kardakar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, setup_tokens, enrolment_codes TO kardakar_app;
