//! `database-url`: where psql finds the ledger.

use super::opened::DatabaseRole;
use super::{Failure, Settings, opened, output};

#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseUrlArgs {
    /// As whom
    #[arg(long, value_enum)]
    role: DatabaseRole,
}

pub async fn run(args: &DatabaseUrlArgs, settings: &Settings) -> Result<(), Failure> {
    let url = opened::reading(settings, async |opened| {
        opened.ensure_served().await?;
        let url = opened.url(args.role);
        Ok(if opened.is_private() { url } else { with_role(&url, args.role) })
    })
    .await?;
    output::line(url)
}

/// The same URL with the role taken on at the start of the session; psql and the service's own driver read that alike.
fn with_role(url: &str, role: DatabaseRole) -> String {
    let between = if url.contains('?') { '&' } else { '?' };
    format!("{url}{between}options=-c%20role%3D{}", role.name())
}
