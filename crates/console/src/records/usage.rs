//! Usage: what a billing file brought and what is wrong with it, what was used and not claimed, invoices without usage.

use super::cell::{Show, col};
use super::{Record, record, table};
use crate::acts::{REASON, act};
use crate::texts::T;

pub static IMPORT: Record = Record {
    noun: "billing_file",
    id: "import_id",
    facts: &[
        col("status", Show::Word),
        col("mode", Show::Word),
        col("rows", Show::Code),
        col("accepted", Show::Code),
        col("repeated", Show::Code),
        col("rejected", Show::Code),
        col("billed_total", Show::Money),
        col("sha256", Show::Code),
        col("created_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    tables: &[table(
        T::row_errors,
        "data",
        &[
            col("row", Show::Code),
            col("column", Show::Code),
            col("detail", Show::Text),
            col("found", Show::Code),
        ],
    )
    .of("/v1/rentals/{rental_id}/usage/imports/{import_id}/errors?limit=200")],
    acts: &[
        act("POST /v1/rentals/{rental_id}/usage/imports/{import_id}/approve", T::approve)
            .when("status", &["proposed"]),
        act("POST /v1/rentals/{rental_id}/usage/imports/{import_id}/reject", T::reject)
            .bad()
            .asking(REASON)
            .when("status", &["proposed"]),
    ],
    ..record("/rentals", T::rentals, &[])
};

pub static UNCLAIMED: Record = Record {
    id: "rental_id",
    page: "/rentals",
    sum: "unclaimed",
    ..record(
        "/usage/unmatched",
        T::unclaimed_usage,
        &[
            col("contract_no", Show::Code),
            col("organisation", Show::Party),
            col("provider", Show::Party),
            col("metered", Show::Money),
            col("unclaimed", Show::Money),
        ],
    )
};

pub static UNMETERED: Record = Record {
    id: "rental_id",
    page: "/rentals",
    sum: "claimed",
    ..record(
        "/invoices/unmatched",
        T::unmetered_invoices,
        &[
            col("contract_no", Show::Code),
            col("organisation", Show::Party),
            col("provider", Show::Party),
            col("metered", Show::Truth),
            col("claimed", Show::Money),
        ],
    )
};
