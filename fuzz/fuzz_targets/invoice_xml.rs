#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| subsidy_ledger::foreign::invoice_xml(bytes));
