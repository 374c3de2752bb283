-- Records: the change log (the source of truth), the merged documents, and projections that can be
-- dropped and rebuilt from them at any time.

-- One merged document per record and audience (0 main, 1 protection).
CREATE TABLE documents (
    tenant_id     integer  NOT NULL REFERENCES tenants,
    record_id     uuid     NOT NULL,
    audience      smallint NOT NULL CHECK (audience IN (0, 1)),
    snapshot      bytea    NOT NULL,
    heads         bytea[]  NOT NULL,
    changes       integer  NOT NULL,
    updated_at_ms bigint   NOT NULL,
    PRIMARY KEY (tenant_id, record_id, audience)
);

-- Accepted changes, numbered per municipality in commit order without gaps: a device's pull cursor
-- is a number here and never skips a change that committed late. Never updated, never deleted.
CREATE TABLE changes (
    tenant_id      integer  NOT NULL REFERENCES tenants,
    seq            bigint   NOT NULL,
    record_id      uuid     NOT NULL,
    audience       smallint NOT NULL CHECK (audience IN (0, 1)),
    hash           bytea    NOT NULL CHECK (length(hash) = 32),
    device_id      bytea    NOT NULL CHECK (length(device_id) = 8),
    store_id       bytea    NOT NULL CHECK (length(store_id) = 8),
    actor          bytea    NOT NULL,
    raw            bytea    NOT NULL,
    received_at_ms bigint   NOT NULL,
    PRIMARY KEY (tenant_id, seq),
    UNIQUE (tenant_id, hash)
);
CREATE INDEX changes_by_record ON changes (tenant_id, record_id, audience, seq);

-- Changes that were not accepted: kept as they came, with the reason, until a person decides.
CREATE TABLE wedged_changes (
    tenant_id      integer  NOT NULL REFERENCES tenants,
    hash           bytea    NOT NULL CHECK (length(hash) = 32),
    record_id      uuid     NOT NULL,
    audience       smallint NOT NULL,
    device_id      bytea    NOT NULL,
    store_id       bytea    NOT NULL,
    raw            bytea    NOT NULL,
    reason         text     NOT NULL,
    detail         text     NOT NULL DEFAULT '',
    received_at_ms bigint   NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX wedged_changes_by_record ON wedged_changes (tenant_id, record_id);

-- One narrow row per record: the office's list. Answers are apart, because row-level security keeps
-- Postgres from using a trigram index for LIKE (the operator is not leakproof): a search scans the
-- municipality's rows here, so they must stay small.
CREATE TABLE records (
    tenant_id      integer  NOT NULL REFERENCES tenants,
    record_id      uuid     NOT NULL,
    form_id        text     NOT NULL,
    form_version   bytea    NOT NULL,
    kind           text     NOT NULL,
    household_id   uuid,
    member_item    text,
    title          text     NOT NULL,
    village        text     NOT NULL DEFAULT '',
    finished       boolean  NOT NULL,            -- by the worker
    review_state   text     NOT NULL CHECK (review_state IN
                   ('unfinished', 'submitted', 'returned', 'approved', 'rejected')),
    round          integer  NOT NULL DEFAULT 0,  -- how often the worker has finished it
    two_answers    integer  NOT NULL DEFAULT 0,  -- questions with concurrent values
    problems       integer  NOT NULL DEFAULT 0,
    risk           integer,                      -- 0 to 3, where the form says
    author_id      uuid,
    device_id      bytea,
    started_at_ms  bigint   NOT NULL,            -- device time
    updated_at_ms  bigint   NOT NULL,            -- device time
    received_at_ms bigint   NOT NULL,            -- server time of the last accepted change
    seq            bigint   NOT NULL,            -- last change that touched the record
    placed_seq     bigint   NOT NULL,            -- the change that brought it to its settlement: a
                                                 -- device that works there is sent all of it then
    search         text     NOT NULL DEFAULT '', -- folded: see fold.rs
    PRIMARY KEY (tenant_id, record_id)
);
CREATE INDEX records_by_time ON records (tenant_id, updated_at_ms DESC, record_id);
CREATE INDEX records_by_state ON records (tenant_id, review_state, updated_at_ms DESC);
CREATE INDEX records_by_village ON records (tenant_id, village, updated_at_ms DESC);
CREATE INDEX records_by_household ON records (tenant_id, household_id) WHERE household_id IS NOT NULL;

-- Answers as one JSON object by question key; protection answers are a row of their own audience.
CREATE TABLE record_answers (
    tenant_id integer  NOT NULL,
    record_id uuid     NOT NULL,
    audience  smallint NOT NULL CHECK (audience IN (0, 1)),
    answers   jsonb    NOT NULL,
    problems  jsonb    NOT NULL DEFAULT '[]',
    PRIMARY KEY (tenant_id, record_id, audience),
    FOREIGN KEY (tenant_id, record_id) REFERENCES records ON DELETE CASCADE
);

CREATE TABLE members (
    tenant_id integer NOT NULL,
    record_id uuid    NOT NULL,                  -- the household record
    item_id   text    NOT NULL,                  -- the roster item: stable across edits
    position  integer NOT NULL,
    name      text    NOT NULL DEFAULT '',
    removed   boolean NOT NULL,
    answers   jsonb   NOT NULL,
    PRIMARY KEY (tenant_id, record_id, item_id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES records ON DELETE CASCADE
);

-- Needs that a survey found, with their severity (0 to 3) where the form asks for it.
CREATE TABLE needs (
    tenant_id integer NOT NULL,
    record_id uuid    NOT NULL,
    code      text    NOT NULL,
    severity  integer,
    PRIMARY KEY (tenant_id, record_id, code),
    FOREIGN KEY (tenant_id, record_id) REFERENCES records ON DELETE CASCADE
);
CREATE INDEX needs_by_code ON needs (tenant_id, code);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['documents', 'changes', 'wedged_changes', 'records',
                                'record_answers', 'members', 'needs'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT ON changes, wedged_changes TO kardakar_app;  -- the source of truth is append only
GRANT SELECT, INSERT, UPDATE ON documents TO kardakar_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON records, record_answers, members, needs TO kardakar_app;
