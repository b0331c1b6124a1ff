#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| subsidy_ledger::foreign::audit_papers(bytes));
