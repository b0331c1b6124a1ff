//! `agency semantics`: a newer meaning of the rules, switched on by a leaf of its own.

use crate::cli::commands::{self, Ask, EngineReply, actor, fresh_key, unanswered};
use crate::cli::language::say;
use crate::cli::{Failure, Settings, opened, output};
use subsidy_core::agencies::{Agency, SEMANTICS, SwitchSemantics};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::domain::{AgencyCode, Role, Subject};

#[derive(Debug, Clone, clap::Args)]
pub struct SemanticsArgs {
    /// Which agency
    code: AgencyCode,
    /// The new number; every process that serves the agency must know it already
    #[arg(long, value_name = "N")]
    to: u32,
    /// Who is recorded as having done it: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
}

pub(super) async fn run(args: &SemanticsArgs, settings: &Settings) -> Result<(), Failure> {
    let said = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.code).await?;
        let engine = opened.engine().await?;
        let command = Command::SwitchSemantics(SwitchSemantics { to: args.to });
        let ask = Ask::new(actor(&args.subject, Role::Operator), fresh_key(), command);
        let said = ask.of(&engine, &args.code, "").await;
        engine.shut_down().await;
        said.map_err(unanswered(&args.code))
    })
    .await?;
    match said {
        EngineReply::Accepted(outcome) => match *outcome {
            Outcome::Agency(Agency { code, semantics, .. }) => {
                output::line(format_args!("{code} decides by semantics {semantics}"))
            }
            _ => Err(Failure::new(say!("答复的不是机构", "the answer is no agency"))),
        },
        EngineReply::Refused { line, .. } => Err(Failure::new(say!(
            "未获接受：{line}；本版本支持 {0} 至 {1}",
            "refused: {line}; this release knows {0} to {1}",
            SEMANTICS.start(),
            SEMANTICS.end()
        ))),
    }
}
