//! Free texts: each that a leaf says was kept is there under its digest, or gone by an erasure that is a leaf itself; and
//! there are no others. Who may not read them hears no more of them than that.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::VerifyError;
use super::page::PAGE;
use super::stream::Stream;
use subsidy_core::audit::verify::{Finding, Findings};
use subsidy_core::domain::{Sequence, TextHash};
use subsidy_store::db::columns::Column;
use subsidy_store::db::convert::Unreadable;
use subsidy_store::db::rows::ColumnText;
use subsidy_store::{rows, statement};

rows! {
    struct TextStateRow { sha256: Vec<u8>, state: String }
}

statement! {
    fn select_texts(after: Vec<u8>, most: i64) -> Vec<TextStateRow> = "SELECT sha256, state FROM kept_texts($1, $2)";
}

/// All of them, in the order of their digests.
pub(super) async fn all(
    conn: &AsyncPgConnection,
    stream: &Stream,
    findings: &mut Findings,
) -> Result<(), VerifyError> {
    let last = Sequence::new(stream.replay.next().number().saturating_sub(1));
    let mut missing: BTreeMap<TextHash, Sequence> = stream.texts.clone();
    let mut after = Vec::new();
    loop {
        let rows = select_texts(conn, after, i64::from(PAGE)).await?;
        let Some(end) = rows.last() else { break };
        after = end.sha256.clone();
        for row in &rows {
            let named = Column::read(&row.sha256).ok().and_then(|text| Some((text, missing.remove(&text)?)));
            match named {
                None => findings.add(differs(last, &row.sha256, Some("kept"), None)),
                Some((text, sequence)) => {
                    let erasure = stream.replay.book().erasures.get(&text).map_err(broken)?;
                    let (sequence, expected) = match erasure {
                        None => (sequence, "whole"),
                        Some(erasure) => (erasure.revision.created, "erased"),
                    };
                    if row.state != expected {
                        findings.add(differs(sequence, &row.sha256, Some(&row.state), Some(expected)));
                    }
                }
            }
        }
    }
    for (text, sequence) in missing {
        findings.add(differs(sequence, &text.as_bytes().to_vec(), None, Some("kept")));
    }
    Ok(())
}

fn broken(fault: impl std::fmt::Display) -> Unreadable {
    Unreadable(fault.to_string())
}

fn differs(sequence: Sequence, digest: &Vec<u8>, stored: Option<&str>, replayed: Option<&str>) -> Finding {
    let place = format!("texts {}", digest.shown());
    Finding { sequence, place, stored: stored.map(str::to_owned), replayed: replayed.map(str::to_owned) }
}
