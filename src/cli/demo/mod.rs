//! `demo`: a city to try things out in, made once and served; doing it again changes nothing.

mod cases;
mod granting;
mod greeting;
mod lending;
mod people;
mod redemptions;
mod renting;
mod roles;
mod seed;
mod story;
mod tamper;
mod told;
mod year;

use super::stop::Stop;
use super::{Failure, ListenArgs, Settings, opened, output, serve};
use crate::cli::language::say;
use subsidy_store::engine::{Engine, store};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DemoArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// A few cases of each kind, ready at once, in place of a whole year of both agencies
    #[arg(long)]
    small: bool,
    #[command(subcommand)]
    show: Option<Show>,
}

/// What can be shown without serving.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
enum Show {
    /// Change one fen behind the service's back, on a throw-away cluster, and see it found
    Tamper,
}

impl DemoArgs {
    /// Where it listens, if it serves.
    pub const fn serves(&self) -> Option<&ListenArgs> {
        match self.show {
            None => Some(&self.listen),
            Some(Show::Tamper) => None,
        }
    }
}

pub async fn run(args: &DemoArgs, settings: &Settings) -> Result<(), Failure> {
    match args.show {
        None => served(settings, args.small).await,
        Some(Show::Tamper) => tamper::run(settings).await,
    }
}

async fn served(settings: &Settings, small: bool) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    opened::with(settings, async |opened| {
        let engine = serve::start(opened).await?;
        let served = async {
            refuse_beside_a_ledger(&engine).await?;
            seed::agencies(opened, &engine).await?;
            let objects = settings.objects()?;
            seed::beijing(&engine, &objects, &stop, small).await?;
            seed::chengdu(&engine, &objects, &stop, small).await?;
            serve::serve(opened, &engine, &stop, people::all()?, |base| {
                output::line(greeting::text(base))?;
                tracing::info!(url = base, "listening");
                Ok(())
            })
            .await
        };
        let served = served.await;
        engine.shut_down().await;
        served
    })
    .await
}

/// The greeting gives everybody tokens for what is served: that must be sandboxes alone.
async fn refuse_beside_a_ledger(engine: &Engine) -> Result<(), Failure> {
    let agencies = store::agencies(&*engine.database().admin().await?).await?;
    match agencies.iter().find(|agency| !agency.sandbox) {
        None => Ok(()),
        Some(agency) => Err(Failure::new(say!(
            "此处的机构 {0} 不是沙箱机构，演示不与真实账簿放在一起：请另指明 --data 或 DATABASE_URL",
            "agency {0} here is no sandbox, and the demonstration is served beside no real ledger: say another --data or DATABASE_URL",
            agency.code
        ))),
    }
}
