//! People in the database.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::db::convert::{self, Unreadable};
use crate::{rows, stored};
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

impl ParticipantsRow {
    /// The row of a set.
    pub fn new(set: &Participants) -> Result<Self, Unreadable> {
        Ok(Self {
            matter: set.matter.to_string(),
            people: convert::json(&set.people)?,
            created: convert::sequence(set.revision.created),
            version: convert::sequence(set.revision.version),
            updated_at: set.revision.updated_at.utc(),
        })
    }

    /// The set of a row.
    pub fn read(&self) -> Result<Participants, Unreadable> {
        Ok(Participants {
            matter: Matter::stored(self.matter.clone()),
            people: convert::read_json(&self.people)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
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

impl PersonRow {
    /// The row of a person.
    pub fn new(person: &Person) -> Result<Self, Unreadable> {
        Ok(Self {
            folded: person.folded.as_str().to_owned(),
            subject: person.subject.to_string(),
            former: convert::json(&person.former)?,
            created: convert::sequence(person.revision.created),
            version: convert::sequence(person.revision.version),
            updated_at: person.revision.updated_at.utc(),
        })
    }

    /// The person of a row.
    pub fn read(&self) -> Result<Person, Unreadable> {
        Ok(Person {
            folded: FoldedSubject::stored(self.folded.clone()),
            subject: convert::read(&self.subject)?,
            former: convert::read_json(&self.former)?,
            revision: convert::revision(self.created, self.version, self.updated_at)?,
        })
    }
}
