//! Tools of others against which tests hold what the service makes.

use std::path::Path;
use std::process::Command;

/// Says that a check was left out because a tool is not on this machine. Where the set-up installed all of them, or
/// somebody says so with `SUBSIDY_LEDGER_ALL_TOOLS=1`, that is a failure: a check must not go away in silence.
pub fn not_checked(tool: &str, install: &str) {
    let all_are_here = std::env::var("SUBSIDY_LEDGER_ALL_TOOLS").is_ok_and(|said| said == "1");
    assert!(!all_are_here, "{tool} is not here, though all tools are said to be: {install}");
    eprintln!("NOT CHECKED: {tool} is not here: {install}");
}

/// What a program printed; it must have ended well.
pub fn printed(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let program = Path::new(command.get_program()).display();
    assert!(done.status.success(), "{program}\n{said}\n{}", String::from_utf8_lossy(&done.stderr));
    said
}

#[test]
#[should_panic(expected = "though all tools are said to be")]
fn a_check_that_is_left_out_fails_where_all_tools_are_said_to_be_here() {
    // each test is a process of its own, and this is its only thread that reads the environment
    let program = std::env::current_exe().unwrap();
    let run = |all: &str| {
        let test = "support::tools::a_check_that_is_left_out";
        let mut command = Command::new(&program);
        command.args(["--exact", test, "--ignored"]).env("SUBSIDY_LEDGER_ALL_TOOLS", all).output().unwrap()
    };
    assert!(run("0").status.success(), "it is said and no failure");
    let failed = run("1");
    assert!(!failed.status.success());
    panic!("{}{}", String::from_utf8_lossy(&failed.stdout), String::from_utf8_lossy(&failed.stderr));
}

#[test]
#[ignore = "the test above plays it"]
fn a_check_that_is_left_out() {
    not_checked("a tool that nobody has", "nobody can install it");
}
