//! Which application comes first.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Application, ApplicationStatus};
use crate::domain::money::OutOfRange;
use crate::domain::{Percent, Score, Sequence};
use crate::programmes::grants::Review;

/// From how many experts on the extremes are left out, where the rules leave them out.
const EXTREMES_FROM: usize = 5;

/// A mean, exact: two are compared without dividing.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Mean {
    pub sum: Score,
    /// Of how many experts.
    pub of: u32,
}

impl Mean {
    /// Of an application's scores, with the extremes left out where the rules say so; none without a score.
    pub fn of(application: &Application, review: &Review) -> Result<Option<Self>, OutOfRange> {
        let mut totals: Vec<Score> = application.scores.iter().map(|one| one.total).collect();
        totals.sort_unstable();
        let drops = review.drop_extremes && totals.len() >= EXTREMES_FROM;
        let extremes = usize::from(drops);
        let kept = totals.get(extremes..totals.len().saturating_sub(extremes)).unwrap_or_default();
        let of = u32::try_from(kept.len()).map_err(|_| OutOfRange)?;
        let sum = Score::sum(kept.iter().copied())?;
        Ok((of > 0).then_some(Self { sum, of }))
    }

    /// Both over one denominator.
    fn against(self, other: Self) -> [i128; 2] {
        [
            i128::from(self.sum.micro()) * i128::from(other.of),
            i128::from(other.sum.micro()) * i128::from(self.of),
        ]
    }

    /// Whether it is not below a score.
    pub fn reaches(self, score: Score) -> bool {
        let [own, other] = self.against(Self { sum: score, of: 1 });
        own >= other
    }
}

impl PartialEq for Mean {
    fn eq(&self, other: &Self) -> bool {
        let [own, theirs] = self.against(*other);
        own == theirs
    }
}

impl Eq for Mean {}

impl Ord for Mean {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let [own, theirs] = self.against(*other);
        own.cmp(&theirs)
    }
}

impl PartialOrd for Mean {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// To four decimals, rounded half up; comparisons are of the exact mean.
impl fmt::Display for Mean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = i64::from(self.of.max(1)).saturating_mul(100);
        let rounded = self.sum.micro().saturating_add(steps / 2).div_euclid(steps).saturating_mul(100);
        Percent::from_micro(rounded).fmt(f)
    }
}

/// The applications that experts found good enough, the best first: by the mean, then by who filed first.
pub fn ranked<'a>(
    applications: impl IntoIterator<Item = &'a Application>,
    review: &Review,
) -> Result<Vec<(&'a Application, Mean)>, OutOfRange> {
    let mut ranked = Vec::new();
    for application in applications {
        if application.status != ApplicationStatus::Passed {
            continue;
        }
        if let Some(mean) = Mean::of(application, review)?.filter(|mean| mean.reaches(review.pass_score)) {
            ranked.push((application, mean));
        }
    }
    let filed = |application: &Application| application.submitted_at.unwrap_or(Sequence::new(u64::MAX));
    ranked.sort_by(|(one, own), (other, theirs)| theirs.cmp(own).then(filed(one).cmp(&filed(other))));
    Ok(ranked)
}
