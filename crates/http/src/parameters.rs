//! What a query may hold: each parameter once, by what it means where its name means several things.

use super::route::{Param, Shape};
use subsidy_core::audit_notes::Noted;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    CallId, CreditCode, Date, Instant, Label, Line, Money, ProgrammeCode, Role, Sequence,
};
use subsidy_core::evidence::EvidenceKind;
use subsidy_core::tags::{TagName, TagSubjectKind};

pub(super) const LIMIT: Param =
    Param { name: "limit", about: "1 to 200; 50 where left out.", schema: Shape::of::<u32>() };
pub(super) const CURSOR: Param =
    Param { name: "cursor", about: "next_cursor of the page before.", schema: Shape::of::<String>() };
pub(super) const STATUS: Param =
    Param { name: "status", about: "Of this status.", schema: Shape::of::<String>() };
pub(super) const PROGRAMME: Param =
    Param { name: "programme", about: "专项", schema: Shape::of::<ProgrammeCode>() };
pub(super) const ORGANISATION: Param =
    Param { name: "organisation", about: "单位", schema: Shape::of::<CreditCode>() };
pub(super) const OF_CALL: Param =
    Param { name: "call", about: "申报通知", schema: Shape::of::<CallId>() };
pub(super) const OF_BANK: Param = Param { name: "bank", about: "银行", schema: Shape::of::<CreditCode>() };
pub(super) const SINCE: Param = Param {
    name: "updated_since",
    about: "Changed at or after this instant.",
    schema: Shape::of::<Instant>(),
};
pub(super) const KIND: Param =
    Param { name: "kind", about: "What it is evidence of.", schema: Shape::of::<EvidenceKind>() };
pub(super) const TAG: Param = Param { name: "tag", about: "Which list.", schema: Shape::of::<TagName>() };
pub(super) const TAG_DOCUMENT: Param =
    Param { name: "document", about: "The notice that names them.", schema: Shape::of::<Line>() };
pub(super) const TAG_KIND: Param = Param {
    name: "kind",
    about: "Of what the lines are ids; organisations where left out.",
    schema: Shape::of::<TagSubjectKind>(),
};
pub(super) const TAG_SUBJECT: Param = Param {
    name: "subject",
    about: "A credit code, or the id of a loan or a rental.",
    schema: Shape::of::<String>(),
};
pub(super) const ON: Param =
    Param { name: "on", about: "Approved tags that count on this day.", schema: Shape::of::<Date>() };
pub(super) const TOLD_ON: Param =
    Param { name: "on", about: "Tasks that were last told of on this day.", schema: Shape::of::<Date>() };
pub(super) const INVOICE_NUMBER: Param = Param {
    name: "invoice_number",
    about: "20 digits, or 8 beside an invoice_code; needed where the file does not say it.",
    schema: Shape::of::<String>(),
};
pub(super) const INVOICE_CODE: Param = Param {
    name: "invoice_code",
    about: "10 or 12 digits, of an older invoice.",
    schema: Shape::of::<String>(),
};
pub(super) const OF_INVOICE_NUMBER: Param =
    Param { name: "invoice_number", about: "That shows this invoice.", schema: Shape::of::<String>() };
pub(super) const OF_INVOICE_CODE: Param = Param {
    name: "invoice_code",
    about: "Of an older invoice, beside its number.",
    schema: Shape::of::<String>(),
};
pub(super) const AMOUNT: Param = Param {
    name: "amount",
    about: "CNY, tax included; needed to claim with the invoice where the file does not say it. Below zero of a red invoice (红字), which needs its original.",
    schema: Shape::of::<Money>(),
};
pub(super) const ORIGINAL_NUMBER: Param = Param {
    name: "original_number",
    about: "Of a red invoice: the number of the invoice that it takes back; needed where the file's remark does not say it.",
    schema: Shape::of::<String>(),
};
pub(super) const ORIGINAL_CODE: Param = Param {
    name: "original_code",
    about: "10 or 12 digits, where the original is an older invoice.",
    schema: Shape::of::<String>(),
};
pub(super) const CORRECTS: Param = Param {
    name: "corrects",
    about: "true where an officer found what is known of the invoice to be wrong; while no claim takes of it.",
    schema: Shape::of::<bool>(),
};
pub(super) const MODE: Param = Param {
    name: "mode",
    about: "strict (where left out): every row is good or nothing counts; lenient: good rows count, others are reported.",
    schema: Shape::of::<String>(),
};
pub(super) const REPLACES: Param = Param {
    name: "replaces",
    about: "The import whose place the file takes in the billing periods that it brings; several apart by commas.",
    schema: Shape::of::<String>(),
};
pub(super) const ADDS: Param = Param {
    name: "adds",
    about: "true: the file adds to what counts of the same time; rows that are repeated count once.",
    schema: Shape::of::<bool>(),
};
pub(super) const NAME: Param = Param { name: "name", about: "Such as LPR5Y.", schema: Shape::of::<Label>() };
pub(super) const AFTER: Param =
    Param { name: "after", about: "What came after this sequence.", schema: Shape::of::<Sequence>() };
pub(super) const ACCOUNT: Param =
    Param { name: "account", about: "With a line on this account.", schema: Shape::of::<String>() };
pub(super) const DOCUMENT: Param =
    Param { name: "document", about: "Of this document.", schema: Shape::of::<String>() };
pub(super) const FIRST_DAY: Param =
    Param { name: "from", about: "Days from this one on.", schema: Shape::of::<Date>() };
pub(super) const LAST_DAY: Param =
    Param { name: "until", about: "Days up to this one.", schema: Shape::of::<Date>() };
pub(super) const FROM: Param =
    Param { name: "from", about: "Effective on or after.", schema: Shape::of::<Date>() };
pub(super) const UNTIL: Param =
    Param { name: "until", about: "Effective on or before.", schema: Shape::of::<Date>() };
pub(super) const FIRST_INTEREST_DAY: Param =
    Param { name: "from", about: "The first day of the interest.", schema: Shape::of::<Date>() };
pub(super) const AFTER_INTEREST: Param = Param {
    name: "until",
    about: "The day after the last day of the interest.",
    schema: Shape::of::<Date>(),
};
pub(super) const VERSION: Param =
    Param { name: "version", about: "The sheet of this number.", schema: Shape::of::<u32>() };
pub(super) const AS_OF: Param = Param {
    name: "as_of",
    about: "Turnovers up to this day; today's where left out.",
    schema: Shape::of::<Date>(),
};
pub(super) const KNOWN_AT: Param = Param {
    name: "known_at",
    about: "As the ledger knew them at this sequence.",
    schema: Shape::of::<Sequence>(),
};
pub(super) const FORMAT: Param = Param {
    name: "format",
    about: "json (where left out), csv, xlsx or parquet.",
    schema: Shape::of::<String>(),
};
pub(super) const FILE: Param =
    Param { name: "format", about: "csv (where left out), xlsx or parquet.", schema: Shape::of::<String>() };
pub(super) const ACCOUNTS: Param =
    Param { name: "account", about: "Of these accounts, apart by commas.", schema: Shape::of::<String>() };
pub(super) const FLOW: Param = Param {
    name: "flow",
    about: "appropriated, adjusted, issued, redeemed, released or expired.",
    schema: Shape::of::<String>(),
};
pub(super) const LEVEL: Param = Param {
    name: "level",
    about: "Of this funding level; none for lines without.",
    schema: Shape::of::<String>(),
};
pub(super) const OF_PROVIDER: Param = Param {
    name: "provider",
    about: "Lines about claims, vouchers and recoveries of this provider or bank; none for lines about none of these.",
    schema: Shape::of::<String>(),
};
pub(super) const NAME_PART: Param = Param {
    name: "name",
    about: "With this in their name, capital letters or not.",
    schema: Shape::of::<String>(),
};
pub(super) const CREDIT_CODES: Param = Param {
    name: "credit_code",
    about: "Of these credit codes, apart by commas: 200 at most.",
    schema: Shape::of::<String>(),
};
pub(super) const OF_LINES: Param = Param {
    name: "organisation",
    about: "Lines about this organisation; none for the agency's own.",
    schema: Shape::of::<String>(),
};
pub(super) const REGION: Param = Param {
    name: "region",
    about: "Lines about organisations of this district (their region); none for those without.",
    schema: Shape::of::<String>(),
};
pub(super) const FISCAL_YEAR: Param = Param {
    name: "fiscal_year",
    about: "Lines about money of this fiscal year.",
    schema: Shape::of::<u16>(),
};
pub(super) const BY_PART: Param = Param {
    name: "by",
    about: "Beside the programme a row a level (where left out), organisation, region or fiscal_year; programme: no row beside it.",
    schema: Shape::of::<String>(),
};
pub(super) const BY: Param = Param {
    name: "by",
    about: "What rows are told apart by, apart by commas: programme, month, level, organisation, region, fiscal_year.",
    schema: Shape::of::<String>(),
};
pub(super) const OF_VOUCHER: Param =
    Param { name: "voucher", about: "Committed to this voucher.", schema: Shape::of::<String>() };
pub(super) const SEED: Param = Param { name: "seed", about: "Any text.", schema: Shape::of::<String>() };
pub(super) const INTERVAL: Param =
    Param { name: "interval", about: "CNY between two places.", schema: Shape::of::<Amount>() };
pub(super) const DIALECT: Param =
    Param { name: "format", about: "hledger (where left out) or beancount.", schema: Shape::of::<String>() };
pub(super) const SUBJECT: Param =
    Param { name: "subject", about: "Of this subject.", schema: Shape::of::<String>() };
pub(super) const OF_ROLE: Param = Param { name: "role", about: "Of this role.", schema: Shape::of::<Role>() };
pub(super) const ACT: Param = Param {
    name: "kind",
    about: "Of this kind of command, such as approve_claim.",
    schema: Shape::of::<String>(),
};
pub(super) const DUTY: Param =
    Param { name: "duty", about: "raises, reviews, approves or records.", schema: Shape::of::<String>() };
pub(super) const NOTED: Param =
    Param { name: "about", about: "On this document or leaf.", schema: Shape::of::<Noted>() };
pub(super) const ABOUT: Param =
    Param { name: "document", about: "About this document.", schema: Shape::of::<String>() };
pub(super) const RECORDED_FROM: Param = Param {
    name: "from",
    about: "Recorded on or after this day of the agency's zone.",
    schema: Shape::of::<Date>(),
};
pub(super) const RECORDED_UNTIL: Param =
    Param { name: "until", about: "Recorded on or before this day.", schema: Shape::of::<Date>() };
pub(super) const SAME_DOCUMENT: Param = Param {
    name: "same_document",
    about: "true: only approvals by somebody of the document's set: there are none that this service let happen.",
    schema: Shape::of::<bool>(),
};
pub(super) const EXCEPTION: Param = Param {
    name: "code",
    about: "Only these: below_threshold, duplicate_invoice, invoice_date, invoice_disputed, night_approval, over_cap, override, period_reopened, prefund_not_trued_up, red_invoice, related_party, round_amount, same_document, same_person, statutory_limit or weekend_approval.",
    schema: Shape::of::<String>(),
};
pub(super) const NEAR_PERCENT: Param = Param {
    name: "near_percent",
    about: "An amount is just below a limit from this percentage of it on: 1 to 99; 95 where left out.",
    schema: Shape::of::<u8>(),
};
pub(super) const THRESHOLD: Param = Param {
    name: "threshold",
    about: "CNY: a limit that no rule knows, such as the one from which a second signature is needed.",
    schema: Shape::of::<Amount>(),
};
pub(super) const NIGHT_FROM: Param = Param {
    name: "night_from",
    about: "The hour of the agency's zone from which it is night, 0 to 23; 21 where left out.",
    schema: Shape::of::<u32>(),
};
pub(super) const NIGHT_UNTIL: Param = Param {
    name: "night_until",
    about: "The hour from which it no longer is, 0 to 23; 7 where left out.",
    schema: Shape::of::<u32>(),
};
pub(super) const ROUND_UNIT: Param = Param {
    name: "round_unit",
    about: "CNY: multiples of it are round; 10000 where left out.",
    schema: Shape::of::<Amount>(),
};
pub(super) const WAITING: Param = Param {
    name: "kind",
    about: "What is open of this kind: unredeemed_voucher, unclaimed_award, overdue_project, unpaid_claim, overdue_advance, receivable.",
    schema: Shape::of::<String>(),
};

pub(super) const REPORT: &[Param] = &[LIMIT, CURSOR, AS_OF, KNOWN_AT, PROGRAMME, FORMAT];

pub(super) const FILE_FORMAT: Param = Param {
    name: "format",
    about: "pain.001 (where left out), xlsx, csv, or bank: the table of the agency's bank.",
    schema: Shape::of::<String>(),
};

pub(super) const PAGE: &[Param] = &[LIMIT, CURSOR];
