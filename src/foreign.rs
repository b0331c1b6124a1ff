//! The parsers of what others wrote, by name. Each takes any bytes, and answers or refuses with a code: it never falls,
//! and never makes room for more than its limits. `fuzz/` has a target for each, and the tests play the seeds to all.

use std::fs::File;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::sync::OnceLock;

use chrono::Utc;
use encoding_rs::GB18030;
use futures_util::FutureExt;
use serde::de::DeserializeOwned;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use subsidy_auth::jwks::KeySet;
use subsidy_auth::sign_in::SignIn;
use subsidy_auth::token::{self, Verifier};
use subsidy_console::form::Fields;
use subsidy_core::audit::note::{self, VerifierKey};
use subsidy_core::audit::receipt::Receipt;
use subsidy_core::audit::since::KeptCheckpoint;
use subsidy_core::audit::tile::TilePath;
use subsidy_core::audit::tree::Frontier;
use subsidy_core::audit::{bundle, leaf::Leaf};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    Actor, AgencyCode, CreditCode, Date, Instant, InvoiceNumber, Label, Line, Money, Month, Percent, Points,
    Role, Roles, Subject, letters,
};
use subsidy_core::evidence::rules::{self, InvoiceStatement};
use subsidy_core::evidence::{MediaType, archive, einvoice, media::Sniffer};
use subsidy_core::organisations::BankCode;
use subsidy_core::payments::answers::table::Mapping;
use subsidy_core::tags::TagSubjectKind;
use subsidy_core::usage::{Mode, instants};
use subsidy_files::bank_files;
use subsidy_files::billing_files::error::IntakeError;
use subsidy_files::billing_files::file::Billing;
use subsidy_files::objects;
use subsidy_http::batches::matched;
use subsidy_http::extract::Query;
use subsidy_http::handler::WriteRequest;
use subsidy_http::handlers::{evidence, payments, tags, usage};
use subsidy_http::json::Json;
use subsidy_http::language::Language;
use subsidy_http::page::Page;
use subsidy_http::problem::Problem;
use subsidy_http::route::{Handler, Route, Segment};
use subsidy_http::routes::ROUTES;
use subsidy_store::keys::accounts::AccountVault;
use subsidy_store::keys::{Secret, TokenKey};

/// Takes any bytes, and answers nothing: it must only stand.
type Parser = fn(&[u8]);

/// Every parser of foreign bytes.
pub const PARSERS: &[(&str, Parser)] = &[
    ("audit_papers", audit_papers),
    ("bank_table", bank_table),
    ("bank_workbook", bank_workbook),
    ("bank_xml", bank_xml),
    ("billing_csv", billing_csv),
    ("billing_packed", billing_packed),
    ("billing_parquet", billing_parquet),
    ("invoice_container", invoice_container),
    ("invoice_xml", invoice_xml),
    ("query", query),
    ("request", request),
    ("sign_in_keys", sign_in_keys),
    ("tag_list", tag_list),
    ("token", token),
    ("values", values),
];

/// What is refused is refused as the caller's mistake, in both languages.
fn told(problem: &Problem) {
    for language in [Language::Chinese, Language::English] {
        let body = problem.body(language, "");
        debug_assert!((400..500).contains(&problem.status()), "{body}");
    }
}

fn told_if_refused<T>(done: Result<T, impl Into<Problem>>) {
    if let Err(problem) = done {
        told(&problem.into());
    }
}

/// What a receipt, a checkpoint, a bundle or a tile of somebody else holds.
pub fn audit_papers(bytes: &[u8]) {
    if let Ok(receipt) = serde_json::from_slice::<Receipt>(bytes) {
        let _proved = receipt.check(None);
    }
    let _leaf = Leaf::decode(bytes);
    let _leaves = bundle::split(bytes);
    if let Some((size, hashes)) = bytes.split_first_chunk::<8>()
        && let Ok(frontier) = Frontier::from_bytes(u64::from_le_bytes(*size), hashes)
    {
        let _root = frontier.root();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _tile = TilePath::parse(text);
        let kept = KeptCheckpoint { name: String::new(), note: text.to_owned() };
        let _is_checkpoint = (kept.is_checkpoint(), kept.origin());
        if let Some((key, note)) = text.split_once('\n')
            && let Ok(key) = VerifierKey::parse(key)
        {
            let _checkpoint = note::verify(note, &key);
        }
    }
}

/// How a bank writes its tables, with every column that a mapping may have.
pub fn mapping() -> Option<Mapping> {
    let columns = "reference = '附言'\namount = '金额'\nreturned_amount = '退回金额'\naccount = '账号'\ndate = '日期'\n\
                   bank_reference = '流水号'\nstatus = '状态'\npaid = ['成功']\nreturned = ['退票']\ncode = '原因码'\nreason = '原因'";
    toml::from_str(columns).ok()
}

/// A bank's answer as a table: CSV in any encoding, or a workbook or a ZIP as it arrives.
pub fn bank_table(bytes: &[u8]) {
    told_if_refused(
        bank_files::read(bytes, mapping().as_ref(), chrono_tz::Asia::Shanghai)
            .map_err(payments::answers::unread),
    );
}

/// A bank's answer as a workbook: the bytes are its sheet, and after the first `\0` the texts that its cells share.
pub fn bank_workbook(bytes: &[u8]) {
    if let Some(workbook) = workbook(bytes) {
        bank_table(&workbook);
    }
}

/// A workbook of that sheet and these texts.
pub fn workbook(bytes: &[u8]) -> Option<Vec<u8>> {
    let (sheet, shared) = bytes.split_at(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", b"<Types/>"),
        ("xl/workbook.xml", b"<workbook><sheets><sheet id=\"r1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", b"<R><R Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></R>"),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", shared.get(1..).unwrap_or(b"<sst/>")),
    ];
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name, stored).ok()?;
        zip.write_all(bytes).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

/// A bank's answer as XML: pain.002, camt.
pub fn bank_xml(bytes: &[u8]) {
    told_if_refused(
        bank_files::read(bytes, None, chrono_tz::Asia::Shanghai).map_err(payments::answers::unread),
    );
}

fn billing(open: impl Fn() -> Option<Billing>) {
    for (mode, declared) in [(Mode::Strict, None), (Mode::Lenient, None), (Mode::Lenient, Some(GB18030))] {
        let Some(file) = open() else { return };
        let read = file.declared(declared).read(mode, |_| true);
        told_if_refused(read.map_err(|error| usage::imports::refused(IntakeError::File(error))));
    }
}

/// A billing file of separated values.
pub fn billing_csv(bytes: &[u8]) {
    let bytes = bytes.to_vec();
    billing(|| Some(Billing::csv(Cursor::new(bytes.clone()))));
}

/// A file without a name.
fn unnamed(bytes: &[u8]) -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("subsidy-ledger-{}", uuid::Uuid::now_v7().simple()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// A billing file as it arrives: gzip, ZIP, or none of ours.
pub fn billing_packed(bytes: &[u8]) {
    billing(|| Billing::of(unnamed(bytes).ok()?).ok());
}

/// A billing file in columns; the first bytes of such a file stand before them where they lack.
pub fn billing_parquet(bytes: &[u8]) {
    if bytes.starts_with(b"PAR1") {
        billing_packed(bytes);
    } else {
        billing_packed(&[b"PAR1", bytes].concat());
    }
}

fn invoice(read: Option<&einvoice::Einvoice>) {
    let silent = InvoiceStatement {
        number: None,
        code: None,
        amount: None,
        original_number: None,
        original_code: None,
    };
    told_if_refused(rules::facts(&silent, read).map_err(Problem::refusal));
}

/// An invoice in an OFD or a ZIP, and what any file is by its bytes.
pub fn invoice_container(bytes: &[u8]) {
    let mut sniffer = Sniffer::default();
    sniffer.take(bytes);
    let _looks = sniffer.looks();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let tail = bytes.get(bytes.len().saturating_sub(archive::TAIL_BYTES_MAX)..).unwrap_or_default();
    let directory = archive::Directory::find(tail, length).and_then(|found| {
        let from = usize::try_from(found.offset).ok()?;
        bytes.get(from..from.checked_add(usize::try_from(found.length).ok()?)?)
    });
    let _kind = directory.map(archive::kind);
    for container in [MediaType::Ofd, MediaType::Zip] {
        match evidence::within(&objects::invoices(container, bytes)) {
            Ok(found) => invoice(found.as_ref()),
            Err(error) => told(&Problem::refusal(error)),
        }
    }
}

/// An invoice as XML.
pub fn invoice_xml(bytes: &[u8]) {
    match einvoice::read(bytes) {
        Ok(found) => invoice(found.as_ref()),
        Err(error) => told(&Problem::refusal(error)),
    }
}

/// A query with a cursor, and a form of the console.
pub fn query(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let known = ["limit", "cursor", "status", "from", "until", "organisation"];
        told_if_refused(Query::parse(text, &known).and_then(|query| {
            query.value::<Date>("from")?;
            query.value::<Month>("until")?;
            query.word::<TagSubjectKind>("status")?;
            Page::of("/v1/claims", &query)
        }));
        let _language = Language::accepted(Some(text));
    }
    if let Some(fields) = Fields::parse(bytes) {
        let _write = (fields.write(), fields.kept().count());
    }
}

/// The body of a write: its first byte says which, its second what stands in the path.
pub fn request(bytes: &[u8]) {
    let [which, parameter, body @ ..] = bytes else { return };
    let writes =
        || ROUTES.iter().filter(|route| matches!(route.handler, Handler::Write(_) | Handler::Group(_)));
    let Some(route) = writes().nth(usize::from(*which) % writes().count().max(1)) else { return };
    let parameters = ["01940000-0000-7000-8000-000000000000", "p", "2025", "2025-01", "91310000MA1FL0000N"];
    let parameter = parameters.get(usize::from(*parameter) % parameters.len()).copied().unwrap_or_default();
    match Json::parse(body) {
        Ok(body) => told_if_refused(written(route, |_| parameter, &body).unwrap_or(Ok(()))),
        Err(problem) => told(&problem),
    }
}

/// Parses the body of a write as its route does, with these parameters in its path; none where it is no such write.
pub fn written(
    route: &'static Route,
    parameter: impl Fn(&str) -> &'static str,
    body: &Json,
) -> Option<Result<(), Problem>> {
    let segment = |segment: Segment<'static>| match segment {
        Segment::Literal(text) => text,
        Segment::One(name) | Segment::Tail(name) => parameter(name),
    };
    let path: Vec<&str> = Segment::all(route.path).map(segment).collect();
    let (path, agency) = (matched(route.path, &path.join("/"))?, AgencyCode::parse("test").ok()?);
    let roles: Roles = Role::ALL.iter().copied().collect();
    let subject = Subject::parse("subsidy-ledger#lin").ok()?;
    let actor = Actor { subject, roles, organisation: CreditCode::parse("91310000MA1FL0000N").ok() };
    let vault = AccountVault::new(&Secret::new([7; 32]));
    let write = WriteRequest {
        actor: &actor,
        vault: vault.of(&agency),
        name_max: 60,
        letters: None,
        path: &path,
        body,
    };
    match route.handler {
        Handler::Write(parse) => Some(parse(&write).map(drop)),
        Handler::Group(parse) => Some(parse(&write).map(drop)),
        _ => None,
    }
}

/// A provider's set of keys.
pub fn sign_in_keys(bytes: &[u8]) {
    let _said = KeySet::read(bytes).map(|set| set.to_string());
}

/// A list of names as a file.
pub fn tag_list(bytes: &[u8]) {
    for kind in [TagSubjectKind::Organisation, TagSubjectKind::Loan, TagSubjectKind::Rental] {
        told_if_refused(tags::lists::entries(kind, bytes));
    }
}

/// Claims that lie deep, and words that mean others.
fn provider() -> Option<SignIn> {
    let settings = "issuer = 'https://id'\naudience = 'ledger'\nclients = ['erp']\n[claims]\nagency = 'agency'\n\
                    roles = ['realm_access.roles', 'roles[].name', 'https://id.example/roles']\n\
                    [claims.organisation]\nclaim = 'group'\nvalues = {x = '91310000MA1FL0000N'}";
    toml::from_str(settings).ok()
}

/// A token as it arrives, and the claims of one that was signed.
pub fn token(bytes: &[u8]) {
    static VERIFIER: OnceLock<Option<(Verifier, SignIn)>> = OnceLock::new();
    let opened = VERIFIER.get_or_init(|| {
        let key = TokenKey::from_seed(&Secret::new([7; 32]));
        let verifier = Verifier::open(&key, None, &std::env::temp_dir()).now_or_never()?.ok()?;
        Some((verifier, provider()?))
    });
    let Some((verifier, sign_in)) = opened else { return };
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _identity = verifier.verify(text).now_or_never();
    }
    let _identity = token::claimed(bytes, sign_in, Utc::now());
}

/// The values of which bodies, queries and files are made.
pub fn values(bytes: &[u8]) {
    fn read<T: DeserializeOwned + std::fmt::Debug>(text: &str) {
        let read = Json::Text(text.to_owned()).read::<T>();
        told_if_refused(read);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    read::<Amount>(text);
    read::<AgencyCode>(text);
    read::<BankCode>(text);
    read::<CreditCode>(text);
    read::<Date>(text);
    read::<Instant>(text);
    read::<Label>(text);
    read::<Line>(text);
    read::<Money>(text);
    read::<Month>(text);
    read::<Percent>(text);
    read::<Points>(text);
    read::<Subject>(text);
    let _number = InvoiceNumber::parse(None, text);
    let _older = text.split_once(' ').map(|(code, number)| InvoiceNumber::parse(Some(code), number));
    let _instant = instants::read(text);
    let _readable = letters::readable(text);
}
