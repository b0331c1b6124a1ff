-- Which tasks were late or about to be due, and when whoever is to do them was told.

CREATE TABLE reminders (
    task text CONSTRAINT reminders_pkey PRIMARY KEY CONSTRAINT reminders_task_check CHECK (task ~ '^[a-z_]+/.+/[a-z_]+$'),
    counted_from date NOT NULL,
    term_days smallint NOT NULL CONSTRAINT reminders_term_days_check CHECK (term_days BETWEEN 0 AND 366),
    due_on date NOT NULL,
    told_on date NOT NULL,
    times integer NOT NULL CONSTRAINT reminders_times_check CHECK (times > 0),
    created bigint NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reminders_days CHECK (counted_from <= due_on)
) WITH (fillfactor = 70);
CREATE INDEX reminders_created ON reminders (created);
COMMENT ON TABLE reminders IS 'Tasks that were told of, each at most once a day.';
COMMENT ON COLUMN reminders.task IS 'What waits and what is to be done: kind, document and action.';
COMMENT ON COLUMN reminders.counted_from IS 'The day after which its term counts.';
COMMENT ON COLUMN reminders.term_days IS 'Working days.';
COMMENT ON COLUMN reminders.due_on IS 'The last of them, as the calendar was known when it was told of last.';
COMMENT ON COLUMN reminders.told_on IS 'The business date on which it was told of last.';
COMMENT ON COLUMN reminders.times IS 'On how many days it was told of.';

GRANT SELECT, INSERT ON reminders TO subsidy_app;
GRANT UPDATE (counted_from, term_days, due_on, told_on, times, version, updated_at) ON reminders TO subsidy_app;
GRANT SELECT ON reminders TO subsidy_auditor;

UPDATE head SET schema_version = 15;
