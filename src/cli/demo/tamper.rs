//! `demo tamper`: what happens when somebody who may do everything in the database changes one fen.
//!
//! On a cluster of its own in a temporary folder, gone afterwards: no ledger of anybody is touched.

use std::path::PathBuf;

use super::cases::BEIJING;
use super::seed;
use crate::cli::opened::{DatabaseRole, Opened};
use crate::cli::stop::Stop;
use crate::cli::{Failure, Settings, opened, output, serve};
use subsidy_core::domain::AgencyCode;
use subsidy_proofs::verify::{Verdict, Verified, verify};
use subsidy_store::db::inspect::by_hand;
use subsidy_store::db::pool::Database;

/// One fen more on the first line of the ledger. The database refuses this to everybody but a superuser, who first
/// has to switch the guards off.
const ONE_FEN: &str = "BEGIN; ALTER TABLE entries DISABLE TRIGGER ALL; \
    UPDATE entries SET amount = amount + 0.01 WHERE (sequence, line) = (SELECT sequence, line FROM entries ORDER BY 1, 2 LIMIT 1); COMMIT";

pub async fn run(settings: &Settings) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let folder = Folder::make()?;
    let settings = settings.private_in(&folder.0);
    opened::with(&settings, async |opened| shown(opened, &stop).await).await
}

/// Gone with the end of the command.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Failure> {
        let folder =
            std::env::temp_dir().join(format!("subsidy-ledger-tamper-{}", uuid::Uuid::now_v7().simple()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the throw-away folder stays");
        }
    }
}

async fn shown(opened: &Opened<'_>, stop: &Stop) -> Result<(), Failure> {
    let agency = AgencyCode::parse(BEIJING)?;
    output::line("1. 在临时数据库里建一本小账簿\n   a small ledger in a throw-away database …")?;
    let engine = serve::start(opened).await?;
    let made = async {
        seed::agencies(opened, &engine).await?;
        seed::beijing(&engine, &opened.settings().objects()?, stop, true).await
    };
    let made = made.await;
    engine.shut_down().await;
    made?;

    output::line(
        "\n2. 核验：重放全部日志，与数据库逐行比对\n   verify: replay the whole log, compare every row",
    )?;
    match verdict(opened, &agency).await? {
        Verdict::Good(Verified { leaves, lines, .. }) => output::line(format_args!(
            "   ✓ 日志 {leaves} 条、分录 {lines} 行，全部相符\n     {leaves} entries, {lines} lines posted: all as the log says"
        ))?,
        Verdict::Bad(findings) => return Err(Failure::Unverified(findings.to_string())),
    }

    output::line(
        "\n3. 现在以数据库超级用户的身份关掉触发器，绕过服务，给第一行分录加一分钱\n   \
         now, as the database's superuser, triggers off, behind the service's back: one fen more on the first line\n   \
         UPDATE entries SET amount = amount + 0.01 …",
    )?;
    one_fen(opened, &agency).await?;

    output::line("\n4. 再核验一次\n   verify again")?;
    match verdict(opened, &agency).await? {
        Verdict::Bad(findings) => output::line(format_args!(
            "   ✗ {findings}\n\n   \
             一分钱也藏不住：第 {0} 号记录的签名日志说的是另一个数。真实账簿上，`subsidy-ledger verify` 此时以退出码 3 结束。\n   \
             One fen does not stay hidden: entry {0} of the signed log says another amount. On a real ledger\n   \
             `subsidy-ledger verify` ends with exit code 3 here.\n\n   \
             连日志一起改写并重新签名的人，骗不过保存在别处的旧检查点：\n   \
             Who rewrites the log too, and signs it anew, is found by any older checkpoint kept elsewhere:\n     \
             subsidy-ledger verify --agency A --since CHECKPOINT_FILE",
            findings.first().map(|first| first.sequence).unwrap_or_default()
        )),
        Verdict::Good(_) => Err(Failure::new("the change was not found")),
    }
}

async fn verdict(opened: &Opened<'_>, agency: &AgencyCode) -> Result<Verdict, Failure> {
    let url = opened.url(DatabaseRole::Auditor);
    let database = Database::connect(opened.settings().database_config(&url)).await?;
    Ok(verify(&database, agency, |_| ()).await?)
}

async fn one_fen(opened: &Opened<'_>, agency: &AgencyCode) -> Result<(), Failure> {
    Ok(by_hand(&opened.url(DatabaseRole::Owner), agency, ONE_FEN).await?)
}
