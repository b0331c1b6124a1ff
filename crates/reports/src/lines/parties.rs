//! What is approved and paid, by the organisation that it is for and the provider whose delivery it is for.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;
use rust_decimal::Decimal;

use super::{Filter, LineQuery, movement};
use crate::ReadError;
use crate::known::Summed;
use crate::report::{ROWS_MAX, Scope, Window};
use crate::scope::At;
use subsidy_core::domain::Money;
use subsidy_store::{rows, statement};

rows! {
    pub struct PartyTurnoverRow {
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flows(BTreeMap<[String; 3], Flow>);

impl Flows {
    /// Those of a programme, or of all, between whom anything is approved or paid. Error: more than a report has rows.
    pub fn of(&self, programme: Option<&str>) -> Result<Vec<([String; 3], Flow)>, ReadError> {
        let is_open = |flow: &Flow| *flow != Flow::default();
        let found = self.0.iter().filter(|([of, ..], _)| programme.is_none_or(|only| of == only));
        let found: Vec<_> =
            found.filter(|(_, flow)| is_open(flow)).map(|(parties, flow)| (parties.clone(), *flow)).collect();
        if found.len() > ROWS_MAX {
            return Err(ReadError::TooManyRows { limit: ROWS_MAX });
        }
        Ok(found)
    }
}

impl Summed for Flows {
    type Read = Vec<PartyTurnoverRow>;

    async fn read(
        &self,
        conn: &AsyncPgConnection,
        (_, scope): (&At, &Scope),
        Window { after, until }: Window,
    ) -> Result<Self::Read, ReadError> {
        let filter = Filter::default();
        Ok(turned_over(conn, LineQuery { after, until, ..LineQuery::of(scope, &filter) }).await?)
    }

    fn add(&mut self, read: Self::Read) -> Result<(), ReadError> {
        for found in read {
            let more = movement(&found.account, &found.side, found.amount)?;
            let flow = self.0.entry([found.programme, found.organisation, found.provider]).or_default();
            let sum = if found.account == "B2007" { &mut flow.waiting } else { &mut flow.paid };
            *sum = sum.plus(more)?;
        }
        Ok(())
    }
}
