-- After a restore, two things are put right without a person: a phone that was connected since the backup
-- tells under which name it worked, and a change that others brought back counts as decided when its maker
-- sends it, so that they hear of it.

ALTER TABLE devices ADD COLUMN former bytea[] NOT NULL DEFAULT '{}';  -- earlier names of the same phone

ALTER TABLE wedged_changes
    DROP CONSTRAINT wedged_changes_decision_check,
    ADD CONSTRAINT wedged_changes_decision_check
        CHECK (decision IN ('retried', 'accepted', 'discarded', 'arrived'));
