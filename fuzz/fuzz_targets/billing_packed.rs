#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| subsidy_ledger::foreign::billing_packed(bytes));
