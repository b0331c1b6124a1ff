//! `pg_dump` and `pg_restore`.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::cli::Failure;
use subsidy_store::db::clients;

/// How long a dump waits for a migration that holds a table.
const LOCK_TIMEOUT: &str = "--lock-wait-timeout=60s";
/// Who owns a ledger's tables, before and after.
const OWNER: &str = "--role=subsidy_owner";

/// Writes the database as it is at one moment. The service goes on meanwhile.
pub fn dump(url: &str, to: &Path) -> Result<(), Failure> {
    let mut command = clients::command("pg_dump", url)?;
    command.args(["--format=custom", "--no-password", OWNER, LOCK_TIMEOUT]);
    // written by us: a private cluster's own user may not reach the folder
    let file = File::create_new(to).map_err(Failure::doing(format!("cannot write {}", to.display())))?;
    run("pg_dump", command.stdout(file.try_clone()?))?;
    Ok(file.sync_all()?)
}

/// Puts a dump into an empty database, whole or not at all.
pub fn restore(url: &str, from: &Path) -> Result<(), Failure> {
    let mut command = clients::command("pg_restore", url)?;
    command.args(["--no-password", "--single-transaction", "--exit-on-error", "--no-owner", OWNER]);
    let file = File::open(from).map_err(Failure::doing(format!("cannot read {}", from.display())))?;
    run("pg_restore", command.stdin(file).stdout(Stdio::null()))
}

/// Runs a program. Error: it is not installed, or what it said on its standard error.
fn run(name: &str, command: &mut Command) -> Result<(), Failure> {
    let done = command.stderr(Stdio::piped()).spawn().and_then(std::process::Child::wait_with_output);
    let done = done.map_err(Failure::doing(format!(
        "{name} cannot be run: install PostgreSQL's client programs (Debian: postgresql-client)"
    )))?;
    if done.status.success() {
        return Ok(());
    }
    Err(Failure::new(format!("{name} failed: {}", String::from_utf8_lossy(&done.stderr))))
}
