//! Tags, their ends and the lists that they come with: proposed, approved and rejected.

use crate::book::context::{Context, Decide, Reads, found, named};
use crate::book::effects::{Change, Decision, Effects, Outcome, Transition};
use crate::book::refusal::Stop;
use crate::book::segregation::tagged;
use crate::book::{Fault, Key};
use crate::domain::{TagId, TagImportId, TextHash};
use crate::tags::{
    ApproveTag, ApproveTagEnd, ApproveTagImport, ProposeTag, ProposeTagEnd, ProposeTagImport, RejectTag,
    RejectTagEnd, RejectTagImport, Tag, TagImport, TagStatus, TagSubject, rules,
};

/// A loan or a contract that is named must be there; an organisation may register later.
fn exists(context: Context<'_>, subject: &TagSubject, pointer: &str) -> Result<(), Stop> {
    match subject {
        TagSubject::Organisation(_) => {}
        TagSubject::Loan(id) => drop(named(context.book.loans.get(id)?, pointer)?),
        TagSubject::Rental(id) => drop(named(context.book.rentals.get(id)?, pointer)?),
    }
    Ok(())
}

fn status(status: TagStatus) -> &'static str {
    status.into_str()
}

impl Decide for ProposeTag {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Tag(self.id));
        reads.extend(tagged::subject(&self.subject));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        exists(context, &self.subject, "/subject/id")?;
        let tag = rules::propose(self, context.actor, context.stamp)?;
        Ok(decided(None, tag))
    }
}

/// A tag, and whose document it is.
fn read(id: TagId, reads: &mut Reads<'_>) {
    reads.insert(Key::Tag(id));
    let subject = reads.book.tags.peek(&id).and_then(|tag| tagged::subject(&tag.subject));
    reads.extend(subject);
}

fn existing(context: Context<'_>, id: TagId) -> Result<&Tag, Stop> {
    let tag = found(context.book.tags.get(&id)?)?;
    context.same_version(&tag.revision)?;
    Ok(tag)
}

fn judged(context: Context<'_>, id: TagId, reason: Option<TextHash>) -> Result<Decision, Stop> {
    let before = existing(context, id)?;
    rules::decidable(before)?;
    context.may_approve()?;
    let tag = rules::decide(before, reason, context.actor, context.stamp);
    Ok(decided(Some(before.status), tag))
}

fn step(from: Option<TagStatus>, tag: &Tag) -> Transition {
    Transition::new("tag", &tag.id, from.map(status), status(tag.status))
}

fn decided(from: Option<TagStatus>, tag: Tag) -> Decision {
    let change = Change::Tag(Box::new(tag.clone()));
    Decision { effects: Effects::step(change, step(from, &tag)), outcome: Outcome::Tag(Box::new(tag)) }
}

impl Decide for ApproveTag {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged(context, self.id, None)
    }
}

impl Decide for RejectTag {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged(context, self.id, Some(self.reason))
    }
}

impl Decide for ProposeTagEnd {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::Tag(self.id));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        let before = existing(context, self.id)?;
        let tag = rules::propose_end(before, self, context.actor, context.stamp)?;
        Ok(ended(None, tag))
    }
}

fn judged_end(context: Context<'_>, id: TagId, reason: Option<TextHash>) -> Result<Decision, Stop> {
    let before = existing(context, id)?;
    let end = rules::waiting_end(before)?;
    context.may_approve()?;
    let tag = rules::decide_end(before, end, reason, context.actor, context.stamp);
    Ok(ended(Some(end.status), tag))
}

fn ended(from: Option<TagStatus>, tag: Tag) -> Decision {
    let mut effects = Effects::from(Change::Tag(Box::new(tag.clone())));
    let to = tag.end.as_ref().map(|end| status(end.status));
    effects.transitions.extend(to.map(|to| Transition::new("tag_end", &tag.id, from.map(status), to)));
    Decision { effects, outcome: Outcome::TagEnd(Box::new(tag)) }
}

impl Decide for ApproveTagEnd {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged_end(context, self.id, None)
    }
}

impl Decide for RejectTagEnd {
    fn needs(&self, reads: &mut Reads<'_>) {
        read(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged_end(context, self.id, Some(self.reason))
    }
}

impl Decide for ProposeTagImport {
    fn needs(&self, reads: &mut Reads<'_>) {
        reads.insert(Key::TagImport(self.id));
        reads.extend(rules::tags_of(self.id, self.entries.count()).map(Key::Tag));
        let subjects = self.entries.iter().filter_map(|entry| entry.subject(self.kind).ok());
        reads.extend(subjects.filter_map(|subject| tagged::subject(&subject)));
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        context.no_version()?;
        let list = rules::import(self, context.actor, context.stamp);
        let mut effects = Effects::default();
        for (line, (id, entry)) in (1_u32..).zip(list.tags().zip(self.entries.iter())) {
            // the first line of the file names the columns
            let pointer = format!("/{}/id", line.saturating_add(1));
            let subject = entry.subject(self.kind);
            let subject = subject.map_err(|code| Fault::Broken(format!("line {line} of a list: {code}")))?;
            exists(context, &subject, &pointer)?;
            let tag = rules::imported(&list, (id, line), subject, (entry.from, entry.until))?;
            effects.changes.push(Change::Tag(Box::new(tag)));
        }
        Ok(listed(effects, None, list))
    }
}

/// A list with its tags, and whose documents they are.
fn read_list(id: TagImportId, reads: &mut Reads<'_>) {
    reads.insert(Key::TagImport(id));
    let list = reads.book.tag_imports.peek(&id);
    list.into_iter().flat_map(TagImport::tags).for_each(|tag| read(tag, reads));
}

fn judged_list(context: Context<'_>, id: TagImportId, reason: Option<TextHash>) -> Result<Decision, Stop> {
    let before = found(context.book.tag_imports.get(&id)?)?;
    context.same_version(&before.revision)?;
    rules::proposed(before.status)?;
    context.may_approve()?;
    let list = rules::decide_import(before, reason, context.actor, context.stamp);
    let mut effects = Effects::default();
    for id in list.tags() {
        let lost = || Fault::Broken(format!("the list {} has lost tag {id}", list.id));
        let tag = context.book.tags.get(&id)?.ok_or_else(lost)?;
        let tag = rules::decide(tag, reason, context.actor, context.stamp);
        effects.changes.push(Change::Tag(Box::new(tag)));
    }
    Ok(listed(effects, Some(before.status), list))
}

fn listed(mut effects: Effects, from: Option<TagStatus>, list: TagImport) -> Decision {
    let step = Transition::new("tag_import", &list.id, from.map(status), status(list.status));
    effects.transitions.push(step);
    effects.changes.push(Change::TagImport(Box::new(list.clone())));
    Decision { effects, outcome: Outcome::TagImport(Box::new(list)) }
}

impl Decide for ApproveTagImport {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_list(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged_list(context, self.id, None)
    }
}

impl Decide for RejectTagImport {
    fn needs(&self, reads: &mut Reads<'_>) {
        read_list(self.id, reads);
    }

    fn decide(&self, context: Context<'_>) -> Result<Decision, Stop> {
        judged_list(context, self.id, Some(self.reason))
    }
}
