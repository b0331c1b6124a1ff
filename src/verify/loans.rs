//! Claims on loans against those that the leaves make.

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::page::Naming;
use super::state::table;
use super::stream::Stream;
use subsidy_core::audit::verify::First;
use subsidy_core::domain::Sequence;
use subsidy_store::loans::allocations::LoanAllocationRow;

/// Claims on loans; `last` answers for what nothing touched.
pub(super) async fn allocations(
    conn: &AsyncPgConnection,
    stream: &Stream,
    last: Sequence,
    first: &mut First,
) -> Result<(), VerifyError> {
    let (book, touched) = (stream.replay.book(), &stream.touched.loan_uses);
    let naming = Naming::<LoanAllocationRow> {
        place: |r| format!("loan_uses {} {}", r.loan, r.claim),
        sequence: |_| -1,
    };
    let uses = || {
        let all = book.loan_uses.iter().flat_map(|(loan, uses)| uses.iter().map(|(c, u)| (*loan, *c, u)));
        all.map(|(loan, claim, taken)| {
            let sequence = touched.get(&(loan, claim)).copied().unwrap_or(last);
            Ok((LoanAllocationRow::new(loan, claim, taken)?, sequence))
        })
    };
    table(conn, &naming, uses, last, first).await
}
