-- Pictures, sounds and films that the labels and choices of a form show, by the SHA-256 of their bytes: the
-- compiled form names them. In the database, because they are few, small and needed wherever the form is.

CREATE TABLE form_files (
    tenant_id  integer NOT NULL REFERENCES tenants,
    hash       bytea   NOT NULL CHECK (length(hash) = 32),
    media_type text    NOT NULL,                 -- by the bytes themselves
    bytes      bytea   NOT NULL CHECK (length(bytes) BETWEEN 1 AND 5242880),
    PRIMARY KEY (tenant_id, hash)
);
-- What is compressed already does not compress again, and pieces are cut out of it.
ALTER TABLE form_files ALTER COLUMN bytes SET STORAGE EXTERNAL;

ALTER TABLE form_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE form_files FORCE ROW LEVEL SECURITY;
CREATE POLICY one_tenant ON form_files
    USING (tenant_id = current_setting('app.tenant')::integer)
    WITH CHECK (tenant_id = current_setting('app.tenant')::integer);

GRANT SELECT, INSERT ON form_files TO kardakar_app;
