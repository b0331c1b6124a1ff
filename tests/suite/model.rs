//! The ledger against its model: the same random commands go to an engine on a real database and to a book in
//! memory, and everything that can be seen of the two is equal.

use crate::support;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subsidy_core::audit::leaf::{Leaf, posted};
use subsidy_core::audit::tree::{Frontier, leaf_hash};
use subsidy_core::book::{Book, Command, Document, Envelope, Stop, decide};
use subsidy_core::documents;
use subsidy_core::domain::{Instant, KeyHash};
use subsidy_reports::four_eyes;
use subsidy_reports::known::{self, KnownSums};
use subsidy_reports::process_sums::ProcessSums;
use subsidy_store::db::rows::Table;
use subsidy_store::documents::Stored;
use subsidy_store::engine::{Answer, Submission, SubmitError, store};
use subsidy_store::ledger::BalanceRow;
use subsidy_store::loans::allocations::LoanAllocationRow;
use subsidy_store::programmes::UsageRow;
use subsidy_store::rentals::allocations::ContractAllocationRow;
use support::agency;
use support::ledger::{Ledger, submission};
use support::seed::seed;
use support::world::{Auditor, World, instant, stamp};

/// A book in memory that is told when each leaf was recorded, and by what the ledger answered.
struct Model {
    book: Book,
    auditor: Auditor,
    next: u64,
    refusals: u64,
    recorded_at: Instant,
    hashes: Frontier,
}

impl Model {
    fn new() -> Self {
        Self {
            book: Book::complete(),
            auditor: Auditor::default(),
            next: 0,
            refusals: 0,
            recorded_at: instant(0),
            hashes: Frontier::new(),
        }
    }

    /// Commands that make sense one after another, drawn ahead of their answers.
    fn draw(&self, world: &mut World, count: usize) -> Vec<Envelope> {
        let mut ahead = self.book.clone();
        let mut next = self.next;
        (0..count)
            .map(|_| {
                let envelope = world.next(&ahead);
                let stamp = stamp(&ahead, next, self.recorded_at, &envelope.command);
                if let Ok(decision) = decide(&ahead, &envelope, &stamp) {
                    ahead.apply(&decision.effects).expect("the book takes it");
                    next += 1;
                }
                envelope
            })
            .collect()
    }

    /// Decides what the ledger decided, under the same stamp, and compares.
    fn follow(&mut self, key: [u8; 32], envelope: &Envelope, answer: &Result<Answer, SubmitError>) {
        if let Ok(Answer::Accepted { first, .. }) = answer {
            assert!(first.recorded_at >= self.recorded_at, "time stands or goes on");
            self.recorded_at = first.recorded_at;
        }
        let stamp = stamp(&self.book, self.next, self.recorded_at, &envelope.command);
        match (decide(&self.book, envelope, &stamp), answer) {
            (Ok(decision), Ok(Answer::Accepted { first, members, replayed: false })) => {
                assert_eq!(
                    (first.sequence, &first.outcome),
                    (stamp.sequence, &decision.outcome),
                    "{envelope:?}"
                );
                assert!(members.is_empty());
                let leaf = Leaf {
                    v: 1,
                    agency: agency(),
                    idempotency_key: Some(KeyHash::new(key)),
                    refusals: self.refusals,
                    texts: Vec::new(),
                    sequence: stamp.sequence,
                    recorded_at: stamp.recorded_at,
                    actor: envelope.actor.clone(),
                    command: envelope.command.clone(),
                    outcome: decision.outcome.clone(),
                    postings: posted(&decision),
                };
                self.hashes.append(leaf_hash(&leaf.encode().expect("a leaf")));
                self.book.apply(&decision.effects).expect("the book takes it");
                self.auditor.check(&self.book, &envelope.command, &decision);
                self.next += 1;
            }
            (Err(Stop::Refused(refusal)), Ok(Answer::Refused { refusal: told, replayed: false, .. })) => {
                assert_eq!(&serde_json::to_value(&refusal).expect("data"), told, "{envelope:?}");
                self.refusals += 1;
            }
            (model, ledger) => panic!("{envelope:?}\nmodel:  {model:?}\nledger: {ledger:?}"),
        }
    }

    /// Every row of the ledger says what the book says, and there is no other.
    async fn equals(&self, ledger: &Ledger) {
        let conn = ledger.engine.reader(&agency()).await.expect("a reader");
        let head = store::head(&conn).await.unwrap().expect("a head").read(&agency()).unwrap();
        assert_eq!(head.agency, self.book.agency);
        assert_eq!(head.frontier, self.hashes, "the log's root is that of the model's leaves");
        let mut counted = 0;
        macro_rules! same {
            ($table:expr, $loaded:ident, $row:ident, $key:expr, $read:expr) => {
                let keys: Vec<_> = self.book.$loaded.iter().map($key).collect();
                let rows = $row::by_keys(&conn, &keys).await.unwrap();
                let mut read: Vec<_> = rows.iter().map($read).collect();
                read.sort_by(|a, b| a.0.cmp(&b.0));
                let kept: Vec<_> = self.book.$loaded.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                assert_eq!(read, kept, "{}", $table);
                let count = ledger.number(&format!("SELECT count(*) FROM {}", $table)).await;
                assert_eq!(count, i64::try_from(kept.len()).unwrap(), "{}", $table);
                counted += kept.len();
            };
        }
        macro_rules! same_documents {
            ({ $($document:ident($key:ty) in $loaded:ident: $type:ty, $of:expr;)* }) => { $(
                type $document = <$type as Stored>::Row;
                same!($document::NAME, $loaded, $document, |(k, _)| <$type>::columns(k), |row| {
                    let document = <$type>::from_row(row).unwrap();
                    (document.book_key(), document)
                });
            )* };
        }
        documents! { same_documents }
        same!("usages", usages, UsageRow, |(k, _)| subsidy_store::programmes::usage_columns(k), |row| row
            .read()
            .unwrap());
        same!("balances", balances, BalanceRow, |(k, _)| subsidy_store::ledger::columns(k), |row| {
            row.read().unwrap()
        });
        type NumberRow = store::NumberRow;
        same!("numbers", numbers, NumberRow, |(k, _)| k.0.clone(), |row| row.read().unwrap());
        let mut uses = Vec::new();
        for (rental, of) in self.book.uses.iter() {
            uses.extend(of.iter().map(|(user, contract_use)| (*rental, *user, contract_use.clone())));
        }
        let keys: Vec<_> = uses.iter().map(|(rental, user, _)| (rental.uuid(), user.uuid())).collect();
        let rows = ContractAllocationRow::by_keys(&conn, &keys).await.unwrap();
        let mut read: Vec<_> = rows.iter().map(|row| row.read().unwrap()).collect();
        read.sort_by_key(|(rental, user, _)| (*rental, *user));
        assert_eq!(read, uses, "contract_uses");
        let mut taken = Vec::new();
        for (loan, of) in self.book.loan_uses.iter() {
            taken.extend(of.iter().map(|(claim, loan_use)| (*loan, *claim, loan_use.clone())));
        }
        let keys: Vec<_> = taken.iter().map(|(loan, claim, _)| (loan.uuid(), claim.uuid())).collect();
        let rows = LoanAllocationRow::by_keys(&conn, &keys).await.unwrap();
        let mut read: Vec<_> = rows.iter().map(|row| row.read().unwrap()).collect();
        read.sort_by_key(|(loan, claim, _)| (*loan, *claim));
        assert_eq!(read, taken, "loan_uses");
        assert!(counted > 50, "only {counted} rows were compared");
    }

    /// The stored leaves, decided again from nothing, give the same answers, postings and book.
    async fn replays(&self, ledger: &Ledger) {
        let conn = ledger.engine.reader(&agency()).await.expect("a reader");
        let mut book = Book::complete();
        let rows = store::log_between(&conn, 0..i64::MAX).await.unwrap();
        for row in &rows {
            let leaf = Leaf::decode(&row.leaf).expect("a leaf");
            let stamp = stamp(&book, leaf.sequence.number(), leaf.recorded_at, &leaf.command);
            let envelope = Envelope { actor: leaf.actor, if_match: None, command: leaf.command };
            let decision = decide(&book, &envelope, &stamp).expect("what was accepted is accepted again");
            assert_eq!((posted(&decision), &decision.outcome), (leaf.postings, &leaf.outcome));
            book.apply(&decision.effects).expect("the book takes it");
        }
        assert_eq!(rows.len(), usize::try_from(self.next).unwrap());
        assert_eq!(format!("{:?}", book.balances), format!("{:?}", self.book.balances));
        assert_eq!(format!("{:?}", book.vouchers), format!("{:?}", self.book.vouchers));
        assert_eq!(format!("{:?}", book.claims), format!("{:?}", self.book.claims));
        assert_eq!(format!("{:?}", book.invoices), format!("{:?}", self.book.invoices));
    }
}

/// Bunches of commands, in order, some of them of one command and some larger than a batch.
async fn run(seed: u64, commands: usize) -> usize {
    let ledger = Ledger::unborn().await;
    let mut world = World::new(seed);
    let mut sizes = StdRng::seed_from_u64(seed);
    let mut model = Model::new();
    let mut sent: Vec<(Submission, Result<Answer, SubmitError>)> = Vec::new();
    // the agency comes first, and alone
    let mut bunch = 1;
    while sent.len() < commands {
        let envelopes = model.draw(&mut world, bunch);
        for envelope in &envelopes {
            // what stages a file leaves this mark; nothing counts without
            if let Command::ImportUsage(c) = &envelope.command {
                let mark = format!(
                    "INSERT INTO usage_staged (import, rental) VALUES ('{}', '{}') RETURNING 1::bigint",
                    c.id, c.rental
                );
                ledger.number(&mark).await;
            }
        }
        let submissions: Vec<Submission> = envelopes.iter().cloned().map(submission).collect();
        let answers = ledger.engine.submit_each(submissions.clone()).await;
        for ((envelope, asked), answer) in envelopes.iter().zip(&submissions).zip(&answers) {
            model.follow(asked.key, envelope, answer);
        }
        sent.extend(submissions.into_iter().zip(answers));
        bunch = if sizes.gen_range(0..6) == 0 { 1 } else { sizes.gen_range(1..80) };
    }
    model.equals(&ledger).await;
    model.replays(&ledger).await;
    assert_eq!(ledger.ties().await, usize::try_from(model.next).unwrap());
    nobody_was_in_the_way(&ledger, model.next).await;
    again(&ledger, sent).await;
    assert_eq!(ledger.ties().await, usize::try_from(model.next).unwrap());
    model.auditor.issued
}

/// The reports ask the rule of every approval, and find none that it would have refused; nor does a process that looks after
/// its sums.
async fn nobody_was_in_the_way(ledger: &Ledger, size: u64) {
    let sums = ProcessSums::default();
    sums.go_on(&ledger.engine, &agency(), 1).await;
    let conn = ledger.engine.reader(&agency()).await.expect("a reader");
    let (at, scope) = known::whole(&conn).await.unwrap().expect("leaves");
    assert_eq!(scope.known_at, i64::try_from(size).unwrap() - 1);
    let (agency, none) = (agency(), KnownSums::default());
    for known in [&sums.approvals, &none] {
        let found = four_eyes::in_the_way(&conn, (&agency, &at, &scope), known).await;
        assert_eq!(found.unwrap(), []);
    }
}

/// Whatever is asked again under its key is answered as the first time.
async fn again(ledger: &Ledger, sent: Vec<(Submission, Result<Answer, SubmitError>)>) {
    let (submissions, first): (Vec<_>, Vec<_>) = sent.into_iter().unzip();
    let second = ledger.engine.submit_each(submissions).await;
    for (mut first, second) in first.into_iter().zip(second) {
        match &mut first {
            Ok(Answer::Accepted { replayed, .. } | Answer::Refused { replayed, .. }) => *replayed = true,
            Err(error) => panic!("no answer: {error}"),
        }
        assert_eq!(first, second);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_answers_and_keeps_what_its_model_does() {
    let seed = seed();
    let mut issued = 0;
    // three runs, and more where chance left the world poor
    for number in 0..12 {
        if number >= 3 && issued > 10 {
            break;
        }
        eprintln!("run {number} of seed {seed}");
        let in_run = run(seed.wrapping_add(number), 400).await;
        eprintln!("{in_run} vouchers");
        issued += in_run;
    }
    assert!(issued > 10, "only {issued} vouchers were issued");
}
