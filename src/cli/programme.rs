//! `programme import`: a programme from a file that people keep, proposed as a draft.
//!
//! The file has the shape of the REST body, and the published texts that it rests on, which stay with the file: they
//! are printed for whoever approves, and are no part of the ledger.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::commands::{self, Ask, EngineReply, actor, unanswered};
use super::output::{self, Form};
use super::{Failure, Settings, opened, toml_file};
use subsidy_core::book::Command;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{AgencyCode, ProgrammeCode, Role, Subject, TextHash};
use subsidy_core::programmes::{ApproveProgramme, Instrument, LegalBasis, Policy, ProposeProgramme, Title};
use subsidy_store::engine::Engine;

#[derive(Debug, Clone, clap::Subcommand)]
pub enum ProgrammeCommand {
    /// Propose a programme from a file (TOML)
    Import(ImportArgs),
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

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeFile {
    code: ProgrammeCode,
    title: Title,
    instrument: Instrument,
    legal_basis: LegalBasis,
    window: Window,
    rules: Policy,
    citations: Vec<Citation>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Citation {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl ProgrammeFile {
    /// Reads a file's text; `path` is for the error.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let file: Self = toml_file::parse(text, path)?;
        if file.citations.is_empty() {
            let message = "it cites no published text ([[citations]] with a title)";
            return Err(Failure::Usage(format!("{}: {message}", path.display())));
        }
        Ok(file)
    }

    fn command(&self) -> ProposeProgramme {
        ProposeProgramme {
            code: self.code.clone(),
            title: self.title.clone(),
            instrument: self.instrument,
            legal_basis: self.legal_basis.clone(),
            window: self.window,
            rules: self.rules.clone(),
        }
    }
}

pub async fn run(command: &ProgrammeCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        ProgrammeCommand::Import(args) => import(args, settings).await,
    }
}

async fn import(args: &ImportArgs, settings: &Settings) -> Result<(), Failure> {
    let text = std::fs::read_to_string(&args.file)
        .map_err(Failure::doing(format!("cannot read {}", args.file.display())))?;
    let file = ProgrammeFile::parse(&text, &args.file)?;
    opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.agency).await?;
        let engine = opened.engine().await?;
        let done = bring(&engine, &args.agency, &file, (&args.subject, args.approve_as.as_ref())).await;
        engine.shut_down().await;
        done
    })
    .await?;
    show(args, &file)
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
    accepted(said.map_err(unanswered(agency))?, &format!("programme {code} was not proposed"))?;
    let Some(approver) = approver else { return Ok(()) };
    let approve = Command::ApproveProgramme(ApproveProgramme { code: code.clone() });
    let ask = Ask::new(actor(approver, Role::Approver), format!("programme approve {code}"), approve);
    let said = ask.of(engine, agency, "").await.map_err(unanswered(agency))?;
    accepted(said, &format!("programme {code} is proposed, and was not approved"))
}

fn accepted(said: EngineReply, otherwise: &str) -> Result<(), Failure> {
    match said {
        EngineReply::Accepted(_) => Ok(()),
        EngineReply::Refused { line, .. } => Err(Failure::new(format!("{otherwise}: {line}"))),
    }
}

fn show(args: &ImportArgs, file: &ProgrammeFile) -> Result<(), Failure> {
    let status = if args.approve_as.is_some() { "active" } else { "draft" };
    if args.form.json {
        return output::json(&json!({"code": file.code, "status": status, "citations": file.citations}));
    }
    output::line(format_args!("{}  {status}  {}", file.code, file.title.zh))?;
    for Citation { title, document, note } in &file.citations {
        let parts = [Some(title), document.as_ref(), note.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        output::line(format_args!("  rests on: {}", parts.join(" · ")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use subsidy_core::programmes::StatutoryLimits;

    #[test]
    fn the_programmes_that_are_delivered_fit_their_instruments() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/programmes");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = ProgrammeFile::parse(&std::fs::read_to_string(&path).unwrap(), &path).unwrap();
            file.rules.check(file.instrument, &file.window, &StatutoryLimits::default()).unwrap();
            assert_eq!(Some(file.code.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
            count += 1;
        }
        assert!(count >= 2);
    }

    #[test]
    fn a_programme_without_a_citation_is_refused() {
        let text = include_str!("../../config/programmes/beijing-compute-voucher.toml");
        let bare = text.replace("[[citations]]", "[[quotations]]");
        assert_eq!(ProgrammeFile::parse(&bare, Path::new("x.toml")).unwrap_err().exit_code(), 2);
        let (rules, _) = text.split_once("[[citations]]").unwrap();
        let none = format!("citations = []\n{rules}");
        let error = ProgrammeFile::parse(&none, Path::new("x.toml")).unwrap_err();
        assert!(error.line().contains("cites no published text"), "{}", error.line());
    }
}
