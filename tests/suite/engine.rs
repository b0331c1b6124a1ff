//! The one door, on a real PostgreSQL: what callers are told, and what is in the ledger afterwards.

use crate::support;

use std::collections::BTreeSet;
use std::time::Duration;

use rust_decimal::Decimal;
use subsidy_core::book::{Command, Outcome};
use subsidy_core::vouchers::VoucherStatus;
use subsidy_store::engine::{Answer, Engine, Submission, SubmitError};
use support::ledger::{
    FACE, Ledger, accepted, create_agency, engine, group, interest_programme, issue, refused, register,
    register_as, submission,
};
use support::proxy::{Cut, Proxy};
use support::world::{by, date, organisation};

type Answers = Vec<Result<Answer, SubmitError>>;

/// Submits each from a task of its own, all at once.
async fn at_once(jobs: impl IntoIterator<Item = (Engine, Submission)>) -> Answers {
    let tasks: Vec<_> = jobs
        .into_iter()
        .map(|(engine, submission)| tokio::spawn(async move { engine.submit(submission).await }))
        .collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.expect("no caller panics"));
    }
    answers
}

fn count(answers: &Answers, wanted: impl Fn(&Result<Answer, SubmitError>) -> bool) -> usize {
    answers.iter().filter(|answer| wanted(answer)).count()
}

fn was_replayed(answer: &Result<Answer, SubmitError>) -> bool {
    answer.as_ref().expect("an answer").is_replayed()
}

fn face() -> Decimal {
    FACE.parse().expect("a decimal")
}

async fn one_of_512_trips(raise: &str) {
    let ledger = Ledger::open().await;
    let owner = ledger.database.client("subsidy_owner").await;
    let trigger = format!(
        "CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.name = 'trips' THEN {raise}; END IF;
            RETURN NEW;
         END $$;
         CREATE TRIGGER trip BEFORE INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION trip()"
    );
    owner.batch_execute(&trigger).await.expect("a trigger");
    let envelope = |n: u32| if n == 301 { register_as(n, "trips") } else { register(n) };
    let answers = ledger.engine.submit_each((0..512).map(|n| submission(envelope(n))).collect()).await;
    assert_eq!(answers[301], Err(SubmitError::Fault));
    let sequences: Vec<u64> =
        answers.into_iter().filter(Result::is_ok).map(|a| accepted(a).sequence.number()).collect();
    assert_eq!(sequences, (1..512).collect::<Vec<_>>(), "in order, without a gap");
    assert_eq!(ledger.ties().await, 512);
    assert_eq!(ledger.number("SELECT count(*) FROM idempotency").await, 512, "a fault is not stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_a_trigger_refuses_fails_alone_among_512() {
    one_of_512_trips("RAISE EXCEPTION 'no'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_breaks_a_constraint_fails_alone_among_512() {
    one_of_512_trips("RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_runs_out_of_time_fails_alone() {
    let ledger = Ledger::open().await;
    let owner = ledger.database.client("subsidy_owner").await;
    let trigger = "CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.name = 'trips' THEN RAISE EXCEPTION 'late' USING ERRCODE = 'query_canceled'; END IF;
            RETURN NEW;
         END $$;
         CREATE TRIGGER trip BEFORE INSERT ON organisations FOR EACH ROW EXECUTE FUNCTION trip()";
    owner.batch_execute(trigger).await.expect("a trigger");
    let envelope = |n: u32| if n == 3 { register_as(n, "trips") } else { register(n) };
    let answers = ledger.engine.submit_each((0..8).map(|n| submission(envelope(n))).collect()).await;
    assert_eq!(answers[3], Err(SubmitError::Fault));
    assert_eq!(count(&answers, Result::is_ok), 7);
    assert_eq!(ledger.ties().await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_120_callers_exactly_the_77_that_fit_get_their_voucher() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(120, 77).await;
    let answers =
        at_once(vouchers.into_iter().map(|id| (ledger.engine.clone(), submission(issue(id))))).await;
    assert_eq!(count(&answers, |a| matches!(a, Ok(Answer::Accepted { .. }))), 77);
    assert_eq!(count(&answers, |a| refused(a) == Some("pot_exhausted")), 43);
    ledger.ties().await;
    assert_eq!(ledger.balance("B2003").await, face() * Decimal::from(77));
    assert_eq!(ledger.balance("B2001").await, "999.99".parse().expect("a decimal"));
    let numbers = ledger.number("SELECT count(DISTINCT number) FROM vouchers WHERE status = 'issued'").await;
    assert_eq!((numbers, ledger.number("SELECT last FROM numbers").await), (77, 77));
}

/// Requests are held to them where they are read, rows by the database; in between whoever decides holds to them too.
#[tokio::test(flavor = "multi_thread")]
async fn the_statutory_limits_hold_where_commands_are_decided() {
    let ledger = Ledger::open().await;
    for (points, until, code) in [
        ("1.500001", "2027-12-31", Some("statutory_points_cap")),
        ("1.5", "2028-01-01", Some("statutory_window")),
        ("1.5", "2027-12-31", None),
    ] {
        let answer = ledger.engine.submit(submission(interest_programme(points, until))).await;
        assert_eq!(refused(&answer), code, "{points} until {until}: {answer:?}");
    }
}

/// What a process keeps between batches is a memory; the rows are the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_behind_the_ledgers_back_is_read_again() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(2, 2).await;
    let owner = ledger.database.client("subsidy_owner").await;
    accepted(ledger.engine.submit(submission(issue(vouchers[0]))).await);
    owner.batch_execute("DELETE FROM balances WHERE account = 'B2003'").await.expect("an owner may");
    accepted(ledger.engine.submit(submission(issue(vouchers[1]))).await);
    assert_eq!(ledger.balance("B2003").await, face());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_that_race_for_one_pot_never_overdraw_it() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(400, 251).await;
    let before = ledger.ties().await;
    let engines = [ledger.engine.clone(), ledger.another_engine().await];
    let jobs =
        vouchers.into_iter().enumerate().map(|(i, id)| (engines[i % 2].clone(), submission(issue(id))));
    let answers = at_once(jobs).await;
    assert_eq!(count(&answers, |a| matches!(a, Ok(Answer::Accepted { .. }))), 251);
    assert_eq!(count(&answers, |a| refused(a) == Some("pot_exhausted")), 149);
    let sequences: BTreeSet<u64> =
        answers.into_iter().filter(|a| refused(a).is_none()).map(|a| accepted(a).sequence.number()).collect();
    let expected: BTreeSet<u64> =
        (before..before + 251).map(|n| u64::try_from(n).expect("a number")).collect();
    assert_eq!(sequences, expected, "each its own leaf, without a gap");
    assert_eq!(ledger.ties().await, before + 251);
    assert_eq!(ledger.balance("B2003").await, face() * Decimal::from(251));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_twenty_times_at_once_is_one_leaf_and_one_answer() {
    let ledger = Ledger::open().await;
    let request = submission(register(1));
    let engines = [ledger.engine.clone(), ledger.another_engine().await];
    let answers = at_once((0..20).map(|i| (engines[i % 2].clone(), request.clone()))).await;
    assert_eq!(count(&answers, |a| !was_replayed(a)), 1, "one is first, the others are replayed");
    let all: BTreeSet<String> = answers.into_iter().map(|a| format!("{:?}", accepted(a))).collect();
    assert_eq!(all.len(), 1, "all get the same answer: {all:?}");
    assert_eq!(ledger.ties().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_request_is_refused_in_the_same_batch_and_later() {
    let ledger = Ledger::open().await;
    let request = submission(register(1));
    let other = Submission { request: [7; 32], ..submission(register(2)) };
    let other = Submission { key: request.key, ..other };
    let answers = ledger.engine.submit_each(vec![request.clone(), other.clone(), request.clone()]).await;
    assert_eq!(answers[1], Err(SubmitError::KeyReused));
    assert!(!was_replayed(&answers[0]) && was_replayed(&answers[2]));
    assert_eq!(ledger.engine.submit(other.clone()).await, Err(SubmitError::KeyReused));
    assert_eq!(ledger.engine.submit(request.clone()).await, answers[2]);
    // keys belong to their subject
    let theirs = Submission { subject: "officer-9".parse().expect("a subject"), ..other };
    accepted(ledger.engine.submit(theirs).await);
    assert_eq!(ledger.ties().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_replayed_with_its_first_request_id_even_when_it_would_pass_now() {
    let ledger = Ledger::open().await;
    let block = Command::BlockOrganisation(subsidy_core::organisations::ChangeStanding {
        credit_code: organisation(1),
        reason: subsidy_core::domain::TextHash::new([1; 32]),
    });
    let again = submission(by("approver-1", block));
    let first = ledger.engine.submit(again.clone()).await;
    assert_eq!(refused(&first), Some("not_found"));
    assert!(!was_replayed(&first));
    ledger.accept([register(1)]).await;
    let second = ledger.engine.submit(Submission { request_id: "another".to_owned(), ..again.clone() }).await;
    assert!(was_replayed(&second));
    let (
        Ok(Answer::Refused { refusal: a, request_id: one, .. }),
        Ok(Answer::Refused { refusal: b, request_id: two, .. }),
    ) = (&first, &second)
    else {
        panic!("both are refused: {first:?} {second:?}");
    };
    assert_eq!((a, one), (b, two));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_answers_as_the_real_run_would_and_changes_no_row() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(2, 1).await;
    let before = ledger.everything().await;
    let (real, late) = (submission(issue(vouchers[0])), submission(issue(vouchers[1])));
    let tried = accepted(ledger.engine.dry_run(real.clone()).await);
    let whole =
        ledger.engine.dry_run(group("approver-1", vouchers.iter().copied().map(issue).collect())).await;
    assert_eq!(refused(&whole), Some("pot_exhausted"));
    assert!(matches!(whole, Ok(Answer::Refused { member: Some(1), .. })), "{whole:?}");
    assert_eq!(ledger.everything().await, before);
    let done = accepted(ledger.engine.submit(real.clone()).await);
    assert_eq!(tried.sequence, done.sequence);
    let status = |outcome: &Outcome| match outcome {
        Outcome::Voucher { voucher, calculation } => {
            (voucher.number.clone(), voucher.balance, calculation.clone())
        }
        other => panic!("not a voucher: {other:?}"),
    };
    assert_eq!(status(&tried.outcome), status(&done.outcome));
    // its key is not looked at, and a refusal is not stored
    assert_eq!(refused(&ledger.engine.dry_run(real).await), Some("wrong_state"));
    let before = ledger.everything().await;
    assert_eq!(refused(&ledger.engine.dry_run(late).await), Some("pot_exhausted"));
    assert_eq!(ledger.everything().await, before);
}

/// A writer's thread is its own: what is sent together leaves together, whatever else the machine does.
#[tokio::test(flavor = "current_thread")]
async fn a_batch_of_any_size_takes_at_most_ten_round_trips_and_parses_nothing_new() {
    let ledger = Ledger::open().await;
    let mut vouchers = ledger.with_vouchers(1_400, 2_600).await.into_iter();
    let proxy = Proxy::start();
    let door = engine(&proxy.url(&ledger.database, "subsidy_app")).await;
    let mut run = async |size: usize| {
        let batch: Vec<Submission> = vouchers.by_ref().take(size).map(|id| submission(issue(id))).collect();
        let again = batch[0].clone();
        proxy.take_seen();
        door.submit_each(batch).await.into_iter().for_each(|answer| drop(accepted(answer)));
        // replayed answers are looked up beside the loads
        assert!(was_replayed(&door.submit(again).await));
        proxy.take_seen()
    };
    // a few vouchers are followed, many are loaded by key: both ways have statements of their own, and so
    // has a tile that fills
    run(20).await;
    run(300).await;
    for size in [1, 512, 2, 512] {
        let seen = run(size).await;
        println!("{size}: {seen:?}");
        // the writer may take the first of many before the others are there
        assert!((1..=2).contains(&seen.len()), "a batch of {size}: {seen:?}");
        assert!(seen.iter().all(|seen| seen.round_trips <= 10), "a batch of {size}: {seen:?}");
        assert!(seen.iter().all(|seen| seen.parses == 0), "a batch of {size}: {seen:?}");
    }
    door.shut_down().await;
    ledger.ties().await;
}

/// On one thread, so that all callers are in the batch that is cut: in a transaction, and where nobody else wrote for a
/// while, as one statement.
async fn survives(cut: Cut) {
    for batches_before in [1, 3] {
        survives_after(cut, batches_before).await;
    }
}

async fn survives_after(cut: Cut, batches_before: u32) {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(40, 30).await;
    let before = ledger.ties().await;
    let proxy = Proxy::start();
    let door = engine(&proxy.url(&ledger.database, "subsidy_app")).await;
    for number in 0..batches_before {
        accepted(door.submit(submission(register(50 + number))).await);
    }
    proxy.cut(cut);
    let mut batch: Vec<Submission> = vouchers.into_iter().map(|id| submission(issue(id))).collect();
    batch.push(batch[0].clone());
    batch.push(batch[39].clone());
    let answers = door.submit_each(batch).await;
    assert_eq!(proxy.cuts(), 1);
    assert_eq!(count(&answers, |a| matches!(a, Ok(Answer::Accepted { .. }))), 31);
    assert_eq!(count(&answers, |a| refused(a) == Some("pot_exhausted")), 11);
    let replayed: Vec<bool> = answers.iter().map(was_replayed).collect();
    let expected: Vec<bool> = (0..42).map(|i| i >= 40).collect();
    assert_eq!(replayed, expected, "who asked once gets a first answer, who asked again a replayed one");
    assert_eq!(
        ledger.ties().await,
        before + usize::try_from(batches_before).expect("a few") + 30,
        "each command has one leaf"
    );
    assert_eq!(ledger.balance("B2003").await, face() * Decimal::from(30));
}

#[tokio::test(flavor = "current_thread")]
async fn a_commit_whose_answer_is_lost_is_found_and_not_done_again() {
    survives(Cut::AfterCommit).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_connection_lost_before_its_commit_costs_nobody_an_answer() {
    survives(Cut::BeforeCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backends_that_are_shot_cost_nobody_an_answer() {
    let ledger = Ledger::open().await;
    let engine = ledger.engine.clone();
    let callers =
        tokio::spawn(
            async move { at_once((0..600).map(|n| (engine.clone(), submission(register(n))))).await },
        );
    let owner = ledger.database.client("subsidy_owner").await;
    let shoot = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                  WHERE datname = current_database() AND application_name = 'subsidy-ledger'";
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(15)).await;
        owner.query(shoot, &[]).await.expect("a shot");
    }
    let answers = callers.await.expect("callers");
    let leaves: BTreeSet<u64> = answers.into_iter().map(|a| accepted(a).sequence.number()).collect();
    assert_eq!(leaves, (1..601).collect());
    assert_eq!(ledger.ties().await, 601);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_overtaken_decides_again_on_what_the_other_wrote() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(3, 2).await;
    let before = ledger.ties().await;
    let (one, other) = (ledger.engine.clone(), engine(&ledger.database.url("subsidy_app")).await);
    for number in 50..54 {
        accepted(one.submit(submission(register(number))).await);
    }
    // a batch of leaves, one of refusals alone, one of answers given before: each on a head that the other moved
    let taken = submission(issue(vouchers[0]));
    accepted(other.submit(taken.clone()).await);
    accepted(one.submit(submission(issue(vouchers[1]))).await);
    accepted(other.submit(submission(register(54))).await);
    assert_eq!(refused(&one.submit(submission(issue(vouchers[2]))).await), Some("pot_exhausted"));
    assert!(was_replayed(&one.submit(taken).await));
    for number in 55..60 {
        accepted(one.submit(submission(register(number))).await);
        accepted(other.submit(submission(register(number + 10))).await);
    }
    assert_eq!(ledger.ties().await, before + 4 + 2 + 1 + 10);
    assert_eq!(ledger.balance("B2003").await, face() * Decimal::from(2));
    other.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_of_another_release_is_not_touched() {
    let ledger = Ledger::open().await;
    // so that this process has reason to believe that nobody else writes
    for number in 10..14 {
        accepted(ledger.engine.submit(submission(register(number))).await);
    }
    let owner = ledger.database.client("subsidy_owner").await;
    for (column, known) in [("semantics", 1), ("schema_version", subsidy_store::db::migrate::SCHEMA_VERSION)]
    {
        owner
            .batch_execute(&format!("UPDATE head SET {column} = {column} + 1"))
            .await
            .expect("another release");
        let before = ledger.everything().await;
        let request = submission(register(1));
        assert_eq!(ledger.engine.submit(request.clone()).await, Err(SubmitError::OtherRelease), "{column}");
        assert_eq!(ledger.engine.dry_run(request).await, Err(SubmitError::OtherRelease), "{column}");
        assert_eq!(ledger.everything().await, before);
        owner.batch_execute(&format!("UPDATE head SET {column} = {known}")).await.expect("this release");
    }
    accepted(ledger.engine.submit(submission(register(1))).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn before_its_first_leaf_there_is_no_agency() {
    let ledger = Ledger::unborn().await;
    assert_eq!(ledger.engine.submit(submission(register(1))).await, Err(SubmitError::NoAgency));
    assert_eq!(ledger.engine.dry_run(submission(register(1))).await, Err(SubmitError::NoAgency));
    let answers = ledger
        .engine
        .submit_each([create_agency(), register(1), create_agency()].map(submission).into())
        .await;
    assert_eq!(answers.iter().map(refused).collect::<Vec<_>>(), [None, None, Some("agency_exists")]);
    assert_eq!(ledger.ties().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_is_refused_says_why_and_leaves_the_ledger_unborn() {
    let ledger = Ledger::unborn().await;
    let before = ledger.everything().await;
    let mut real = create_agency();
    let mut foreign = create_agency();
    if let (Command::CreateAgency(real), Command::CreateAgency(foreign)) =
        (&mut real.command, &mut foreign.command)
    {
        real.sandbox = false;
        foreign.code = "other".parse().expect("a code");
    }
    assert_eq!(refused(&ledger.engine.submit(submission(real)).await), Some("sandbox_only"));
    assert_eq!(ledger.engine.submit(submission(foreign)).await, Err(SubmitError::NoAgency));
    assert_eq!(ledger.everything().await, before);
    ledger.accept([create_agency()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_without_a_schema_is_told_so_at_once() {
    let ledger = Ledger::open().await;
    let nobody = Submission { agency: "nobody".parse().expect("a code"), ..submission(register(1)) };
    let began = std::time::Instant::now();
    assert_eq!(ledger.engine.dry_run(nobody.clone()).await, Err(SubmitError::NoAgency));
    assert_eq!(ledger.engine.submit(nobody).await, Err(SubmitError::NoAgency));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_in_the_queue_is_told_at_once_and_nothing_in_it_is_lost() {
    let ledger = Ledger::open().await;
    let held = ledger.hold_the_head().await;
    let (engine, first) = (ledger.engine.clone(), submission(register(0)));
    let first = tokio::spawn(async move { engine.submit(first).await });
    ledger.a_batch_waits().await;
    let engine = ledger.engine.clone();
    let many = async {
        let many = (1..4_107).map(|n| submission(register(n))).collect();
        engine.submit_each(many).await
    };
    // all of them are in the queue, or told that it is full, before the first is waited for
    let mut many = std::pin::pin!(many);
    assert!(tokio::time::timeout(Duration::ZERO, &mut many).await.is_err());
    assert_eq!(ledger.engine.submit(submission(register(9_999))).await, Err(SubmitError::Busy));
    held.batch_execute("COMMIT").await.expect("the lock goes");
    let answers = many.await;
    accepted(first.await.expect("an answer"));
    assert_eq!(count(&answers, Result::is_ok), 4_096);
    assert!(answers[4_096..].iter().all(|a| *a == Err(SubmitError::Busy)));
    assert_eq!(ledger.ties().await, 4_098);
}

#[tokio::test(flavor = "multi_thread")]
async fn shutting_down_answers_all_that_waits_and_takes_nothing_more() {
    let ledger = Ledger::open().await;
    let held = ledger.hold_the_head().await;
    let engine = ledger.engine.clone();
    let waiting = async { engine.submit_each((0..700).map(|n| submission(register(n))).collect()).await };
    // all of them are in the queue before the first is waited for
    let mut waiting = std::pin::pin!(waiting);
    assert!(tokio::time::timeout(Duration::ZERO, &mut waiting).await.is_err());
    ledger.a_batch_waits().await;
    let closing = ledger.engine.clone();
    let ending = tokio::spawn(async move { closing.shut_down().await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(ledger.engine.submit(submission(register(9_999))).await, Err(SubmitError::Unavailable));
    assert!(!ending.is_finished());
    held.batch_execute("COMMIT").await.expect("the lock goes");
    ending.await.expect("it ends");
    let answers = waiting.await;
    assert_eq!(count(&answers, Result::is_ok), 700);
    assert_eq!(ledger.ties().await, 701);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_a_header_and_a_leaf_each_or_nothing() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(5, 4).await;
    let before = ledger.ties().await;
    let too_many = group("approver-1", vouchers.iter().copied().map(issue).collect());
    let refusal = ledger.engine.submit(too_many.clone()).await;
    assert_eq!(refused(&refusal), Some("pot_exhausted"));
    assert!(matches!(refusal, Ok(Answer::Refused { member: Some(4), .. })), "{refusal:?}");
    assert_eq!(ledger.ties().await, before);
    assert_eq!(ledger.balance("B2003").await, Decimal::ZERO);
    assert!(was_replayed(&ledger.engine.submit(too_many).await));

    let fits = group("approver-1", vouchers[..4].iter().copied().map(issue).collect());
    let answers = ledger
        .engine
        .submit_each(vec![submission(register(70)), fits.clone(), submission(register(71))])
        .await;
    let Ok(Answer::Accepted { first, members, replayed: false }) = &answers[1] else {
        panic!("not accepted: {:?}", answers[1])
    };
    assert_eq!(first.outcome, Outcome::Group { members: 4 });
    let leaves: Vec<u64> =
        std::iter::once(first).chain(members).map(|accepted| accepted.sequence.number()).collect();
    let header = u64::try_from(before + 1).expect("a number");
    assert_eq!(leaves, (header..header + 5).collect::<Vec<_>>(), "contiguous, the header first");
    for member in members {
        let Outcome::Voucher { voucher, .. } = &member.outcome else { panic!("not a voucher: {member:?}") };
        assert_eq!(voucher.status, VoucherStatus::Issued);
    }
    let again = ledger.engine.submit(fits).await;
    let Ok(Answer::Accepted { first: a, members: b, replayed: true }) = again else {
        panic!("not replayed: {again:?}")
    };
    assert_eq!((&a, &b), (first, members));
    assert_eq!(ledger.ties().await, before + 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_member_the_database_refuses_leaves_nothing_behind() {
    let ledger = Ledger::open().await;
    let owner = ledger.database.client("subsidy_owner").await;
    owner
        .batch_execute("ALTER TABLE organisations ADD CONSTRAINT trip CHECK (name <> 'trips')")
        .await
        .expect("a constraint");
    let members = vec![register(1), register_as(2, "trips"), register(3)];
    let answers = ledger
        .engine
        .submit_each(vec![submission(register(5)), group("officer-1", members), submission(register(6))])
        .await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1], Err(SubmitError::Fault));
    assert_eq!(ledger.ties().await, 3);
    assert_eq!(ledger.number("SELECT count(*) FROM organisations").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_may_build_on_what_its_earlier_members_made() {
    let ledger = Ledger::open().await;
    let vouchers = ledger.with_vouchers(1, 1).await;
    let cancel = subsidy_core::vouchers::ChangeVoucher {
        id: vouchers[0],
        reason: subsidy_core::domain::TextHash::new([1; 32]),
    };
    // in another year an issue counts other counters and numbers
    let new_year = subsidy_core::agencies::MoveBusinessDate { date: date("2026-01-05") };
    let members = vec![
        by("approver-1", Command::MoveBusinessDate(new_year)),
        issue(vouchers[0]),
        by("approver-1", Command::CancelVoucher(cancel)),
    ];
    let answer = ledger.engine.submit(group("approver-1", members)).await;
    assert!(matches!(answer, Ok(Answer::Accepted { .. })), "{answer:?}");
    ledger.ties().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_agencies_than_connections_for_writers_are_served_in_turn() {
    use subsidy_core::domain::AgencyCode;
    use subsidy_store::db::pool::{Database, DatabaseConfig};
    let database = support::TestDatabase::create().await;
    let mut codes = Vec::new();
    for number in 0..3 {
        let code = AgencyCode::parse(&format!("city_{number}")).expect("a code");
        let made = subsidy_store::db::migrate::create_agency(&database.url("subsidy_owner"), &code).await;
        made.expect("an agency");
        codes.push(code);
    }
    let keys = support::keys();
    let config = DatabaseConfig {
        connections_max: 4,
        writers_max: 1,
        ..DatabaseConfig::new(database.url("subsidy_app"))
    };
    let engine = Engine::new(Database::connect(config).await.expect("a database"), std::sync::Arc::new(keys));
    let of = |code: &AgencyCode, envelope| Submission { agency: code.clone(), ..submission(envelope) };
    for code in &codes {
        let mut create = create_agency();
        if let Command::CreateAgency(agency) = &mut create.command {
            agency.code = code.clone();
        }
        accepted(engine.submit(of(code, create)).await);
    }
    // one after another, then all at once
    for number in 0..4 {
        for code in &codes {
            accepted(engine.submit(of(code, register(number))).await);
        }
    }
    let jobs = (10..40).flat_map(|number| codes.iter().map(move |code| (code, number)));
    let jobs: Vec<_> = jobs.map(|(code, number)| (engine.clone(), of(code, register(number)))).collect();
    let begun = std::time::Instant::now();
    let answers = at_once(jobs).await;
    assert_eq!(count(&answers, Result::is_ok), 90, "{answers:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    engine.shut_down().await;
}
