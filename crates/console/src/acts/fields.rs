//! The fields of a form as they are shown: with what was typed, what is wrong with it, what there is to choose from.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::{Field, Input};
use crate::doc::Doc;
use crate::form::Form;
use crate::records::cell::{Column, line};
use crate::records::choices::ALL_ORGANISATIONS;
use crate::texts::T;
use crate::visit::Visit;

#[derive(Debug, Clone)]
pub struct Choice {
    pub value: String,
    pub text: String,
    pub chosen: bool,
}

/// A field as a template shows it.
#[derive(Debug, Clone)]
pub struct FieldView {
    pub name: String,
    pub id: String,
    pub label: String,
    /// What the template makes of it: `text`, `date`, `long`, `flag`, `choice`, `tick`, `file`, `hidden`, `lines`.
    pub kind: &'static str,
    pub value: String,
    pub error: String,
    /// What another person changed it to meanwhile.
    pub theirs: String,
    pub hint: &'static str,
    pub must: bool,
    pub choices: Vec<Choice>,
    /// Whether others than the choices are suggested while somebody types.
    pub suggests: bool,
    pub rows: Vec<Vec<FieldView>>,
}

impl FieldView {
    /// A field that narrows what a page shows, with what its address says.
    pub async fn filter(visit: &Visit<'_>, (name, input): (&'static str, Input), label: String) -> Self {
        let asked = super::field(name, input);
        let mut filter = field_view(visit, &asked, &Form::default(), None, &Doc::default()).await;
        visit.filter(name).clone_into(&mut filter.value);
        for choice in &mut filter.choices {
            choice.chosen = choice.value == filter.value;
        }
        filter.label = label;
        filter
    }

    /// A filter is not set by choosing everything.
    pub fn offer_all(&mut self, t: T) {
        if self.kind == "choice" {
            let chosen = self.value.is_empty();
            self.choices.insert(0, Choice { value: String::new(), text: t.all().to_owned(), chosen });
        }
    }

    /// Whether nothing may be chosen, beside what is offered.
    pub fn offers_nothing(&self) -> bool {
        self.choices.first().is_none_or(|first| !first.value.is_empty())
    }
}

/// A field with its value: what was typed; else what the page's address says (`?.claim_id=…`); else what `edited` says.
pub fn field_view<'a>(
    visit: &'a Visit<'_>,
    field: &'a Field,
    form: &'a Form,
    edited: Option<&'a Doc>,
    document: &'a Doc,
) -> LocalBoxFuture<'a, FieldView> {
    async move {
        let t = visit.t;
        let mut asked = FieldView {
            name: field.at.to_owned(),
            id: form.id(field.at),
            label: field.label.map_or_else(|| t.field(field.at), |label| label(t).to_owned()),
            kind: kind(field.input),
            value: value(visit, field.at, form, edited),
            error: form.error(field.at),
            theirs: theirs(visit, field.at, form, edited),
            hint: field.hint.map(|hint| hint(t)).unwrap_or_default(),
            must: field.must,
            choices: Vec::new(),
            suggests: false,
            rows: Vec::new(),
        };
        match field.input {
            Input::Fixed(value) => value.clone_into(&mut asked.value),
            Input::Of(member) => asked.value = document.text(member),
            Input::Money => asked.hint = if asked.hint.is_empty() { t.amount_hint() } else { asked.hint },
            Input::Each(list, has, member) => {
                let hidden = |value: String| Choice { value, text: String::new(), chosen: true };
                asked.choices = each(document, list, has, member).into_iter().map(hidden).collect();
            }
            Input::Long(ready) => {
                let choice = |text: &super::Phrase| Choice {
                    value: String::new(),
                    text: text(t).to_owned(),
                    chosen: false,
                };
                asked.choices = ready.iter().map(choice).collect();
            }
            Input::Choice(words) => {
                let choice = |word: &&str| Choice {
                    value: (*word).to_owned(),
                    text: if field.at.ends_with("role") { t.role_word(word) } else { t.word(word) },
                    chosen: asked.value == *word,
                };
                asked.choices = words.iter().map(choice).collect();
            }
            Input::Pick(read, member, shown) | Input::PickOrType(read, member, shown) => {
                let value = asked.value.clone();
                let chosen = |one: &str| one == value;
                let is_organisation = read == ALL_ORGANISATIONS;
                let most = if is_organisation { SUGGESTED_MOST } else { CHOICES_MOST };
                let from = (read, member, shown);
                let (choices, more) = listed(visit, document, from, (&chosen, [most, SUGGESTED_MOST])).await;
                asked.choices = choices;
                if more {
                    // a browser does not show so many well: who chooses types the code, and some are suggested
                    asked.kind = "text";
                    asked.suggests = is_organisation;
                    if is_organisation && (asked.hint.is_empty() || asked.hint == t.credit_code_hint()) {
                        asked.hint = t.name_or_code_hint();
                    }
                }
            }
            Input::Tick(read, member, shown) => {
                let ticked = |one: &str| match &form.returned {
                    Some(returned) => returned.fields.has(field.at, one),
                    None => edited.is_some_and(|doc| {
                        doc.list(field.at.trim_start_matches(['+', '/']))
                            .iter()
                            .any(|had| had.own_text() == one)
                    }),
                };
                (asked.choices, _) =
                    listed(visit, document, (read, member, shown), (&ticked, [CHOICES_MOST, usize::MAX]))
                        .await;
                // what the document has and the list lacks is kept, not dropped unseen
                let had = edited.map(|doc| doc.list(field.at.trim_start_matches(['+', '/'])));
                for value in had.unwrap_or_default().iter().map(Doc::own_text).filter(|one| ticked(one)) {
                    if asked.choices.iter().all(|choice| choice.value != value) {
                        asked.choices.push(Choice { text: value.clone(), value, chosen: true });
                    }
                }
            }
            Input::Says(json, says) => {
                let known = edited.and_then(|doc| doc.0.pointer(field.at.trim_start_matches('=')));
                let meant = serde_json::from_str(json).ok();
                let chosen = match &form.returned {
                    Some(returned) => returned.fields.has(field.at, json),
                    None => known
                        .is_some_and(|known| meant.is_some_and(|meant: serde_json::Value| meant == *known)),
                };
                asked.choices = vec![Choice { value: json.to_owned(), text: says(t).to_owned(), chosen }];
            }
            Input::Lines(count, fields) => {
                asked.rows = rows(visit, (field.at, count, fields), form, (edited, document)).await
            }
            Input::Text | Input::Number | Input::Date | Input::Flag | Input::File | Input::Rest => {}
        }
        asked
    }
    .boxed_local()
}

const fn kind(input: Input) -> &'static str {
    match input {
        Input::Text | Input::Money | Input::Number | Input::PickOrType(..) => "text",
        Input::Long(_) => "long",
        Input::Date => "date",
        Input::Flag => "flag",
        Input::File => "file",
        Input::Choice(_) | Input::Pick(..) => "choice",
        Input::Tick(..) | Input::Says(..) => "tick",
        Input::Fixed(_) | Input::Of(_) | Input::Rest => "hidden",
        Input::Each(..) => "hiddens",
        Input::Lines(..) => "lines",
    }
}

fn value(visit: &Visit<'_>, at: &str, form: &Form, edited: Option<&Doc>) -> String {
    if form.returned.is_some() {
        return form.value(at);
    }
    let pointer = at.trim_start_matches(['#', '?', '+', '&', '=']);
    let told = visit.filter(&format!(".{}", pointer.trim_start_matches('/')));
    let known = edited.and_then(|doc| doc.0.pointer(pointer)).cloned().unwrap_or_default();
    if told.is_empty() { Doc(known).text("") } else { told.to_owned() }
}

/// What the document has at a field now, where a form came back because somebody else changed it.
fn theirs(visit: &Visit<'_>, at: &str, form: &Form, edited: Option<&Doc>) -> String {
    let is_stale = form.returned.as_ref().and_then(|returned| returned.refusal.as_ref());
    let Some(document) = edited.filter(|_| is_stale.is_some_and(|why| why.status == 412)) else {
        return String::new();
    };
    let now =
        document.0.pointer(at.trim_start_matches(['#', '?', '+', '&', '='])).cloned().unwrap_or_default();
    let now = Doc(now).text("");
    if now == form.value(at).trim() {
        return String::new();
    }
    visit.t.now_says(if now.is_empty() { visit.t.nothing() } else { now.as_str() })
}

/// Of each member of a list that has something, a member.
pub fn each(document: &Doc, list: &str, has: &str, member: &str) -> Vec<String> {
    document.list(list).iter().filter(|one| one.has(has)).map(|one| one.text(member)).collect()
}

/// So many choices at most, or somewhat more: a page of them stays light.
const CHOICES_MOST: usize = 1_000;
/// So many are shown where there are more than that; so many organisations are chosen from, which most pages offer.
const SUGGESTED_MOST: usize = 200;

/// Whether a value is chosen.
type Chosen<'a> = &'a dyn Fn(&str) -> bool;

/// What a read lists, as choices, up to so many; of more only as many as are suggested, and whether there are more.
async fn listed(
    visit: &Visit<'_>,
    document: &Doc,
    (read, member, shown): (&str, &str, &'static [Column]),
    (chosen, [most, suggested]): (Chosen<'_>, [usize; 2]),
) -> (Vec<Choice>, bool) {
    let mut target = read.to_owned();
    for name in ["organisation", "programme"] {
        target = target.replace(&format!("{{{name}}}"), &document.text(name));
    }
    let mut choices = Vec::new();
    let found = visit.look_whole(&target, most).await.unwrap_or_default();
    visit.learn(&target, &found);
    let more = found.has("next_cursor");
    let shown_most = if more { suggested } else { usize::MAX };
    for found in found.list("data").into_iter().take(shown_most) {
        let value = found.text(member);
        choices.push(Choice { chosen: chosen(&value), text: line(visit, &found, shown).await, value });
    }
    (choices, more)
}

/// Rows of fields: those that are filled in, and some that are not.
async fn rows(
    visit: &Visit<'_>,
    (at, count, fields): (&str, usize, &'static [Field]),
    form: &Form,
    (edited, document): (Option<&Doc>, &Doc),
) -> Vec<Vec<FieldView>> {
    let mut first = Vec::new();
    for field in fields {
        first.push(field_view(visit, field, &Form::default(), None, document).await);
    }
    let row = |place: usize| {
        let of_row = |(asked, field): (&FieldView, &Field)| {
            let (prefix, pointer) = field.at.split_at(usize::from(!field.at.starts_with('/')));
            let name = format!("{prefix}{at}/{place}{pointer}");
            let value = value(visit, &name, form, edited);
            let choices = asked.choices.iter().cloned();
            let choices = choices.map(|one| Choice { chosen: one.value == value, ..one }).collect();
            FieldView {
                id: form.id(&name),
                hint: "",
                error: form.error(&name),
                theirs: theirs(visit, &name, form, edited),
                name,
                value,
                choices,
                ..asked.clone()
            }
        };
        first.iter().zip(fields).map(of_row).collect::<Vec<_>>()
    };
    let known = edited.map(|doc| doc.list(at.trim_start_matches('/')).len()).unwrap_or_default();
    (0..count.max(known + 2)).map(row).collect()
}
