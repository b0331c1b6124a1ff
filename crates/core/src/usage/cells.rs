//! What cells of a billing file say: the values of the specification, and those that can be read in spite of how they are
//! written.

use super::CellError;
use super::amount::Billed;
use super::focus::{ChargeCategory, ServiceCategory};

/// What a cell says: as the specification has it, or in another form that is told.
pub(super) struct Said<T> {
    pub(super) value: T,
    /// How it is written, where that is otherwise.
    pub(super) odd: Option<CellError>,
}

impl<T> Said<T> {
    const fn plain(value: T) -> Self {
        Self { value, odd: None }
    }
}

/// An amount as FOCUS writes numbers; doubles with all their digits are rounded.
pub(super) fn number(cell: &str) -> Result<Said<Billed>, CellError> {
    if let Ok(value) = Billed::parse(cell) {
        return Ok(Said::plain(value));
    }
    if let Some(value) = Billed::rounded(cell) {
        return Ok(Said { value, odd: Some(CellError::NumberTooPrecise) });
    }
    // what is left where signs of currencies and separators are taken off
    let bare: String =
        cell.chars().filter(|c| !matches!(c, '$' | '¥' | '￥' | '€' | '£' | ',' | ' ')).collect();
    let dressed = bare.len() < cell.len() && Billed::rounded(bare.trim_matches(['(', ')'])).is_some();
    Err(if dressed { CellError::NumberFormatted } else { CellError::InvalidNumber })
}

/// The three letters of a currency.
pub(super) fn currency(text: &str) -> Result<Said<String>, CellError> {
    let plain = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if plain { Ok(Said::plain(text.to_owned())) } else { Err(CellError::InvalidCurrency) }
}

/// A category that later versions of the specification may have added counts under Other.
pub(super) fn service_category(text: &str) -> Result<Said<ServiceCategory>, CellError> {
    Ok(ServiceCategory::find(text).map_or(
        Said { value: ServiceCategory::Other, odd: Some(CellError::ServiceCategoryUnknown) },
        Said::plain,
    ))
}

/// Why something is charged.
pub(super) fn charge_category(text: &str) -> Result<Said<ChargeCategory>, CellError> {
    ChargeCategory::find(text).map(Said::plain).ok_or(CellError::ValueUnknown)
}

/// A quantity in one form, however many zeros it is written with; what is none stays as it is.
pub(super) fn quantity(text: Option<String>) -> Option<String> {
    text.map(|text| Billed::parse(&text).map_or(text, |quantity| quantity.to_string()))
}
