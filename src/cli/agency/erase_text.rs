//! `agency erase-text`: a free text goes, on an order that its leaf names.

use crate::cli::commands::{Ask, EngineReply, actor, refused, subject, unanswered};
use crate::cli::{Failure, Settings, opened, output};
use subsidy_core::book::Command;
use subsidy_core::domain::{AgencyCode, Line, Role, Subject, TextHash};
use subsidy_core::erasures::EraseText;

#[derive(Debug, Clone, clap::Args)]
pub struct EraseTextArgs {
    /// Which agency
    code: AgencyCode,
    /// The text's digest, as it stands in the leaf that names it
    #[arg(long, value_name = "DIGEST", value_parser = TextHash::parse)]
    sha256: TextHash,
    /// The order or the request that it is done on: it stands in the log, in clear and for good
    #[arg(long, value_name = "TEXT", value_parser = Line::parse)]
    document: Line,
    /// Who is recorded as having it done: an opaque id
    #[arg(long, value_name = "ID", value_parser = subject)]
    subject: Subject,
}

pub(super) async fn run(args: &EraseTextArgs, settings: &Settings) -> Result<(), Failure> {
    let EraseTextArgs { code, sha256, document, subject } = args;
    opened::existing(settings, async |opened| {
        opened.ensure_agency(code).await?;
        let engine = opened.engine().await?;
        let command = Command::EraseText(EraseText { sha256: *sha256, document: document.clone() });
        // a repetition is one erasure
        let key = format!("cli erase {sha256}");
        let ask = Ask::new(actor(subject, Role::Operator), key, command);
        let said = ask.of(&engine, code, document.as_str()).await.map_err(unanswered(code));
        engine.shut_down().await;
        match said? {
            EngineReply::Accepted(_) => Ok(()),
            EngineReply::Refused { line, .. } => Err(refused(&line)),
        }
    })
    .await?;
    output::line(format_args!(
        "{code}: the words of {sha256} are erased on {document}; their digest stays in the log"
    ))
}
