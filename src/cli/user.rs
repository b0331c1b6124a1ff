//! `user`: accounts of the service's own, from the machine that it runs on. Whoever has that machine and its keys could sign
//! any token anyway; this is how the first administrator comes in.

use std::io::BufRead;

use serde_json::json;

use super::language::say;
use super::output::{self, Form};
use super::reminders::REMINDER;
use super::token::{credit_code, role};
use super::{Failure, Settings, opened};
use subsidy_auth::accounts::{Account, Accounts};
use subsidy_auth::passwords::{Failed, WeakPassword, drawn, weakness};
use subsidy_core::domain::{AgencyCode, CreditCode, Role};
use subsidy_store::keys::Keys;
use subsidy_store::keys::accounts::AccountVault;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum UserCommand {
    /// Add an account; the first sign-in chooses a password and sets a second factor up
    Add(AddArgs),
    /// The accounts of an agency
    List(ListArgs),
    /// Give an account another password for the next sign-in
    Reset(ResetArgs),
    /// Close an account; its sessions end
    Disable(NameArgs),
    /// Open an account again
    Enable(NameArgs),
}

#[derive(Debug, Clone, clap::Args)]
pub struct AddArgs {
    /// What the person signs in with: letters, digits, dots and dashes
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// The agency whose ledger it is for
    #[arg(long, value_name = "CODE")]
    agency: AgencyCode,
    /// Roles: officer, approver, enterprise, provider, bank, auditor, operator, expert, security
    #[arg(long = "role", value_name = "ROLE[,ROLE]", value_delimiter = ',', required = true, value_parser = role)]
    roles: Vec<Role>,
    /// The credit code of the organisation that an enterprise, a provider or a bank acts for
    #[arg(long, value_name = "CREDIT_CODE", value_parser = credit_code)]
    organisation: Option<CreditCode>,
    /// Read the password from standard input; else one is drawn and printed
    #[arg(long)]
    password_stdin: bool,
    /// Take the place of an account of the name that was altered behind the service's back
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Clone, clap::Args)]
pub struct ListArgs {
    #[arg(long, value_name = "CODE")]
    agency: AgencyCode,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Clone, clap::Args)]
pub struct NameArgs {
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
}

#[derive(Debug, Clone, clap::Args)]
pub struct ResetArgs {
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// Have the second factor set up anew as well, where it is lost
    #[arg(long)]
    second_factor: bool,
    /// Read the password from standard input; else one is drawn and printed
    #[arg(long)]
    password_stdin: bool,
}

pub async fn run(command: &UserCommand, settings: &Settings) -> Result<(), Failure> {
    let keys = Keys::open(&settings.keys_folder())?;
    let vault = AccountVault::new(keys.account_key());
    opened::existing(settings, async |opened| {
        opened.ensure_shared().await?;
        let database = opened.connect().await?;
        let accounts = Accounts { database: &database, vault: &vault };
        match command {
            UserCommand::Add(args) => add(args, &accounts, settings).await,
            UserCommand::List(args) => list(args, &accounts).await,
            UserCommand::Reset(args) => {
                let account = existing(&accounts, &args.name).await?;
                let (password, is_drawn) = password(&args.name, args.password_stdin)?;
                changed(accounts.reset(&account, &password, args.second_factor).await)?;
                told(&args.name, &password, is_drawn)
            }
            UserCommand::Disable(args) => {
                let account = existing(&accounts, &args.name).await?;
                changed(accounts.disable(&account, true).await)
            }
            UserCommand::Enable(args) => {
                let account = existing(&accounts, &args.name).await?;
                changed(accounts.disable(&account, false).await)
            }
        }
    })
    .await
}

async fn add(args: &AddArgs, accounts: &Accounts<'_>, settings: &Settings) -> Result<(), Failure> {
    if settings.sign_in.as_ref().is_some_and(|sign_in| !sign_in.own_tokens.serve(&args.name)) {
        return Err(Failure::Usage(say!(
            "此处由身份提供方登录；另设 own_tokens 后，本服务自己的账户才可同时使用",
            "a provider signs people in here; accounts of the service's own serve beside it only with own_tokens"
        )));
    }
    let roles = args.roles.iter().copied().collect();
    let account =
        Account::new(&args.name, args.agency.clone(), roles, args.organisation).map_err(Failure::Failed)?;
    if account.actor.lacks_organisation() {
        return Err(Failure::Usage(say!(
            "企业、服务商和银行代表单位行事：请加 --organisation CREDIT_CODE",
            "an enterprise, a provider and a bank act for an organisation: add --organisation CREDIT_CODE"
        )));
    }
    let (password, is_drawn) = password(&args.name, args.password_stdin)?;
    if !accounts.add(account.clone(), &password).await.map_err(Failure::Failed)? {
        let is_altered = accounts.is_altered(&args.name).await.map_err(Failure::Failed)?;
        let name = &args.name;
        let message = match (is_altered, args.replace) {
            (true, true) if accounts.replace(account, &password).await.map_err(Failure::Failed)? => {
                return told(&args.name, &password, is_drawn);
            }
            (true, true) => {
                say!("账户 {name} 其间有变，请再试一次", "the account {name} changed meanwhile: try again")
            }
            (true, false) => say!(
                "账户 {name} 曾被绕过本服务改动，无法登录；请先查明原因，再加 --replace",
                "the account {name} was altered behind the service's back and signs nobody in; look into it, then add --replace"
            ),
            (false, _) => say!("已有账户 {name}", "there is an account {name} already"),
        };
        return Err(Failure::new(message));
    }
    told(&args.name, &password, is_drawn)
}

async fn existing(accounts: &Accounts<'_>, name: &str) -> Result<Account, Failure> {
    let found = accounts.find(name).await.map_err(Failure::Failed)?;
    found.ok_or_else(|| Failure::new(say!("没有账户 {name}", "there is no account {name}")))
}

fn changed(done: Result<bool, Failed>) -> Result<(), Failure> {
    match done.map_err(Failure::Failed)? {
        true => Ok(()),
        false => {
            Err(Failure::new(say!("该账户刚被改动：请再试一次", "the account changed meanwhile: try again")))
        }
    }
}

async fn list(args: &ListArgs, accounts: &Accounts<'_>) -> Result<(), Failure> {
    let found = accounts.of_agency(&args.agency).await.map_err(Failure::Failed)?;
    if args.form.json {
        let rows = found.iter().map(|account| {
            json!({
                "name": account.name, "subject": account.actor.subject, "roles": account.actor.roles,
                "organisation": account.actor.organisation, "second_factor": account.has_factor(),
                "disabled": account.disabled, "changed_at": account.changed_at,
            })
        });
        return output::json(&rows.collect::<Vec<_>>());
    }
    let width = found.iter().map(|account| account.name.len()).max().unwrap_or(0);
    for account in &found {
        let state = match (account.disabled, account.provisional, account.has_factor()) {
            (true, _, _) => "disabled",
            (false, true, _) => "provisional",
            (false, false, true) => "complete",
            (false, false, false) => "no second factor",
        };
        let roles: Vec<_> = account.actor.roles.iter().map(|role| role.into_str()).collect();
        output::line(format_args!("{:width$}  {state:16}  {}", account.name, roles.join(",")))?;
    }
    Ok(())
}

/// A password of standard input, which has to be a good one, or one that is drawn; and whether it is drawn.
fn password(name: &str, from_input: bool) -> Result<(String, bool), Failure> {
    if !from_input {
        return Ok((drawn(4), true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    let Some(weakness) = weakness(name, &password) else { return Ok((password, false)) };
    Err(Failure::Usage(match weakness {
        WeakPassword::Short => say!("密码不足 12 个字符", "the password is shorter than 12 characters"),
        WeakPassword::Long => say!("密码超过 512 字节", "the password is longer than 512 bytes"),
        WeakPassword::HasName => say!("密码中含有账户名", "the password has the account's name in it"),
    }))
}

/// A drawn password is said once.
fn told(name: &str, password: &str, is_drawn: bool) -> Result<(), Failure> {
    if is_drawn {
        output::note(say!(
            "{name} 用此密码登录一次，然后另设密码：",
            "{name} signs in once with this password and chooses another one:"
        ))?;
        output::line(password)?;
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| fits(byte) || b"._-".contains(&byte);
    if text == REMINDER {
        return Err(format!("{text} is the name under which the service itself reminds"));
    }
    let is_name =
        (2..=40).contains(&text.len()) && text.bytes().all(inner) && text.bytes().next().is_some_and(fits);
    let refused = || "2 to 40 of a-z, 0-9, '.', '_' and '-', first a letter or a digit".to_owned();
    is_name.then(|| text.to_owned()).ok_or_else(refused)
}
