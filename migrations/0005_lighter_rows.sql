-- Rows of records are written in bulk and can be made again from documents, so they need no foreign
-- keys: each one costs a look-up and a row lock per row. That of tenants also has every writer share a
-- lock on the one row that numbers changes. The tenant of a row is what row-level security says it is.

ALTER TABLE documents      DROP CONSTRAINT documents_tenant_id_fkey;
ALTER TABLE changes        DROP CONSTRAINT changes_tenant_id_fkey;
ALTER TABLE wedged_changes DROP CONSTRAINT wedged_changes_tenant_id_fkey;
ALTER TABLE records        DROP CONSTRAINT records_tenant_id_fkey;
ALTER TABLE record_answers DROP CONSTRAINT record_answers_tenant_id_record_id_fkey;
ALTER TABLE members        DROP CONSTRAINT members_tenant_id_record_id_fkey;
ALTER TABLE needs          DROP CONSTRAINT needs_tenant_id_record_id_fkey;

-- Changes and documents are bytes that hardly shrink row by row: trying to costs more than it saves.
ALTER TABLE changes   ALTER COLUMN raw      SET STORAGE EXTERNAL;
ALTER TABLE documents ALTER COLUMN snapshot SET STORAGE EXTERNAL;
ALTER TABLE changes   SET (toast_tuple_target = 8160);
ALTER TABLE documents SET (toast_tuple_target = 8160);
