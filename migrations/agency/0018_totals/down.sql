UPDATE head SET schema_version = 17;

DROP STATISTICS totals_months;
