//! `agency accept-log`: a ledger is gone on with although it lost entries that were answered from, by a leaf of its own
//! that names them.

use crate::cli::commands::{self, Ask, EngineReply, actor, fresh_key, refused, unanswered};
use crate::cli::verify::memory::Memory;
use crate::cli::{Failure, Settings, opened, output};
use subsidy_core::agencies::{AcceptLog, LostLog};
use subsidy_core::book::Command;
use subsidy_core::domain::{AgencyCode, Role, RootHash, Subject};
use subsidy_store::engine::Engine;

#[derive(Debug, Clone, clap::Args)]
pub struct AcceptLogArgs {
    /// Which agency
    code: AgencyCode,
    /// Who is recorded as having accepted it: an opaque id
    #[arg(long, value_name = "ID", default_value = "operator", value_parser = commands::subject)]
    subject: Subject,
}

pub(super) async fn run(args: &AcceptLogArgs, settings: &Settings) -> Result<(), Failure> {
    let accepted = opened::existing(settings, async |opened| {
        opened.ensure_agency(&args.code).await?;
        let engine = opened.engine().await?;
        let accepted = accept(args, &engine).await;
        engine.shut_down().await;
        accepted
    })
    .await?;
    let code = &args.code;
    if let Some(memory) =
        Memory::beside(&settings.keys_folder(), settings.data.join("seen")).filter(|_| accepted.is_some())
    {
        memory.forget(code)?;
    }
    let Some(LostLog { size, root, kept }) = accepted else {
        return output::line(format_args!("{code}: the ledger contains all that was answered from it here"));
    };
    output::line(format_args!(
        "{code}: entries {kept} to {} of the log with root {root} are lost; the ledger goes on, and what was asked for \
         with them is asked for anew under its old keys",
        size - 1
    ))
}

async fn accept(args: &AcceptLogArgs, engine: &Engine) -> Result<Option<LostLog>, Failure> {
    let Some(found) = engine.look_back(&args.code).await? else { return Ok(None) };
    let lost = LostLog { size: found.seen.size, root: RootHash::new(found.seen.root), kept: found.kept };
    let command = Command::AcceptLog(AcceptLog { lost: lost.clone() });
    let ask = Ask::new(actor(&args.subject, Role::Operator), fresh_key(), command);
    match ask.of(engine, &args.code, "").await.map_err(unanswered(&args.code))? {
        EngineReply::Accepted(_) => Ok(Some(lost)),
        EngineReply::Refused { line, .. } => Err(refused(&line)),
    }
}
