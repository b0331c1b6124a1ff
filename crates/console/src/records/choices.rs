//! What several forms and filters offer to choose from.

use super::cell::{Column, Show, col};
use crate::acts::{Field, Input, field};
use crate::texts::T;

/// Which programme a filter or a form means.
pub const PROGRAMMES: Input =
    Input::Pick("/v1/programmes?limit=200", "code", &[col("code", Show::Programme)]);
/// Whose names and codes are asked for where one is chosen.
pub const ALL_ORGANISATIONS: &str = "/v1/organisations?limit=200";
const ORGANISATION: &[Column] = &[col("name", Show::Text), col("credit_code", Show::Code)];
pub const ORGANISATIONS: Input = Input::Pick(ALL_ORGANISATIONS, "credit_code", ORGANISATION);

/// An organisation that the one who fills the form in may not be able to read: chosen, or its credit code typed.
pub const ANY_ORGANISATION: Input = Input::PickOrType(ALL_ORGANISATIONS, "credit_code", ORGANISATION);

/// A contract in a list of choices.
pub const RENTAL: &[Column] =
    &[col("contract_no", Show::Code), col("provider", Show::Party), col("total", Show::Money)];

pub const ITEMS: Input = Input::Choice(&[
    "compute",
    "domestic_compute",
    "model_service",
    "storage",
    "network",
    "security",
    "other",
]);

const FUNDING: &[Field] = &[
    field("/level", Input::Choice(&["central", "province", "city", "district"])),
    field("/amount", Input::Money),
    field("/document", Input::Text),
];
/// Money of others for the same costs, or that nobody pays any: what is not filled in says neither.
pub const OTHER_FUNDING: Field = field("/other_funding", Input::Lines(2, FUNDING));
pub const NO_OTHER_FUNDING: Field =
    field("=/other_funding", Input::Says("[]", T::no_other_funding)).hint(T::other_funding_hint);
/// The same, as it became known later.
pub const OTHER_FUNDING_NOW: Field = field("/changes/other_funding", Input::Lines(2, FUNDING));
pub const NO_OTHER_FUNDING_NOW: Field =
    field("=/changes/other_funding", Input::Says("[]", T::no_other_funding));

/// What was agreed or settled, item by item.
pub const LINES: &[Field] =
    &[field("/item", ITEMS), field("/amount", Input::Money), field("/tax_percent", Input::Text)];
