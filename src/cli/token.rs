//! `token`: a bearer token of the service's own, for scripts and for trying things out. Needs the keys folder alone.

use chrono::{TimeDelta, Utc};

use super::language::say;
use super::{Failure, Settings, commands, output};
use subsidy_auth::token::{ISSUER, Mint};
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Role, Roles, Subject};
use subsidy_store::keys::Keys;

/// The longest that a token may be valid.
const TTL_MAX: TimeDelta = TimeDelta::days(366);

#[derive(Debug, Clone, clap::Args)]
pub struct TokenArgs {
    /// The agency whose ledger it is for
    #[arg(long, value_name = "CODE")]
    agency: AgencyCode,
    /// Roles: officer, approver, enterprise, provider, bank, auditor, operator, expert, security
    #[arg(long = "role", value_name = "ROLE[,ROLE]", value_delimiter = ',', required = true, value_parser = role)]
    roles: Vec<Role>,
    /// Who acts: an opaque id, never a name
    #[arg(long, value_name = "ID", value_parser = commands::subject)]
    subject: Subject,
    /// The credit code of the organisation that an enterprise, a provider or a bank acts for
    #[arg(long, value_name = "CREDIT_CODE", value_parser = credit_code)]
    organisation: Option<CreditCode>,
    /// How long it is valid: 90s, 30m, 1h, 7d; at most 366d
    #[arg(long, default_value = "1h", value_parser = ttl)]
    ttl: TimeDelta,
}

pub fn run(args: &TokenArgs, settings: &Settings) -> Result<(), Failure> {
    let actor = Actor {
        subject: args.subject.clone(),
        roles: Roles::from_iter(args.roles.iter().copied()),
        organisation: args.organisation,
    };
    if actor.lacks_organisation() {
        return Err(Failure::Usage(say!(
            "企业、服务商和银行代表单位行事：请加 --organisation CREDIT_CODE",
            "an enterprise, a provider and a bank act for an organisation: add --organisation CREDIT_CODE"
        )));
    }
    let sub = args.subject.sub_of(ISSUER).unwrap_or_default();
    if settings.sign_in.as_ref().is_some_and(|sign_in| !sign_in.own_tokens.serve(sub)) {
        return Err(Failure::Usage(say!(
            "此处由身份提供方登录，本服务自签的令牌不再使用：有两个签发者，一个人就会成为两个人。请在 [sign_in] 的 own_tokens 中写明机器\
             （own_tokens = [\"erp-1\"]），或以 own_tokens = true 或 SUBSIDY_LEDGER_OWN_TOKENS=on 全部放行",
            "a provider signs people in here, and the service's own tokens are refused beside it: with two issuers one \
             person would be two. Name a machine in own_tokens of [sign_in] (own_tokens = [\"erp-1\"]), or let all serve with \
             own_tokens = true or SUBSIDY_LEDGER_OWN_TOKENS=on"
        )));
    }
    let keys = Keys::open(&settings.keys_folder())?;
    if keys.log_key(&args.agency)?.is_none() {
        let folder = settings.keys_folder();
        let (agency, folder) = (&args.agency, folder.display());
        return Err(Failure::new(say!(
            "此处没有机构 {agency}：{folder} 中没有 log/{agency}.key",
            "there is no agency {agency} here: {folder} has no log/{agency}.key"
        )));
    }
    output::line(issue(&keys, &args.agency, &actor, args.ttl)?)
}

/// A token that is valid from now on.
pub fn issue(keys: &Keys, agency: &AgencyCode, actor: &Actor, ttl: TimeDelta) -> Result<String, Failure> {
    Ok(Mint::new(keys.token_key())?.issue(agency, actor, Utc::now(), ttl)?)
}

pub fn role(text: &str) -> Result<Role, String> {
    let names = || Role::ALL.iter().map(Role::into_str).collect::<Vec<_>>().join(", ");
    text.parse().map_err(|_| format!("there are {}", names()))
}

pub fn credit_code(text: &str) -> Result<CreditCode, String> {
    CreditCode::parse(text).map_err(|error| error.code().to_string())
}

fn ttl(text: &str) -> Result<TimeDelta, String> {
    let refused = || "a number and s, m, h or d, at most 366d".to_owned();
    let unit_at = text.len().saturating_sub(1);
    let (number, unit) = text.split_at_checked(unit_at).ok_or_else(refused)?;
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refused());
    }
    let number: i64 = number.parse().map_err(|_| refused())?;
    let ttl = match unit {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    };
    ttl.filter(|ttl| (TimeDelta::seconds(1)..=TTL_MAX).contains(ttl)).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_a_number_and_a_unit() {
        assert_eq!(ttl("1h"), Ok(TimeDelta::hours(1)));
        assert_eq!(ttl("366d"), Ok(TimeDelta::days(366)));
        for wrong in ["", "h", "1", "0s", "-1h", "+1h", "367d", "1.5h", "1小", "9223372036854775807d", "1w"]
        {
            assert!(ttl(wrong).is_err(), "{wrong:?}");
        }
    }
}
