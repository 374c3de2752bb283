-- Phones are told who is who and which forms are in force: the directory. Counting what changes it lets a
-- sync see that a phone's copy is still right without reading every device of the municipality.

ALTER TABLE tenants ADD COLUMN directory_seq bigint NOT NULL DEFAULT 0;

CREATE FUNCTION count_directory_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tenants SET directory_seq = directory_seq + 1 WHERE tenant_id = NEW.tenant_id;
    RETURN NULL;
END $$;

CREATE TRIGGER devices_in_directory AFTER INSERT OR UPDATE OF user_id ON devices
    FOR EACH ROW EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER names_in_directory AFTER UPDATE OF name ON users
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION count_directory_change();
CREATE TRIGGER forms_in_directory AFTER INSERT OR UPDATE OF current_version, position ON forms
    FOR EACH ROW EXECUTE FUNCTION count_directory_change();
