//! The checks. None of them makes anything that was not there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use chrono::Utc;
use nix::sys::statvfs::statvfs;

use super::{Check, agencies, catalogue, sign_in, writing};
use crate::cli::language::say;
use crate::cli::opened::{self, DatabaseRole};
use crate::cli::{Failure, Settings};
use subsidy_files::objects::Place;
use subsidy_store::db::cluster;
use subsidy_store::db::inspect::{Server, inspect};
use subsidy_store::db::migrate::{SchemaState, states};

/// The oldest PostgreSQL, as a server numbers it.
const VERSION_LEAST: i32 = 150_000;
const ROLES: [&str; 3] = ["subsidy_app", "subsidy_auditor", "subsidy_owner"];
/// The database stops when nothing is left; somebody should hear before.
const FREE_MIB_LEAST: u64 = 512;
const FREE_MIB_GOOD: u64 = 5_120;
/// Postings are dated by the service's clock.
const CLOCKS_APART_S_MAX: i64 = 2;

pub(super) async fn all(settings: &Settings) -> Vec<Check> {
    let mut checks = Vec::new();
    if settings.database_url.is_none() {
        checks.push(match cluster::installed_major() {
            Ok(major) => {
                let found = say!("已安装 PostgreSQL {major}", "PostgreSQL {major} is installed");
                Check::ok("postgresql", found)
            }
            Err(error) => Check::failed("postgresql", error.to_string()),
        });
    }
    checks.push(data_folder(&settings.data));
    checks.push(disk(&settings.data));
    checks.push(keys(&settings.keys_folder()));
    checks.push(evidence(settings).await);
    checks.push(sign_in::check(settings).await);
    checks.extend(sign_in::check_console(settings).await);
    if settings.database_url.is_none() && !cluster::Cluster::is_in(&settings.data) {
        checks.push(Check::ok(
            "database",
            say!("尚无自用的数据库：首次启动时建立", "no private cluster yet: the first start makes it"),
        ));
        return checks;
    }
    match opened::reading(settings, async |opened| {
        let owner = opened.url(DatabaseRole::Owner);
        let server = inspect(&owner).await?;
        let states = states(&owner, true).await;
        let catalogue = catalogue::check(opened, states.as_deref().unwrap_or_default()).await;
        let as_it_serves = [writing::check(opened).await, agencies::check(opened).await];
        Ok((server, states, catalogue, as_it_serves, opened.is_private()))
    })
    .await
    {
        Err(failure) => checks.push(Check::failed("database", failure.line())),
        Ok((server, states, catalogue, as_it_serves, is_private)) => {
            checks.extend(database(&server));
            checks.push(match states {
                Ok(states) => schemas(&states, is_private),
                Err(error) => Check::failed("schemas", Failure::from(error).line()),
            });
            checks.push(catalogue);
            checks.extend(as_it_serves);
        }
    }
    checks
}

fn data_folder(data: &Path) -> Check {
    const NAME: &str = "data folder";
    let there = existing(data);
    let probe = there.join(format!(".doctor-{:016x}", rand::random::<u64>()));
    match fs::write(&probe, "").and_then(|()| fs::remove_file(&probe)) {
        Err(error) => Check::failed(
            NAME,
            say!("{0} 不可写入：{error}", "{0} is not writable: {error}", there.display()),
        ),
        Ok(()) if there != data => Check::ok(NAME, not_yet(data)),
        Ok(()) => Check::ok(NAME, say!("{0} 可以写入", "{0} is writable", data.display())),
    }
}

fn not_yet(folder: &Path) -> String {
    let folder = folder.display();
    say!("{folder} 尚不存在：首次启动时建立", "{folder} is not there yet: the first start makes it")
}

/// A folder, or the nearest one above it that is there.
fn existing(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."))
}

fn disk(data: &Path) -> Check {
    const NAME: &str = "disk";
    match statvfs(existing(data)) {
        Err(error) => Check::warning(NAME, say!("剩余空间不明：{error}", "free space is not known: {error}")),
        Ok(found) => {
            let mib = found.blocks_available().saturating_mul(found.fragment_size()) / (1024 * 1024);
            let text = say!("剩余 {mib} MiB", "{mib} MiB are free");
            match mib {
                0..FREE_MIB_LEAST => Check::failed(NAME, text),
                FREE_MIB_LEAST..FREE_MIB_GOOD => Check::warning(NAME, text),
                _ => Check::ok(NAME, text),
            }
        }
    }
}

/// Folders 0700, files 0600: the service refuses to start with others.
fn keys(folder: &Path) -> Check {
    const NAME: &str = "keys";
    if !folder.exists() {
        return Check::ok(NAME, not_yet(folder));
    }
    match loose(&[folder.to_owned(), folder.join("log")]) {
        Ok((count, None)) => Check::ok(
            NAME,
            say!("{count} 把密钥，只有所有者可读", "{count} keys, readable by their owner alone"),
        ),
        Ok((_, Some(path))) => Check::failed(
            NAME,
            say!("他人可以读取 {0}：chmod go= {0}", "others may read {0}: chmod go= {0}", path.display()),
        ),
        Err(error) => Check::failed(
            NAME,
            say!("无法读取 {0}：{error}", "{0} cannot be read: {error}", folder.display()),
        ),
    }
}

/// How many keys there are, and a folder or a key that others may read.
fn loose(folders: &[PathBuf]) -> std::io::Result<(usize, Option<PathBuf>)> {
    let is_loose =
        |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode() & 0o077 != 0);
    let mut count = 0;
    for folder in folders {
        if is_loose(folder)? {
            return Ok((count, Some(folder.clone())));
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if is_loose(&path)? {
                return Ok((count, Some(path)));
            }
            count += usize::from(path.is_file());
        }
    }
    Ok((count, None))
}

/// Where files are kept: a folder or a store, which takes a file and gives it back.
async fn evidence(settings: &Settings) -> Check {
    const NAME: &str = "evidence";
    match settings.evidence_place() {
        Place::Folder(folder) => Check { name: NAME, ..data_folder(&folder) },
        Place::Bucket { url, prefix } => {
            let place = format!("{url}/{prefix}");
            let place = place.trim_end_matches('/');
            match async { settings.objects()?.probe().await }.await {
                Ok(true) => {
                    Check::ok(NAME, say!("{place} 可以存取文件", "{place} takes files and gives them back"))
                }
                Ok(false) => Check::warning(
                    NAME,
                    say!(
                        "{place} 可以存取文件；试存的文件不能删除，留在其中",
                        "{place} takes files and gives them back; the one tried here may not be deleted and stays"
                    ),
                ),
                Err(error) => Check::failed(NAME, Failure::from(error).line()),
            }
        }
    }
}

fn database(server: &Server) -> Vec<Check> {
    let (major, role) = (server.version / 10_000, &server.role);
    let version = say!("PostgreSQL {major}，以 {role} 连接", "PostgreSQL {major}, connected as {role}");
    let encrypted = if server.encrypted { ", TLS" } else { "" };
    let reached = if server.version < VERSION_LEAST {
        Check::failed("database", say!("{version}：须为 15 或更高版本", "{version}: it must be 15 or later"))
    } else {
        Check::ok("database", format!("{version}{encrypted}"))
    };
    let held = server.roles();
    let missing: Vec<&str> = ROLES.into_iter().filter(|role| !held.contains(role)).collect();
    let roles = if missing.is_empty() {
        Check::ok("roles", ROLES.join(", "))
    } else {
        let missing = missing.join(", ");
        Check::warning(
            "roles",
            say!(
                "{role} 不能充当 {missing}：请以可以建立角色的用户运行 `subsidy-ledger migrate`",
                "{role} cannot take on {missing}: `subsidy-ledger migrate` as a user who may create roles makes them"
            ),
        )
    };
    let apart = (Utc::now() - server.at).num_seconds().abs();
    let clock = if apart > CLOCKS_APART_S_MAX {
        Check::warning(
            "clock",
            say!("本机与数据库的时钟相差 {apart} 秒", "this machine and the database are {apart} s apart"),
        )
    } else {
        let now = Utc::now().format("%Y-%m-%d %H:%M:%S UTC");
        Check::ok("clock", say!("{now}，与数据库一致", "{now}, as the database has it"))
    };
    vec![reached, roles, clock]
}

/// A private cluster is brought on by whoever serves; elsewhere nothing serves before what all agencies share is.
fn schemas(states: &[SchemaState], is_private: bool) -> Check {
    const NAME: &str = "schemas";
    let newer: Vec<&str> = states.iter().filter(|s| s.applied > s.known).map(|s| s.schema.as_str()).collect();
    let behind: Vec<&str> = states.iter().filter(|s| s.is_behind()).map(|s| s.schema.as_str()).collect();
    if behind.contains(&"public") && !is_private {
        return Check::failed(
            NAME,
            say!(
                "public 落后：请运行 `subsidy-ledger migrate`",
                "public is behind: `subsidy-ledger migrate` brings it on"
            ),
        );
    }
    match (newer.is_empty(), behind.is_empty()) {
        (false, _) => {
            Check::failed(NAME, say!("属于较新的版本：{0}", "of a newer release: {0}", newer.join(", ")))
        }
        (true, false) => Check::warning(
            NAME,
            say!(
                "落后，请运行 `subsidy-ledger migrate`：{0}",
                "behind, `subsidy-ledger migrate` brings them on: {0}",
                behind.join(", ")
            ),
        ),
        (true, true) => {
            Check::ok(NAME, say!("{0} 个模式均为最新", "{0} schemas are up to date", states.len()))
        }
    }
}
