//! What the demonstration says at its start: where it is, who one can be, what one can try.

use std::fmt::Write;

use chrono::TimeDelta;

use super::cases::{
    BANK, BEIJING, BEIJING_NAME, CHENGDU, CHENGDU_NAME, FIRM, LENDING, PROGRAMME, PROVIDER, TODAY,
};
use super::seed::subject;
use crate::cli::Failure;
use crate::cli::token::issue;
use subsidy_core::domain::{Actor, AgencyCode, CreditCode, Role, Roles};
use subsidy_store::keys::Keys;

/// How long the printed tokens are valid.
const TTL: TimeDelta = TimeDelta::hours(12);

const ROLES: [(Role, Option<&str>); 7] = [
    (Role::Officer, None),
    (Role::Approver, None),
    (Role::Enterprise, Some(FIRM)),
    (Role::Provider, Some(PROVIDER)),
    (Role::Bank, Some(BANK)),
    (Role::Auditor, None),
    (Role::Operator, None),
];

pub(super) fn text(keys: &Keys, base: &str) -> Result<String, Failure> {
    let mut text = format!(
        "\n演示已启动 / the demonstration is running\n\n  API   {base}\n  docs  {base}/docs\n\n  \
         {BEIJING}  {BEIJING_NAME}  业务日期 business date {TODAY}\n  {CHENGDU}  {CHENGDU_NAME}\n\n\
         {BEIJING} 的令牌，12 小时有效 / tokens for {BEIJING}, valid for 12 hours:\n"
    );
    for (role, organisation) in ROLES {
        let token = token(keys, role, organisation)?;
        let acting = organisation.map(|code| format!(" ({code})")).unwrap_or_default();
        write!(text, "\n  {role} {}{acting}\n  {token}\n", role.name_zh())?;
    }
    let officer = token(keys, Role::Officer, None)?;
    let authorization = format!("-H 'Authorization: Bearer {officer}'");
    write!(
        text,
        "\n试一试，每行可直接粘贴 / lines to paste:\n\n\
         # 专项的预算 / the programme's budget\n\
         curl -sS {authorization} {base}/v1/programmes/{PROGRAMME}\n\n\
         # 券 / vouchers\n\
         curl -sS {authorization} '{base}/v1/vouchers?limit=10'\n\n\
         # 兑付申请与拨付 / claims, and what was paid on them\n\
         curl -sS {authorization} '{base}/v1/claims?limit=10'\n\n\
         # 贷款贴息还要花多少 / what the interest subsidy will still cost\n\
         curl -sS {authorization} {base}/v1/programmes/{LENDING}/estimate\n\n\
         # 三家云按用量申领；尚无人申领的用量 / rentals from three clouds; the usage that nobody claims yet\n\
         curl -sS {authorization} {base}/v1/usage/unmatched\n\n\
         # 提出一笔预算下达，由另一人批准 / propose an appropriation, for somebody else to approve\n\
         curl -sS {authorization} -H \"Idempotency-Key: $(date +%s%N)\" -H 'Content-Type: application/json' \
         -d '{{\"amount\":\"1000000.00\",\"fiscal_year\":2025,\"document\":\"演示预算下达第 2 号\"}}' \
         {base}/v1/programmes/{PROGRAMME}/appropriations\n\n\
         Ctrl-C 停止 / stops it\n"
    )?;
    Ok(text)
}

fn token(keys: &Keys, role: Role, organisation: Option<&str>) -> Result<String, Failure> {
    let actor = Actor {
        subject: subject(role)?,
        roles: Roles::from(role),
        organisation: organisation.map(CreditCode::parse).transpose()?,
    };
    issue(keys, &AgencyCode::parse(BEIJING)?, &actor, TTL)
}
