//! The service and its commands: see `cli`.

fn main() -> std::process::ExitCode {
    subsidy_ledger::cli::main()
}
