//! Limits that stand above the rules of a programme: those of the law, and caps that several programmes share; and how
//! the caps of the rules are relaxed for one case.

use super::cell::{Column, Show, col};
use super::{Record, Table, record, table};
use crate::acts::{Act, Field, Input, REASON, act, field};
use crate::texts::T;

const STATES: Input = Input::Choice(&["proposed", "approved", "rejected"]);

/// The most points of interest, and the last day that earns.
const LIMITS: &[Column] = &[col("points_max", Show::Code), col("window_until", Show::Date)];

pub static STATUTORY: Record = Record {
    noun: "statutory_limit",
    id: "id",
    filters: &[("status", STATES)],
    now: Some(("/v1/statutory-limits/current", LIMITS)),
    facts: &[
        col("document", Show::Text),
        col("points_max", Show::Code),
        col("window_until", Show::Date),
        col("reason", Show::Text),
        col("rejection", Show::Text),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: &[
        act("POST /v1/statutory-limits/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/statutory-limits/{id}/reject", T::reject)
            .bad()
            .asking(REASON)
            .when("status", &["proposed"]),
    ],
    creates: &[act("POST /v1/statutory-limits", T::propose_statutory).asking(&[
        field("/points_max", Input::Text).must(),
        field("/window_until", Input::Date).must(),
        field("/document", Input::Text).must(),
        field("/reason", Input::Long(&[])).must(),
    ])],
    ..record(
        "/statutory-limits",
        T::statutory_limits,
        &[
            col("document", Show::Text),
            col("points_max", Show::Code),
            col("window_until", Show::Date),
            col("created_by", Show::Person),
            col("decided_by", Show::Person),
            col("updated_at", Show::Time),
            col("status", Show::State),
        ],
    )
};

const PROPOSED: Column = col("proposed.annual", Show::Money);
const PROPOSED_LIFETIME: Column = col("proposed.lifetime", Show::Money);

pub static CAP_GROUPS: Record = Record {
    noun: "cap_group",
    id: "code",
    filters: &[("status", STATES)],
    facts: &[
        col("code", Show::Code).called(T::group_code),
        col("caps.annual", Show::Money),
        col("caps.lifetime", Show::Money),
        PROPOSED,
        PROPOSED_LIFETIME,
        col("rejection", Show::Text),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: &[
        act("POST /v1/cap-groups/{code}/approve", T::approve).when("proposed", &["*"]),
        act("POST /v1/cap-groups/{code}/reject", T::reject).bad().asking(REASON).when("proposed", &["*"]),
    ],
    creates: &[act("POST /v1/cap-groups", T::propose_cap_group).asking(&[
        field("/code", Input::Text).must().called(T::group_code).hint(T::group_code_hint),
        field("/annual", Input::Money),
        field("/lifetime", Input::Money),
    ])],
    ..record(
        "/cap-groups",
        T::cap_groups,
        &[
            col("code", Show::Code).called(T::group_code),
            col("caps.annual", Show::Money),
            col("caps.lifetime", Show::Money),
            PROPOSED,
            PROPOSED_LIFETIME,
            col("updated_at", Show::Time),
            col("status", Show::State),
        ],
    )
};

/// A cap of a case that is to be relaxed.
const RELAXED: &[Field] = &[
    field("/code", Input::Choice(&["annual_cap", "claim_cap", "lifetime_cap"])).must().called(T::which_cap),
    field("/to", Input::Money).must(),
    field("/document", Input::Text).must(),
    field("/reason", Input::Long(&[])).must(),
];
/// While it waits for its review or its approval.
const WAITS: (&str, &[&str]) = ("status", &["submitted", "reviewed"]);

pub const RELAX_CLAIM: &[Act] = &[act("POST /v1/claims/{id}/overrides", T::propose_override)
    .plain()
    .asking(RELAXED)
    .when(WAITS.0, WAITS.1)];
pub const RELAX_VOUCHER: &[Act] = &[act("POST /v1/vouchers/{id}/overrides", T::propose_override)
    .plain()
    .asking(RELAXED)
    .when(WAITS.0, WAITS.1)];

const fn relaxed(acts: &'static [Act]) -> Table {
    const COLUMNS: &[Column] = &[
        col("code", Show::Word).called(T::which_cap),
        col("document", Show::Text),
        col("reason", Show::Text),
        col("status", Show::State),
        col("proposed_by", Show::Person),
        col("decided_by", Show::Person),
        col("rejection", Show::Text),
        col("to", Show::Money),
    ];
    table(T::overrides, "overrides", COLUMNS).with(acts)
}

/// The caps of a claim that were relaxed or are to be.
pub const OF_CLAIM: Table = relaxed(&[
    act("POST /v1/claims/{document_id}/overrides/{id}/approve", T::approve).when("status", &["proposed"]),
    act("POST /v1/claims/{document_id}/overrides/{id}/reject", T::reject)
        .bad()
        .asking(REASON)
        .when("status", &["proposed"]),
]);
/// Those of a voucher.
pub const OF_VOUCHER: Table = relaxed(&[
    act("POST /v1/vouchers/{document_id}/overrides/{id}/approve", T::approve).when("status", &["proposed"]),
    act("POST /v1/vouchers/{document_id}/overrides/{id}/reject", T::reject)
        .bad()
        .asking(REASON)
        .when("status", &["proposed"]),
]);
