//! The schemas of loans and of interest subsidies.

use super::{Many, One, object_schema, word_schema};
use crate::domain::dated::Dated;
use crate::domain::dates::Window;
use crate::domain::money::Amount;
use crate::domain::{Basis, Date, ExactPoints, Label, Line, Money, Percent, Points, Unrounded};
use crate::loans::{InterestPeriod, Project};
use crate::programmes::interest::{Bound, InterestInputs, LoanState, Segment};

word_schema! {
    Basis as "Basis": "360" "365" "366" "actual/actual";
}

object_schema! {
    InterestPeriod as "InterestPeriod" { from: One<Date>, until: One<Date> }
    Project as "LoanProject" { code: One<Label>, name: One<Line>, investment?_: One<Amount> }
    Segment as "InterestSegment" {
        from: One<Date>, until: One<Date>, days: One<u32>, principal: One<Money>, eligible_principal: One<Money>,
        annual_rate_percent: One<Percent>, points: One<ExactPoints>, bound_by?_: Many<Bound>, basis: One<Basis>, exact: One<Unrounded>,
        subsidy: One<Money>,
    }
    LoanState as "LoanState" {
        date: One<Date>, principal: One<Money>, overdue: One<Money>, annual_rate_percent: One<Percent>, paused?_: One<bool>,
    }
    Dated<Percent> as "DatedPercent" { date: One<Date>, value: One<Percent> }
    Dated<Money> as "DatedMoney" { date: One<Date>, value: One<Money> }
    Dated<ExactPoints> as "DatedPoints" { date: One<Date>, value: One<ExactPoints> }
    InterestInputs as "InterestInputs" {
        from: One<Date>, until: One<Date>, window: One<Window>, loan: Many<LoanState>, signed_on?_: One<Date>,
        first_drawdown?_: One<Date>, drawn_outside?_: Many<Dated<Money>>, reference?_: Many<Dated<Percent>>,
        room?_: Many<Dated<Money>>, others?_: Many<Dated<ExactPoints>>, other_points?_: One<Points>,
        interest_paid: One<Money>, interest_confirmed?_: One<Money>,
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
            "annual_rate_percent": "3.25", "points": "1.5", "bound_by": ["term"], "basis": "360", "exact": "0.00", "subsidy": "0.00",
        }));
        let state = json!({"date": "2025-01-01", "principal": "1.00", "overdue": "0.00", "annual_rate_percent": "3.25", "paused": true});
        lists_its_members::<LoanState>(state.clone());
        let dated = |value: &str| json!({"date": "2025-01-01", "value": value});
        lists_its_members::<Dated<Percent>>(dated("3.25"));
        lists_its_members::<Dated<Money>>(dated("1.00"));
        lists_its_members::<Dated<ExactPoints>>(dated("1.5"));
        lists_its_members::<InterestInputs>(json!({
            "from": "2025-01-01", "until": "2025-02-01", "window": {"from": "2025-01-01", "until": "2025-12-31"},
            "loan": [state], "signed_on": "2025-01-01", "first_drawdown": "2025-01-01", "drawn_outside": [dated("1.00")],
            "reference": [dated("3.95")], "room": [dated("1.00")], "others": [dated("1.5")],
            "other_points": "0.5", "interest_paid": "1.00", "interest_confirmed": "1.00",
        }));
    }
}
