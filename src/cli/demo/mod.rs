//! `demo`: a city to try things out in, made once and served; doing it again changes nothing.

mod cases;
mod greeting;
mod seed;

use super::stop::Stop;
use super::{Failure, Settings, opened, output, serve};

pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    opened::with(settings, async |opened| {
        let engine = serve::start(opened).await?;
        let served = async {
            seed::agencies(opened, &engine).await?;
            seed::beijing(&engine, &stop).await?;
            serve::serve(settings, &engine, &stop, |base| {
                output::line(greeting::text(engine.keys(), base)?)?;
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
