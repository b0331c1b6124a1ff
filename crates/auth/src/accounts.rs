//! Accounts of the service's own, for places without an identity provider: a password (Argon2id), one-time codes, recovery
//! codes.
//!
//! Whoever writes to the table signs nobody in: a row carries a MAC with a key outside the database. A name that nobody has
//! is answered like a wrong password, after the same work; failures count by name and by address, and in the database, so
//! that a restart forgets none.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::one_time_codes::CodeSecret;
use super::passwords::{Failed, PASSWORD_BYTES_MAX, drawn, hashed_later, matches};
use super::sign_in::ISSUER;
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Instant, Roles, Subject};
use subsidy_store::accounts::{self, AccountRow, FailedTry, UsedCode, WrittenAccount};
use subsidy_store::db::convert;
use subsidy_store::db::pool::Database;
use subsidy_store::keys::accounts::AccountVault;
use subsidy_store::sessions;

/// Failures that an account has in a quarter of an hour, and an address, which an office shares.
pub const ACCOUNT_FAILURES_MAX: i32 = 5;
const ADDRESS_FAILURES_MAX: i32 = 50;
const FAILURES_COUNT_FOR: TimeDelta = TimeDelta::minutes(15);
const RECOVERY_CODES: usize = 10;
/// An account whose row is the one that the service wrote.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub agency: AgencyCode,
    pub actor: Actor,
    pub provisional: bool,
    pub disabled: bool,
    pub changed_at: DateTime<Utc>,
    password: String,
    factor: Option<Vec<u8>>,
    factor_step: i64,
    recovery: Value,
}

/// What somebody says to sign in.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    pub name: &'a str,
    pub password: &'a str,
    /// A code of now, or a recovery code; empty where there is no second factor yet.
    pub code: &'a str,
    pub address: Option<IpAddr>,
}

/// What comes of it.
#[derive(Debug)]
pub enum Entry {
    In(Account),
    /// It is them, and they have to choose a password or set their second factor up.
    SetUp(Account),
    Refused,
    /// Too many failures; nothing was looked at.
    TooMany,
}

/// Codes of a factor that is gone open nothing.
const fn none_left() -> Value {
    Value::Array(Vec::new())
}

impl Account {
    /// One that a password begins, which is used once.
    pub fn new(
        name: &str,
        agency: AgencyCode,
        roles: Roles,
        organisation: Option<CreditCode>,
    ) -> Result<Self, Failed> {
        let actor = Actor { subject: Subject::of(ISSUER, name)?, roles, organisation };
        Ok(Self {
            name: name.to_owned(),
            agency,
            actor,
            provisional: true,
            disabled: false,
            changed_at: Instant::new(Utc::now()).utc(),
            password: String::new(),
            factor: None,
            factor_step: 0,
            recovery: none_left(),
        })
    }

    /// Whether there is a second factor.
    pub const fn has_factor(&self) -> bool {
        self.factor.is_some()
    }

    /// How many recovery codes are left.
    pub fn recovery_left(&self) -> usize {
        self.recovery.as_array().map_or(0, Vec::len)
    }
}

/// An account as its row becomes, with the MAC and the organisation that are written beside it.
fn written<'a>(
    before: &Account,
    after: &'a Account,
    (mac, organisation): (&'a [u8], Option<&'a str>),
    recovery: Option<Value>,
) -> Result<WrittenAccount<'a>, Failed> {
    Ok(WrittenAccount {
        name: &after.name,
        agency: after.agency.as_str(),
        roles: convert::json(&after.actor.roles)?,
        organisation,
        password: &after.password,
        provisional: after.provisional,
        factor: after.factor.as_deref(),
        factor_step: after.factor_step,
        recovery,
        disabled: after.disabled,
        before: before.changed_at,
        now: after.changed_at,
        mac,
    })
}

/// The accounts of a database, with the keys that they are kept by.
#[derive(Debug, Clone, Copy)]
pub struct Accounts<'a> {
    pub database: &'a Database,
    pub vault: &'a AccountVault,
}

impl Accounts<'_> {
    /// Whether anybody has one.
    pub async fn there_are(&self) -> Result<bool, Failed> {
        Ok(accounts::first(&*self.database.admin().await?).await?.is_some())
    }

    pub async fn find(&self, name: &str) -> Result<Option<Account>, Failed> {
        let row = accounts::find(&*self.database.admin().await?, name).await?;
        row.map(|row| self.known(row)).transpose().map(Option::flatten)
    }

    pub async fn of_agency(&self, agency: &AgencyCode) -> Result<Vec<Account>, Failed> {
        let rows = accounts::of_agency(&*self.database.admin().await?, agency.as_str()).await?;
        rows.into_iter().filter_map(|row| self.known(row).transpose()).collect()
    }

    /// The account of a row; none where somebody else wrote it.
    fn known(&self, row: AccountRow) -> Result<Option<Account>, Failed> {
        let organisation = row.organisation.as_deref().map(CreditCode::parse).transpose();
        let account = Account {
            agency: AgencyCode::parse(&row.agency)?,
            actor: Actor {
                subject: Subject::of(ISSUER, &row.name)?,
                roles: convert::read_json(&row.roles)?,
                organisation: organisation.map_err(|error| error.to_string())?,
            },
            name: row.name,
            provisional: row.provisional,
            disabled: row.disabled,
            changed_at: row.changed_at,
            password: row.password,
            factor: row.factor,
            factor_step: row.factor_step,
            recovery: row.recovery,
        };
        if row.mac == self.mac(&account)? {
            return Ok(Some(account));
        }
        tracing::error!(account.name, "an account is not the one that was written");
        Ok(None)
    }

    fn mac(&self, account: &Account) -> Result<[u8; 32], Failed> {
        let Actor { roles, organisation, .. } = &account.actor;
        let roles = serde_json::to_string(roles)?;
        let organisation = organisation.map(|code| code.to_string()).unwrap_or_default();
        let flags =
            [u8::from(account.provisional), u8::from(account.disabled), u8::from(account.has_factor())];
        let changed_at = account.changed_at.timestamp_micros().to_be_bytes();
        let texts = [&account.name, account.agency.as_str(), &roles, &organisation, &account.password];
        let [name, agency, roles, organisation, password] = texts.map(str::as_bytes);
        let factor = account.factor.as_deref().unwrap_or_default();
        let parts: [&[u8]; 9] =
            [b"account", name, agency, roles, organisation, password, factor, &flags, &changed_at];
        Ok(self.vault.session_mac(&parts))
    }

    /// Adds an account with a password for the first sign-in. Whether its name was free.
    pub async fn add(&self, account: Account, password: &str) -> Result<bool, Failed> {
        let account = Account { password: hashed_later(password.to_owned()).await?, ..account };
        self.write(&account, &account, None, true).await
    }

    /// Whether a name is taken by a row that the service did not write: it signs nobody in.
    pub async fn is_altered(&self, name: &str) -> Result<bool, Failed> {
        let row = accounts::find(&*self.database.admin().await?, name).await?;
        // what cannot even be read was not written by the service
        Ok(row.is_some_and(|row| !matches!(self.known(row), Ok(Some(_)))))
    }

    /// Adds an account in the place of a row that the service did not write. Whether there was one.
    pub async fn replace(&self, account: Account, password: &str) -> Result<bool, Failed> {
        let conn = self.database.admin().await?;
        let Some(row) = accounts::find(&conn, &account.name).await? else { return Ok(false) };
        let (altered, before) = (row.mac.clone(), row.agency.clone());
        if matches!(self.known(row), Ok(Some(_))) {
            return Ok(false);
        }
        let account = Account { password: hashed_later(password.to_owned()).await?, ..account };
        let (mac, organisation) =
            (self.mac(&account)?, account.actor.organisation.map(|code| code.to_string()));
        let written = written(&account, &account, (&mac, organisation.as_deref()), None)?;
        let count = accounts::replace(&conn, written, &altered).await?;
        // the altered row may have named another agency
        for agency in [account.agency.as_str(), &before] {
            let of = sessions::OfSubject { agency, subject: account.actor.subject.as_str() };
            sessions::end_of(&conn, of).await?;
        }
        Ok(count == 1)
    }

    /// Gives an account other roles, for another organisation or for none. Its sessions end.
    pub async fn assign(
        &self,
        account: &Account,
        roles: Roles,
        organisation: Option<CreditCode>,
    ) -> Result<bool, Failed> {
        let actor = Actor { roles, organisation, ..account.actor.clone() };
        self.change(account, Account { actor, ..account.clone() }, None).await
    }

    /// Whether it was still as `before`. Its sessions end.
    async fn change(
        &self,
        before: &Account,
        after: Account,
        recovery: Option<Value>,
    ) -> Result<bool, Failed> {
        // the database keeps microseconds, and the MAC is of what it keeps
        let after = Account { changed_at: Instant::new(Utc::now()).utc(), ..after };
        let is_changed = self.write(before, &after, recovery, false).await?;
        let of = sessions::OfSubject { agency: after.agency.as_str(), subject: after.actor.subject.as_str() };
        sessions::end_of(&*self.database.admin().await?, of).await?;
        Ok(is_changed)
    }

    /// Without other recovery codes those that are left stay.
    async fn write(
        &self,
        before: &Account,
        after: &Account,
        recovery: Option<Value>,
        is_new: bool,
    ) -> Result<bool, Failed> {
        let (mac, organisation) = (self.mac(after)?, after.actor.organisation.map(|code| code.to_string()));
        let written = written(before, after, (&mac, organisation.as_deref()), recovery)?;
        let conn = self.database.admin().await?;
        let count = match is_new {
            true => accounts::add(&conn, written).await?,
            false => accounts::change(&conn, written).await?,
        };
        Ok(count == 1)
    }

    /// Looks at a name, a password and a code.
    pub async fn enter(&self, given: Given<'_>) -> Result<Entry, Failed> {
        let name = given.name.trim().to_lowercase();
        let address = given.address.map(|address| address.to_string()).unwrap_or_default();
        let (by_name, by_address) = (self.tried("name", &name), self.tried("address", &address));
        // an address that is refused already locks no name
        if !self.may_try(&by_address, ADDRESS_FAILURES_MAX).await?
            || !self.may_try(&by_name, ACCOUNT_FAILURES_MAX).await?
        {
            return Ok(Entry::TooMany);
        }
        let found = self.find(&name).await?;
        let hash = found.as_ref().map(|account| account.password.clone());
        let is_right =
            given.password.len() <= PASSWORD_BYTES_MAX && matches(hash, given.password.to_owned()).await?;
        let Some(account) = found.filter(|account| is_right && !account.disabled) else {
            return Ok(Entry::Refused);
        };
        if account.has_factor() && !self.uses_code(&account, given.code).await? {
            return Ok(Entry::Refused);
        }
        let conn = self.database.admin().await?;
        accounts::forget(&conn, &by_name).await?;
        accounts::uncount(&conn, &by_address).await?;
        Ok(if account.provisional || !account.has_factor() {
            Entry::SetUp(account)
        } else {
            Entry::In(account)
        })
    }

    /// What tries are counted under.
    fn tried(&self, kind: &str, who: &str) -> [u8; 32] {
        self.vault.session_mac(&[b"try", kind.as_bytes(), who.as_bytes()])
    }

    /// Counts a try as a failure until it turns out to be none: many at once are not more than so many.
    async fn may_try(&self, who: &[u8], most: i32) -> Result<bool, Failed> {
        let (conn, now) = (self.database.admin().await?, Utc::now());
        let since = now - FAILURES_COUNT_FOR;
        accounts::forget_before(&conn, since).await?;
        let counted = accounts::count(&conn, FailedTry { who, now, since }).await?;
        Ok(counted.is_some_and(|counted| counted.failures <= most))
    }

    /// Uses a code up: one of now that no other time was used for, or a recovery code.
    async fn uses_code(&self, account: &Account, code: &str) -> Result<bool, Failed> {
        let code: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let conn = self.database.admin().await?;
        let Some(sealed) = &account.factor else { return Ok(false) };
        let secret = CodeSecret::of(&self.vault.open_private(&account.name, sealed)?);
        if let Some(step) = secret.step_of(&code, Utc::now()) {
            return Ok(accounts::use_step(&conn, &account.name, step).await? == 1);
        }
        let hash = self.recovery_hash(&account.name, &code.to_lowercase());
        Ok(accounts::use_recovery(&conn, UsedCode { name: &account.name, hash: &hash }).await? == 1)
    }

    fn recovery_hash(&self, name: &str, code: &str) -> String {
        hex::encode(self.vault.session_mac(&[b"recovery", name.as_bytes(), code.as_bytes()]))
    }

    /// Takes a password that somebody chose; none where the account changed meanwhile.
    pub async fn choose(&self, account: &Account, password: &str) -> Result<Option<Account>, Failed> {
        let password = hashed_later(password.to_owned()).await?;
        let after = Account { password, provisional: false, ..account.clone() };
        self.changed(account, after, None).await
    }

    /// Takes a second factor of which somebody showed the code of a time step; the recovery codes, to be shown once.
    pub async fn enrol(
        &self,
        account: &Account,
        (secret, step): (&CodeSecret, i64),
    ) -> Result<Option<(Account, Vec<String>)>, Failed> {
        let codes: Vec<_> = (0..RECOVERY_CODES).map(|_| drawn(2)).collect();
        let hash = |code: &String| self.recovery_hash(&account.name, &code.replace('-', ""));
        let after = Account {
            factor: Some(self.vault.seal_private(&account.name, secret.bytes())?),
            factor_step: step,
            ..account.clone()
        };
        let recovery = codes.iter().map(hash).collect::<Vec<_>>().into();
        Ok(self.changed(account, after, Some(recovery)).await?.map(|account| (account, codes)))
    }

    /// Gives a password for the next sign-in, which chooses another one; with `factor` the next one sets that up anew.
    pub async fn reset(&self, account: &Account, password: &str, factor: bool) -> Result<bool, Failed> {
        let mut after = Account {
            password: hashed_later(password.to_owned()).await?,
            provisional: true,
            ..account.clone()
        };
        if factor {
            after.factor = None;
        }
        accounts::forget(&*self.database.admin().await?, &self.tried("name", &account.name)).await?;
        self.change(account, after, factor.then(none_left)).await
    }

    pub async fn disable(&self, account: &Account, disabled: bool) -> Result<bool, Failed> {
        self.change(account, Account { disabled, ..account.clone() }, None).await
    }

    async fn changed(
        &self,
        before: &Account,
        after: Account,
        recovery: Option<Value>,
    ) -> Result<Option<Account>, Failed> {
        if !self.change(before, after, recovery).await? {
            return Ok(None);
        }
        self.find(&before.name).await
    }
}
