//! Audit notes 审计备注: what an auditor remarks on a document or a leaf. A note stays as it was written: a second thought is
//! another note.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::text::Malformed;
use crate::domain::{
    Actor, AuditNoteId, AwardId, ClaimId, Code, CreditCode, LoanId, PaymentBatchId, ProgrammeCode,
    RecoveryId, RentalId, Revision, Sequence, Stamp, Subject, TextHash, VoucherId,
};

/// What can be remarked on: each kind by its word and its key.
macro_rules! noted {
    ($($word:literal $kind:ident($key:ty) = $parse:expr;)*) => {
        /// What a note is about: its kind and its key, `claim/{id}`.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Noted {
            $($kind($key),)*
        }

        impl Noted {
            /// The word of the kind and the key, as a path has them.
            pub fn parts(&self) -> (&'static str, String) {
                match self {
                    $(Self::$kind(key) => ($word, key.to_string()),)*
                }
            }

            /// Reads `claim/{id}`. Error: `invalid_about`, for a kind or a key that there is not.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                let read = |(word, key): (&str, &str)| match word {
                    $($word => $parse(key).map(Self::$kind),)*
                    _ => None,
                };
                text.split_once('/').and_then(read).ok_or(Malformed { code: Code::InvalidAbout })
            }
        }
    };
}

noted! {
    "award" Award(AwardId) = |key| AwardId::parse(key).ok();
    "claim" Claim(ClaimId) = |key| ClaimId::parse(key).ok();
    "leaf" Leaf(Sequence) = |key| u64::from_str(key).ok().filter(|number| number.to_string() == key).map(Sequence::new);
    "loan" Loan(LoanId) = |key| LoanId::parse(key).ok();
    "organisation" Organisation(CreditCode) = |key| CreditCode::parse(key).ok();
    "payment_batch" PaymentBatch(PaymentBatchId) = |key| PaymentBatchId::parse(key).ok();
    "programme" Programme(ProgrammeCode) = |key| ProgrammeCode::parse(key).ok();
    "recovery" Recovery(RecoveryId) = |key| RecoveryId::parse(key).ok();
    "rental" Rental(RentalId) = |key| RentalId::parse(key).ok();
    "voucher" Voucher(VoucherId) = |key| VoucherId::parse(key).ok();
}

impl fmt::Display for Noted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, key) = self.parts();
        write!(formatter, "{word}/{key}")
    }
}

crate::domain::string_value!(Noted, Code::InvalidAbout);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNote {
    pub id: AuditNoteId,
    pub about: Noted,
    /// The digest of its words, which can be erased.
    pub text: TextHash,
    pub written_by: Subject,
    /// Where it stands in the log.
    pub revision: Revision,
}

/// `POST /audit/notes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteAuditNote {
    pub id: AuditNoteId,
    pub about: Noted,
    pub text: TextHash,
}

/// Nothing refuses a note: whether what it is about exists is the command's to look at.
pub fn write(command: &WriteAuditNote, actor: &Actor, stamp: &Stamp) -> AuditNote {
    AuditNote {
        id: command.id,
        about: command.about.clone(),
        text: command.text,
        written_by: actor.subject.clone(),
        revision: Revision::first(stamp),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_is_noted_is_written_and_read_alike() {
        let id = "01940000-0000-7000-8000-000000000001";
        let kinds = ["award", "claim", "loan", "payment_batch", "recovery", "rental", "voucher"];
        let by_id = kinds.map(|kind| format!("{kind}/{id}"));
        let others = ["leaf/7", "organisation/91310000MA1FL0000N", "programme/bj-voucher"].map(str::to_owned);
        for text in by_id.into_iter().chain(others) {
            assert_eq!(Noted::parse(&text).unwrap().to_string(), text);
        }
        for text in ["claim", "claim/7", "report/x", "leaf/-1", "leaf/+7", "leaf/07", "organisation/1", ""] {
            assert_eq!(Noted::parse(text).unwrap_err().code, Code::InvalidAbout, "{text}");
        }
    }
}
