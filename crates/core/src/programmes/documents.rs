//! What documents show of what a claim settles. What they do not show cannot be claimed: of a contract, its metered
//! usage and its invoices the smaller counts, in all and invoice by invoice, and only what is there limits.
//!
//! What was metered counts with all of its decimals. Lines that are cut together keep their proportion by largest
//! remainder, fen by fen; what is less than a fen of their sum goes to the first of them that has room for it. A line that
//! is not eligible counts nothing and is left as it is.

use serde::{Deserialize, Serialize};

use super::SettledLine;
use crate::domain::apportion::largest_remainder;
use crate::domain::money::OutOfRange;
use crate::domain::{Exact, InvoiceNumber, Label, Money, Month, NamedInvoice, RoundingMode, Subject};

/// CNY of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemAmount {
    pub item: Label,
    /// CNY.
    pub amount: Exact,
}

/// What metered usage leaves to be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MeteredRoom {
    /// CNY in all.
    pub total: Exact,
    /// CNY of each item that usage can come to. An item that no usage comes to is limited by the total alone.
    pub items: Vec<ItemAmount>,
}

/// What cut a part of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvoiceCutCode {
    /// The rows of usage that name the invoice come to less than the claim takes of it.
    InvoiceBeyondUsage,
}

/// A part of an invoice that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InvoiceCut {
    pub code: InvoiceCutCode,
    /// Which invoice, by its whole number.
    pub invoice: NamedInvoice,
    /// CNY that the claim takes of it.
    pub taken: Money,
    /// CNY that rows of the claim's months come to under it and nothing else claims.
    pub metered: Exact,
    /// CNY that does not count: the one less the other.
    pub amount: Exact,
}

/// CNY of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceAmount {
    pub invoice: InvoiceNumber,
    /// CNY.
    pub amount: Exact,
}

/// What invoices and billing files show of what a claim is for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Documents {
    /// CNY that the claim takes of invoices, where it names any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub invoiced: Option<Money>,
    /// What was used in its days, where anything was imported for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub metered: Option<MeteredRoom>,
    /// What does not count of the invoices, invoice by invoice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<InvoiceCut>,
    /// Months of which rows of billing files were refused: what is metered of them may be too little or too much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Month>,
    /// Whose word at the review, or in proposing a recalculation, is that the claim is right nevertheless; on the sheet of the
    /// approval, or of the recalculation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub incomplete_accepted_by: Option<Subject>,
}

impl Documents {
    /// With the word of an officer for what is not whole, where anything is not.
    #[must_use]
    pub fn accepted_by(self, officer: Option<&Subject>) -> Self {
        let incomplete_accepted_by = officer.filter(|_| !self.incomplete.is_empty()).cloned();
        Self { incomplete_accepted_by, ..self }
    }

    /// Whether nothing is there that limits.
    pub fn is_empty(&self) -> bool {
        self.invoiced.is_none() && self.metered.is_none() && self.incomplete.is_empty()
    }
}

/// What of each line the documents show, CNY with tax. Error: out of range.
pub fn shown(
    documents: &Documents,
    lines: &[SettledLine],
    eligible: impl Fn(&Label) -> bool,
) -> Result<Vec<Exact>, OutOfRange> {
    let mut amounts: Vec<Exact> = lines.iter().map(SettledLine::exact).collect();
    if let Some(room) = &documents.metered {
        for of in &room.items {
            cut(&mut amounts, lines, of.amount, |item| *item == of.item && eligible(item))?;
        }
        cut(&mut amounts, lines, room.total, &eligible)?;
    }
    if let Some(invoiced) = documents.invoiced {
        let cuts = Exact::sum(documents.cuts.iter().map(|cut| cut.amount))?;
        let invoiced = Exact::from_money(invoiced).minus(cuts)?;
        cut(&mut amounts, lines, invoiced, &eligible)?;
    }
    Ok(amounts)
}

/// Cuts the lines of these items to a sum.
fn cut(
    amounts: &mut [Exact],
    lines: &[SettledLine],
    most: Exact,
    which: impl Fn(&Label) -> bool,
) -> Result<(), OutOfRange> {
    let most = most.max(Exact::ZERO);
    let mut places = Vec::new();
    for (amount, line) in amounts.iter_mut().zip(lines).filter(|(_, line)| which(&line.item)) {
        debug_assert!(line.exact() >= *amount, "a line only shrinks");
        places.push(amount);
    }
    let sum = Exact::sum(places.iter().map(|amount| **amount))?;
    if sum <= most {
        return Ok(());
    }
    if let [only] = places.as_mut_slice() {
        **only = most;
        return Ok(());
    }
    let fen = |amount: Exact| amount.round(RoundingMode::Down);
    let weights = places.iter().map(|amount| fen(**amount).map(|fen| i128::from(fen.fen())));
    let weights = weights.collect::<Result<Vec<_>, _>>()?;
    let whole =
        fen(most)?.min(Money::from_fen(i64::try_from(weights.iter().sum::<i128>()).map_err(|_| OutOfRange)?));
    let mut left = most.minus(Exact::from_money(whole))?;
    for (amount, part) in places.into_iter().zip(largest_remainder(whole, &weights)?) {
        let part = Exact::from_money(part);
        let more = left.min(amount.minus(part)?).max(Exact::ZERO);
        left = left.minus(more)?;
        *amount = part.plus(more)?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed sum fails the test")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::Amount;

    fn line((item, fen): &(usize, i64)) -> SettledLine {
        let item = ["compute", "storage", "model_service"].get(*item).copied().unwrap_or("other");
        let amount = Amount::parse(&Money::from_fen(*fen).to_string()).unwrap();
        SettledLine::new(Label::parse(item).unwrap(), amount, None)
    }

    fn room(total: &str, items: &[(&str, &str)]) -> MeteredRoom {
        let item = |(item, amount): &(&str, &str)| ItemAmount {
            item: Label::parse(item).unwrap(),
            amount: exact(amount),
        };
        MeteredRoom { total: exact(total), items: items.iter().map(item).collect() }
    }

    fn exact(text: &str) -> Exact {
        Exact::parse_stored(text).unwrap()
    }

    fn texts(documents: &Documents, lines: &[(usize, i64)]) -> Vec<String> {
        let lines: Vec<_> = lines.iter().map(line).collect();
        let found = shown(documents, &lines, |item| item.as_str() != "other").unwrap();
        found.into_iter().map(|amount| amount.to_string()).collect()
    }

    #[test]
    fn the_smaller_of_what_is_there_counts_item_by_item_and_in_all() {
        let lines = [(0, 10_000), (1, 5_000), (3, 7_777)];
        let none = Documents::default();
        assert_eq!(texts(&none, &lines), ["100.00", "50.00", "77.77"]);
        let invoiced = Documents { invoiced: Some(Money::from_fen(10_001)), ..Documents::default() };
        // two thirds and one third of 100.01: the largest remainder takes the fen
        assert_eq!(texts(&invoiced, &lines), ["66.67", "33.34", "77.77"]);
        let metered = Some(room("120.00", &[("compute", "90.00"), ("storage", "0.00")]));
        let metered = Documents { metered, ..Documents::default() };
        assert_eq!(texts(&metered, &lines), ["90.00", "0.00", "77.77"]);
        let both = Documents { invoiced: Some(Money::from_fen(8_000)), ..metered };
        assert_eq!(texts(&both, &lines), ["80.00", "0.00", "77.77"]);
    }

    #[test]
    fn an_item_that_no_usage_comes_to_is_limited_by_the_total() {
        let metered = Some(room("30.00", &[("compute", "30.00")]));
        let documents = Documents { metered, ..Documents::default() };
        assert_eq!(texts(&documents, &[(2, 4_000)]), ["30.00"]);
    }

    proptest! {
        #[test]
        fn no_line_grows_and_the_cut_sum_is_exact(
            lines in proptest::collection::vec((0_usize..4, 1_i64..1_000_000), 1..8),
            invoiced in 0_i64..3_000_000,
        ) {
            let written: Vec<_> = lines.iter().map(line).collect();
            let documents = Documents { invoiced: Some(Money::from_fen(invoiced)), ..Documents::default() };
            let eligible = |item: &Label| item.as_str() != "other";
            let found = shown(&documents, &written, eligible).unwrap();
            let pairs = || written.iter().zip(&found).filter(|(line, _)| eligible(&line.item));
            prop_assert!(written.iter().zip(&found).all(|(line, now)| *now <= line.exact()));
            let before: i64 = pairs().map(|(line, _)| line.amount.money().fen()).sum();
            let after = Exact::sum(pairs().map(|(_, now)| *now)).unwrap();
            prop_assert_eq!(after, Exact::from_money(Money::from_fen(before.min(invoiced))));
        }
    }
}
