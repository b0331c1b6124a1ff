//! People in the database.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{columns, rows, stored};
use subsidy_core::domain::FoldedSubject;
use subsidy_core::people::{Matter, Participants, Person};

rows! {
    /// The set of those who took part in a matter.
    pub struct ParticipantsRow in "participants", versioned, fixed [created] {
        key { matter: String }
        people: Value,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Participants as ParticipantsRow, ToString::to_string }

columns! {
    Participants as ParticipantsRow { people }
    row |set| { matter: set.matter.to_string() }
    document |row| { matter: Matter::stored(row.matter.clone()) }
}

rows! {
    /// A subject that acted.
    pub struct PersonRow in "people", versioned, fixed [created] {
        key { folded: String }
        subject: String,
        former: Value,
        created: i64,
        version: i64,
        updated_at: DateTime<Utc>,
    }
}

stored! { Person as PersonRow, |folded| folded.as_str().to_owned() }

columns! {
    Person as PersonRow { subject, former }
    row |person| { folded: person.folded.as_str().to_owned() }
    document |row| { folded: FoldedSubject::stored(row.folded.clone()) }
}
