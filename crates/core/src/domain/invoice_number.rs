//! The number by which an invoice is known across all programmes of an agency.
//!
//! A fully digital invoice (数电票) has one number of 20 digits; an older VAT invoice has a code (发票代码) of 10
//! or 12 digits and a number (发票号码) of 8. An [`InvoiceNumber`] is always one of the two.

use super::code::Code;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::macros::string_value;
use super::text::Malformed;

/// A well-formed invoice number, unique by (code or none, number).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct InvoiceNumber {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    number: String,
}

/// The parts are not those of an invoice; the message is the stable error code of the REST contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", Code::InvoiceNumber)]
pub struct InvoiceNumberError;

impl InvoiceNumber {
    /// Takes 20 digits without a code, or 8 digits with a code of 10 or 12. ASCII digits only, no blanks.
    ///
    /// # Errors
    /// [`InvoiceNumberError`] for any other shape; an empty code is not the same as no code.
    pub fn parse(code: Option<&str>, number: &str) -> Result<InvoiceNumber, InvoiceNumberError> {
        let well_formed = match code {
            None => number.len() == 20,
            Some(code) => matches!(code.len(), 10 | 12) && is_digits(code) && number.len() == 8,
        };
        if !well_formed || !is_digits(number) {
            return Err(InvoiceNumberError);
        }
        Ok(InvoiceNumber { code: code.map(str::to_owned), number: number.to_owned() })
    }

    /// The code of 10 or 12 digits; a fully digital invoice has none.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The number of 20 or 8 digits.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for InvoiceNumber {
    /// `code-number`, or the number alone; the hyphen keeps the two forms apart.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(formatter, "{code}-{}", self.number),
            None => formatter.write_str(&self.number),
        }
    }
}

/// An invoice as a bill names it: its whole number, or of an older VAT invoice the 8 digits alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedInvoice(String);

impl NamedInvoice {
    /// Takes 20 digits, 8 digits, or a code and 8 digits with a hyphen between them. Error: `invoice_number`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bare = text.len() == 8 && is_digits(text);
        let whole = || match text.split_once('-') {
            Some((code, number)) => InvoiceNumber::parse(Some(code), number).is_ok(),
            None => InvoiceNumber::parse(None, text).is_ok(),
        };
        let named = (bare || whole()).then(|| Self(text.to_owned()));
        named.ok_or(Malformed { code: Code::InvoiceNumber })
    }

    /// The whole number of an invoice.
    #[must_use]
    pub fn of(invoice: &InvoiceNumber) -> Self {
        Self(invoice.to_string())
    }

    /// Whether it names the invoice by its whole number.
    #[must_use]
    pub fn is(&self, invoice: &InvoiceNumber) -> bool {
        self.0 == invoice.to_string()
    }

    /// Whether it names the invoice without its code.
    #[must_use]
    pub fn is_bare(&self, invoice: &InvoiceNumber) -> bool {
        self.0 == invoice.number
    }
}

impl fmt::Display for NamedInvoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

string_value!(NamedInvoice, Code::InvoiceNumber);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    #[serde(default)]
    code: Option<String>,
    number: String,
}

impl TryFrom<Parts> for InvoiceNumber {
    type Error = InvoiceNumberError;

    fn try_from(parts: Parts) -> Result<InvoiceNumber, InvoiceNumberError> {
        InvoiceNumber::parse(parts.code.as_deref(), &parts.number)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn twenty_digits_stand_alone() {
        let invoice = InvoiceNumber::parse(None, "24312000000012345678").unwrap();
        assert_eq!((invoice.code(), invoice.number()), (None, "24312000000012345678"));
        assert_eq!(invoice.to_string(), "24312000000012345678");
    }

    #[test]
    fn eight_digits_need_a_code_of_ten_or_twelve() {
        for code in ["3100211130", "031002100311"] {
            let invoice = InvoiceNumber::parse(Some(code), "12345678").unwrap();
            assert_eq!((invoice.code(), invoice.number()), (Some(code), "12345678"));
            assert_eq!(invoice.to_string(), format!("{code}-12345678"));
        }
    }

    #[test]
    fn every_other_shape_is_refused() {
        let refused = [
            (None, ""),
            (None, "12345678"),
            (None, "2431200000001234567"),
            (None, "243120000000123456789"),
            (None, "2431200000001234567a"),
            (None, " 2431200000001234567"),
            (None, "２４３１２０"),
            (Some(""), "24312000000012345678"),
            (Some("3100211130"), "24312000000012345678"),
            (Some("31002111301"), "12345678"),
            (Some("310021113"), "12345678"),
            (Some("310021113x"), "12345678"),
            (Some("3100211130"), "1234567"),
            (Some("3100211130"), "1234567x"),
        ];
        for (code, number) in refused {
            assert_eq!(InvoiceNumber::parse(code, number), Err(InvoiceNumberError), "{code:?} {number:?}");
        }
    }

    #[test]
    fn a_bill_names_an_invoice_with_its_code_or_without_and_nothing_else_names_one() {
        let (long, old) =
            ("24312000000012345678", InvoiceNumber::parse(Some("3100211130"), "12345678").unwrap());
        let named = |text| NamedInvoice::parse(text).unwrap();
        assert!(named(long).is(&InvoiceNumber::parse(None, long).unwrap()));
        assert!(named("3100211130-12345678").is(&old) && !named("3100211130-12345678").is_bare(&old));
        assert!(named("12345678").is_bare(&old) && !named("12345678").is(&old));
        for text in
            ["", "1234567", "123456789", "INV-12345678", "3100211130 12345678", "1234567x", "-12345678"]
        {
            assert!(NamedInvoice::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn json_is_checked_on_the_way_in_and_has_no_null_on_the_way_out() {
        let digital: InvoiceNumber =
            serde_json::from_value(json!({"number": "24312000000012345678"})).unwrap();
        assert_eq!(json!(digital), json!({"number": "24312000000012345678"}));
        let error = serde_json::from_value::<InvoiceNumber>(json!({"number": "1"})).unwrap_err();
        assert_eq!(error.to_string(), "invoice_number");
        assert!(serde_json::from_value::<InvoiceNumber>(json!({"number": "1", "x": "1"})).is_err());
    }

    proptest! {
        #[test]
        fn what_is_accepted_comes_back_unchanged(
            code in prop_oneof![Just(None), "[0-9]{10}".prop_map(Some), "[0-9]{12}".prop_map(Some)],
            long in "[0-9]{20}",
            short in "[0-9]{8}",
        ) {
            let number = if code.is_some() { short } else { long };
            let invoice = InvoiceNumber::parse(code.as_deref(), &number).unwrap();
            prop_assert_eq!(invoice.code(), code.as_deref());
            prop_assert_eq!(invoice.number(), number.as_str());
            prop_assert_eq!(serde_json::from_value::<InvoiceNumber>(json!(invoice)).unwrap(), invoice);
        }
    }
}
