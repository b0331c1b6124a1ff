//! Money that goes out, and money that comes back.

use super::cell::{Show, col};
use super::choices::{ORGANISATIONS, PROGRAMMES};
use super::{Record, Table, record, table};
use crate::acts::{Field, Input, REASON, act, field};
use crate::texts::T;

/// What the bank says of one line.
const RESULT: &[Field] = &[
    field("/results/0/claim_id", Input::Of("claim_id")),
    field("/results/0/outcome", Input::Choice(&["paid", "returned"])).must(),
    field("/results/0/bank_reference", Input::Text).must(),
    field("/results/0/date", Input::Date).must(),
    field("/results/0/reason", Input::Text).hint(T::reason_of_return),
];

/// What waited for its payment and is not in a batch of everything.
const LEFT_OUT: Table = table(
    T::left_out,
    "left_out",
    &[col("claim_id", Show::At("/claims")), col("code", Show::Word).called(T::what_is_in_the_way)],
);

pub static BATCHES: Record = Record {
    noun: "payment_batch",
    id: "id",
    filters: &[("status", Input::Choice(&["proposed", "approved", "settled", "rejected"]))],
    sum: "total",
    facts: &[
        col("total", Show::Money),
        col("count", Show::Code),
        col("open", Show::Code),
        col("waiting", Show::Code),
        col("created_by", Show::Person),
        col("approved_by", Show::Person),
        col("approved_on", Show::Date),
    ],
    tables: &[
        LEFT_OUT,
        table(
            T::payment_lines,
            "lines",
            &[
                col("claim_id", Show::At("/claims")),
                col("payee", Show::Party),
                col("amount", Show::Money),
                col("status", Show::State),
                col("bank_reference", Show::Code),
                col("date", Show::Date),
                col("proposed_result.outcome", Show::Word),
                col("reason", Show::Text),
            ],
        )
        .with(&[
            act("POST /v1/payment-batches/{id}/results", T::record_result)
                .asking(RESULT)
                .when("status", &["open", "paid"]),
            act("POST /v1/payment-batches/{id}/results/{claim_id}/approve", T::approve)
                .when("proposed_result", &["*"]),
            act("POST /v1/payment-batches/{id}/results/{claim_id}/reject", T::reject)
                .bad()
                .asking(REASON)
                .when("proposed_result", &["*"]),
        ]),
    ],
    acts: &[
        act("POST /v1/payment-batches/{id}/approve", T::approve),
        act("POST /v1/payment-batches/{id}/reject", T::reject).bad().asking(REASON),
    ],
    papers: &[(T::payment_list, "list")],
    offers: &[
        act("GET /v1/payment-batches/{id}/file", T::bank_file)
            .plain()
            .asking(&[field("&format", Input::Choice(&["pain.001", "xlsx", "csv"])).hint(T::bank_file_hint)])
            .when("status", &["approved"]),
        act("POST /v1/payment-batches/{id}/results/import", T::bring_bank_answer)
            .asking(&[field("file", Input::File).must().hint(T::bank_answer_hint)])
            .when("status", &["approved", "settled"]),
        act("POST /v1/payment-batches/{id}/results/approve", T::approve_results)
            .asking(&[field("+/claim_ids", Input::Each("lines", "proposed_result", "claim_id"))])
            .when("waiting", &["+"]),
    ],
    creates: &[
        act("POST /v1/payment-batches", T::propose_batch).asking(&[
            // where nothing is ticked the list is empty, and refused: left out it would mean everything
            field("=/claim_ids", Input::Fixed("[]")),
            field(
                "+/claim_ids",
                Input::Tick(
                    "/v1/claims?status=approved&limit=200",
                    "id",
                    &[
                        col("number", Show::Number),
                        col("payee", Show::Party),
                        col("programme", Show::Programme),
                        col("payable", Show::Money),
                    ],
                ),
            )
            .must(),
        ]),
        act("POST /v1/payment-batches", T::propose_everything)
            .asking(&[field(".everything", Input::Flag).must().called(T::everything_payable)]),
    ],
    ..record(
        "/payment-batches",
        T::payments,
        &[
            col("number", Show::Number),
            col("updated_at", Show::Time),
            col("created_by", Show::Person),
            col("count", Show::Code),
            col("open", Show::Code),
            col("status", Show::State),
            col("total", Show::Money),
        ],
    )
};

pub static RECOVERIES: Record = Record {
    noun: "recovery",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "approved", "settled", "rejected"])),
        ("programme", PROGRAMMES),
        ("organisation", ORGANISATIONS),
    ],
    sum: "outstanding",
    papers: &[(T::recovery_decision, "decision")],
    facts: &[
        col("decision_no", Show::Code),
        col("organisation", Show::Party),
        col("programme", Show::Programme),
        col("claim_id", Show::At("/claims")),
        col("amount", Show::Money),
        col("received", Show::Money),
        col("written_off", Show::Money),
        col("cancelled", Show::Money),
        col("outstanding", Show::Money),
        col("fraud", Show::Truth),
        col("effective_date", Show::Date),
        col("rejection", Show::Text),
        col("created_by", Show::Person),
        col("approved_by", Show::Person),
    ],
    tables: &[
        table(
            T::receipts,
            "receipts",
            &[
                col("date", Show::Date),
                col("bank_reference", Show::Code),
                col("reversed", Show::Truth),
                col("amount", Show::Money),
            ],
        ),
        table(
            T::offsets,
            "offsets",
            &[col("date", Show::Date), col("claim_id", Show::At("/claims")), col("amount", Show::Money)],
        ),
    ],
    acts: &[
        act("POST /v1/recoveries/{id}/approve", T::approve),
        act("POST /v1/recoveries/{id}/reject", T::reject).bad().asking(REASON),
        act("POST /v1/recoveries/{id}/write-off", T::write_off).bad().asking(REASON),
    ],
    offers: &[
        act("POST /v1/recoveries/{id}/receipts", T::record_receipt)
            .asking(&[
                field("/amount", Input::Money).must(),
                field("/date", Input::Date).must(),
                field("/bank_reference", Input::Text).must(),
            ])
            .when("status", &["approved"]),
        act("POST /v1/recoveries/{id}/offset", T::offset_claim)
            .plain()
            .asking(&[
                field(
                    "/claim_id",
                    Input::Pick(
                        "/v1/claims?status=approved&organisation={organisation}&limit=200",
                        "id",
                        &[
                            col("number", Show::Number),
                            col("programme", Show::Programme),
                            col("payable", Show::Money),
                        ],
                    ),
                )
                .must(),
                field("/amount", Input::Money),
            ])
            .when("status", &["approved"]),
    ],
    creates: &[act("POST /v1/recoveries", T::propose_recovery).asking(&[
        field(
            "/claim_id",
            Input::Pick(
                "/v1/claims?status=paid&limit=200",
                "id",
                &[col("number", Show::Number), col("organisation", Show::Party), col("paid", Show::Money)],
            ),
        )
        .must(),
        field("/amount", Input::Money).must(),
        field("/decision_no", Input::Text).must(),
        field("/reason", Input::Long(&[])).must(),
        field("?/fraud", Input::Flag).hint(T::fraud_hint),
        field("/effective_date", Input::Date).hint(T::business_date_if_empty),
    ])],
    ..record(
        "/recoveries",
        T::recoveries,
        &[
            col("decision_no", Show::Code),
            col("organisation", Show::Party),
            col("programme", Show::Programme),
            col("status", Show::State),
            col("amount", Show::Money),
            col("received", Show::Money),
            col("outstanding", Show::Money),
        ],
    )
};

pub static PREFUNDS: Record = Record {
    noun: "prefund",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "approved", "rejected", "reversed"])),
        ("programme", PROGRAMMES),
        ("bank", ORGANISATIONS),
    ],
    sum: "amount",
    facts: &[
        col("document", Show::Text),
        col("bank", Show::Party),
        col("programme", Show::Programme),
        col("fiscal_year", Show::Code),
        col("amount", Show::Money),
        col("effective_date", Show::Date),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
    ],
    tables: &[table(T::shares, "shares", &[col("level", Show::Word), col("amount", Show::Money)])],
    acts: &[
        act("POST /v1/prefunds/{id}/approve", T::approve),
        act("POST /v1/prefunds/{id}/reject", T::reject).bad().asking(REASON),
    ],
    creates: &[act("POST /v1/prefunds", T::propose_prefund).asking(&[
        field("/programme", PROGRAMMES).must(),
        field("/bank", ORGANISATIONS).must(),
        field("/amount", Input::Money).must(),
        field("#/fiscal_year", Input::Number).must(),
        field("/document", Input::Text).must(),
        field("/effective_date", Input::Date).hint(T::business_date_if_empty),
    ])],
    ..record(
        "/prefunds",
        T::prefunds,
        &[
            col("document", Show::Text),
            col("bank", Show::Party),
            col("programme", Show::Programme),
            col("fiscal_year", Show::Code),
            col("status", Show::State),
            col("amount", Show::Money),
        ],
    )
};

pub static TRUE_UPS: Record = Record {
    noun: "true_up",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "approved", "rejected"])),
        ("programme", PROGRAMMES),
        ("bank", ORGANISATIONS),
    ],
    sum: "left",
    facts: &[
        col("document", Show::Text),
        col("bank", Show::Party),
        col("programme", Show::Programme),
        col("fiscal_year", Show::Code),
        col("action", Show::Word),
        col("opening", Show::Money),
        col("prefunded", Show::Money),
        col("paid", Show::Money),
        col("deducted", Show::Money),
        col("left", Show::Money),
        col("statement.deducted", Show::Money),
        col("bank_reference", Show::Code),
        col("date", Show::Date),
        col("effective_date", Show::Date),
        col("rejection", Show::Text),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
    ],
    tables: &[table(T::shares, "shares", &[col("level", Show::Word), col("amount", Show::Money)])],
    acts: &[
        act("POST /v1/prefunds/true-ups/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/prefunds/true-ups/{id}/reject", T::reject)
            .bad()
            .asking(REASON)
            .when("status", &["proposed"]),
    ],
    creates: &[act("POST /v1/prefunds/true-ups", T::propose_true_up).asking(&[
        field("/programme", PROGRAMMES).must(),
        field("/bank", ORGANISATIONS).must(),
        field("#/fiscal_year", Input::Number).must(),
        field("/action", Input::Choice(&["roll", "return"])).must(),
        field("/statement/deducted", Input::Money).must(),
        field("/statement/left", Input::Money),
        field("/document", Input::Text).must(),
        field("/bank_reference", Input::Text),
        field("/date", Input::Date),
        field("/reason", Input::Long(&[])),
    ])],
    ..record(
        "/prefunds/true-ups",
        T::true_ups,
        &[
            col("document", Show::Text),
            col("bank", Show::Party),
            col("programme", Show::Programme),
            col("fiscal_year", Show::Code),
            col("action", Show::Word),
            col("status", Show::State),
            col("left", Show::Money),
        ],
    )
};

pub static REVERSALS: Record = Record {
    filters: &[("status", Input::Choice(&["proposed", "approved"]))],
    acts: &[act("POST /v1/ledger/transactions/{sequence}/reverse/approve", T::approve)
        .when("status", &["proposed"])],
    ..record(
        "/ledger/reversals",
        T::reversals,
        &[
            col("sequence", Show::At("/ledger/transactions")),
            col("status", Show::State),
            col("created_by", Show::Person),
            col("approved_by", Show::Person),
            col("effective_date", Show::Date),
            col("reversed_by", Show::At("/ledger/transactions")),
            col("reason", Show::Text),
        ],
    )
};

pub static PREFUND_YEARS: Record = Record {
    filters: &[("programme", PROGRAMMES), ("bank", ORGANISATIONS)],
    sum: "left",
    ..record(
        "/prefunds/balances",
        T::prefund_years,
        &[
            col("bank", Show::Party),
            col("programme", Show::Programme),
            col("fiscal_year", Show::Code),
            col("opening", Show::Money),
            col("paid", Show::Money),
            col("deducted", Show::Money),
            col("rolled", Show::Money),
            col("returned", Show::Money),
            col("left", Show::Money),
        ],
    )
};
