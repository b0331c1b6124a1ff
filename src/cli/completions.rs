//! `completions`: for a shell to source.

use std::io::Write;

use clap::CommandFactory;

use super::{Cli, Failure};

#[derive(Debug, Clone, clap::Args)]
pub struct CompletionsArgs {
    /// Which shell
    shell: clap_complete::Shell,
}

pub fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "subsidy-ledger", &mut script);
    Ok(std::io::stdout().lock().write_all(&script)?)
}
