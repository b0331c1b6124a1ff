//! What cells of a billing file say: the values of the specification, and those that can be read in spite of how they are
//! written.

use super::CellError;
use super::amount::Billed;
use super::focus::{ChargeCategory, ChargeClass, ServiceCategory};

/// What a cell says: as the specification has it, or in another form that is told.
pub(super) struct CellValue<T> {
    pub(super) value: T,
    /// How it is written, where that is otherwise.
    pub(super) odd: Option<CellError>,
}

impl<T> CellValue<T> {
    const fn plain(value: T) -> Self {
        Self { value, odd: None }
    }
}

/// An amount as FOCUS writes numbers; doubles with all their digits are rounded.
pub(super) fn number(cell: &str) -> Result<CellValue<Billed>, CellError> {
    let odd = |value, code| Ok(CellValue { value, odd: Some(code) });
    if let Ok(value) = Billed::parse(cell) {
        return if cell.contains('+') {
            odd(value, CellError::NumberForm)
        } else {
            Ok(CellValue::plain(value))
        };
    }
    if let Some(value) = Billed::rounded(cell) {
        return odd(value, CellError::NumberTooPrecise);
    }
    if let Some(value) = Billed::rounded(&whole(cell)) {
        return odd(value, CellError::NumberForm);
    }
    // what is left where signs of currencies and separators are taken off
    let bare: String = cell.chars().filter(|c| !DRESS.contains(c) && !c.is_whitespace()).collect();
    let bare =
        bare.trim_matches(|c: char| c.is_ascii_uppercase() || matches!(c, '(' | ')')).trim_end_matches('-');
    let dressed = bare.len() < cell.len() && Billed::rounded(&whole(bare)).is_some();
    Err(if dressed { CellError::NumberFormatted } else { CellError::InvalidNumber })
}

/// What people put around and between digits.
const DRESS: [char; 12] = ['$', '¥', '￥', '€', '£', '元', ',', '，', '\'', '’', '%', '_'];

/// The same number with a digit on either side of its point, without a sign `+`.
fn whole(cell: &str) -> String {
    let (negative, rest) = cell.strip_prefix('-').map_or((false, cell), |rest| (true, rest));
    let rest = if negative {
        rest
    } else {
        rest.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(rest)
    };
    let split = rest.find(['e', 'E']).unwrap_or(rest.len());
    let (mantissa, exponent) = rest.split_at_checked(split).unwrap_or((rest, ""));
    let mantissa = match mantissa.split_once('.') {
        Some(("", part)) if !part.is_empty() => format!("0.{part}"),
        Some((whole, "")) => whole.to_owned(),
        Some(_) | None => mantissa.to_owned(),
    };
    format!("{}{mantissa}{exponent}", if negative { "-" } else { "" })
}

/// The three letters of a currency.
pub(super) fn currency(text: &str) -> Result<CellValue<String>, CellError> {
    if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Err(CellError::InvalidCurrency);
    }
    let value = text.to_ascii_uppercase();
    let odd = (value != text).then_some(CellError::ValueLetters);
    Ok(CellValue { value, odd })
}

/// A value of the specification, as it is written there or in other letters.
fn value<T>(plain: Option<T>, folded: impl FnOnce() -> Option<T>) -> Option<CellValue<T>> {
    let in_other_letters = |value| CellValue { value, odd: Some(CellError::ValueLetters) };
    plain.map(CellValue::plain).or_else(|| folded().map(in_other_letters))
}

/// A category that later versions of the specification may have added counts under Other.
pub(super) fn service_category(text: &str) -> Result<CellValue<ServiceCategory>, CellError> {
    let unknown = CellValue { value: ServiceCategory::Other, odd: Some(CellError::ServiceCategoryUnknown) };
    Ok(value(ServiceCategory::find(text), || ServiceCategory::find_folded(text)).unwrap_or(unknown))
}

/// Why something is charged.
pub(super) fn charge_category(text: &str) -> Result<CellValue<ChargeCategory>, CellError> {
    value(ChargeCategory::find(text), || ChargeCategory::find_folded(text)).ok_or(CellError::ValueUnknown)
}

/// Whether a charge is a correction, where the cell says anything.
pub(super) fn charge_class(text: &str) -> Result<CellValue<ChargeClass>, CellError> {
    value(ChargeClass::find(text), || ChargeClass::find_folded(text)).ok_or(CellError::ValueUnknown)
}

/// A quantity in one form, however many zeros it is written with; what is none stays as it is.
pub(super) fn quantity(text: Option<String>) -> Option<String> {
    text.map(|text| Billed::parse(&text).map_or(text, |quantity| quantity.to_string()))
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::float_arithmetic,
    reason = "a failed parse fails the test, how near a double is read too"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(cell: &str) -> Result<(String, Option<CellError>), CellError> {
        number(cell).map(|said| (said.value.to_string(), said.odd))
    }

    #[test]
    fn every_number_that_means_one_is_read_and_told_where_it_is_written_otherwise() {
        for (cell, shown, odd) in [
            ("-100.2", "-100.20", None),
            ("35.2E-7", "0.00000352", None),
            ("1.5E3", "1500.00", None),
            ("35.2E+7", "352000000.00", Some(CellError::NumberForm)),
            ("+333", "333.00", Some(CellError::NumberForm)),
            (".5", "0.50", Some(CellError::NumberForm)),
            ("-.25", "-0.25", Some(CellError::NumberForm)),
            ("5.", "5.00", Some(CellError::NumberForm)),
            ("+.5e-01", "0.05", Some(CellError::NumberForm)),
            ("1.1250000000000001E-4", "0.0001125", Some(CellError::NumberTooPrecise)),
            (".00011250000000000001", "0.0001125", Some(CellError::NumberForm)),
        ] {
            assert_eq!(said(cell), Ok((shown.to_owned(), odd)), "{cell}");
        }
    }

    #[test]
    fn what_people_put_around_digits_has_another_hint_than_what_is_no_number() {
        for cell in [
            "$10,000.00",
            "-$1.00",
            "($1.00)",
            "(1.00)",
            "1,5",
            "1 000",
            "1.00 USD",
            "CNY 3",
            "¥5",
            "￥5.00",
            "12元",
            "1_000",
            "50%",
            "5-",
            "1'000.00",
            "1\u{a0}000",
            "$.5",
        ] {
            assert_eq!(said(cell), Err(CellError::NumberFormatted), "{cell}");
        }
        for cell in [
            "1 1/2",
            "35.24 x 10^7",
            "[3,5,8]",
            "5i + 4",
            "sqrt(2)",
            "2.3^3",
            "32 GiB",
            "NaN",
            "Infinity",
            "-",
            "",
            ".",
            "+",
            "--1",
            "+-1",
            "1e",
            "0x10",
            "１",
            "1.2.3",
            "$",
            "100000000000",
            "1e400",
            "USD",
        ] {
            assert_eq!(said(cell), Err(CellError::InvalidNumber), "{cell}");
        }
    }

    #[test]
    fn every_value_in_other_letters_is_that_value_and_told() {
        let odd = Some(CellError::ValueLetters);
        for category in ServiceCategory::ALL {
            let plain = service_category(category.as_str()).unwrap();
            assert_eq!((plain.value, plain.odd), (*category, None));
            let upper = category.as_str().to_uppercase();
            for text in
                [&category.as_str().to_lowercase(), &upper, &upper.replace(' ', "_"), &upper.replace(' ', "")]
            {
                let read = service_category(text).unwrap();
                let in_other_letters = text != category.as_str();
                assert_eq!((read.value, read.odd), (*category, odd.filter(|_| in_other_letters)), "{text}");
            }
        }
        for category in ChargeCategory::ALL {
            let read = charge_category(&category.as_str().to_lowercase()).unwrap();
            assert_eq!((read.value, read.odd), (*category, odd));
        }
        let read = charge_class("correction").unwrap();
        assert_eq!((read.value, read.odd), (ChargeClass::Correction, odd));
        let read = currency("uSd").unwrap();
        assert_eq!((read.value.as_str(), read.odd), ("USD", odd));
        assert_eq!(currency("USD").unwrap().odd, None);
        for text in ["", "US", "USDT", "U$D", "元"] {
            assert_eq!(currency(text).map(|read| read.value), Err(CellError::InvalidCurrency), "{text}");
        }
        // no value of 1.0 to 1.4, though clouds write it: its lines stay under Other
        let read = service_category("Observability").unwrap();
        assert_eq!((read.value, read.odd), (ServiceCategory::Other, Some(CellError::ServiceCategoryUnknown)));
        assert_eq!(charge_category("Magic").map(|read| read.value), Err(CellError::ValueUnknown));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fall(text in "\\PC{0,30}") {
            let _said = said(&text).is_ok();
        }

        /// What any language prints of a double is the double, to 18 decimals.
        #[test]
        fn a_double_is_read_as_near_as_is_kept(double in -1e10_f64..1e10) {
            let read = |text: String| said(&text).unwrap().0.parse::<f64>().unwrap();
            let apart = (read(format!("{double}")) - double).abs();
            prop_assert!(apart <= 1e-18_f64.max(double.abs() * 1e-15));
            prop_assert_eq!(read(format!("{double:e}")), read(format!("{double:E}")));
            prop_assert_eq!(read(format!("{double}")), read(format!("{double:e}")));
        }

        #[test]
        fn decimals_are_read_as_they_stand(units in -10_i64.pow(13)..10_i64.pow(13), zeros in 0_usize..5) {
            let (sign, units) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
            let plain = format!("{sign}{}.{:02}", units / 100, units % 100);
            let expected = if units == 0 { "0.00" } else { plain.as_str() };
            let padded = format!("{plain}{}", "0".repeat(zeros));
            prop_assert_eq!(said(&padded), Ok((expected.to_owned(), None)));
        }
    }
}
