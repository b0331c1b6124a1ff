//! Sealed account numbers, where the keys are at hand: each opens for its own row, and is the number that the log knows.

use std::collections::{BTreeMap, BTreeSet};

use diesel_async::AsyncPgConnection;

use super::page::{Naming, PAGE};
use super::{Numbers, VerifyError};
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::book::Command;
use subsidy_core::domain::{AgencyCode, CreditCode, Sequence, TextHash};
use subsidy_store::db::columns::Column;
use subsidy_store::db::rows::{Row, Table};
use subsidy_store::engine::store::BankAccountRow;
use subsidy_store::keys::accounts::{AccountVault, AgencyVault};

const NUMBERS: Naming<BankAccountRow> = Naming { place, sequence: |_| -1 };

fn place(row: &BankAccountRow) -> String {
    format!("bank_accounts {} {}", row.organisation, hex::encode(&row.mac))
}

/// The numbers that leaves name, and the first leaf that names each.
#[derive(Debug, Default)]
pub(super) struct AccountNumbers(BTreeMap<(CreditCode, TextHash), Sequence>);

impl AccountNumbers {
    /// What a leaf names.
    pub(super) fn by(&mut self, command: &Command, sequence: Sequence) {
        let named = match command {
            Command::RegisterOrganisation(c) => {
                c.bank_account.as_ref().map(|account| (c.credit_code, account.mac))
            }
            Command::ProposeBankAccount(c) => Some((c.credit_code, c.account.mac)),
            _ => None,
        };
        if let Some(key) = named {
            self.0.entry(key).or_insert(sequence);
        }
    }
}

/// Whether a row's number opens, and is the one that the row says.
fn opens(row: &BankAccountRow, vault: AgencyVault<'_>) -> Option<(CreditCode, TextHash)> {
    let organisation = CreditCode::parse(&row.organisation).ok()?;
    let mac = Column::read(&row.mac).ok()?;
    vault.open(organisation, mac, &row.sealed).ok()?;
    Some((organisation, mac))
}

/// Opens every number; the last leaf answers for one that no leaf names.
pub(super) async fn all(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    vault: &AccountVault,
    (AccountNumbers(named), last): (&AccountNumbers, Sequence),
    findings: &mut Findings,
) -> Result<Numbers, VerifyError> {
    let (mut opened, mut seen, mut after) = (0, BTreeSet::new(), Vec::new());
    loop {
        let rows = BankAccountRow::page(conn, &after, i64::from(PAGE)).await?;
        let Some(end) = rows.last() else { break };
        after = vec![end.key()];
        for row in &rows {
            let key = opens(row, vault.of(agency));
            match key.map(|key| (key, named.get(&key))) {
                Some((key, Some(_))) => {
                    opened += 1;
                    seen.insert(key);
                }
                Some((_, None)) => findings.add(NUMBERS.surplus(row, last)),
                None => findings.add(Finding {
                    sequence: last,
                    place: format!("{} sealed", place(row)),
                    stored: Some("what does not open".to_owned()),
                    replayed: Some("the number that the log knows".to_owned()),
                }),
            }
        }
    }
    for ((organisation, mac), sequence) in named.iter().filter(|(key, _)| !seen.contains(key)) {
        let row = BankAccountRow {
            organisation: organisation.to_string(),
            mac: mac.as_bytes().to_vec(),
            sealed: Vec::new(),
        };
        findings.add(NUMBERS.missing(&row, *sequence));
    }
    Ok(Numbers::Opened(opened))
}

/// How many of an agency's numbers open, and the places of those that do not: for whoever looks at the keys alone.
pub async fn look(
    conn: &AsyncPgConnection,
    agency: &AgencyCode,
    vault: &AccountVault,
) -> diesel::QueryResult<(u64, Vec<String>)> {
    let (mut opened, mut wrong, mut after) = (0, Vec::new(), Vec::new());
    loop {
        let rows = BankAccountRow::page(conn, &after, i64::from(PAGE)).await?;
        let Some(end) = rows.last() else { return Ok((opened, wrong)) };
        after = vec![end.key()];
        for row in &rows {
            match opens(row, vault.of(agency)) {
                Some(_) => opened += 1,
                None => wrong.push(place(row)),
            }
        }
    }
}
