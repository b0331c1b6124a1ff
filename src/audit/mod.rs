//! The provable log: leaves, the Merkle tree over them, tiles, signed checkpoints, proofs, verification.

pub mod bundle;
pub mod export;
pub mod leaf;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod replay;
pub mod since;
pub mod tile;
pub mod tree;
pub mod verify;

/// How a verification treats a table of an agency's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Its rows are those that the replay of the leaves gives.
    Replayed,
    /// Its rows follow from the leaves' bytes or from replayed rows.
    Derived,
    /// The log says nothing about it.
    Outside,
}

/// Every table of an agency's schema, how it is checked, and why so.
pub const TABLES: &[(&str, Checked, &str)] = &[
    ("balances", Checked::Replayed, "what the postings add up to"),
    ("budget_changes", Checked::Replayed, "documents"),
    ("calendar_changes", Checked::Replayed, "documents"),
    ("calendar_days", Checked::Replayed, "what the newest change says of each day"),
    ("calculations", Checked::Replayed, "sheets that decisions made"),
    ("claims", Checked::Replayed, "documents"),
    ("contract_uses", Checked::Replayed, "what rules count"),
    ("entries", Checked::Replayed, "the postings"),
    ("loan_uses", Checked::Replayed, "what rules count"),
    ("loans", Checked::Replayed, "documents"),
    ("evidence", Checked::Replayed, "documents; the bytes are held against it by `verify --evidence`"),
    ("invoices", Checked::Replayed, "what claims take of each"),
    ("numbers", Checked::Replayed, "the last number of each series"),
    ("objections", Checked::Replayed, "documents"),
    ("organisations", Checked::Replayed, "documents"),
    ("participants", Checked::Replayed, "who took part in what"),
    ("payment_batches", Checked::Replayed, "documents"),
    ("payment_lines", Checked::Replayed, "documents"),
    ("people", Checked::Replayed, "subjects that acted"),
    ("periods", Checked::Replayed, "documents"),
    ("prefund_years", Checked::Replayed, "what each bank has of its prefunds"),
    ("prefunds", Checked::Replayed, "documents"),
    ("programmes", Checked::Replayed, "documents"),
    ("recalculations", Checked::Replayed, "documents"),
    ("recoveries", Checked::Replayed, "documents"),
    ("reference_rates", Checked::Replayed, "documents"),
    ("rental_usage", Checked::Replayed, "what was billed on each contract"),
    ("rentals", Checked::Replayed, "documents"),
    ("reversals", Checked::Replayed, "documents"),
    ("rules_versions", Checked::Replayed, "documents"),
    ("transitions", Checked::Replayed, "documents' steps"),
    ("true_ups", Checked::Replayed, "documents"),
    ("usage_imports", Checked::Replayed, "documents"),
    ("usages", Checked::Replayed, "what caps count"),
    ("vouchers", Checked::Replayed, "documents"),
    ("head", Checked::Derived, "the log's end and the agency's own state"),
    (
        "idempotency",
        Checked::Derived,
        "an accepted answer names a leaf of its subject; refusals are not logged",
    ),
    ("log", Checked::Derived, "every column but the transaction's id is the leaf's"),
    ("tiles", Checked::Derived, "hashes of the leaves, 256 at a time"),
    ("totals", Checked::Derived, "sums of the entries"),
    (
        "usage_rows",
        Checked::Derived,
        "rows of billing files, under the digest and the totals of their import's leaf",
    ),
    (
        "usage_errors",
        Checked::Derived,
        "why rows of billing files do not count, under the digest of their import's leaf",
    ),
    ("__diesel_schema_migrations", Checked::Outside, "which migrations ran"),
    ("bank_accounts", Checked::Outside, "sealed numbers; the log holds their digests"),
    ("erasures", Checked::Outside, "which texts were erased, on whose order"),
    ("statutory_limits", Checked::Outside, "written by migrations alone; held to their constants by a test"),
    ("usage_staged", Checked::Outside, "marks of billing files on their way"),
    ("texts", Checked::Outside, "erasable words; the log holds their digests"),
];
