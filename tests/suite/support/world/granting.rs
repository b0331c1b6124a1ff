//! Grants: calls, applications, experts, awards and what becomes of them.

use rand::Rng;
use subsidy_core::claims::objection::ObjectionStatus;
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::grants::awards::*;
use subsidy_core::grants::*;
use subsidy_core::ledger::ExpenseClass;
use subsidy_core::programmes::grants::{GrantRules, Quota, Review, TrancheOn, TrancheRule};
use subsidy_core::rankings::*;

use super::*;

/// As many applications as a call has before its awards are proposed.
const ENOUGH: usize = 3;

impl World {
    pub(super) fn grant_rules(&mut self) -> GrantRules {
        let tranche =
            |name: &str, part: &str, on| TrancheRule { name: label(name), percent: percent(part), on };
        let tranches = match self.rng.gen_range(0..3) {
            0 => vec![tranche("首款", "40", TrancheOn::Award), tranche("尾款", "60", TrancheOn::Acceptance)],
            1 => vec![
                tranche("首款", "33.333333", TrancheOn::Award),
                tranche("中期", "33.333333", TrancheOn::Milestone),
                tranche("尾款", "33.333334", TrancheOn::Acceptance),
            ],
            _ => vec![tranche("首款", "70", TrancheOn::Award), tranche("二款", "30", TrancheOn::Award)],
        };
        let score = |text: &str| serde_json::from_value(serde_json::json!(text)).expect("a score");
        GrantRules {
            max_amount: self.amount(5, 7),
            ratio_percent: self.maybe(2, |_| percent("50")),
            prefund: !self.one_in(3),
            months: 24,
            tranches,
            review: Review { experts_min: 1, pass_score: score("10"), drop_extremes: self.one_in(2) },
            quota: self.maybe(4, |w| Quota { count: Some(w.rng.gen_range(1..4)), amount: None }),
        }
    }

    pub(super) fn granting(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..66) {
            0 if self.one_in(3) => self.ranking(book, today),
            0..3 => self.propose_call(today),
            3..7 => {
                let id = self.call(book, |call| call.status == CallStatus::Proposed);
                if self.one_in(6) {
                    return Command::RejectCall(RejectCall { id, reason: self.hash() });
                }
                Command::ApproveCall(NameCall { id })
            }
            7..15 => {
                let id = ApplicationId::new(self.id());
                Command::DraftApplication(Box::new(self.application(book, id, today)))
            }
            15 => {
                let id = self.applied(book, |one| one.status == ApplicationStatus::Returned);
                Command::RewriteApplication(Box::new(self.application(book, id, today)))
            }
            16..24 => Command::SubmitApplication(NameApplication {
                id: self.applied(book, |one| {
                    [ApplicationStatus::Draft, ApplicationStatus::Returned].contains(&one.status)
                }),
            }),
            24 if self.one_in(2) => Command::WithdrawApplication(NameApplication {
                id: self.applied(book, |one| one.status == ApplicationStatus::Submitted),
            }),
            24..31 => Command::ReviewApplication(ReviewApplication {
                id: self.applied(book, |one| one.status == ApplicationStatus::Submitted),
                decision: match self.rng.gen_range(0..8) {
                    0 => ReviewDecision::Return,
                    1 => ReviewDecision::Reject,
                    _ => ReviewDecision::Pass,
                },
                reason: Some(self.hash()),
            }),
            31..37 => {
                let subject = self.pick(&["expert-1", "expert-2", "expert-3", "officer-1"]);
                let subject = Subject::parse(subject).expect("a subject");
                Command::NameExperts(NameExperts {
                    id: self.applied(book, |one| {
                        one.status == ApplicationStatus::Passed && one.experts.is_empty()
                    }),
                    experts: vec![Expert { subject, organisation: None }],
                    excused: Vec::new(),
                })
            }
            37..47 => self.score(book),
            47..50 => {
                let ready =
                    |call: &Call| call.status == CallStatus::Open && call.applications.len() >= ENOUGH;
                let id = self.call(book, ready);
                let until = book.calls.peek(&id).map(|call| call.filing.until);
                if let Some(until) = until.filter(|until| *until >= today && !self.one_in(6)) {
                    let date = until.plus_days(1).expect("a day");
                    return Command::MoveBusinessDate(MoveBusinessDate { date });
                }
                Command::ProposeAwards(ProposeAwards { id, awards: Vec::new() })
            }
            50..54 => {
                let id = self.call(book, |call| call.status == CallStatus::Open && !call.list.is_empty());
                if self.one_in(6) {
                    return Command::RejectAwards(RejectCall { id, reason: self.hash() });
                }
                Command::ApproveAwards(NameCall { id })
            }
            54..59 => self.tranche(book),
            59 => Command::RaiseAwardObjection(RaiseAwardObjection {
                id: self.award(book, |award| award.published_until >= Some(today)),
                text: self.hash(),
            }),
            60 => Command::ResolveAwardObjection(ResolveAwardObjection {
                id: self.award(book, |award| {
                    award.objections.iter().any(|one| one.status == ObjectionStatus::Open)
                }),
                number: 1,
                decision: self.pick(&[Resolution::Dismissed, Resolution::Dismissed, Resolution::Upheld]),
                reason: self.hash(),
            }),
            61 => self.extension(book),
            62 if self.one_in(2) => {
                let id = self.award(book, |award| award.tranches.iter().all(|one| one.claim.is_none()));
                Command::CancelAward(RejectAward { id, reason: self.hash() })
            }
            _ => self.acceptance(book),
        }
    }

    fn ranking(&mut self, book: &Book, today: Date) -> Command {
        if let Some(id) = self.fitting(&book.rankings, 3, |one| one.status == RankingStatus::Proposed) {
            if self.one_in(3) {
                return Command::RejectRanking(RejectRanking { id, reason: self.hash() });
            }
            return Command::ApproveRanking(ApproveRanking { id });
        }
        let score = |text: String| serde_json::from_value(serde_json::json!(text)).expect("a score");
        let entry = |world: &mut Self, number| Entry {
            organisation: organisation(number),
            values: vec![
                score(world.rng.gen_range(0..4).to_string()),
                score(world.rng.gen_range(0..4).to_string()),
            ],
            evidence: Vec::new(),
        };
        let metric = |name: &str| Metric { name: label(name), weight: score("1.5".to_owned()) };
        Command::ProposeRanking(Box::new(ProposeRanking {
            id: RankingId::new(self.id()),
            programme: self.programme(),
            year: today.year(),
            metrics: vec![metric("销售额"), metric("销售量")],
            entries: (0..ORGANISATIONS).map(|number| entry(self, number)).collect(),
            top: 5,
        }))
    }

    fn propose_call(&mut self, today: Date) -> Command {
        let number = if self.one_in(12) { self.rng.gen_range(0..PROGRAMMES) } else { GRANTING };
        let filing = Window {
            from: date("2025-10-01"),
            until: today.plus_days(self.rng.gen_range(0..20)).expect("a day"),
        };
        Command::ProposeCall(Box::new(ProposeCall {
            id: CallId::new(self.id()),
            programme: programme(number),
            title: Title { zh: line("揭榜"), en: line("Call") },
            filing,
            quota: self.maybe(3, |w| Quota { count: None, amount: Some(w.amount(6, 8)) }).unwrap_or_default(),
        }))
    }

    fn call(&mut self, book: &Book, fits: impl Fn(&Call) -> bool) -> CallId {
        self.found(&book.calls, 20, fits).unwrap_or_else(|| CallId::new(self.id()))
    }

    fn applied(&mut self, book: &Book, fits: impl Fn(&Application) -> bool) -> ApplicationId {
        self.found(&book.applications, 20, fits).unwrap_or_else(|| ApplicationId::new(self.id()))
    }

    fn award(&mut self, book: &Book, fits: impl Fn(&Award) -> bool) -> AwardId {
        self.found(&book.awards, 20, fits).unwrap_or_else(|| AwardId::new(self.id()))
    }

    fn application(&mut self, book: &Book, id: ApplicationId, today: Date) -> WriteApplication {
        let known = book.applications.peek(&id).map(|known| (known.call, known.organisation));
        let open = |call: &Call| {
            call.status == CallStatus::Open
                && call.applications.len() <= ENOUGH
                && call.filing.contains(today)
        };
        let (call, organisation) = known
            .unwrap_or_else(|| (self.call(book, open), organisation(self.rng.gen_range(0..ORGANISATIONS))));
        let line_of = |world: &mut Self| SettledLine::new(label("人工"), world.amount(5, 8), None);
        let project = Project {
            name: line("模型训练"),
            from: today,
            months: self.rng.gen_range(1..26),
            budget: (0..self.rng.gen_range(1..4)).map(|_| line_of(self)).collect(),
        };
        WriteApplication { id, call, organisation, project, evidence: Vec::new() }
    }

    fn score(&mut self, book: &Book) -> Command {
        let waits = |one: &Application| !one.experts.is_empty() && !one.is_scored();
        let points = self.pick(&["5", "60", "60", "88.5"]);
        let score = serde_json::from_value(serde_json::json!(points)).expect("a score");
        Command::ScoreApplication(ScoreApplication {
            id: self.applied(book, waits),
            organisation: None,
            criteria: vec![Criterion { name: label("创新"), score }],
            comment: self.hash(),
        })
    }

    /// A claim for a tranche that nobody claims yet.
    fn tranche(&mut self, book: &Book) -> Command {
        let id = self.award(book, |award| award.tranches.iter().any(|one| one.claim.is_none()));
        let known = book.awards.peek(&id).map(|award| award.tranches.clone()).unwrap_or_default();
        let free: Vec<_> = known.iter().filter(|one| one.claim.is_none() || self.one_in(9)).collect();
        let tranche = free.first().map_or(label("首款"), |one| one.name.clone());
        let request = ClaimRequest::GrantTranche { award: id, tranche };
        let organisation = book.awards.peek(&id).map(|award| award.organisation);
        let mut claim = WriteClaim::new(ClaimId::new(self.id()), request);
        let own = book.evidence.iter().filter(|(_, one)| Some(one.organisation) == organisation);
        claim.evidence.extend(own.map(|(id, _)| *id).next());
        Command::DraftClaim(Box::new(claim))
    }

    fn extension(&mut self, book: &Book) -> Command {
        let id = self.award(book, |award| award.extension.is_some());
        if let Some(award) = book.awards.peek(&id).filter(|award| award.extension.is_none()) {
            let until = award.due_on.plus_days(90).expect("a day");
            return Command::ProposeExtension(ProposeExtension { id, until, document: line("延期1号") });
        }
        if self.one_in(3) {
            return Command::RejectExtension(RejectAward { id, reason: self.hash() });
        }
        Command::ApproveExtension(NameAward { id })
    }

    fn acceptance(&mut self, book: &Book) -> Command {
        if self.one_in(2)
            && let Some(id) = self.fitting(&book.awards, 0, |award| {
                award.status == AwardStatus::Awarded && award.acceptance.is_some()
            })
        {
            if self.one_in(6) {
                return Command::RejectAcceptance(RejectAward { id, reason: self.hash() });
            }
            return Command::ApproveAcceptance(NameAward { id });
        }
        // most times of what was paid, or of which nothing was claimed
        let id = self.award(book, |award| {
            let paid = |id| book.claims.peek(&id).is_none_or(|claim| claim.status == ClaimStatus::Paid);
            award.status == AwardStatus::Awarded
                && award.acceptance.is_none()
                && award.tranches.iter().filter_map(|one| one.claim).all(paid)
        });
        let awarded = book.awards.peek(&id).map_or(10_000, |award| award.amount.fen());
        let part = self.pick(&[0, 10, 35, 60, 99, 100, 120]);
        let entitlement = Money::from_fen(awarded / 100 * part).to_string();
        Command::ProposeAcceptance(ProposeAcceptance {
            id,
            entitlement: AmountOrZero::parse(&entitlement).expect("an amount"),
            document: line("验收1号"),
            decision: AcceptanceDecision::Partly,
            reason: self.hash(),
        })
    }
}

/// Who scores an application that waits for them; else anybody.
pub(super) fn expert(book: &Book, id: ApplicationId) -> Option<Actor> {
    let application = book.applications.peek(&id)?;
    let scored = |expert: &&Expert| !application.scores.iter().any(|one| one.subject == expert.subject);
    let subject = application.experts.iter().find(scored)?.subject.clone();
    Some(Actor { subject, roles: Role::Expert.into(), organisation: None })
}

/// What claims for tranches were accrued as advances and not asked back, by who has it.
pub(super) fn advances(book: &Book) -> BTreeMap<BalanceKey, i64> {
    let mut held = BTreeMap::new();
    let claims = book.claims.iter().map(|(_, claim)| claim);
    for claim in claims.filter(|claim| claim.class == ExpenseClass::Advance && claim.approved_on.is_some()) {
        let key = BalanceKey::of_payee(Account::F1214, &claim.programme, claim.payee);
        *held.entry(key).or_default() += claim.amount.fen() - claim.recovered.fen();
    }
    held
}

/// What is committed to grants is what awards promise and claims did not draw, and what of their money is an advance or an
/// expense is what was approved and not asked back. Nothing is paid beyond an entitlement.
pub(super) fn check(book: &Book) {
    let mut committed: BTreeMap<BalanceKey, i64> = BTreeMap::new();
    for (_, award) in book.awards.iter() {
        assert_eq!(Money::sum(award.tranches.iter().map(|one| one.amount)), Ok(award.amount), "{award:?}");
        let claims = award.tranches.iter().filter_map(|one| book.claims.peek(&one.claim?));
        let drawn: Vec<&Claim> = claims.filter(|claim| claim.approved_on.is_some()).collect();
        let sum: i64 = drawn.iter().map(|claim| claim.amount.fen()).sum();
        let released = match (award.status, &award.settled) {
            (AwardStatus::Cancelled, _) => award.amount.fen(),
            (_, Some(settled)) => settled.released.fen(),
            (_, None) => 0,
        };
        let left = award.amount.fen() - released - sum;
        assert!(left >= 0, "{award:?} drew {sum}");
        *committed.entry(BalanceKey::of(Account::B2006, &award.programme)).or_default() += left;
        if let (Some(_), Some(acceptance)) = (&award.settled, &award.acceptance) {
            let kept: i64 = drawn.iter().map(|claim| claim.amount.fen() - claim.recovered.fen()).sum();
            assert!(kept <= acceptance.entitlement.fen(), "{award:?} kept {kept}");
        }
    }
    same_balances(book, Account::B2006, committed, "what is committed to grants is what awards promise");
    let mut expected: BTreeMap<ProgrammeCode, i64> = BTreeMap::new();
    let grants = [ExpenseClass::Grant, ExpenseClass::Advance];
    for (_, claim) in book.claims.iter().filter(|(_, claim)| grants.contains(&claim.class)) {
        let approved = claim.approved_on.map_or(0, |_| claim.amount.fen());
        *expected.entry(claim.programme.clone()).or_default() += approved;
    }
    for (_, one) in book.recoveries.iter().filter(|(_, one)| grants.contains(&one.class)) {
        let credited = subsidy_core::recoveries::rules::credited(one);
        if one.decided_on.is_some() && credited != Account::F2103 {
            *expected.entry(one.programme.clone()).or_default() -= one.amount.fen() - one.written_off.fen();
        }
    }
    let mut kept: BTreeMap<ProgrammeCode, i64> = BTreeMap::new();
    for (key, fen) in advances(book) {
        *kept.entry(key.programme).or_default() += fen;
    }
    for (key, expense) in book.balances.iter().filter(|(key, _)| key.account == Account::F500104) {
        *kept.entry(key.programme.clone()).or_default() += expense.fen();
    }
    for one in [&mut expected, &mut kept] {
        one.retain(|_, fen| *fen != 0);
    }
    assert_eq!(kept, expected, "what of grants is an advance or an expense was approved and not asked back");
}

/// Whose application, award or list of awards a document is.
pub(super) fn of(book: &Book, document: &str, own: CreditCode) -> bool {
    let application = ApplicationId::parse(document)
        .is_ok_and(|id| book.applications.peek(&id).is_some_and(|one| one.organisation == own));
    let award = AwardId::parse(document)
        .is_ok_and(|id| book.awards.peek(&id).is_some_and(|one| one.organisation == own));
    let listed = CallId::parse(document).is_ok_and(|id| {
        book.calls.peek(&id).is_some_and(|call| call.list.iter().any(|one| one.organisation == own))
    });
    let ranked = RankingId::parse(document).is_ok_and(|id| {
        book.rankings
            .peek(&id)
            .is_some_and(|ranking| ranking.places.iter().any(|one| one.organisation == own))
    });
    application || award || listed || ranked
}

/// What a person took part in with a command, by the keys that [`way`] names.
pub(super) fn part(command: &Command) -> Vec<String> {
    let writer = |id| vec![format!("application {id}"), format!("writers {id}")];
    match command {
        Command::ProposeRanking(c) => vec![format!("ranking {}", c.id)],
        Command::ProposeCall(c) => vec![format!("call {}", c.id)],
        Command::DraftApplication(c) | Command::RewriteApplication(c) => writer(c.id),
        Command::SubmitApplication(c) | Command::WithdrawApplication(c) => writer(c.id),
        Command::ReviewApplication(c) => vec![format!("application {}", c.id)],
        Command::ScoreApplication(c) => vec![format!("application {}", c.id)],
        Command::ProposeAwards(c) => vec![format!("awards {}", c.id)],
        Command::RaiseAwardObjection(c) => vec![format!("objections {}", c.id)],
        Command::ProposeAcceptance(c) => vec![format!("acceptance {}", c.id)],
        Command::ProposeExtension(c) => vec![format!("extension {}", c.id)],
        _ => Vec::new(),
    }
}

/// What stands in the way of a command: its own, then that of what it rests on.
pub(super) fn way(book: &Book, command: &Command) -> Option<(String, Vec<String>)> {
    let award = |id: AwardId| {
        let application = book.awards.peek(&id).map(|award| format!("writers {}", award.application));
        application.into_iter().collect()
    };
    Some(match command {
        Command::ApproveRanking(c) => (format!("ranking {}", c.id), Vec::new()),
        Command::RejectRanking(c) => (format!("ranking {}", c.id), Vec::new()),
        Command::ApproveCall(c) => (format!("call {}", c.id), Vec::new()),
        Command::RejectCall(c) => (format!("call {}", c.id), Vec::new()),
        Command::ScoreApplication(c) => (format!("application {}", c.id), Vec::new()),
        Command::ApproveAwards(c) => {
            let list = book.calls.peek(&c.id).into_iter().flat_map(|call| &call.list);
            let listed = list.map(|one| format!("application {}", one.application));
            (format!("awards {}", c.id), listed.chain([format!("call {}", c.id)]).collect())
        }
        Command::RejectAwards(c) => (format!("awards {}", c.id), Vec::new()),
        Command::ResolveAwardObjection(c) => (format!("objections {}", c.id), award(c.id)),
        Command::ApproveAcceptance(c) => (format!("acceptance {}", c.id), award(c.id)),
        Command::RejectAcceptance(c) => (format!("acceptance {}", c.id), Vec::new()),
        Command::ApproveExtension(c) => (format!("extension {}", c.id), award(c.id)),
        Command::RejectExtension(c) => (format!("extension {}", c.id), Vec::new()),
        _ => return None,
    })
}
