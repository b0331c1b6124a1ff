//! The schemas of loans and of interest subsidies.

use super::{One, object_schema, word_schema};
use crate::domain::money::Amount;
use crate::domain::{Basis, Date, ExactPoints, Label, Line, Money, Percent, Unrounded};
use crate::loans::subsidy::Segment;
use crate::loans::{InterestPeriod, Project};

word_schema! {
    Basis as "Basis": "360" "365" "366" "actual/actual";
}

object_schema! {
    InterestPeriod as "InterestPeriod" { from: One<Date>, until: One<Date> }
    Project as "LoanProject" { code: One<Label>, name: One<Line>, investment?_: One<Amount> }
    Segment as "InterestSegment" {
        from: One<Date>, until: One<Date>, days: One<u32>, principal: One<Money>, eligible_principal: One<Money>,
        annual_rate_percent: One<Percent>, points: One<ExactPoints>, basis: One<Basis>, exact: One<Unrounded>,
        subsidy: One<Money>,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::policy::tests::lists_its_members;
    use super::*;

    #[test]
    fn the_schemas_of_loans_list_their_members() {
        lists_its_members::<InterestPeriod>(json!({"from": "2025-01-01", "until": "2025-02-01"}));
        lists_its_members::<Project>(json!({"code": "P1", "name": "x", "investment": "1.00"}));
        lists_its_members::<Segment>(json!({
            "from": "2025-01-01", "until": "2025-02-01", "days": 31, "principal": "1.00", "eligible_principal": "1.00",
            "annual_rate_percent": "3.25", "points": "1.5", "basis": "360", "exact": "0.00", "subsidy": "0.00",
        }));
    }
}
