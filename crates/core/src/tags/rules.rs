//! Decisions on tags, their ends and the lists that they come with.

use uuid::Uuid;

use super::{
    ProposeTag, ProposeTagEnd, ProposeTagImport, Tag, TagEnd, TagError, TagImport, TagStatus, TagSubject,
};
use crate::domain::{Actor, Date, Revision, Stamp, TagId, TagImportId, TextHash};

/// The ids of the tags that come with a list: those that follow its own.
pub fn tags_of(import: TagImportId, count: u32) -> impl Iterator<Item = TagId> {
    (1..=u128::from(count))
        .map(move |line| TagId::new(Uuid::from_u128(import.uuid().as_u128().wrapping_add(line))))
}

/// Whether any day counts.
fn has_days(from: Date, until: Option<Date>, pointer: &'static str) -> Result<(), TagError> {
    if until.is_some_and(|until| until < from) { Err(TagError::InvalidWindow { pointer }) } else { Ok(()) }
}

pub fn propose(command: &ProposeTag, actor: &Actor, stamp: &Stamp) -> Result<Tag, TagError> {
    has_days(command.from, command.until, "/until")?;
    Ok(Tag {
        id: command.id,
        tag: command.tag.clone(),
        subject: command.subject,
        from: command.from,
        until: command.until,
        document: command.document.clone(),
        import: None,
        line: 0,
        status: TagStatus::Proposed,
        end: None,
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    })
}

pub fn import(command: &ProposeTagImport, actor: &Actor, stamp: &Stamp) -> TagImport {
    TagImport {
        id: command.id,
        tag: command.tag.clone(),
        kind: command.kind,
        document: command.document.clone(),
        sha256: command.sha256,
        count: command.entries.count(),
        status: TagStatus::Proposed,
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
        revision: Revision::first(stamp),
    }
}

/// A tag of a list, proposed with it.
pub fn imported(
    list: &TagImport,
    (id, line): (TagId, u32),
    subject: TagSubject,
    (from, until): (Date, Option<Date>),
) -> Result<Tag, TagError> {
    has_days(from, until, "/entries")?;
    Ok(Tag {
        id,
        tag: list.tag.clone(),
        subject,
        from,
        until,
        document: list.document.clone(),
        import: Some(list.id),
        line,
        status: list.status,
        end: None,
        reason: None,
        created_by: list.created_by.clone(),
        decided_by: None,
        revision: list.revision,
    })
}

/// Whether something waits for another person.
pub fn proposed(status: TagStatus) -> Result<(), TagError> {
    match status {
        TagStatus::Proposed => Ok(()),
        TagStatus::Approved | TagStatus::Rejected => {
            Err(TagError::WrongState { status: status.into_str().to_owned() })
        }
    }
}

/// Whether a tag waits for another person by itself.
pub fn decidable(tag: &Tag) -> Result<(), TagError> {
    match tag.import {
        Some(import) => Err(TagError::TagOfImport { import }),
        None => proposed(tag.status),
    }
}

const fn status(reason: Option<TextHash>) -> TagStatus {
    if reason.is_some() { TagStatus::Rejected } else { TagStatus::Approved }
}

/// A tag decided: approved, or rejected for a reason.
pub fn decide(tag: &Tag, reason: Option<TextHash>, actor: &Actor, stamp: &Stamp) -> Tag {
    Tag {
        status: status(reason),
        reason,
        decided_by: Some(actor.subject.clone()),
        revision: tag.revision.next(stamp),
        ..tag.clone()
    }
}

/// A list decided; its tags are decided one by one with it.
pub fn decide_import(list: &TagImport, reason: Option<TextHash>, actor: &Actor, stamp: &Stamp) -> TagImport {
    TagImport {
        status: status(reason),
        reason,
        decided_by: Some(actor.subject.clone()),
        revision: list.revision.next(stamp),
        ..list.clone()
    }
}

/// A tag with a proposal to end it. One at a time, so that nobody approves another day than the one that was looked at.
pub fn propose_end(
    tag: &Tag,
    command: &ProposeTagEnd,
    actor: &Actor,
    stamp: &Stamp,
) -> Result<Tag, TagError> {
    if tag.status != TagStatus::Approved {
        return Err(TagError::WrongState { status: tag.status.into_str().to_owned() });
    }
    if tag.end.as_ref().is_some_and(|end| end.status == TagStatus::Proposed) {
        return Err(TagError::WrongState { status: "ending".to_owned() });
    }
    let earlier = tag.until.is_none_or(|until| command.until < until);
    let possible = command.until.plus_days(1).is_some_and(|next| tag.from <= next);
    if !earlier || !possible {
        return Err(TagError::TagEndNotEarlier { from: tag.from, until: tag.until });
    }
    let end = TagEnd {
        status: TagStatus::Proposed,
        until: command.until,
        document: command.document.clone(),
        reason: None,
        created_by: actor.subject.clone(),
        decided_by: None,
    };
    Ok(Tag { end: Some(Box::new(end)), revision: tag.revision.next(stamp), ..tag.clone() })
}

/// The end that waits for another person.
pub fn waiting_end(tag: &Tag) -> Result<&TagEnd, TagError> {
    let none = || TagError::WrongState { status: tag.status.into_str().to_owned() };
    let end = tag.end.as_deref().ok_or_else(none)?;
    proposed(end.status)?;
    Ok(end)
}

/// A tag whose end is decided: it ends then, or stays as it is.
pub fn decide_end(tag: &Tag, end: &TagEnd, reason: Option<TextHash>, actor: &Actor, stamp: &Stamp) -> Tag {
    let until = if reason.is_some() { tag.until } else { Some(end.until) };
    let decided_by = Some(actor.subject.clone());
    let end = TagEnd { status: status(reason), reason, decided_by, ..end.clone() };
    Tag { until, end: Some(Box::new(end)), revision: tag.revision.next(stamp), ..tag.clone() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;
    use crate::domain::{CreditCode, Instant, Line, Sequence, Subject};
    use crate::tags::{HeldTag, TagName};

    fn day(offset: u64) -> Date {
        Date::parse("2024-01-01").unwrap().plus_days(offset).unwrap()
    }

    fn stamp() -> Stamp {
        Stamp {
            sequence: Sequence::new(1),
            recorded_at: Instant::new(chrono::DateTime::UNIX_EPOCH),
            business_date: day(0),
        }
    }

    fn tag(from: Date, until: Option<Date>) -> Tag {
        Tag {
            id: TagId::new(Uuid::from_u128(1)),
            tag: TagName::parse("little_giant").unwrap(),
            subject: TagSubject::Organisation(CreditCode::parse("91310000MA1FL0000N").unwrap()),
            from,
            until,
            document: Line::parse("公告1号").unwrap(),
            import: None,
            line: 0,
            status: TagStatus::Approved,
            end: None,
            reason: None,
            created_by: Subject::parse("lin").unwrap(),
            decided_by: Some(Subject::parse("chen").unwrap()),
            revision: Revision::first(&stamp()),
        }
    }

    proptest! {
        #[test]
        fn a_tags_days_count_both_ends_and_an_end_takes_off_exactly_the_days_after_it(
            from in 1_u64..400,
            length in proptest::option::of(0_u64..400),
            ends in 0_u64..900,
            asked in 0_u64..900,
        ) {
            let before = tag(day(from), length.map(|length| day(from + length)));
            let counts = |tag: &Tag, offset: u64| HeldTag::from(tag).counts_on(day(offset));
            let last = length.map(|length| from + length);
            prop_assert_eq!(counts(&before, asked), from <= asked && last.is_none_or(|last| asked <= last));
            prop_assert!(counts(&before, from) && !counts(&before, from - 1));
            prop_assert!(last.is_none_or(|last| counts(&before, last) && !counts(&before, last + 1)));
            let actor = actor();
            let command = ProposeTagEnd { id: before.id, until: day(ends), document: before.document.clone() };
            match propose_end(&before, &command, &actor, &stamp()) {
                Err(_) => prop_assert!(last.is_some_and(|last| ends >= last) || ends + 1 < from),
                Ok(proposed) => {
                    prop_assert_eq!(counts(&proposed, asked), counts(&before, asked), "it waits");
                    let end = waiting_end(&proposed).unwrap();
                    let ended = decide_end(&proposed, end, None, &actor, &stamp());
                    prop_assert_eq!(counts(&ended, asked), counts(&before, asked) && asked <= ends);
                    let kept = decide_end(&proposed, end, Some(TextHash::new([0; 32])), &actor, &stamp());
                    prop_assert_eq!(counts(&kept, asked), counts(&before, asked));
                }
            }
        }
    }

    fn actor() -> Actor {
        Actor {
            subject: Subject::parse("lin").unwrap(),
            roles: crate::domain::Roles::NONE,
            organisation: None,
        }
    }
}
