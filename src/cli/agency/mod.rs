//! `agency …`: the agencies of this database.

mod accept_log;
pub mod create;
mod erase_text;
mod list;
mod semantics;
mod subject;

pub use create::{Create, create};

use super::{Failure, Settings};

#[derive(Debug, Clone, clap::Subcommand)]
pub enum AgencyCommand {
    /// Make an agency: its key, its schema, the first leaf of its log
    Create(create::CreateArgs),
    /// The agencies there are
    List(list::ListArgs),
    /// Go on with a ledger that the database was wound back in: names what is lost, in the log itself
    AcceptLog(accept_log::AcceptLogArgs),
    /// Erase a free text on an order: the log says who, on which order and when
    EraseText(erase_text::EraseTextArgs),
    /// Say which spelling of a subject is right, where another acted first and the person is locked out
    Subject(subject::SubjectArgs),
    /// Switch an agency's ledger to a newer meaning of the rules
    Semantics(semantics::SemanticsArgs),
}

pub async fn run(command: &AgencyCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        AgencyCommand::Create(args) => create::run(args, settings).await,
        AgencyCommand::List(args) => list::run(args, settings).await,
        AgencyCommand::AcceptLog(args) => accept_log::run(args, settings).await,
        AgencyCommand::EraseText(args) => erase_text::run(args, settings).await,
        AgencyCommand::Subject(args) => subject::run(args, settings).await,
        AgencyCommand::Semantics(args) => semantics::run(args, settings).await,
    }
}
