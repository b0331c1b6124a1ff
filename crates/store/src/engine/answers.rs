//! The answers that keys have already: rendered again from the leaves that gave them.

use std::collections::BTreeMap;

use diesel_async::AsyncPgConnection;

use super::broken::BatchError;
use super::execute::read_refusal;
use super::store::{self, IdempotencyRow};
use super::submission::{Accepted, Answer, Submission, SubmitError};
use crate::db::convert;
use crate::keys::keyed::AnswerKey;
use subsidy_core::audit::leaf::Leaf;
use subsidy_core::book::Outcome;
use subsidy_core::domain::{AgencyCode, canonical};

/// The HMAC of a stored answer. What the database may write otherwise than it was given, a number or the order of
/// members, does not count.
pub fn mac(key: &AnswerKey, agency: &AgencyCode, row: &IdempotencyRow) -> [u8; 32] {
    let refusal = row.refusal.as_ref().map(|refusal| {
        canonical::encode(refusal).unwrap_or_else(|_| format!("what has no canonical form: {refusal}"))
    });
    key.mac(&[
        agency.as_str().as_bytes(),
        row.subject.as_bytes(),
        &row.key,
        &row.request,
        row.sequence.map(|sequence| sequence.to_string()).unwrap_or_default().as_bytes(),
        refusal.unwrap_or_default().as_bytes(),
        row.recorded_at.timestamp_micros().to_string().as_bytes(),
        row.ordinal.map(|ordinal| ordinal.to_string()).unwrap_or_default().as_bytes(),
    ])
}

/// The answers that keys have already. One that is not as it was stored is shown to nobody.
pub async fn known_answers(
    conn: &AsyncPgConnection,
    submissions: &[&Submission],
    rows: Vec<IdempotencyRow>,
    key: &AnswerKey,
) -> Result<BTreeMap<usize, Result<Answer, SubmitError>>, BatchError> {
    let mut known = BTreeMap::new();
    if rows.is_empty() {
        return Ok(known);
    }
    let leaves = answered_leaves(conn, &rows).await?;
    let by_key: BTreeMap<_, _> = rows.iter().map(|r| ((r.subject.as_str(), r.key.as_slice()), r)).collect();
    for (index, submission) in submissions.iter().enumerate() {
        let Some(row) = by_key.get(&(submission.subject.as_str(), submission.key.as_slice())) else {
            continue;
        };
        let answer = if row.mac != mac(key, &submission.agency, row) {
            tracing::error!(agency = %submission.agency, subject = row.subject, "a stored answer was changed");
            Err(SubmitError::Fault)
        } else if row.request != submission.request {
            Err(SubmitError::KeyReused)
        } else if let Some(refusal) = &row.refusal {
            Ok(read_refusal(refusal))
        } else {
            row.sequence.map_or(Err(SubmitError::Fault), |s| accepted_before(s, &leaves))
        };
        known.insert(index, answer);
    }
    Ok(known)
}

/// The leaves of accepted answers: each key's own, then those of the groups among them.
async fn answered_leaves(
    conn: &AsyncPgConnection,
    rows: &[IdempotencyRow],
) -> Result<BTreeMap<i64, Accepted>, BatchError> {
    let first: Vec<i64> = rows.iter().filter_map(|r| r.sequence).collect();
    let mut leaves = BTreeMap::new();
    read_leaves(conn, &first, &mut leaves).await?;
    let members: Vec<i64> = leaves
        .iter()
        .filter_map(|(sequence, accepted)| match accepted.outcome {
            Outcome::Group { members } => Some((*sequence + 1)..=(*sequence + i64::from(members))),
            _ => None,
        })
        .flatten()
        .collect();
    read_leaves(conn, &members, &mut leaves).await?;
    Ok(leaves)
}

async fn read_leaves(
    conn: &AsyncPgConnection,
    sequences: &[i64],
    leaves: &mut BTreeMap<i64, Accepted>,
) -> Result<(), BatchError> {
    if sequences.is_empty() {
        return Ok(());
    }
    for row in store::leaves(conn, sequences).await? {
        let leaf = Leaf::decode(&row.leaf).map_err(|e| BatchError::unreadable(&e.to_string()))?;
        let accepted = Accepted {
            sequence: convert::read_sequence(row.sequence)?,
            recorded_at: leaf.recorded_at,
            outcome: leaf.outcome,
        };
        leaves.insert(row.sequence, accepted);
    }
    Ok(())
}

fn accepted_before(sequence: i64, leaves: &BTreeMap<i64, Accepted>) -> Result<Answer, SubmitError> {
    let first = leaves.get(&sequence).cloned().ok_or(SubmitError::Fault)?;
    let members = match first.outcome {
        Outcome::Group { members } => {
            let range = (sequence + 1)..=(sequence + i64::from(members));
            range.map(|s| leaves.get(&s).cloned().ok_or(SubmitError::Fault)).collect::<Result<_, _>>()?
        }
        _ => Vec::new(),
    };
    Ok(Answer::Accepted { first, members, replayed: true })
}

/// The keys under which submissions ask, each once.
pub fn keys_of(submissions: &[&Submission]) -> Vec<(String, Vec<u8>)> {
    let mut keys: Vec<_> = submissions.iter().map(|s| (s.subject.to_string(), s.key.to_vec())).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
