//! What is approved and paid, by the organisation that it is for and the provider whose delivery it is for.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Filter, LineQuery, movement};
use crate::reports::ReadError;
use crate::reports::report::{ROWS_MAX, Scope, Window};
use subsidy_core::domain::Money;
use subsidy_store::ledger::BLOCK;
use subsidy_store::{rows, statement};

rows! {
    struct PartyTurnoverRow {
        programme: String,
        organisation: String,
        provider: String,
        account: String,
        side: String,
        amount: Decimal,
    }
}

statement! {
    /// What lines after a sequence `$4` come to on the accounts of what is approved and of what is paid.
    fn turned_over(LineQuery<'_> { until, as_of, programme, after }) -> Vec<PartyTurnoverRow> =
        concat!(
            "SELECT x.programme, x.organisation, ", provider!(), " AS provider, x.account, x.side, sum(x.amount) AS amount FROM ",
            lines!(),
            "WHERE x.account IN ('B2007', 'B2008') AND x.sequence > $4 \
             GROUP BY x.programme, x.organisation, provider, x.account, x.side",
        );
}

/// CNY between three parties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// Approved and waiting to be paid.
    pub waiting: Money,
    pub paid: Money,
}

/// By programme, organisation and provider; the last two empty where a line names none.
pub type Flows = BTreeMap<[String; 3], Flow>;

/// What is approved and paid of each, a block of sequences at a time. Error: more than a report has rows.
pub async fn flows(conn: &AsyncPgConnection, scope: &Scope) -> Result<Flows, ReadError> {
    let (filter, mut flows) = (Filter::default(), Flows::new());
    for Window { after, until } in scope.windows(BLOCK) {
        for found in turned_over(conn, LineQuery { after, until, ..LineQuery::of(scope, &filter) }).await? {
            let more = movement(&found.account, &found.side, found.amount)?;
            let flow = flows.entry([found.programme, found.organisation, found.provider]).or_default();
            let sum = if found.account == "B2007" { &mut flow.waiting } else { &mut flow.paid };
            *sum = sum.plus(more)?;
        }
    }
    flows.retain(|_, flow| *flow != Flow::default());
    if flows.len() > ROWS_MAX {
        return Err(ReadError::TooManyRows { limit: ROWS_MAX });
    }
    Ok(flows)
}
