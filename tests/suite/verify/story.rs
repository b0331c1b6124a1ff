//! A ledger with a row in every table.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use subsidy_core::audit_notes::{Noted, WriteAuditNote};
use subsidy_core::book::{Command, Envelope};
use subsidy_core::domain::{
    AuditNoteId, ContentHash, CreditCode, Date, Line, Role, RoleGrantId, Sequence, Subject, TagId,
    TagImportId, TextHash,
};
use subsidy_core::erasures::EraseText;
use subsidy_core::organisations::ChangeStanding;
use subsidy_core::reminders::{RemindTask, TaskKey};
use subsidy_core::revocations::{RevokeTokens, RevokedTokens};
use subsidy_core::role_grants::{ApproveRoleGrant, EndRoleGrant, ProposeRoleGrant, RejectRoleGrant};
use subsidy_core::tags::list::{TagEntries, TagEntry};
use subsidy_core::tags::{ProposeTag, ProposeTagImport, TagName, TagSubject, TagSubjectKind};
use subsidy_store::engine::{Answer, Engine, NewText, Submission};
use uuid::Uuid;

use super::scenario::{Step, actor};
use super::support::{TestDatabase, keys};
use super::written::{bill, connected, play, register, steps, submission};

/// An hour of compute, and one that is billed in a currency without a rate.
const BILL: &str = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargeClass,\
ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceCategory,ServiceName,ResourceId,InvoiceId
1.000000000000000001,a,CNY,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,,2026-01-31T15:00:00Z,2026-01-31T17:00:00Z,p,Compute,s,r,24312000000000000001
2,a,USD,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z,Usage,,2026-01-05T00:00:00Z,2026-01-05T01:00:00Z,p,Storage,s,r,
";

/// The scenario, a free text, a refusal and a billing file. Nobody is connected afterwards.
pub async fn story() -> TestDatabase {
    let test = TestDatabase::create().await;
    play(&test, 0..steps()).await;
    register(&test).await;
    let engine = Engine::new(connected(&test, "subsidy_app").await, Arc::new(keys()));
    block(&test, &engine).await;
    import(&test, &engine).await;
    engine.shut_down().await;
    test
}

fn by(subject: &str, role: &str, command: Command) -> Step {
    Step::One(Envelope { actor: actor(subject, role), if_match: None, command })
}

/// An organisation is blocked, in words, and again in words that are erased; and one that nobody registered, which is
/// refused.
async fn block(test: &TestDatabase, engine: &Engine) {
    let client = test.client("subsidy_owner").await;
    let known = client.query_one("SELECT max(credit_code) FROM organisations", &[]).await.expect("one");
    for (number, code, accepted) in [
        (6_001, known.get::<_, String>(0).as_str(), true),
        (6_002, known.get::<_, String>(0).as_str(), true),
        (6_003, "91350100M000100Y43", false),
    ] {
        let (salt, body) =
            (vec![u8::try_from(number - 6_000).expect("few"); 16], "举报属实，暂停受理".to_owned());
        let hash = TextHash::new(Sha256::new().chain_update(&salt).chain_update(&body).finalize().into());
        let text = NewText { hash, salt, body };
        let answer = engine.submit(blocking(number, code, text)).await;
        assert_eq!(matches!(answer, Ok(Answer::Accepted { .. })), accepted, "{answer:?}");
        if number == 6_002 {
            let document = Line::parse("销毁令 1 号").expect("a line");
            let erase = Command::EraseText(EraseText { sha256: hash, document });
            let erased = engine.submit(submission(6_500, &by("operator-1", "operator", erase))).await;
            assert!(matches!(erased, Ok(Answer::Accepted { .. })), "{erased:?}");
            let tokens = RevokedTokens::Subject(Subject::parse("subsidy-ledger#left").expect("a subject"));
            let revoke = Command::RevokeTokens(RevokeTokens { tokens, reason: hash });
            let revoked = engine.submit(submission(6_501, &by("operator-1", "operator", revoke))).await;
            assert!(matches!(revoked, Ok(Answer::Accepted { .. })), "{revoked:?}");
            let text = hash;
            for (number, (subject, role, command)) in (6_505..).zip(roles(text)) {
                let done = engine.submit(submission(number, &by(subject, role, command))).await;
                assert!(matches!(done, Ok(Answer::Accepted { .. })), "{done:?}");
            }
            let about = Noted::Leaf(Sequence::new(1));
            let note = WriteAuditNote { id: AuditNoteId::new(Uuid::now_v7()), about, text: hash };
            let note = Command::WriteAuditNote(note);
            let noted = engine.submit(submission(6_504, &by("auditor-1", "auditor", note))).await;
            assert!(matches!(noted, Ok(Answer::Accepted { .. })), "{noted:?}");
            let told = RemindTask {
                task: TaskKey::parse("claim/01940000-0000-7000-8000-000000000001/approve").expect("a task"),
                counted_from: Date::parse("2025-01-01").expect("a day"),
                term_days: 5,
                days: 3,
            };
            let told = submission(6_505, &by("officer-1", "officer", Command::RemindTask(told)));
            let told = engine.submit(told).await;
            assert!(matches!(told, Ok(Answer::Accepted { .. })), "{told:?}");
            for (number, listing) in [(6_502, listing(code)), (6_503, list(code))] {
                let listed = engine.submit(submission(number, &by("officer-1", "officer", listing))).await;
                assert!(matches!(listed, Ok(Answer::Accepted { .. })), "{listed:?}");
            }
        }
    }
}

/// A role that somebody was granted and lost, and one that was refused.
fn roles(reason: TextHash) -> [(&'static str, &'static str, Command); 5] {
    let id = |number| RoleGrantId::new(Uuid::from_u128(number));
    let propose = |number: u128, role: Role| {
        let organisation = CreditCode::parse("91350100M000100Y43").ok().filter(|_| role.needs_organisation());
        let day = |text| Date::parse(text).ok();
        Command::ProposeRoleGrant(Box::new(ProposeRoleGrant {
            id: id(number),
            subject: Subject::parse("subsidy-ledger#Left").expect("a subject"),
            role,
            organisation,
            from: day("2026-01-01"),
            until: day("2027-12-31"),
            document: Line::parse("人事 1 号").ok(),
            reason,
        }))
    };
    [
        ("operator-1", "operator", propose(1, Role::Officer)),
        ("security-1", "security", Command::ApproveRoleGrant(ApproveRoleGrant { id: id(1) })),
        ("operator-1", "operator", Command::EndRoleGrant(EndRoleGrant { id: id(1), reason })),
        ("operator-1", "operator", propose(2, Role::Enterprise)),
        ("security-1", "security", Command::RejectRoleGrant(RejectRoleGrant { id: id(2), reason })),
    ]
}

/// An organisation that is proposed for a list by itself.
fn listing(code: &str) -> Command {
    Command::ProposeTag(Box::new(ProposeTag {
        id: TagId::new(Uuid::from_u128(1)),
        tag: TagName::parse("key_enterprise").expect("a name"),
        subject: TagSubject::Organisation(code.parse().expect("a code")),
        from: Date::parse("2025-01-01").expect("a day"),
        until: Date::parse("2027-12-31").ok(),
        document: Line::parse("公告 1 号").expect("a line"),
    }))
}

/// The same within a list that is imported.
fn list(code: &str) -> Command {
    let subject = TagSubject::Organisation(code.parse().expect("a code"));
    let entry = TagEntry::new(&subject, Date::parse("2025-01-01").expect("a day"), None);
    Command::ProposeTagImport(Box::new(ProposeTagImport {
        id: TagImportId::new(Uuid::from_u128(2)),
        tag: TagName::parse("listed").expect("a name"),
        kind: TagSubjectKind::Organisation,
        document: Line::parse("名单 1 号").expect("a line"),
        sha256: ContentHash::new([7; 32]),
        entries: TagEntries::new(vec![entry]).expect("a list"),
    }))
}

/// Asks for an organisation to be blocked.
pub fn blocking(number: usize, code: &str, text: NewText) -> Submission {
    let command = ChangeStanding { credit_code: code.parse().expect("a code"), reason: text.hash };
    let step = by("approver-9", "approver", Command::BlockOrganisation(command));
    Submission { texts: vec![text], ..submission(number, &step) }
}

/// The bill, on the first contract.
async fn import(test: &TestDatabase, engine: &Engine) {
    assert_eq!(bill(test, engine, BILL).await, (1, 1));
}
