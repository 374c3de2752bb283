-- Forms are data with immutable versions. A version's id is the first 16 bytes of the SHA-256 of
-- its compiled form, so the same workbook published twice is the same version.

CREATE TABLE forms (
    tenant_id       integer NOT NULL REFERENCES tenants,
    form_id         text    NOT NULL CHECK (length(form_id) BETWEEN 1 AND 100),
    title           jsonb   NOT NULL,
    current_version bytea   NOT NULL CHECK (length(current_version) = 16),
    position        integer NOT NULL DEFAULT 0,  -- order in the phone's list
    PRIMARY KEY (tenant_id, form_id)
);

CREATE TABLE form_versions (
    tenant_id       integer NOT NULL,
    version_id      bytea   NOT NULL CHECK (length(version_id) = 16),
    form_id         text    NOT NULL,
    version         text    NOT NULL,            -- the author's own version text, for people
    title           jsonb   NOT NULL,
    compiled        bytea   NOT NULL,            -- CBOR, what devices download
    source          bytea   NOT NULL,            -- the workbook or the text it came from
    source_type     text    NOT NULL,            -- media type of source
    published_at_ms bigint  NOT NULL,
    published_by    uuid,                        -- NULL: shipped with the product
    PRIMARY KEY (tenant_id, version_id),
    FOREIGN KEY (tenant_id, form_id) REFERENCES forms
);
CREATE INDEX form_versions_by_form ON form_versions (tenant_id, form_id, published_at_ms DESC);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['forms', 'form_versions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY one_tenant ON %I
                        USING (tenant_id = current_setting(''app.tenant'')::integer)
                        WITH CHECK (tenant_id = current_setting(''app.tenant'')::integer)', name);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE ON forms TO kardakar_app;
GRANT SELECT, INSERT ON form_versions TO kardakar_app;  -- immutable
