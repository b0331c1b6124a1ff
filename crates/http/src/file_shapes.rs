//! What routes take and give that is a file, or can be one.

use super::handlers::claims::credits;
use super::handlers::reports::report_response as answers;
use super::handlers::usage::imports as usage_imports;
use super::route::Shape;

/// A file of any of the types that are taken.
pub(super) const EVIDENCE_FILE: Shape = Shape::file(
    "application/pdf",
    &[
        "image/png",
        "image/jpeg",
        "application/ofd",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/xml",
        "application/zip",
        "text/csv",
        "text/plain",
    ],
);

/// What a bank answers with.
pub(super) const BANK_FILE: Shape = Shape::file(
    "application/xml",
    &["application/zip", "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
);

/// As what reports are had.
pub(super) const TABLES: &[&str] = &[
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.apache.parquet",
];

/// A report as JSON, or as a file.
pub(super) const REPORTED: Shape = Shape::or_file::<answers::ReportView>(TABLES);

/// What was subsidised of a contract: as JSON, or as FOCUS rows.
pub(super) const CREDITS: Shape =
    Shape::or_file::<credits::CreditsView>(&["text/csv", "application/vnd.apache.parquet"]);

/// What is wrong with a billing file: a page, or all of it as a file.
pub(super) const USAGE_ERRORS: Shape = Shape::page_or_file::<usage_imports::RowErrorView>(&[
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
]);
