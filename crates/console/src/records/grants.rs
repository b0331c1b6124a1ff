//! Grants: calls, applications with their scores, awards with their tranches; and rankings.

use super::cell::{Column, Show, col};
use super::choices::{ORGANISATIONS, PROGRAMMES};
use super::{Record, record, table};
use crate::acts::{Act, Button, DATED, Field, Input, OPINION, REASON, act, field, review};
use crate::texts::T;

const LISTED: &[Column] = &[
    col("rank", Show::Code),
    col("application_id", Show::At("/applications")),
    col("organisation", Show::Party),
    col("project", Show::Text),
    col("mean", Show::Code),
    col("amount", Show::Money),
];

pub static CALLS: Record = Record {
    noun: "call",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["proposed", "open", "closed", "rejected"])),
        ("programme", PROGRAMMES),
    ],
    facts: &[
        col("title", Show::Title),
        col("programme", Show::Programme),
        col("filing.from", Show::Date),
        col("filing.until", Show::Date),
        col("applications", Show::Code),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
        col("updated_at", Show::Time),
    ],
    tables: &[
        table(T::ranked, "data", LISTED).of("/v1/calls/{id}/ranking"),
        table(
            T::awards,
            "awards",
            &[
                col("award_id", Show::At("/awards")),
                col("organisation", Show::Party),
                col("mean", Show::Code),
                col("amount", Show::Money),
            ],
        ),
    ],
    acts: &[
        act("POST /v1/calls/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/calls/{id}/reject", T::reject).bad().asking(REASON).when("status", &["proposed"]),
        act("POST /v1/calls/{id}/awards/approve", T::approve_awards).asking(DATED).when("status", &["open"]),
        act("POST /v1/calls/{id}/awards/reject", T::reject_awards)
            .bad()
            .asking(REASON)
            .when("status", &["open"]),
        act("POST /v1/calls/{id}/awards", T::propose_awards).plain().when("status", &["open"]),
    ],
    creates: &[act("POST /v1/calls", T::propose_call).asking(&[
        field("/programme", PROGRAMMES).must(),
        field("/title/zh", Input::Text).must(),
        field("/title/en", Input::Text).must(),
        field("/filing/from", Input::Date).must(),
        field("/filing/until", Input::Date).must(),
    ])],
    ..record(
        "/calls",
        T::calls,
        &[
            col("title", Show::Title),
            col("programme", Show::Programme),
            col("filing.from", Show::Date),
            col("filing.until", Show::Date),
            col("applications", Show::Code),
            col("status", Show::State),
        ],
    )
};

const BUDGET: Input = Input::Lines(4, &[field("/item", Input::Text), field("/amount", Input::Money)]);
const APPLICATION: &[Field] = &[
    field(
        "/call",
        Input::Pick(
            "/v1/calls?status=open&limit=200",
            "id",
            &[col("title", Show::Title), col("filing.until", Show::Date)],
        ),
    )
    .must(),
    field("/organisation", ORGANISATIONS).hint(T::own_if_empty),
    field("/project/name", Input::Text).must(),
    field("/project/from", Input::Date).must(),
    field("#/project/months", Input::Number).must(),
    field("/project/budget", BUDGET).must(),
];
const REWRITTEN: &[Field] = &[
    field("/call", Input::Of("call_id")),
    field("/project/name", Input::Text).must(),
    field("/project/from", Input::Date).must(),
    field("#/project/months", Input::Number).must(),
    field("/project/budget", BUDGET).must(),
];
const SCORES: &[Field] = &[
    field("/criteria", Input::Lines(5, &[field("/name", Input::Text), field("/score", Input::Text)])).must(),
    field("/comment", Input::Long(&[])).must(),
];
const EXPERTS: &[Field] = &[field(
    "/experts",
    Input::Lines(5, &[field("/subject", Input::Text), field("/organisation", ORGANISATIONS)]),
)
.must()];

pub static APPLICATIONS: Record = Record {
    noun: "application",
    id: "id",
    filters: &[
        (
            "status",
            Input::Choice(&["draft", "submitted", "passed", "returned", "rejected", "withdrawn", "awarded"]),
        ),
        ("programme", PROGRAMMES),
        ("organisation", ORGANISATIONS),
    ],
    sum: "amount",
    facts: &[
        col("project.name", Show::Text),
        col("organisation", Show::Party),
        col("programme", Show::Programme),
        col("call_id", Show::At("/calls")),
        col("project.from", Show::Date),
        col("project.months", Show::Code),
        col("amount", Show::Money),
        col("experts_named", Show::Code),
        col("scores_given", Show::Code),
        col("created_by", Show::Person),
        col("reviewed_by", Show::Person),
    ],
    tables: &[
        table(T::project_budget, "project.budget", &[col("item", Show::Text), col("amount", Show::Money)]),
        table(
            T::scores,
            "scores",
            &[col("expert", Show::Person), col("comment", Show::Text), col("total", Show::Code)],
        ),
    ],
    acts: &[
        act("POST /v1/applications/{id}/submit", T::submit).when("status", &["draft", "returned"]),
        review("POST /v1/applications/{id}/review", &[OPINION]),
        act("POST /v1/applications/{id}/withdraw", T::withdraw)
            .plain()
            .when("status", &["draft", "submitted", "returned"]),
    ],
    offers: &[
        act("PUT /v1/applications/{id}", T::save_draft)
            .asking(REWRITTEN)
            .editing()
            .when("status", &["draft", "returned"]),
        act("POST /v1/applications/{id}/experts", T::name_experts)
            .asking(EXPERTS)
            .when("status", &["passed"]),
        act("POST /v1/applications/{id}/scores", T::score).asking(SCORES).when("status", &["passed"]),
    ],
    creates: &[act("POST /v1/applications", T::write_application).asking(APPLICATION)],
    ..record(
        "/applications",
        T::applications,
        &[
            col("project.name", Show::Text),
            col("organisation", Show::Party),
            col("programme", Show::Programme),
            col("scores_given", Show::Code),
            col("status", Show::State),
            col("amount", Show::Money),
        ],
    )
};

const ACCEPTANCE: Act = Act {
    button: Button { name: "/decision", value: "passed", text: T::accepted_whole, class: "main" },
    more: &[
        Button { name: "/decision", value: "partly", text: T::accepted_in_part, class: "" },
        Button { name: "/decision", value: "failed", text: T::not_accepted, class: "bad" },
    ],
    ..act("POST /v1/awards/{id}/acceptance", T::accepted_whole).asking(&[
        field("/entitlement", Input::Money).must(),
        field("/document", Input::Text).must(),
        field("/reason", Input::Long(&[])),
    ])
};

pub static AWARDS: Record = Record {
    noun: "award",
    id: "id",
    filters: &[
        ("status", Input::Choice(&["awarded", "accepted", "cancelled"])),
        ("programme", PROGRAMMES),
        ("organisation", ORGANISATIONS),
    ],
    sum: "amount",
    facts: &[
        col("project", Show::Text),
        col("organisation", Show::Party),
        col("programme", Show::Programme),
        col("call_id", Show::At("/calls")),
        col("application_id", Show::At("/applications")),
        col("rank", Show::Code),
        col("amount", Show::Money),
        col("fiscal_year", Show::Code),
        col("awarded_on", Show::Date),
        col("published_until", Show::Date),
        col("due_on", Show::Date),
        col("extension.until", Show::Date),
        col("acceptance.entitlement", Show::Money),
        col("settled.accepted_on", Show::Date),
        col("settled.paid", Show::Money),
        col("settled.due", Show::Money),
        col("settled.recovered", Show::Money),
    ],
    tables: &[
        table(
            T::tranches,
            "tranches",
            &[
                col("name", Show::Text),
                col("on", Show::Word),
                col("percent", Show::Percent),
                col("claim_id", Show::At("/claims")),
                col("amount", Show::Money),
            ],
        ),
        table(
            T::objections,
            "objections",
            &[
                col("number", Show::Code),
                col("text", Show::Text),
                col("status", Show::State),
                col("reason", Show::Text),
            ],
        )
        .with(&[act("POST /v1/awards/{id}/objections/{number}/resolve", T::resolve)
            .asking(&[
                field("/decision", Input::Choice(&["upheld", "dismissed"])).must(),
                field("/reason", Input::Long(&[])).must(),
            ])
            .when("status", &["open"])]),
    ],
    acts: &[
        act("POST /v1/awards/{id}/acceptance/approve", T::approve_acceptance)
            .asking(DATED)
            .when("acceptance", &["*"]),
        act("POST /v1/awards/{id}/acceptance/reject", T::reject_acceptance)
            .bad()
            .asking(REASON)
            .when("acceptance", &["*"]),
        act("POST /v1/awards/{id}/extension/approve", T::approve_extension).when("extension", &["*"]),
        act("POST /v1/awards/{id}/extension/reject", T::reject_extension)
            .bad()
            .asking(REASON)
            .when("extension", &["*"]),
    ],
    offers: &[
        ACCEPTANCE.when("status", &["awarded"]),
        act("POST /v1/awards/{id}/extension", T::propose_extension)
            .asking(&[field("/until", Input::Date).must(), field("/document", Input::Text).must()])
            .when("status", &["awarded"]),
        act("POST /v1/awards/{id}/objections", T::object)
            .plain()
            .asking(&[field("/text", Input::Long(&[])).must()])
            .when("status", &["awarded"]),
        act("POST /v1/awards/{id}/cancel", T::cancel_award).bad().asking(REASON).when("status", &["awarded"]),
    ],
    ..record(
        "/awards",
        T::awards,
        &[
            col("project", Show::Text),
            col("organisation", Show::Party),
            col("programme", Show::Programme),
            col("awarded_on", Show::Date),
            col("due_on", Show::Date),
            col("status", Show::State),
            col("amount", Show::Money),
        ],
    )
};

pub static RANKINGS: Record = Record {
    noun: "ranking",
    id: "id",
    filters: &[("status", Input::Choice(&["proposed", "approved", "rejected"])), ("programme", PROGRAMMES)],
    facts: &[
        col("programme", Show::Programme),
        col("year", Show::Code),
        col("top", Show::Code),
        col("notice", Show::Title),
        col("published_on", Show::Date),
        col("created_by", Show::Person),
        col("decided_by", Show::Person),
    ],
    tables: &[
        table(T::metrics, "metrics", &[col("name", Show::Text), col("weight", Show::Code)]),
        table(
            T::places,
            "places",
            &[
                col("place", Show::Code),
                col("organisation", Show::Party),
                col("sum", Show::Code),
                col("named", Show::Truth),
            ],
        ),
    ],
    acts: &[
        act("POST /v1/rankings/{id}/approve", T::approve).when("status", &["proposed"]),
        act("POST /v1/rankings/{id}/reject", T::reject).bad().asking(REASON).when("status", &["proposed"]),
    ],
    ..record(
        "/rankings",
        T::rankings,
        &[
            col("number", Show::Number),
            col("programme", Show::Programme),
            col("year", Show::Code),
            col("published_on", Show::Date),
            col("status", Show::State),
        ],
    )
};
