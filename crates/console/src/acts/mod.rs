//! What may be done with a document: writes of the API, described once, and the forms that offer them.
//!
//! A description names the write, the fields that it asks for, its buttons. Whether somebody is offered it, the API says:
//! the route's permission, and for a document a dry run of the write itself.

mod fields;
mod rest;

use serde_json::{Value, json};

use super::doc::Doc;
use super::form::{Form, set};
use super::records::cell::Column;
use super::texts::T;
use super::visit::Visit;
pub use fields::{FieldView, field_view as shown};

/// A text in the language of whoever reads.
pub type Phrase = fn(T) -> &'static str;

/// A write that pages offer.
#[derive(Debug, Clone, Copy)]
pub struct Act {
    /// `POST /v1/recoveries/{id}/approve`; what stands in braces is a member of the document.
    pub write: &'static str,
    pub button: Button,
    pub more: &'static [Button],
    pub fields: &'static [Field],
    /// The member and its values for which it makes sense; `*` is any, `+` any number above 0.
    pub when: (&'static str, &'static [&'static str]),
    /// Whether its fields begin with what the document says at their pointers.
    pub edits: bool,
    /// Whether it makes another document: no version of this one is meant.
    pub makes: bool,
}

/// A button; a name other than `.do` is a field of the body.
#[derive(Debug, Clone, Copy)]
pub struct Button {
    pub name: &'static str,
    pub value: &'static str,
    pub text: Phrase,
    /// `main`, `bad` or nothing.
    pub class: &'static str,
}

/// A field: where it stands in the body (see [`super::form`]), and what is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub at: &'static str,
    pub input: Input,
    pub must: bool,
    /// What it is called, where the name of its pointer would mislead.
    pub label: Option<Phrase>,
    pub hint: Option<Phrase>,
    /// The refusal of the dry run on which alone it is asked for.
    pub on: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub enum Input {
    Text,
    /// Several lines; with ready reasons where there are some.
    Long(&'static [Phrase]),
    Money,
    Number,
    Date,
    Flag,
    File,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// One of what a read lists: its path, the member that is sent, what is shown of each.
    Pick(&'static str, &'static str, &'static [Column]),
    /// The same, or what is not listed: people may name documents that they may not read.
    PickOrType(&'static str, &'static str, &'static [Column]),
    /// One of what is listed, any number of them.
    Tick(&'static str, &'static str, &'static [Column]),
    /// A tick that puts this JSON in the body, and what it says.
    Says(&'static str, Phrase),
    Fixed(&'static str),
    /// What a member of the document says.
    Of(&'static str),
    /// Of each member of a list of the document that has something, a member: `(list, has, member)`.
    Each(&'static str, &'static str, &'static str),
    /// What the document has here beside what other fields ask for: a form that knows half of it loses nothing.
    Rest,
    /// So many rows of these.
    Lines(usize, &'static [Field]),
}

pub const fn act(write: &'static str, text: Phrase) -> Act {
    let button = Button { name: ".do", value: "1", text, class: "main" };
    Act { write, button, more: &[], fields: &[], when: ("", &[]), edits: false, makes: false }
}

impl Act {
    pub const fn bad(mut self) -> Self {
        self.button.class = "bad";
        self
    }

    pub const fn plain(mut self) -> Self {
        self.button.class = "";
        self
    }

    pub const fn asking(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    pub const fn when(mut self, member: &'static str, values: &'static [&'static str]) -> Self {
        self.when = (member, values);
        self
    }

    pub const fn making(mut self) -> Self {
        self.makes = true;
        self
    }

    pub const fn editing(mut self) -> Self {
        self.edits = true;
        self
    }
}

pub const fn field(at: &'static str, input: Input) -> Field {
    Field { at, input, must: false, label: None, hint: None, on: "" }
}

impl Field {
    pub const fn must(mut self) -> Self {
        self.must = true;
        self
    }

    pub const fn called(mut self, label: Phrase) -> Self {
        self.label = Some(label);
        self
    }

    pub const fn hint(mut self, hint: Phrase) -> Self {
        self.hint = Some(hint);
        self
    }
}

/// What a refusal, a return and whatever needs a word asks for.
pub const REASON: &[Field] = &[field("/reason", Input::Long(&[])).must()];
/// What counts from a day.
pub const DATED: &[Field] = &[field("/effective_date", Input::Date).hint(T::business_date_if_empty)];

/// A review: pass, return or reject.
pub const fn review(write: &'static str, fields: &'static [Field]) -> Act {
    const fn decision(value: &'static str, text: Phrase, class: &'static str) -> Button {
        Button { name: "/decision", value, text, class }
    }
    const MORE: &[Button] = &[decision("return", T::send_back, ""), decision("reject", T::reject, "bad")];
    let act = act(write, T::pass).asking(fields);
    Act { button: decision("pass", T::pass, "main"), more: MORE, ..act }
}

/// The opinion of a review.
pub const OPINION: Field =
    field("/reason", Input::Long(&[T::reason_stamp, T::reason_invoice, T::reason_period]))
        .hint(T::opinion_hint);

/// A button as it is shown.
#[derive(Debug, Clone)]
pub struct ButtonView {
    pub name: &'static str,
    pub value: &'static str,
    pub text: &'static str,
    pub class: &'static str,
}

/// A form that offers a write.
#[derive(Debug, Clone)]
pub struct Action {
    pub form: Form,
    pub fields: Vec<FieldView>,
    pub buttons: Vec<ButtonView>,
    /// Whether it is opened only by whoever means it.
    pub folded: bool,
}

/// Refusals by people's own parts: nothing that they type lets them through.
const OF_PEOPLE: [&str; 2] = ["same_person", "conflict_of_interest"];

impl Action {
    /// Offers a write on a document that a dry run of it accepts. What the rules object to beside the state and the
    /// fields is said in the place of the form.
    pub async fn on(visit: &Visit<'_>, act: &'static Act, document: &Doc) -> Option<Self> {
        let write = filled(act, document)?;
        let sample = sample(visit, act, document).await;
        let form = visit.form(&write, &document.text("revision"), Some(sample)).await?;
        Some(Self::shown(visit, act, document, form).await)
    }

    /// Offers a write to whoever may call it: a document that is to be made, a row of a table.
    pub async fn of(visit: &Visit<'_>, act: &'static Act, document: &Doc) -> Option<Self> {
        let write = filled(act, document)?;
        let version = if act.makes { String::new() } else { document.text("revision") };
        let form = visit.form(&write, &version, None).await?;
        Some(Self::shown(visit, act, document, form).await)
    }

    /// All of some that are offered on a document.
    pub async fn all(visit: &Visit<'_>, acts: &'static [Act], document: &Doc) -> Vec<Self> {
        let mut actions = Vec::new();
        for act in acts {
            actions.extend(Self::on(visit, act, document).await);
        }
        actions
    }

    /// The same by permission alone.
    pub async fn each(visit: &Visit<'_>, acts: &'static [Act], document: &Doc) -> Vec<Self> {
        let mut actions = Vec::new();
        for act in acts {
            actions.extend(Self::of(visit, act, document).await);
        }
        actions
    }

    /// The same, each folded.
    pub async fn folded(visit: &Visit<'_>, acts: &'static [Act], document: &Doc) -> Vec<Self> {
        let offered = Self::each(visit, acts, document).await.into_iter();
        offered.map(|action| Self { folded: !action.fields.is_empty(), ..action }).collect()
    }

    async fn shown(visit: &Visit<'_>, act: &'static Act, document: &Doc, form: Form) -> Self {
        let blocked = form.blocked.as_ref().map_or("", |refusal| refusal.code.as_str());
        let mut fields = Vec::new();
        let asks = |field: &&Field| field.on.is_empty() || field.on == blocked;
        for field in act.fields.iter().filter(asks).filter(|field| !act.edits || rest::fits(field, document))
        {
            let mut asked =
                fields::field_view(visit, field, &form, act.edits.then_some(document), document).await;
            if matches!(field.input, Input::Rest) {
                asked.value = rest::of(field, act.fields, document);
            }
            fields.push(asked);
        }
        let buttons = std::iter::once(&act.button).chain(act.more);
        let pressed = |button: &Button| ButtonView {
            name: button.name,
            value: button.value,
            text: (button.text)(visit.t),
            class: button.class,
        };
        Self { buttons: buttons.map(pressed).collect(), fields, form, folded: false }
    }

    /// Whether the form is of use although its first button would be refused.
    pub fn is_open(&self) -> bool {
        let blocked = self.form.blocked.as_ref();
        blocked.is_none_or(|refusal| self.buttons.len() > 1 && !OF_PEOPLE.contains(&refusal.code.as_str()))
    }

    pub fn title(&self) -> &'static str {
        self.buttons.first().map_or("", |button| button.text)
    }

    pub fn brings_file(&self) -> bool {
        self.fields.iter().any(|field| field.kind == "file")
    }
}

/// The write with the document's members in it, where it makes sense.
fn filled(act: &Act, document: &Doc) -> Option<String> {
    let (member, values) = act.when;
    let fits = match values {
        [] => true,
        ["*"] => document.has(member),
        ["+"] => !["", "0"].contains(&document.text(member).as_str()),
        values => values.contains(&document.text(member).as_str()),
    };
    document.fill(act.write).filter(|_| fits)
}

/// A body that asks whether the write would be taken at all.
async fn sample(visit: &Visit<'_>, act: &Act, document: &Doc) -> Value {
    let mut body = json!({});
    if act.button.name.starts_with('/') {
        set(&mut body, act.button.name, act.button.value.into());
    }
    for field in act.fields {
        let name = field.at.trim_start_matches(['#', '?', '+']);
        let value = match field.input {
            Input::Fixed(value) => Value::from(value),
            Input::Of(member) => Value::from(document.text(member)),
            Input::Each(list, has, member) => {
                let found = fields::each(document, list, has, member);
                found.into_iter().map(Value::from).collect()
            }
            _ if !field.must => continue,
            Input::Text | Input::Long(_) => Value::from("?"),
            Input::Money => Value::from("0.01"),
            Input::Date => Value::from(visit.today().await),
            Input::Choice(words) => words.first().copied().map_or(Value::Null, Value::from),
            Input::Number => Value::from(visit.today().await.get(..4).and_then(|y| y.parse::<i64>().ok())),
            Input::Flag
            | Input::Says(..)
            | Input::Rest
            | Input::File
            | Input::Pick(..)
            | Input::PickOrType(..)
            | Input::Tick(..)
            | Input::Lines(..) => continue,
        };
        set(&mut body, name, value);
    }
    body
}
