//! `GET /payment-batches/{id}/file`: what the bank is to pay, with account numbers in clear.
//!
//! Each reading is a leaf of the log, under the subject who reads, before a byte is sent: the file is made, its digest is
//! logged, then it goes out. A reading that is logged and whose answer is lost on its way counts as one.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::handler::{FileReply, ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::problem::Problem;
use crate::view;
use subsidy_core::book::{Command, Envelope};
use subsidy_core::calendar::{CalendarError, rules as calendar};
use subsidy_core::domain::{Code, PaymentBatchId, TextHash};
use subsidy_core::payments::{FileFormat, PaymentError, ReadAccounts, rules};
use subsidy_files::bank_files::profile::BankProfile;
use subsidy_files::bank_files::template::Template;
use subsidy_reports::payment_file::{Opened, PaymentFile};
use subsidy_store::calendar::CalendarDayRow;
use subsidy_store::calendar::queries as days;
use subsidy_store::db::pool::Connection;
use subsidy_store::engine::submission::{Answer, Submission, Work};
use subsidy_store::keys::accounts::AccountError;

/// How often a file is made anew because a result came in meanwhile, or another day.
const TRIES_MAX: usize = 3;

/// `GET /payment-batches/{id}/file`
pub async fn file(request: ReadRequest) -> Result<Reply, Problem> {
    let format = request.query.text("format").unwrap_or(FileFormat::Pain001.into_str());
    let format = format
        .parse::<FileFormat>()
        .map_err(|_| Problem::new(Code::FormatNotSupported).with("format", format))?;
    let profile = request.debtors.get(&request.agency).map(|debtor| &debtor.profile);
    let template = profile.and_then(|profile| profile.payments.as_ref());
    if format == FileFormat::Bank && template.is_none() {
        return Err(Problem::new(Code::FormatNotSupported).with("format", format.into_str()));
    }
    let batch: PaymentBatchId = request.path.value("id")?;
    for _ in 0..TRIES_MAX {
        let file = load(&request, batch).await?;
        let bytes = written(&request, &file, format)?;
        let sha256: [u8; 32] = Sha256::digest(&bytes).into();
        let sha256_of_it = TextHash::new(sha256);
        let execution_date = file.execution_date;
        let command = ReadAccounts { batch, format, execution_date, sha256: sha256_of_it };
        match request.engine.submit(submission(&request, &file, command)).await? {
            Answer::Accepted { first, .. } => {
                return Ok(Reply::File(FileReply {
                    name: file.name(format, template),
                    media_type: media_type(format, template),
                    bytes,
                    sha256,
                    sequence: Some(first.sequence),
                }));
            }
            Answer::Refused { refusal, .. } => {
                let problem = Problem::refused(&refusal);
                if ![Code::VersionConflict, Code::ExecutionDateStale].contains(&problem.code()) {
                    return Err(problem);
                }
            }
        }
    }
    Err(Problem::new(Code::Busy))
}

/// What a format's bytes are.
fn media_type(format: FileFormat, template: Option<&Template>) -> &'static str {
    match format {
        FileFormat::Pain001 => "application/xml",
        FileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        FileFormat::Bank => template.map_or("text/csv; charset=utf-8", Template::media_type),
        FileFormat::Csv => "text/csv; charset=utf-8",
    }
}

/// The batch before its lines: what changes after it was read, changes its version too.
async fn load(request: &ReadRequest, id: PaymentBatchId) -> Result<PaymentFile, Problem> {
    let conn: Connection = request.reader().await?;
    let batch = view::find(&conn, &id, |_| true).await?;
    rules::at_the_bank(&batch).map_err(Problem::refusal)?;
    let today = today(&conn, &request.agency).await?.business_date;
    let last = calendar::ahead(today).last().unwrap_or(today);
    let rows = days::between(&conn, today.naive()..=last.naive()).await?;
    let named = decode_all(&rows, CalendarDayRow::read)?;
    let kind = |day| Ok(named.iter().find(|named| named.date == day).map(|named| named.kind));
    let execution_date = calendar::working_day::<CalendarError>(today, kind).map_err(Problem::refusal)?;
    let file = PaymentFile::load(&conn, batch, execution_date).await?;
    file.ok_or_else(|| Problem::fault(&"a batch is approved and no leaf says so"))
}

/// The file's bytes. Only here are account numbers in clear.
fn written(request: &ReadRequest, file: &PaymentFile, format: FileFormat) -> Result<Vec<u8>, Problem> {
    let without = file.payments.iter().filter(|payment| payment.account.is_none());
    let payees: BTreeSet<_> = without.map(|payment| payment.payee).collect();
    if matches!(format, FileFormat::Pain001 | FileFormat::Bank) && !payees.is_empty() {
        return Err(Problem::refusal(PaymentError::BankAccountMissing { payees }));
    }
    let debtor = request.debtors.get(&request.agency);
    if let Some(name) = file.too_long(debtor).filter(|_| format == FileFormat::Pain001) {
        return Err(Problem::new(Code::PayerNameTooLong).with("name", name.as_str()));
    }
    if let Some(debtor) = debtor {
        letters_fit(file, &debtor.profile, format)?;
    }
    let (vault, mut opened, mut wrong) = (request.vault.of(&request.agency), Vec::new(), BTreeSet::new());
    for payment in &file.payments {
        let account = payment.account.as_ref();
        match account.map(|account| vault.open(payment.payee, account.mac, &account.sealed)).transpose() {
            Ok(number) => opened.push(Opened::new(payment, number)),
            Err(AccountError) => {
                wrong.insert(payment.payee);
            }
        }
    }
    if !wrong.is_empty() {
        tracing::error!(payees = ?wrong, "sealed account numbers are not those of the log");
        return Err(Problem::refusal(PaymentError::AccountNumberUnverified { payees: wrong }));
    }
    file.write(format, &opened, debtor).map_err(Problem::from)
}

/// The bank takes each letter of what stands in the file: names may have changed since the batch was proposed.
fn letters_fit(file: &PaymentFile, profile: &BankProfile, format: FileFormat) -> Result<(), Problem> {
    let template = profile.payments.as_ref().filter(|_| format == FileFormat::Bank);
    for payment in &file.payments {
        let account = payment.account.as_ref().map(|account| account.name.as_str());
        let names = [Some(payment.name.as_str()), account];
        let names = names.into_iter().flatten();
        let texts = [payment.title.as_str(), payment.voucher.as_deref().unwrap_or_default()];
        let of_names = names.clone().find_map(|name| profile.letters?.refused(name));
        let of_cells = || names.chain(texts).find_map(|text| template?.ends_a_cell(text));
        if let Some(letter) = of_names.or_else(of_cells) {
            let (claim, payee) = (payment.claim, payment.payee);
            return Err(Problem::refusal(PaymentError::NameLetterRefused {
                pointer: None,
                claim,
                payee,
                letter,
            }));
        }
    }
    Ok(())
}

/// A reading has a key of its own: asked again, it is another reading.
fn submission(request: &ReadRequest, file: &PaymentFile, command: ReadAccounts) -> Submission {
    let key: [u8; 32] = rand::random();
    let envelope = Envelope {
        actor: request.actor.clone(),
        if_match: Some(file.batch.revision.version),
        command: Command::ReadAccounts(command),
    };
    Submission {
        agency: request.agency.clone(),
        subject: request.actor.subject.clone(),
        key,
        request: key,
        request_id: request.request_id.clone(),
        work: Work::One(Box::new(envelope)),
        texts: Vec::new(),
        accounts: Vec::new(),
    }
}
