//! What is read of payment batches.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::db::list::columns;
use crate::payments::PaymentLineRow;
use crate::schema::payment_lines;
use crate::{rows, statement};

rows! {
    /// A line's payee, by its account.
    pub struct AccountRow { claim: Uuid, account_mac: Option<String> }
}

statement! {
    /// What the log knows the accounts of a batch's payees by.
    pub fn accounts(batch: Uuid) -> Vec<AccountRow> =
        "SELECT l.claim, o.account_mac FROM payment_lines AS l \
           JOIN organisations AS o ON o.credit_code = l.payee WHERE l.batch = $1";
}

/// The lines of a batch, in the order of their claims.
pub async fn lines(mut conn: &AsyncPgConnection, batch: Uuid) -> QueryResult<Vec<PaymentLineRow>> {
    let lines = payment_lines::table.filter(payment_lines::batch.eq(batch)).order(payment_lines::claim);
    lines.select(columns::<PaymentLineRow>()).load(&mut conn).await
}
