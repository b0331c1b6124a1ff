//! `programme check` and `programme import`: programmes from files that people keep.
//!
//! An import proposes the programme as a draft. Citations and examples stay with the file: they are printed for whoever
//! approves, and are no part of the ledger.

mod file;

use crate::cli::language::say;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::commands::{self, Ask, EngineReply, actor, unanswered};
use super::output::{self, Form};
use super::{Failure, Settings, opened};
pub use file::ProgrammeFile;
use file::{Citation, Example};
use subsidy_core::book::Command;
use subsidy_core::domain::{AgencyCode, Label, Line, Role, Subject, TextHash};
use subsidy_core::programmes::ApproveProgramme;
use subsidy_core::tags::{TagName, TagSubjectKind};
use subsidy_store::engine::Engine;
use subsidy_store::reference_rates::queries::of_name;
use subsidy_store::tags::begun;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum ProgrammeCommand {
    /// Read programme files (TOML) and hold their rules to their instruments; needs no ledger
    Check(CheckArgs),
    /// Propose a programme from a file (TOML), and say what the agency lacks for it
    Import(ImportArgs),
}

#[derive(Debug, Clone, clap::Args)]
pub struct CheckArgs {
    /// The files, such as config/programmes/*.toml
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// The file, such as config/programmes/beijing-compute-voucher.toml
    file: PathBuf,
    /// The agency whose programme it is
    #[arg(long, value_name = "CODE")]
    agency: AgencyCode,
    /// Who proposes it: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
    /// Approve it too, as this other subject (four eyes); for sandboxes and demonstrations
    #[arg(long, value_name = "ID", value_parser = commands::subject)]
    approve_as: Option<Subject>,
    #[command(flatten)]
    form: Form,
}

/// What a programme needs and the agency does not have yet. It is proposed and approved without: who is on no list is refused.
#[derive(Debug, Default, Serialize)]
struct Lacking {
    tags: Vec<LackingList>,
    reference_rates: Vec<Label>,
}

#[derive(Debug, Serialize)]
struct LackingList {
    tag: TagName,
    kind: TagSubjectKind,
    /// What the file says that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Line>,
}

pub async fn run(command: &ProgrammeCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        ProgrammeCommand::Check(args) => check(args),
        ProgrammeCommand::Import(args) => import(args, settings).await,
    }
}

fn check(args: &CheckArgs) -> Result<(), Failure> {
    for path in &args.files {
        let (file, text) = ProgrammeFile::read(path)?;
        file.check(&text, path)?;
        let lists = file.rules.expected_lists(file.instrument).into_iter();
        let tags = lists.map(|list| LackingList::of(&file, list)).collect();
        let expected = Lacking { tags, reference_rates: file.rules.expected_rates().into_iter().collect() };
        show(args.form, &file, "fits", &expected)?;
        if !args.form.json {
            show_examples(&file)?;
        }
    }
    Ok(())
}

async fn import(args: &ImportArgs, settings: &Settings) -> Result<(), Failure> {
    let (file, _) = ProgrammeFile::read(&args.file)?;
    let lacking = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.agency).await?;
        let engine = opened.engine().await?;
        let done = bring(&engine, &args.agency, &file, (&args.subject, args.approve_as.as_ref())).await;
        let done = match done {
            Ok(()) => lacking(&engine, &args.agency, &file).await,
            Err(error) => Err(with_limits(error, &file)),
        };
        engine.shut_down().await;
        done
    })
    .await?;
    show(args.form, &file, if args.approve_as.is_some() { "active" } else { "draft" }, &lacking)
}

/// What was refused for a statutory limit, with the limits that the file says it needs.
fn with_limits(error: Failure, file: &ProgrammeFile) -> Failure {
    let said = error.line();
    match &file.statutory_limits {
        Some(limits) if said.contains("(statutory_") => Failure::new(say!(
            "{said}；该文件需要 {limits}：POST /v1/statutory-limits，由另一人批准",
            "{said}; the file needs {limits}: POST /v1/statutory-limits, approved by another person"
        )),
        _ => error,
    }
}

/// Proposes the programme and, as somebody else, approves it. Doing it again changes nothing.
pub async fn bring(
    engine: &Engine,
    agency: &AgencyCode,
    file: &ProgrammeFile,
    (proposer, approver): (&Subject, Option<&Subject>),
) -> Result<(), Failure> {
    let code = &file.code;
    let content = serde_json::to_string(&file.command())?;
    let key = format!("programme import {code} {}", TextHash::new(Sha256::digest(&content).into()));
    let propose = Command::ProposeProgramme(Box::new(file.command()));
    let said = Ask::new(actor(proposer, Role::Officer), key, propose).of(engine, agency, &content).await;
    let otherwise = say!("项目 {code} 未能提出", "programme {code} was not proposed");
    accepted(said.map_err(unanswered(agency))?, &otherwise)?;
    let Some(approver) = approver else { return Ok(()) };
    let approve = Command::ApproveProgramme(ApproveProgramme { code: code.clone() });
    let ask = Ask::new(actor(approver, Role::Approver), format!("programme approve {code}"), approve);
    let said = ask.of(engine, agency, "").await.map_err(unanswered(agency))?;
    accepted(
        said,
        &say!("项目 {code} 已提出，未获批准", "programme {code} is proposed, and was not approved"),
    )
}

fn accepted(said: EngineReply, otherwise: &str) -> Result<(), Failure> {
    match said {
        EngineReply::Accepted(_) => Ok(()),
        EngineReply::Refused { line, .. } => {
            Err(Failure::new(say!("{otherwise}：{line}", "{otherwise}: {line}")))
        }
    }
}

/// What of the lists and rates that the rules name is not in the ledger.
async fn lacking(engine: &Engine, agency: &AgencyCode, file: &ProgrammeFile) -> Result<Lacking, Failure> {
    let conn = engine.reader(agency).await?;
    let mut expected = file.rules.expected_lists(file.instrument);
    let names: Vec<String> = expected.iter().map(|(tag, _)| tag.to_string()).collect();
    for row in begun(&conn, &names).await? {
        expected.retain(|(tag, kind)| tag.as_str() != row.tag || kind.into_str() != row.kind);
    }
    let mut reference_rates = Vec::new();
    for name in file.rules.expected_rates() {
        if of_name(&conn, &name.folded().to_string()).await?.is_empty() {
            reference_rates.push(name);
        }
    }
    let tags = expected.into_iter().map(|list| LackingList::of(file, list)).collect();
    Ok(Lacking { tags, reference_rates })
}

impl LackingList {
    fn of(file: &ProgrammeFile, (tag, kind): (TagName, TagSubjectKind)) -> Self {
        let list = file.note(&tag, kind).cloned();
        Self { tag, kind, list }
    }
}

fn show(form: Form, file: &ProgrammeFile, status: &str, lacking: &Lacking) -> Result<(), Failure> {
    if form.json {
        return output::json(&json!({
            "code": file.code, "status": status, "level": file.level, "missing_tags": lacking.tags,
            "missing_reference_rates": lacking.reference_rates, "citations": file.citations,
            "examples": file.examples,
        }));
    }
    output::line(format_args!("{}  {status}  {}", file.code, file.title.zh))?;
    for Citation { title, document, note } in &file.citations {
        let parts = [Some(title), document.as_ref(), note.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        let parts = parts.join(" · ");
        output::line(format_args!("  {}", say!("依据：{parts}", "rests on: {parts}")))?;
    }
    for LackingList { tag, kind, list } in &lacking.tags {
        let list = list.as_ref().map(|list| format!(": {list}")).unwrap_or_default();
        let kind = kind.into_str();
        output::line(format_args!(
            "  {}",
            say!("缺少名单：{tag}（{kind}）{list}", "missing list: {tag} ({kind}){list}")
        ))?;
    }
    if !lacking.tags.is_empty() {
        output::line(format_args!(
            "    {}",
            say!(
                "不在名单内的不予受理：用 POST /v1/tags/import?tag=…&kind=…&document=…（CSV：id,from,until）导入，或用 POST /v1/tags 逐个提出，均由另一人批准",
                "who is on no list is refused: POST /v1/tags/import?tag=…&kind=…&document=… (CSV id,from,until), or POST /v1/tags; another person approves"
            )
        ))?;
    }
    for name in &lacking.reference_rates {
        output::line(format_args!(
            "  {}",
            say!(
                "缺少参考利率：{name}（POST /v1/reference-rates）",
                "missing reference rate: {name} (POST /v1/reference-rates)"
            )
        ))?;
    }
    Ok(())
}

fn show_examples(file: &ProgrammeFile) -> Result<(), Failure> {
    for Example { zh, en, amount, refused, .. } in &file.examples {
        let comes_to = amount.map(|amount| amount.money().to_string());
        let comes_to = comes_to.or_else(|| refused.clone()).unwrap_or_default();
        output::line(format_args!("  {}", say!("示例：{zh}：{comes_to}", "example: {en}: {comes_to}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    use subsidy_core::programmes::Instrument;

    use super::*;

    #[test]
    fn the_programmes_that_are_delivered_fit_their_instruments_and_describe_their_lists() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/programmes");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let (file, text) = ProgrammeFile::read(&path).unwrap();
            file.check(&text, &path).unwrap();
            assert_eq!(Some(file.code.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
            let lists = file.rules.expected_lists(file.instrument);
            assert!(lists.iter().all(|(tag, kind)| file.note(tag, *kind).is_some()), "{}", path.display());
            // rankings pay nothing
            let pays = file.instrument != Instrument::Grant || file.rules.grant.is_some();
            assert_eq!(
                file.examples.iter().any(|example| example.amount.is_some()),
                pays,
                "{}",
                path.display()
            );
            count += 1;
        }
        assert!(count >= 8);
    }

    fn refusal(text: &str) -> String {
        let path = Path::new("x.toml");
        let checked = ProgrammeFile::parse(text, path).and_then(|file| file.check(text, path));
        let error = checked.unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.line()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let text = include_str!("../../../config/programmes/beijing-compute-voucher.toml");
        let (rules, _) = text.split_once("[[citations]]").unwrap();
        let (rules, _) = rules.split_once("[[tags]]").unwrap();
        assert!(refusal(&format!("citations = []\n{rules}")).contains("cites no published text"));
        assert!(refusal(&text.replace("[[citations]]", "[[quotations]]")).contains("quotations"));
        let unnamed = text.replacen("[[tags]]\ntag = \"", "[[tags]]\ntag = \"x", 1);
        assert!(refusal(&unnamed).contains("which no rule names"));
        let wrong = text.replace("ratio_percent = \"20\"", "ratio_percent = \"120\"");
        let line = wrong.lines().position(|line| line == "[[rules.items]]").unwrap() + 1;
        assert!(refusal(&wrong).starts_with(&format!("x.toml, line {line}: ")), "{}", refusal(&wrong));
        let without = text.replace("validity_months = 12", "");
        assert!(refusal(&without).contains("validity_months"));
    }
}
