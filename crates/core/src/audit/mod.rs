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

/// How a verification treats a table of an agency's schema that holds no documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// Its rows are those that the replay of the leaves gives.
    Replayed,
    /// Its rows follow from the leaves' bytes or from replayed rows.
    Derived,
    /// Its rows are held to a digest in the log, to a key outside the database, or to this release.
    Held,
}

/// Every table of an agency's schema that holds no documents, how it is checked, and why so. A document's row is the one that
/// the replay gives: `documents!` lists those.
pub const OTHER_TABLES: &[(&str, Checked, &str)] = &[
    ("balances", Checked::Replayed, "what the postings add up to"),
    ("calculations", Checked::Replayed, "sheets that decisions made"),
    ("contract_uses", Checked::Replayed, "what rules count"),
    ("entries", Checked::Replayed, "the postings"),
    ("loan_uses", Checked::Replayed, "what rules count"),
    ("numbers", Checked::Replayed, "the last number of each series"),
    ("transitions", Checked::Replayed, "documents' steps"),
    ("usages", Checked::Replayed, "what caps count"),
    ("head", Checked::Derived, "the log's end and the agency's own state"),
    (
        "idempotency",
        Checked::Held,
        "an accepted answer names a leaf that names its key; all of them are under a key outside the database",
    ),
    ("log", Checked::Derived, "every column but the transaction's id is the leaf's"),
    ("tiles", Checked::Derived, "hashes of the leaves, 256 at a time"),
    ("totals", Checked::Derived, "sums of the entries"),
    (
        "usage_rows",
        Checked::Derived,
        "rows of billing files, under the digest and the totals of their import's leaf",
    ),
    ("__diesel_schema_migrations", Checked::Held, "the migrations that this release knows, and no other"),
    (
        "bank_accounts",
        Checked::Held,
        "sealed numbers: with the keys each is opened and is the one that its leaf names",
    ),
    (
        "usage_errors",
        Checked::Derived,
        "why rows of billing files do not count, under the digest of their import's leaf",
    ),
    (
        "usage_staged",
        Checked::Derived,
        "the mark of each import that counts; those of files on their way say nothing",
    ),
    ("texts", Checked::Held, "erasable words, under their salted digests, each that a leaf says was kept"),
];

/// Why rows of the console's sessions are not looked at.
const SESSION: &str = "held by a MAC with a key outside the database whenever it is used; it ends within hours and no figure rests on it";

/// The same of people who are on their way to the identity provider.
const SIGN_IN: &str =
    "held by a MAC with a key outside the database when it is used, once; gone within minutes";

/// The same of accounts of the service's own, and of how often signing in failed.
const ACCOUNT: &str = "held by a MAC with a key outside the database whenever it is used; no figure rests on it, and what people did stands in the log";

/// Columns whose values nothing depends on, and why: `verify` says nothing of them.
pub const UNCHECKED: &[(&str, &str, &str)] = &[
    (
        "log",
        "xact",
        "read by triggers in the transaction that writes the row and never again; a restored database has other numbers",
    ),
    (
        "usage_staged",
        "staged_at",
        "since when a file is on its way; an import that counts is swept by nobody, whatever it says",
    ),
    ("sessions", "token_sha256", SESSION),
    ("sessions", "agency", SESSION),
    ("sessions", "subject", SESSION),
    ("sessions", "roles", SESSION),
    ("sessions", "organisation", SESSION),
    ("sessions", "began_at", SESSION),
    ("sessions", "seen_at", SESSION),
    ("sessions", "ends_at", SESSION),
    ("sessions", "mac", SESSION),
    ("sign_ins", "state_sha256", SIGN_IN),
    ("sign_ins", "next", SIGN_IN),
    ("sign_ins", "kept", SIGN_IN),
    ("sign_ins", "began_at", SIGN_IN),
    ("sign_ins", "mac", SIGN_IN),
    ("accounts", "name", ACCOUNT),
    ("accounts", "agency", ACCOUNT),
    ("accounts", "roles", ACCOUNT),
    ("accounts", "organisation", ACCOUNT),
    ("accounts", "password", ACCOUNT),
    ("accounts", "provisional", ACCOUNT),
    ("accounts", "factor", ACCOUNT),
    ("accounts", "factor_step", ACCOUNT),
    ("accounts", "recovery", ACCOUNT),
    ("accounts", "disabled", ACCOUNT),
    ("accounts", "created_at", ACCOUNT),
    ("accounts", "changed_at", ACCOUNT),
    ("accounts", "mac", ACCOUNT),
    ("sign_in_tries", "who", ACCOUNT),
    ("sign_in_tries", "failures", ACCOUNT),
    ("sign_in_tries", "since", ACCOUNT),
    ("__diesel_schema_migrations", "run_on", "when a migration ran; nothing reads it"),
];
