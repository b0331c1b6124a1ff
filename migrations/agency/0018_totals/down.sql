UPDATE head SET schema_version = 17;

DROP INDEX log_without_step;
DROP STATISTICS totals_months;
