//! What an agency keeps for itself: periods, the calendar, reference rates; and what it publishes.

use super::cell::{Show, col};
use super::{Record, record};
use crate::acts::{Field, Input, REASON, act, field};
use crate::texts::T;

pub static PERIODS: Record = Record {
    acts: &[
        act("POST /v1/periods/{month}/close", T::close_period).when("status", &["open"]),
        act("POST /v1/periods/{month}/reopen", T::reopen_period)
            .plain()
            .asking(REASON)
            .when("status", &["closed"]),
    ],
    ..record(
        "/periods",
        T::periods,
        &[
            col("month", Show::Date),
            col("status", Show::State),
            col("books.B.debit", Show::Money),
            col("books.F.debit", Show::Money),
            col("books.Y.debit", Show::Money),
            col("ties", Show::Truth),
            col("closed_by", Show::Person),
            col("closed_at", Show::Time),
            col("reopened_by", Show::Person),
            col("reopened_at", Show::Time),
            col("reason", Show::Text),
        ],
    )
};

const DAYS: &[Field] = &[field("/date", Input::Date), field("/kind", Input::Choice(&["holiday", "workday"]))];

pub static CALENDAR: Record = Record {
    filters: &[("status", Input::Choice(&["proposed", "approved", "rejected"]))],
    acts: &[
        act("POST /v1/calendar/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/calendar/{id}/reject", T::reject).bad().asking(REASON).when("status", &["proposed"]),
    ],
    creates: &[act("POST /v1/calendar", T::propose_calendar)
        .asking(&[field("/document", Input::Text).must(), field("/days", Input::Lines(10, DAYS)).must()])],
    ..record(
        "/calendar/changes",
        T::calendar,
        &[
            col("document", Show::Text),
            col("days", Show::Days),
            col("status", Show::State),
            col("created_by", Show::Person),
            col("decided_by", Show::Person),
            col("updated_at", Show::Time),
        ],
    )
};

pub static RATES: Record = Record {
    filters: &[("name", Input::Text)],
    creates: &[act("POST /v1/reference-rates", T::load_rate).asking(&[
        field("/name", Input::Text).must().hint(T::rate_name_hint),
        field("/date", Input::Date).must(),
        field("/percent", Input::Text).must(),
    ])],
    ..record(
        "/reference-rates",
        T::reference_rates,
        &[
            col("name", Show::Code),
            col("date", Show::Date),
            col("percent", Show::Percent),
            col("created_by", Show::Person),
            col("updated_at", Show::Time),
        ],
    )
};

pub static NOTES: Record = Record {
    filters: &[("about", Input::Text)],
    creates: &[act("POST /v1/audit/notes", T::write_note).asking(&[
        field("/about", Input::Text).must().hint(T::note_hint),
        field("/text", Input::Long(&[])).must(),
    ])],
    ..record(
        "/audit/notes",
        T::audit_notes,
        &[
            col("about", Show::Code),
            col("text", Show::Text),
            col("written_by", Show::Person),
            col("written_at", Show::Time),
        ],
    )
};

pub static REMINDERS: Record = Record {
    noun: "reminder",
    filters: &[("on", Input::Date)],
    creates: &[act("POST /v1/tasks/remind", T::remind)
        .asking(&[field("#/days", Input::Number).called(T::days_ahead).hint(T::remind_hint)])],
    ..record(
        "/reminders",
        T::reminders,
        &[
            col("kind", Show::Word),
            col("document", Show::Task),
            col("action", Show::Word).called(T::next_step),
            col("counted_from", Show::Date),
            col("term_days", Show::Code),
            col("due_on", Show::Date).called(T::due_by),
            col("late", Show::Truth),
            col("told_on", Show::Date),
            col("times", Show::Code),
        ],
    )
};

pub static PUBLICITY: Record = Record {
    sum: "amount",
    acts: &[act("POST /v1/claims/{claim_id}/objections", T::object).plain().asking(&[field(
        "/text",
        Input::Long(&[]),
    )
    .must()])],
    ..record(
        "/publicity",
        T::publicity,
        &[
            col("claim_id", Show::Short),
            col("kind", Show::Word),
            col("organisation_name", Show::Text),
            col("programme", Show::Programme),
            col("from", Show::Date),
            col("until", Show::Date),
            col("amount", Show::Money),
        ],
    )
};

const ROLES: Input = Input::Choice(&[
    "officer",
    "approver",
    "enterprise",
    "provider",
    "bank",
    "auditor",
    "operator",
    "expert",
    "security",
]);

pub static ROLE_GRANTS: Record = Record {
    noun: "role_grant",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "approved", "rejected", "ended"])),
        ("role", ROLES),
        ("subject", Input::Text),
    ],
    facts: &[
        col("subject", Show::Code),
        col("role", Show::Role),
        col("organisation", Show::Party),
        col("from", Show::Date),
        col("until", Show::Date),
        col("document", Show::Text),
        col("reason", Show::Text),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("decided_on", Show::Date),
        col("rejection", Show::Text),
        col("ended_by", Show::Person),
        col("ended_on", Show::Date),
        col("end_reason", Show::Text),
        col("updated_at", Show::Time),
    ],
    acts: &[
        act("POST /v1/role-grants/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/role-grants/{id}/reject", T::reject).bad().asking(REASON).when("status", &["proposed"]),
        act("POST /v1/role-grants/{id}/end", T::end_role).bad().asking(REASON).when("status", &["approved"]),
    ],
    creates: &[act("POST /v1/role-grants", T::propose_role).asking(&[
        field("/subject", Input::Text).must().called(T::subject).hint(T::about_subject_of_role),
        field("/role", ROLES).must(),
        field("/organisation", Input::Text).hint(T::about_organisation_of_role),
        field("/from", Input::Date),
        field("/until", Input::Date),
        field("/document", Input::Text),
        field("/reason", Input::Long(&[])).must(),
    ])],
    ..record(
        "/role-grants",
        T::role_grants,
        &[
            col("subject", Show::Person),
            col("role", Show::Role),
            col("organisation", Show::Party),
            col("from", Show::Date),
            col("until", Show::Date),
            col("created_by", Show::Person),
            col("decided_by", Show::Person),
            col("status", Show::State),
        ],
    )
};

const UNTIL: &[Field] = &[field("/until", Input::Date).must(), field("/document", Input::Text).must()];

/// What a tag is put on.
const KINDS: &[&str] = &["organisation", "loan", "rental"];

pub static TAGS: Record = Record {
    noun: "tag",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "approved", "rejected"])),
        ("tag", Input::Text),
        ("subject", Input::Text),
    ],
    facts: &[
        col("tag", Show::Code),
        col("subject.kind", Show::Word),
        col("subject.id", Show::Listed),
        col("from", Show::Date),
        col("until", Show::Date),
        col("document", Show::Text),
        col("end.status", Show::State),
        col("end.until", Show::Date),
        col("end.document", Show::Text),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: &[
        act("POST /v1/tags/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/tags/{id}/reject", T::reject).bad().asking(REASON).when("status", &["proposed"]),
        act("POST /v1/tags/{id}/end/approve", T::approve_end).when("end.status", &["proposed"]),
        act("POST /v1/tags/{id}/end/reject", T::reject_end)
            .bad()
            .asking(REASON)
            .when("end.status", &["proposed"]),
    ],
    offers: &[act("POST /v1/tags/{id}/end", T::propose_end)
        .plain()
        .asking(UNTIL)
        .when("status", &["approved"])],
    creates: &[act("POST /v1/tags", T::propose_tag).asking(&[
        field("/tag", Input::Text).must(),
        field("/subject/kind", Input::Choice(KINDS)).must(),
        field("/subject/id", Input::Text).must(),
        field("/from", Input::Date).must(),
        field("/until", Input::Date),
        field("/document", Input::Text).must(),
    ])],
    ..record(
        "/tags",
        T::tags,
        &[
            col("subject.id", Show::Listed),
            col("tag", Show::Code),
            col("subject.kind", Show::Word),
            col("from", Show::Date),
            col("until", Show::Date),
            col("document", Show::Text),
            col("status", Show::State),
        ],
    )
};

pub static TAG_LISTS: Record = Record {
    noun: "tag_import",
    id: "id",
    filters: &[("status", Input::Choice(&["proposed", "approved", "rejected"]))],
    facts: &[
        col("tag", Show::Code),
        col("kind", Show::Word),
        col("document", Show::Text),
        col("count", Show::Code),
        col("sha256", Show::Code),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    acts: &[
        act("POST /v1/tags/imports/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/tags/imports/{id}/reject", T::reject)
            .bad()
            .asking(REASON)
            .when("status", &["proposed"]),
    ],
    creates: &[act("POST /v1/tags/import", T::bring_list).asking(&[
        field("&tag", Input::Text).must(),
        field("&document", Input::Text).must(),
        field("&kind", Input::Choice(KINDS)),
        field("file", Input::File).must().hint(T::list_hint),
    ])],
    ..record(
        "/tags/imports",
        T::tag_lists,
        &[
            col("tag", Show::Code),
            col("kind", Show::Word),
            col("document", Show::Text),
            col("count", Show::Code),
            col("created_by", Show::Person),
            col("updated_at", Show::Time),
            col("status", Show::State),
        ],
    )
};
