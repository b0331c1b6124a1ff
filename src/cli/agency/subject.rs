//! `agency subject`: which spelling of a subject is right, where another acted first, by a leaf of its own.

use crate::cli::commands::{self, Ask, EngineReply, actor, fresh_key, refused, unanswered};
use crate::cli::{Failure, Settings, opened, output};
use subsidy_core::book::Command;
use subsidy_core::domain::{AgencyCode, Role, Subject};
use subsidy_core::people::NameSubject;

#[derive(Debug, Clone, clap::Args)]
pub struct SubjectArgs {
    /// Which agency
    code: AgencyCode,
    /// The subject as it is right: `issuer#sub`, or the sub of an own token
    #[arg(long, value_name = "SUBJECT", value_parser = commands::subject)]
    is: Subject,
    /// Who is recorded as having said so: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
}

pub(super) async fn run(args: &SubjectArgs, settings: &Settings) -> Result<(), Failure> {
    let said = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.code).await?;
        let engine = opened.engine().await?;
        let command = Command::NameSubject(NameSubject { subject: args.is.clone() });
        let ask = Ask::new(actor(&args.subject, Role::Operator), fresh_key(), command);
        let said = ask.of(&engine, &args.code, "").await;
        engine.shut_down().await;
        said.map_err(unanswered(&args.code))
    })
    .await?;
    match said {
        EngineReply::Accepted(_) => output::line(format_args!(
            "{}: {} signs in from now on; what was done under another spelling of it was done by the same person",
            args.code, args.is
        )),
        EngineReply::Refused { line, .. } => Err(refused(&line)),
    }
}
