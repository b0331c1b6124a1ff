//! `demo`: a city to try things out in, made once and served; doing it again changes nothing.

mod cases;
mod greeting;
mod lending;
mod people;
mod redemptions;
mod renting;
mod seed;
mod story;
mod tamper;

use super::stop::Stop;
use super::{Failure, ListenArgs, Settings, opened, output, serve};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct DemoArgs {
    #[command(flatten)]
    listen: ListenArgs,
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
        None => served(settings).await,
        Some(Show::Tamper) => tamper::run(settings).await,
    }
}

async fn served(settings: &Settings) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    opened::with(settings, async |opened| {
        let engine = serve::start(opened).await?;
        let served = async {
            seed::agencies(opened, &engine).await?;
            seed::beijing(&engine, &stop).await?;
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
