//! `keys`: what is done to the keys folder on purpose. Nothing else makes a key where a ledger is.

use super::language::say;
use super::{Failure, Settings, output};
use subsidy_store::keys::Keys;

#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum KeysCommand {
    /// Make a new token.pem where the old one was moved away: every token that the service issued ends
    NewTokenKey,
}

pub fn run(command: KeysCommand, settings: &Settings) -> Result<(), Failure> {
    let KeysCommand::NewTokenKey = command;
    let folder = settings.keys_folder();
    let path = folder.join("token.pem");
    if !folder.join("account.key").exists() {
        let folder = folder.display();
        return Err(Failure::new(say!("{folder} 不是存放密钥的目录", "{folder} is no folder of keys")));
    }
    if path.exists() {
        let path = path.display();
        return Err(Failure::new(say!(
            "{path} 已存在：请先停下所有进程，再把它移走",
            "{path} is there: stop every process and move it away first"
        )));
    }
    let key = Keys::token_key_in(&folder)?;
    output::line(format_args!("{}: key {}", path.display(), key.kid()))
}
