//! Every agency against the keys that are here: what the service refuses to start on, and sealed numbers that are lost.

use super::Check;
use crate::cli::Failure;
use crate::cli::language::say;
use crate::cli::opened::Opened;
use subsidy_core::domain::AgencyCode;
use subsidy_proofs::verify::sealed;
use subsidy_store::db::convert;
use subsidy_store::engine::{fit, store};
use subsidy_store::keys::Keys;
use subsidy_store::keys::accounts::AccountVault;

const NAME: &str = "agencies";

pub(super) async fn check(opened: &Opened<'_>) -> Check {
    match looked_at(opened).await {
        Ok((0, _)) => Check::ok(NAME, say!("尚无机构", "there is none yet")),
        Ok((agencies, numbers)) => Check::ok(
            NAME,
            say!(
                "密钥与 {agencies} 个机构相符，{numbers} 个加密的账号可以打开",
                "the keys fit {agencies} agencies, {numbers} sealed account numbers open"
            ),
        ),
        Err(failure) => Check::failed(NAME, failure.line()),
    }
}

/// How many agencies there are, and how many of their numbers open.
async fn looked_at(opened: &Opened<'_>) -> Result<(usize, u64), Failure> {
    let database = opened.connect().await?;
    let register = store::agencies(&*database.admin().await?).await?;
    if register.is_empty() {
        return Ok((0, 0));
    }
    let keys = Keys::open(&opened.settings().keys_folder())?;
    let vault = AccountVault::new(keys.account_key());
    let mut numbers = 0;
    for row in &register {
        fit::check(&keys, row)?;
        let agency: AgencyCode = convert::read(&row.code)?;
        let (opened, wrong) = sealed::look(&*database.reader(&agency).await?, &agency, &vault).await?;
        numbers += opened;
        if let Some(place) = wrong.first() {
            let wrong = wrong.len();
            return Err(Failure::new(say!(
                "机构 {agency} 有 {wrong} 个加密的账号打不开或不是原来的；第一个是 {place}",
                "{wrong} sealed account numbers of agency {agency} do not open or are not their own; the first is {place}"
            )));
        }
    }
    Ok((register.len(), numbers))
}
