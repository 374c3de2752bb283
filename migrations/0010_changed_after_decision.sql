-- A record whose answers are not those that were approved or rejected any more waits for a new decision.

ALTER TABLE records
    DROP CONSTRAINT records_review_state_check,
    ADD CONSTRAINT records_review_state_check CHECK (review_state IN
        ('unfinished', 'submitted', 'returned', 'approved', 'rejected', 'changed'));
