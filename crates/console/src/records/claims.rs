//! Vouchers and claims: their lists, and what may be done with one; their pages are in `cases`.

use super::cell::{Show, col};
use super::choices::{
    LINES, NO_OTHER_FUNDING, NO_OTHER_FUNDING_NOW, ORGANISATIONS, OTHER_FUNDING, OTHER_FUNDING_NOW,
    PROGRAMMES, RENTAL,
};
use super::{Phrase, Record, record};
use crate::acts::{Act, DATED, Field, Input, OPINION, REASON, act, field, review};
use crate::texts::T;

const CLAIM_STATES: Input = Input::Choice(&[
    "draft",
    "submitted",
    "reviewed",
    "approved",
    "paid",
    "returned",
    "rejected",
    "withdrawn",
]);
const VOUCHER_STATES: Input = Input::Choice(&[
    "submitted",
    "reviewed",
    "returned",
    "rejected",
    "issued",
    "partly_redeemed",
    "redeemed",
    "expired",
    "cancelled",
    "suspended",
]);

pub static VOUCHERS: Record = Record {
    noun: "voucher",
    id: "id",
    filters: &[("status", VOUCHER_STATES), ("programme", PROGRAMMES), ("organisation", ORGANISATIONS)],
    sum: "face_value",
    creates: &[act("POST /v1/vouchers", T::apply_for_voucher).asking(&[
        field("/programme", PROGRAMMES).must(),
        field("/rental_id", Input::Pick("/v1/rentals?limit=200", "id", RENTAL)).must().hint(T::rental_hint),
        OTHER_FUNDING,
        NO_OTHER_FUNDING,
    ])],
    ..record(
        "/vouchers",
        T::vouchers,
        &[
            col("number", Show::Number),
            col("organisation", Show::Party),
            col("programme", Show::Programme),
            col("submitted_on", Show::Date),
            col("valid_until", Show::Date),
            col("status", Show::State),
            col("face_value", Show::Money),
        ],
    )
};

pub static CLAIMS: Record = Record {
    noun: "claim",
    id: "id",
    filters: &[("status", CLAIM_STATES), ("programme", PROGRAMMES), ("organisation", ORGANISATIONS)],
    sum: "amount",
    ..record(
        "/claims",
        T::claims,
        &[
            col("number", Show::Number),
            col("kind", Show::Word),
            col("organisation", Show::Party),
            col("programme", Show::Programme),
            col("submitted_on", Show::Date),
            col("status", Show::State),
            col("amount", Show::Money),
        ],
    )
};

/// What an assessment says of an item.
const ASSESSED: &[Field] = &[field("/item", Input::Text), field("/amount", Input::Money)];

/// What a review asks for where the rules want an assessment.
const fn assessed(at: &'static str, input: Input, label: Phrase) -> Field {
    Field { on: "assessment_missing", ..field(at, input).called(label) }
}
const FOUND: Field = assessed("/assessment/lines", Input::Lines(3, ASSESSED), T::assessed_lines);
const RATIO: Field = assessed("/assessment/ratio_percent", Input::Text, T::assessed_ratio);
const WHY: Field = assessed("/assessment/reason", Input::Long(&[]), T::assessed_reason);

pub const VOUCHER_ACTS: &[Act] = &[
    review("POST /v1/vouchers/{id}/review", &[FOUND, RATIO, WHY, OPINION]),
    act("POST /v1/vouchers/{id}/issue", T::issue).asking(DATED),
    act("POST /v1/vouchers/{id}/suspend", T::suspend).bad().asking(REASON),
    act("POST /v1/vouchers/{id}/reinstate", T::reinstate).asking(REASON),
    act("POST /v1/vouchers/{id}/cancel", T::cancel).bad().asking(REASON),
];

const INCOMPLETE: Field = Field { on: "usage_incomplete", ..field("?/accept_incomplete_usage", Input::Flag) };

pub const CLAIM_ACTS: &[Act] = &[
    review("POST /v1/claims/{id}/review", &[FOUND, RATIO, WHY, OPINION, INCOMPLETE]),
    act("POST /v1/claims/{id}/approve", T::approve).asking(DATED),
    act("POST /v1/claims/{id}/reject", T::reject).bad().asking(REASON),
    act("POST /v1/claims/{id}/submit", T::submit).asking(&[field(".promise", Input::Flag).must()]),
    act("POST /v1/claims/{id}/withdraw", T::withdraw).plain(),
    act("POST /v1/claims/{id}/recalculate/approve", T::approve_recalculation)
        .asking(DATED)
        .when("recalculation", &["*"]),
    act("POST /v1/claims/{id}/recalculate/reject", T::reject_recalculation)
        .bad()
        .asking(REASON)
        .when("recalculation", &["*"]),
];

/// A further sheet, from inputs that are known better now.
pub const RECALCULATE: &[Act] = &[act("POST /v1/claims/{id}/recalculate", T::propose_recalculation)
    .making()
    .plain()
    .asking(&[
        field("/reason", Input::Long(&[])).must(),
        field("?/changes/usage", Input::Flag),
        field("/changes/interest_paid", Input::Money),
        OTHER_FUNDING_NOW,
        NO_OTHER_FUNDING_NOW,
        field("/changes/settlement", Input::Lines(3, LINES)),
    ])
    .when("status", &["approved", "paid"])];

/// What an officer says of an objection.
pub const RESOLVE: &[Act] = &[act("POST /v1/claims/{claim_id}/objections/{id}/resolve", T::resolve)
    .asking(&[
        field("/decision", Input::Choice(&["upheld", "dismissed"])).must(),
        field("/reason", Input::Long(&[])).must(),
    ])
    .when("status", &["open"])];
