//! Where the tests' chance begins.

/// A number that was drawn once: a change of the product is told from a change of luck.
const FIXED: u64 = 20_251_103;

/// Where this run's chance begins: `SUBSIDY_LEDGER_SEED`, a number, or `random` to draw one (as `make torture` does);
/// without it the same one always, so that one commit has one result. Printed, so that a failure can be had again.
pub fn seed() -> u64 {
    let seed = match std::env::var("SUBSIDY_LEDGER_SEED").as_deref() {
        Ok("random") => rand::random(),
        Ok(text) => text.parse().expect("SUBSIDY_LEDGER_SEED is a number or `random`"),
        Err(_) => FIXED,
    };
    eprintln!("SUBSIDY_LEDGER_SEED={seed}");
    seed
}
