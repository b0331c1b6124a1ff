//! What a few vouchers name, read in the same flight as the vouchers themselves.
//!
//! Rounds cost more than statements where a batch is small: a voucher's contract, parties, programme, rules,
//! uses, counters and balances are found by the database from its id, without an answer in between. It is a
//! shortcut and nothing else: what it did not find is asked for by key, as always.

use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::load::Rows;
use super::store::NumberRow;
use crate::ledger::BalanceRow;
use crate::organisations::OrganisationRow;
use crate::programmes::{ProgrammeRow, RulesRow, UsageRow};
use crate::rentals::RentalRow;
use crate::rentals::allocations::ContractAllocationRow;
use crate::statement;

/// With more vouchers than this, rounds are cheaper.
pub const VOUCHERS_MAX: usize = 64;

statement! {
    fn rentals(vouchers: &[Uuid]) -> Vec<RentalRow> =
        "SELECT * FROM rentals WHERE id = ANY(ARRAY(SELECT rental FROM vouchers WHERE id = ANY($1)))";
    fn organisations(vouchers: &[Uuid]) -> Vec<OrganisationRow> =
        "SELECT * FROM organisations WHERE credit_code = ANY(ARRAY( \
             SELECT organisation FROM vouchers WHERE id = ANY($1) \
             UNION SELECT provider FROM vouchers WHERE id = ANY($1)))";
    fn programmes(vouchers: &[Uuid]) -> Vec<ProgrammeRow> =
        "SELECT * FROM programmes WHERE code = ANY(ARRAY(SELECT DISTINCT programme FROM vouchers WHERE id = ANY($1)))";
    fn rules(vouchers: &[Uuid]) -> Vec<RulesRow> =
        "SELECT * FROM rules_versions \
         WHERE programme = ANY(ARRAY(SELECT DISTINCT programme FROM vouchers WHERE id = ANY($1)))";
    fn uses(vouchers: &[Uuid]) -> Vec<ContractAllocationRow> =
        "SELECT * FROM contract_uses WHERE rental = ANY(ARRAY(SELECT rental FROM vouchers WHERE id = ANY($1)))";
    fn usages(vouchers: &[Uuid], year: i16) -> Vec<UsageRow> =
        "SELECT * FROM usages \
         WHERE programme = ANY(ARRAY(SELECT DISTINCT programme FROM vouchers WHERE id = ANY($1))) \
           AND organisation = ANY(ARRAY(SELECT DISTINCT organisation FROM vouchers WHERE id = ANY($1))) \
           AND year IN (0, $2)";
    fn numbers(vouchers: &[Uuid], year: i16) -> Vec<NumberRow> =
        "SELECT * FROM numbers WHERE series = ANY(ARRAY( \
             SELECT DISTINCT 'voucher/' || programme || '/' || $2::text FROM vouchers WHERE id = ANY($1)))";
    fn balances(vouchers: &[Uuid]) -> Vec<BalanceRow> =
        "SELECT * FROM balances WHERE account IN ('B2001', 'B2003', 'B2009') AND payee = '' \
           AND programme = ANY(ARRAY(SELECT DISTINCT programme FROM vouchers WHERE id = ANY($1)))";
}

/// What these vouchers name. `year` is the calendar year whose counters are read. Where what many vouchers share is
/// `known`, only what is each one's own is read.
pub async fn prefetch(
    conn: &AsyncPgConnection,
    vouchers: &[Uuid],
    year: i16,
    known: bool,
) -> Result<Rows, diesel::result::Error> {
    if vouchers.is_empty() || vouchers.len() > VOUCHERS_MAX {
        return Ok(Rows::default());
    }
    if known {
        let (rentals, uses) = tokio::try_join!(rentals(conn, vouchers), uses(conn, vouchers))?;
        return Ok(Rows { rentals, uses, ..Rows::default() });
    }
    let (rentals, organisations, programmes, rules, uses, usages, numbers, balances) = tokio::try_join!(
        rentals(conn, vouchers),
        organisations(conn, vouchers),
        programmes(conn, vouchers),
        rules(conn, vouchers),
        uses(conn, vouchers),
        usages(conn, vouchers, year),
        numbers(conn, vouchers, year),
        balances(conn, vouchers),
    )?;
    Ok(Rows { rentals, organisations, programmes, rules, uses, usages, numbers, balances, ..Rows::default() })
}
