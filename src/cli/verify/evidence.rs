//! `verify --evidence`: every file that the ledger names is read and held to its digest.
//!
//! The rows are held to the log by the replay; here the store is held to the rows.

use serde_json::{Value, json};

use super::{VerifyFailure, progress_bar};
use crate::cli::language::say;
use subsidy_core::domain::{AgencyCode, EvidenceId, Sequence};
use subsidy_files::objects::{FileState, ObjectError, Objects};
use subsidy_store::db::QueryError;
use subsidy_store::db::columns::Column;
use subsidy_store::db::pool::{Database, DatabaseError};
use subsidy_store::evidence::queries;
use subsidy_store::evidence::queries::KeptRow;

/// Why files could not be read to the last.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceFailure {
    /// The database did not answer.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the evidence cannot be listed")]
    Statement(#[from] QueryError),
    /// A row says what no row can say.
    #[error(transparent)]
    Unreadable(#[from] subsidy_store::db::convert::Unreadable),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] ObjectError),
}

/// A file that is not what the ledger says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The first evidence that names it.
    evidence: EvidenceId,
    sequence: Sequence,
    sha256: String,
    /// `missing` or `altered`.
    how: &'static str,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    files: u64,
    wrong: Vec<Wrong>,
}

impl Read {
    /// Whether every file is there, byte for byte.
    pub const fn is_whole(&self) -> bool {
        self.wrong.is_empty()
    }

    /// For people: a line for each file that is wrong, else one for all.
    pub fn lines(&self, agency: &AgencyCode) -> Vec<String> {
        if self.is_whole() {
            let files = self.files;
            return vec![say!(
                "机构 {agency}：{files} 个证明材料文件完整",
                "agency {agency}: {files} files of evidence are whole"
            )];
        }
        let line = |wrong: &Wrong| {
            let Wrong { evidence, sequence, sha256, how } = wrong;
            format!("agency {agency}: evidence {evidence} of sequence {sequence} is {how}: sha256 {sha256}")
        };
        self.wrong.iter().map(line).collect()
    }

    pub fn object(&self) -> Value {
        let wrong = |wrong: &Wrong| json!({ "evidence": wrong.evidence, "sequence": wrong.sequence, "sha256": wrong.sha256, "how": wrong.how });
        json!({ "files": self.files, "wrong": self.wrong.iter().map(wrong).collect::<Vec<_>>() })
    }
}

/// Reads every file of an agency, each once.
pub(super) async fn read(
    database: &Database,
    files: &Objects,
    agency: &AgencyCode,
) -> Result<Read, VerifyFailure> {
    let read = all(database, files, agency).await;
    read.map_err(|source| VerifyFailure::Evidence { agency: agency.clone(), source })
}

async fn all(database: &Database, files: &Objects, agency: &AgencyCode) -> Result<Read, EvidenceFailure> {
    let bar = progress_bar(format!("evidence of {agency}"));
    let mut read = Read::default();
    queries::each_kept(database, agency, async |row| {
        read.files += 1;
        bar.inc(1);
        read.wrong.extend(wrong(files, row).await?);
        Ok::<(), EvidenceFailure>(())
    })
    .await?;
    bar.finish_and_clear();
    Ok(read)
}

async fn wrong(files: &Objects, row: &KeptRow) -> Result<Option<Wrong>, EvidenceFailure> {
    let sha256 = Column::read(&row.sha256)?;
    let how = match files.check(sha256).await? {
        FileState::Whole => return Ok(None),
        FileState::Missing => "missing",
        FileState::Altered => "altered",
    };
    let sequence = subsidy_store::db::convert::read_sequence(row.sequence)?;
    let evidence = EvidenceId::new(row.evidence);
    Ok(Some(Wrong { evidence, sequence, sha256: sha256.to_string(), how }))
}
