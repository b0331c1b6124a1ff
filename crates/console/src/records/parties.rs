//! Organisations, their contracts and loans, what they bring as evidence.

use super::cell::{Show, col};
use super::choices::{ANY_ORGANISATION, LINES, ORGANISATIONS};
use super::{Record, record, table};
use crate::acts::{Act, Field, Input, REASON, act, field};
use crate::texts::T;

pub const CATEGORIES: Input = Input::Choice(&[
    "private_enterprise",
    "state_owned_enterprise",
    "university",
    "research_institute",
    "government_department",
]);

pub const SIZES: Input = Input::Choice(&["micro", "small", "medium", "large"]);

const ACCOUNT: &[Field] = &[
    field("/name", Input::Text).called(T::account_holder).must(),
    field("/account_number", Input::Text).must(),
    field("/bank_code", Input::Text).must(),
];

const ORGANISATION_ACTS: &[Act] = &[
    act("PUT /v1/organisations/{credit_code}/bank-account", T::propose_account).plain().asking(ACCOUNT),
    act("POST /v1/organisations/{credit_code}/bank-account/approve", T::approve_account)
        .when("bank_account_change", &["*"]),
    act("POST /v1/organisations/{credit_code}/bank-account/reject", T::reject_account)
        .bad()
        .asking(REASON)
        .when("bank_account_change", &["*"]),
    act("POST /v1/organisations/{credit_code}/block", T::block)
        .bad()
        .asking(REASON)
        .when("status", &["active"]),
    act("POST /v1/organisations/{credit_code}/unblock", T::unblock)
        .asking(REASON)
        .when("status", &["blocked"]),
];

pub static PARTIES: Record = Record {
    noun: "organisation",
    id: "credit_code",
    filters: &[("name", Input::Text), ("status", Input::Choice(&["active", "blocked"]))],
    papers: &[(T::statement, "statement")],
    facts: &[
        col("credit_code", Show::Code),
        col("category", Show::Word),
        col("size", Show::Word),
        col("startup", Show::Truth),
        col("region", Show::Text),
        col("controller", Show::Text),
        col("related", Show::Word),
        col("bank_account.name", Show::Text),
        col("bank_account.account_number", Show::Code),
        col("bank_account.bank_code", Show::Code),
        col("bank_account_change.account.account_number", Show::Code),
        col("bank_account_change.proposed_by", Show::Person),
        col("created_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: ORGANISATION_ACTS,
    creates: &[act("POST /v1/organisations", T::register_organisation).asking(&[
        field("/credit_code", Input::Text).must(),
        field("/name", Input::Text).must(),
        field("/category", CATEGORIES).must(),
        field("/size", SIZES),
        field("?/startup", Input::Flag),
        field("/region", Input::Text),
        field("/controller", Input::Text),
        field("/bank_account/name", Input::Text),
        field("/bank_account/account_number", Input::Text),
        field("/bank_account/bank_code", Input::Text),
    ])],
    ..record(
        "/organisations",
        T::organisations,
        &[
            col("name", Show::Text),
            col("credit_code", Show::Code),
            col("category", Show::Word),
            col("size", Show::Word),
            col("region", Show::Text),
            col("status", Show::State),
        ],
    )
};

const IMPORT: &[Field] = &[
    field("&mode", Input::Choice(&["strict", "lenient"])).hint(T::mode_hint),
    field("&replaces", Input::Text).hint(T::replaces_hint),
    field("&adds", Input::Flag),
    field("file", Input::File).must().hint(T::usage_hint),
];

pub static RENTALS: Record = Record {
    noun: "rental",
    id: "id",
    filters: &[("organisation", ORGANISATIONS)],
    sum: "total",
    facts: &[
        col("contract_no", Show::Code),
        col("order_no", Show::Code),
        col("organisation", Show::Party),
        col("provider", Show::Party),
        col("signed_on", Show::Date),
        col("from", Show::Date),
        col("until", Show::Date),
        col("scenario", Show::Text),
        col("total", Show::Money),
    ],
    tables: &[
        table(
            T::lines,
            "lines",
            &[col("item", Show::Word), col("amount", Show::Money), col("tax_percent", Show::Percent)],
        ),
        table(
            T::usage_by_month,
            "months",
            &[col("month", Show::Date), col("metered", Show::Money), col("unclaimed", Show::Money)],
        )
        .of("/v1/rentals/{id}/reconciliation"),
        table(
            T::differences,
            "differences",
            &[col("code", Show::Word), col("of", Show::At("/claims")), col("amount", Show::Money)],
        )
        .of("/v1/rentals/{id}/reconciliation"),
        table(
            T::billing_files,
            "data",
            &[
                col("import_id", Show::At("/rentals/{rental_id}/usage/imports")),
                col("updated_at", Show::Time),
                col("status", Show::State),
                col("rows", Show::Code),
                col("accepted", Show::Code),
                col("rejected", Show::Code),
                col("billed_total", Show::Money),
                col("created_by", Show::Person),
            ],
        )
        .of("/v1/rentals/{id}/usage/imports?limit=200")
        .with(&[
            act("POST /v1/rentals/{rental_id}/usage/imports/{import_id}/approve", T::approve)
                .when("status", &["proposed"]),
            act("POST /v1/rentals/{rental_id}/usage/imports/{import_id}/reject", T::reject)
                .bad()
                .asking(REASON)
                .when("status", &["proposed"]),
        ]),
    ],
    creates: &[act("POST /v1/rentals", T::register_rental).asking(&[
        field("/organisation", ORGANISATIONS).hint(T::own_if_empty),
        field("/provider", ANY_ORGANISATION).must().hint(T::credit_code_hint),
        field("/contract_no", Input::Text).must(),
        field("/order_no", Input::Text),
        field("/signed_on", Input::Date).must(),
        field("/from", Input::Date).must(),
        field("/until", Input::Date).must(),
        field("/scenario", Input::Text),
        field("/lines", Input::Lines(4, LINES)).must(),
    ])],
    offers: &[act("POST /v1/rentals/{id}/usage", T::bring_usage).making().asking(IMPORT)],
    ..record(
        "/rentals",
        T::rentals,
        &[
            col("contract_no", Show::Code),
            col("organisation", Show::Party),
            col("provider", Show::Party),
            col("from", Show::Date),
            col("until", Show::Date),
            col("total", Show::Money),
        ],
    )
};

/// What happens to a loan on a day.
pub const EVENT: &[Field] = &[
    field("/date", Input::Date),
    field(
        "/kind",
        Input::Choice(&[
            "drawdown",
            "repayment",
            "rate_change",
            "overdue",
            "overdue_cleared",
            "extension",
            "pause",
            "resume",
        ]),
    ),
    field("/amount", Input::Money),
    field("/annual_rate_percent", Input::Text),
    field("/matures_on", Input::Date),
];

pub static LOANS: Record = Record {
    noun: "loan",
    id: "id",
    papers: &[(T::quotes, "quote")],
    filters: &[("organisation", ORGANISATIONS), ("bank", ORGANISATIONS)],
    sum: "principal",
    facts: &[
        col("loan_no", Show::Code),
        col("organisation", Show::Party),
        col("bank", Show::Party),
        col("project.name", Show::Text),
        col("project.code", Show::Code),
        col("project.investment", Show::Money),
        col("principal", Show::Money),
        col("overdue", Show::Money),
        col("current_rate_percent", Show::Percent),
        col("annual_rate_percent", Show::Percent),
        col("signed_on", Show::Date),
        col("current_matures_on", Show::Date),
    ],
    tables: &[
        table(
            T::loan_events,
            "events",
            &[
                col("date", Show::Date),
                col("kind", Show::Word),
                col("amount", Show::Money),
                col("annual_rate_percent", Show::Percent),
                col("matures_on", Show::Date),
            ],
        ),
        table(
            T::interest_confirmed,
            "interest_paid",
            &[
                col("period.from", Show::Date),
                col("period.until", Show::Date),
                col("interest_paid", Show::Money),
                col("penalty_interest", Show::Money),
                col("confirmed_by", Show::Person),
                col("confirmed_on", Show::Date),
            ],
        ),
    ],
    offers: &[
        act("POST /v1/loans/{id}/events", T::record_events).asking(&[field(
            "/events",
            Input::Lines(3, EVENT),
        )
        .must()]),
        act("POST /v1/loans/{id}/interest-paid", T::confirm_interest).asking(&[
            field("/period/from", Input::Date).must(),
            field("/period/until", Input::Date).must().hint(T::last_day_not_counted),
            field("/interest_paid", Input::Money).must(),
            field("/penalty_interest", Input::Money),
        ]),
    ],
    creates: &[act("POST /v1/loans", T::register_loan).asking(&[
        field("/organisation", ORGANISATIONS).hint(T::own_if_empty),
        field("/bank", ANY_ORGANISATION).must().hint(T::credit_code_hint),
        field("/loan_no", Input::Text).must(),
        field("/project/code", Input::Text).must(),
        field("/project/name", Input::Text).must(),
        field("/project/investment", Input::Money),
        field("/annual_rate_percent", Input::Text).must(),
        field("/signed_on", Input::Date).must(),
        field("/matures_on", Input::Date).must(),
        field("/events", Input::Lines(2, EVENT)),
    ])],
    ..record(
        "/loans",
        T::loans,
        &[
            col("loan_no", Show::Code),
            col("organisation", Show::Party),
            col("bank", Show::Party),
            col("current_rate_percent", Show::Percent),
            col("current_matures_on", Show::Date),
            col("principal", Show::Money),
        ],
    )
};

const EVIDENCE_KINDS: Input = Input::Choice(&[
    "invoice",
    "contract",
    "delivery",
    "payment",
    "bank_statement",
    "loan_contract",
    "review",
    "other",
]);

pub static EVIDENCE: Record = Record {
    noun: "evidence",
    id: "id",
    filters: &[("kind", EVIDENCE_KINDS), ("organisation", ORGANISATIONS), ("invoice_number", Input::Text)],
    sum: "invoice.amount",
    facts: &[
        col("kind", Show::Word),
        col("organisation", Show::Party),
        col("media_type", Show::Code),
        col("bytes", Show::Code),
        col("sha256", Show::Code),
        col("unread", Show::Truth),
        col("invoice.number", Show::Code),
        col("invoice.code", Show::Code),
        col("invoice.amount", Show::Money),
        col("invoice.tax", Show::Money),
        col("invoice.allocated", Show::Money),
        col("invoice.reversed", Show::Money),
        col("invoice.confirmed", Show::Word),
        col("invoice.buyer.name", Show::Text),
        col("invoice.seller.name", Show::Text),
        col("invoice.issued_on", Show::Date),
        col("created_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: &[act("POST /v1/evidence/{id}/confirm", T::confirm_invoice).when("invoice", &["*"])],
    creates: &[act("POST /v1/evidence", T::bring_evidence).asking(&[
        field("&kind", EVIDENCE_KINDS).must(),
        field("&organisation", ORGANISATIONS).hint(T::own_if_empty),
        field("&invoice_number", Input::Text).hint(T::invoice_hint),
        field("&invoice_code", Input::Text),
        field("&amount", Input::Money),
        field("file", Input::File).must().hint(T::file_hint),
    ])],
    files: &[(T::download, "/v1/evidence/{id}/content")],
    ..record(
        "/evidence",
        T::documents,
        &[
            col("number", Show::Number),
            col("kind", Show::Word),
            col("organisation", Show::Party),
            col("invoice.number", Show::Code),
            col("updated_at", Show::Time),
            col("invoice.amount", Show::Money),
        ],
    )
};
