//! A small world and what people do in it: random commands over a few organisations, programmes and contracts,
//! most of them sensible, some not. The same seed gives the same commands.
//!
//! Commands are drawn with the book at hand, so that they find documents in the states that they need; what is
//! drawn is data, so it can be sent to a real ledger as well.

mod bounds;
mod calendar;
mod dating;
mod granting;
mod lending;
mod metering;
pub mod people;
mod prefunding;
mod reminders;
mod roles;
mod tags;

use std::collections::BTreeMap;
use std::fmt::Debug;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use subsidy_core::agencies::{CreateAgency, MoveBusinessDate, SwitchSemantics};
use subsidy_core::book;
use subsidy_core::book::{Book, Command, Decision, Envelope, Loaded, Outcome};
use subsidy_core::claims::backing::InvoicePart;
use subsidy_core::claims::objection::{ObjectionStatus, RaiseObjection, Resolution, ResolveObjection};
use subsidy_core::claims::recalculation::{
    ApproveRecalculation, ClaimChanges, ProposeRecalculation, Recalculation, RecalculationStatus,
    RejectRecalculation,
};
use subsidy_core::claims::*;
use subsidy_core::domain::dates::{FiscalYear, Window, Zone};
use subsidy_core::domain::money::{Amount, SignedAmount};
use subsidy_core::domain::*;
use subsidy_core::evidence::{
    ConfirmInvoice, EvidenceKind, InvoiceFacts, InvoiceKey, MediaType, Party, RegisterEvidence,
};
use subsidy_core::ledger::{Account, BalanceKey, BookCode, Posting, Side};
use subsidy_core::organisations::{
    ApproveBankAccount, BankAccount, BankCode, Category, ChangeStanding, ProposeBankAccount,
    RegisterOrganisation, Size,
};
use subsidy_core::payments::*;
use subsidy_core::periods::{ClosePeriod, PeriodStatus, ReopenPeriod};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::policy::*;
use subsidy_core::programmes::*;
use subsidy_core::recoveries::*;
use subsidy_core::reference_rates::LoadReferenceRate;
use subsidy_core::rentals::RegisterRental;
use subsidy_core::reversals::{ApproveReversal, ProposeReversal, ReversalStatus};
use subsidy_core::vouchers::{
    ApplyForVoucher, ChangeVoucher, ExpireVoucher, IssueVoucher, RemindVoucher, ReviewDecision,
    ReviewVoucher, Voucher, VoucherStatus,
};
use uuid::Uuid;

use dating::cap_year;

const ORGANISATIONS: u32 = 7;
const PROVIDERS: u32 = 3;
const PROGRAMMES: u32 = 10;
/// The number of the one that pays for rentals.
const LEASING: u32 = 5;
/// The numbers of those that pay for interest.
const LENDING: [u32; 3] = [6, 7, 8];
/// The number of the one that pays banks ahead.
const PREFUNDING: u32 = 8;
/// The number of the one that grants.
const GRANTING: u32 = 9;
const ITEMS: [&str; 4] = ["compute", "storage", "network", "model_service"];
/// As many issued vouchers as leave something to do.
const ENOUGH_VOUCHERS: usize = 4;
/// What may post about a document whose state stays: transactions about it are looked for by its steps and among these.
const NO_STEP: [&str; 5] =
    ["approve_payment_result", "expire_voucher", "offset_recovery", "receive_recovery", "settle_payment"];
const FIRST_DAY: &str = "2025-11-03";

/// A draw of commands.
#[derive(Debug)]
pub struct World {
    rng: StdRng,
    opening: Vec<Envelope>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mut world = Self { rng: StdRng::seed_from_u64(seed), opening: Vec::new() };
        world.opening = world.open();
        world.opening.reverse();
        world
    }

    /// The next command, drawn with the book as it stands. The first ones make the agency, who lives in it, and
    /// programmes with money.
    pub fn next(&mut self, book: &Book) -> Envelope {
        if let Some(envelope) = self.opening.pop() {
            return envelope;
        }
        let command = self.command(book);
        let if_match = match self.rng.gen_range(0..100) {
            0..3 => Some(Sequence::new(self.rng.gen_range(0..50))),
            3..8 => version_of(book, &command),
            _ => None,
        };
        Envelope { actor: self.actor(book, &command), if_match, command }
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.gen_range(0..n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.gen_range(0..from.len())]
    }

    /// One of the documents that fit; none where none does, or once in so many draws (0: never).
    fn fitting<K: Copy + Ord + Debug, V: Clone>(
        &mut self,
        all: &Loaded<K, V>,
        rarely: u32,
        fits: impl Fn(&V) -> bool,
    ) -> Option<K> {
        let fit: Vec<_> = all.iter().filter(|(_, one)| fits(one)).map(|(key, _)| *key).collect();
        if fit.is_empty() || rarely > 0 && self.one_in(rarely) { None } else { Some(self.pick(&fit)) }
    }

    /// The same, or else any document; none where there is none.
    fn found<K: Copy + Ord + Debug, V: Clone>(
        &mut self,
        all: &Loaded<K, V>,
        rarely: u32,
        fits: impl Fn(&V) -> bool,
    ) -> Option<K> {
        self.fitting(all, rarely, fits).or_else(|| self.fitting(all, 0, |_| true))
    }

    fn maybe<T>(&mut self, one_in: u32, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.one_in(one_in).then(|| make(self))
    }

    /// Fen of any order of magnitude between two powers of ten.
    fn fen(&mut self, from: u32, until: u32) -> i64 {
        let magnitude = 10_i64.pow(self.rng.gen_range(from..until));
        self.rng.gen_range(magnitude..magnitude * 10)
    }

    fn amount(&mut self, from: u32, until: u32) -> Amount {
        Amount::parse(&Money::from_fen(self.fen(from, until)).to_string()).expect("an amount")
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.rng.r#gen())
    }

    fn hash(&mut self) -> TextHash {
        TextHash::new(self.rng.r#gen())
    }

    fn programme(&mut self) -> ProgrammeCode {
        programme(self.rng.gen_range(0..PROGRAMMES))
    }

    fn day(&mut self, around: Date) -> Date {
        let days = self.rng.gen_range(-60..3);
        Date::from_naive(around.naive() + TimeDelta::days(days))
    }

    /// A day that an approval may count from, between the filing and today, or rarely another.
    fn dated_back(&mut self, filed: Option<Date>, today: Date) -> Date {
        match filed.filter(|_| !self.one_in(5)) {
            Some(filed) => {
                let days = (today.naive() - filed.naive()).num_days().max(0);
                Date::from_naive(today.naive() - TimeDelta::days(self.rng.gen_range(0..days + 1)))
            }
            None => self.day(today),
        }
    }

    /// The agency, everybody, the programmes and their money.
    fn open(&mut self) -> Vec<Envelope> {
        let mut commands = vec![by(
            "operator",
            Command::CreateAgency(CreateAgency {
                code: AgencyCode::parse("test").expect("a code"),
                name: line("试验"),
                zone: Zone::default(),
                sandbox: true,
                business_date: Some(date(FIRST_DAY)),
            }),
        )];
        for number in 0..ORGANISATIONS + PROVIDERS {
            let organisation = self.organisation(number);
            commands.push(by("officer-1", Command::RegisterOrganisation(Box::new(organisation))));
        }
        let (name, since) = (label("LPR5Y"), date("2023-01-01"));
        let rate = LoadReferenceRate { name, date: since, percent: percent("3.95") };
        commands.push(by("officer-1", Command::LoadReferenceRate(rate)));
        for number in 0..PROGRAMMES {
            let code = programme(number);
            let mut proposal = self.proposal(code.clone());
            proposal.instrument = match number {
                LEASING => Instrument::RentalSubsidy,
                number if LENDING.contains(&number) => Instrument::InterestSubsidy,
                GRANTING => Instrument::Grant,
                _ => Instrument::Voucher,
            };
            let interest = proposal.instrument == Instrument::InterestSubsidy;
            let until = date(if interest { "2027-12-31" } else { "2028-12-31" });
            proposal.window = Window { from: date("2024-01-01"), until };
            proposal.rules = self.policy(proposal.instrument);
            if number == PREFUNDING {
                proposal.rules.prefund = Some(true);
                proposal.rules.payee = Payee::Bank;
            }
            // everyone may come in, whatever later versions say
            proposal.rules.eligibility = Eligibility {
                related_provider: proposal.rules.eligibility.related_provider,
                ..Eligibility::default()
            };
            if number == GRANTING {
                proposal.rules.grant = Some(self.grant_rules());
            }
            proposal.rules.caps.minimum_base = None;
            commands.push(by("officer-1", Command::ProposeProgramme(Box::new(proposal))));
            commands
                .push(by("approver-1", Command::ApproveProgramme(ApproveProgramme { code: code.clone() })));
            let id = BudgetChangeId::new(self.id());
            let request = BudgetRequest::Appropriation {
                amount: self.amount(7, 11),
                fiscal_year: year(2025),
                document: line("预算1号"),
                source: None,
                budget_codes: None,
                targets: Vec::new(),
                effective_date: None,
            };
            let proposal = ProposeBudgetChange { id, programme: code.clone(), request };
            commands.push(by("officer-1", Command::ProposeBudgetChange(proposal)));
            let approval = ApproveBudgetChange { programme: code, kind: BudgetChangeKind::Appropriation, id };
            commands.push(by("approver-1", Command::ApproveBudgetChange(approval)));
        }
        commands
    }

    fn command(&mut self, book: &Book) -> Command {
        let today = book.agency.as_ref().and_then(|a| a.business_date).unwrap_or(date(FIRST_DAY));
        // what can be offset is rare and soon paid
        if self.one_in(4)
            && let Some(offset) = self.fitting_offset(book, today)
        {
            return offset;
        }
        // few claims are deducted from a bank's prefund, and their recalculations are what is checked of it
        if self.one_in(12)
            && let Some(claim) = self.fitting(&book.claims, 0, payable::prefunded)
        {
            return self.recalculate_deducted(book, claim, today);
        }
        if self.one_in(9) {
            return self.granting(book, today);
        }
        // most of what happens happens to vouchers: until there are some, they are made
        let issued = book.vouchers.iter().filter(|(_, v)| v.status == VoucherStatus::Issued).count();
        if issued < ENOUGH_VOUCHERS && self.one_in(3) {
            return self.first_half(book, today);
        }
        match self.rng.gen_range(0..100) {
            0..38 => return self.second_half(book, today),
            38..41 => return self.granting(book, today),
            41..54 => return self.payment(book, today),
            54..63 => return self.recovery(book, today),
            63..72 => return self.further(book, today),
            72..74 => return self.account(book),
            74..77 => return self.lending(book, today),
            77..79 => return self.reversal(book),
            79..81 => return self.metering(book, today),
            84..86 => return self.tag(book, today),
            86 => return self.role(book),
            87 => return self.remind_of_task(book, today),
            88 => return if self.one_in(2) { self.limits(book) } else { self.groups(book) },
            81..84 => return self.prefunding(book, today),
            _ => {}
        }
        match self.rng.gen_range(0..1000) {
            0..9 => self.close(today),
            9..22 => self.reopen(book, today),
            22..28 => {
                let number = self.rng.gen_range(0..ORGANISATIONS + PROVIDERS + 2);
                Command::RegisterOrganisation(Box::new(self.organisation(number)))
            }
            28..32 => {
                let standing = self.standing();
                if self.one_in(2) {
                    Command::BlockOrganisation(standing)
                } else {
                    Command::UnblockOrganisation(standing)
                }
            }
            32..44 => Command::UnblockOrganisation(self.standing()),
            44..58 => self.calendar(book, today),
            58..60 => self.limits(book),
            60..62 => self.groups(book),
            62..70 => Command::LoadReferenceRate(LoadReferenceRate {
                name: label("LPR5Y"),
                date: self.day(today),
                percent: percent("3.5"),
            }),
            70..80 => {
                let code = programme(self.rng.gen_range(0..PROGRAMMES + 2));
                Command::ProposeProgramme(Box::new(self.proposal(code)))
            }
            80..90 => {
                let code = programme(self.rng.gen_range(0..PROGRAMMES + 2));
                Command::ApproveProgramme(ApproveProgramme { code })
            }
            90..120 => {
                let programme = self.programme();
                let own = LENDING.iter().any(|number| self::programme(*number) == programme);
                let grants = programme == self::programme(GRANTING);
                let instrument = match (own, self.one_in(12)) {
                    (true, false) => Instrument::InterestSubsidy,
                    (false, true) => Instrument::RentalSubsidy,
                    (true, true) | (false, false) => Instrument::Voucher,
                };
                let instrument = if grants { Instrument::Grant } else { instrument };
                let mut rules = self.policy(instrument);
                if programme == self::programme(PREFUNDING) && own && !self.one_in(4) {
                    rules.prefund = Some(true);
                    rules.payee = Payee::Bank;
                }
                Command::ProposeRules(Box::new(ProposeRules {
                    programme,
                    effective_from: self.day(today),
                    rules,
                    reason: self.hash(),
                }))
            }
            120..150 => self.approve_rules(book),
            150..190 => self.propose_budget_change(today),
            190..240 => self.approve_budget_change(book),
            240..890 => self.first_half(book, today),
            890..930 => Command::CancelVoucher(self.change(book, VoucherStatus::Issued)),
            930..955 => Command::SuspendVoucher(self.change(book, VoucherStatus::Issued)),
            955..970 => Command::ReinstateVoucher(self.change(book, VoucherStatus::Suspended)),
            970..980 => self.relax(book),
            980..995 => {
                let days = self.rng.gen_range(-1..40);
                Command::MoveBusinessDate(MoveBusinessDate {
                    date: Date::from_naive(today.naive() + TimeDelta::days(days)),
                })
            }
            _ => Command::SwitchSemantics(SwitchSemantics { to: self.rng.gen_range(0..3) }),
        }
    }

    /// The month before, or one about it.
    fn month(&mut self, today: Date) -> Month {
        let days = self.pick(&[-60, -30, -30, -30, 0]);
        Month::of(Date::from_naive(today.naive() + TimeDelta::days(days)))
    }

    fn close(&mut self, today: Date) -> Command {
        Command::ClosePeriod(ClosePeriod { month: self.month(today) })
    }

    fn reopen(&mut self, book: &Book, today: Date) -> Command {
        let closed = book.agency.as_ref().and_then(|agency| agency.closed_through);
        let month = closed.filter(|_| !self.one_in(4)).unwrap_or_else(|| self.month(today));
        Command::ReopenPeriod(ReopenPeriod { month, reason: self.hash() })
    }

    /// Where an organisation is paid.
    fn account(&mut self, book: &Book) -> Command {
        let waiting: Vec<_> = book
            .organisations
            .iter()
            .filter(|(_, o)| o.account_change.is_some())
            .map(|(code, _)| *code)
            .collect();
        let number = self.rng.gen_range(0..ORGANISATIONS + PROVIDERS + 1);
        let act = self.rng.gen_range(0..10);
        let any = act < 4 || waiting.is_empty() || self.one_in(8);
        let credit_code = if any { organisation(number) } else { self.pick(&waiting) };
        match act {
            0..5 => {
                let account = self.bank_account(number);
                Command::ProposeBankAccount(Box::new(ProposeBankAccount { credit_code, account }))
            }
            5..8 => Command::ApproveBankAccount(ApproveBankAccount { credit_code }),
            _ => Command::RejectBankAccount(ChangeStanding { credit_code, reason: self.hash() }),
        }
    }

    fn bank_account(&mut self, number: u32) -> BankAccount {
        BankAccount {
            name: line(&format!("单位{}", if self.one_in(12) { number + 1 } else { number })),
            bank_code: BankCode::parse("102100099996").expect("a bank code"),
            masked: "****3334".to_owned(),
            mac: self.hash(),
        }
    }

    fn standing(&mut self) -> ChangeStanding {
        let number = self.rng.gen_range(0..ORGANISATIONS + PROVIDERS + 1);
        ChangeStanding { credit_code: organisation(number), reason: self.hash() }
    }

    fn organisation(&mut self, number: u32) -> RegisterOrganisation {
        let other = self.rng.gen_range(0..ORGANISATIONS + PROVIDERS);
        RegisterOrganisation {
            credit_code: organisation(number),
            name: line(&format!("单位{number}")),
            category: self.pick(&[
                Category::PrivateEnterprise,
                Category::University,
                Category::StateOwnedEnterprise,
            ]),
            size: self.maybe(2, |w| w.pick(&[Size::Micro, Size::Small, Size::Large])),
            startup: self.one_in(2),
            region: self.maybe(2, |w| label(w.pick(&["浦东", "海淀"]))),
            controller: self.maybe(3, |w| line(w.pick(&["甲", "乙", "丙"]))),
            related: if self.one_in(5) { vec![organisation(other)] } else { Vec::new() },
            bank_account: self.maybe(2, |w| w.bank_account(number)),
        }
    }

    fn proposal(&mut self, code: ProgrammeCode) -> ProposeProgramme {
        let instrument = self.pick(&[
            Instrument::Voucher,
            Instrument::Voucher,
            Instrument::RentalSubsidy,
            Instrument::InterestSubsidy,
            Instrument::Grant,
        ]);
        let until = if self.one_in(4) { "2025-12-01" } else { "2027-12-31" };
        ProposeProgramme {
            title: Title { zh: line("算力券"), en: line("Compute vouchers") },
            instrument,
            level: self.pick(&[Level::City, Level::City, Level::Province]),
            legal_basis: LegalBasis { document: line("沪1号"), valid_from: None, valid_until: None },
            window: Window { from: date("2025-01-01"), until: date(until) },
            budget_codes: None,
            rules: self.policy(instrument),
            code,
        }
    }

    fn policy(&mut self, instrument: Instrument) -> Policy {
        let ratio = instrument == Instrument::Voucher || instrument == Instrument::RentalSubsidy;
        let voucher = instrument == Instrument::Voucher;
        let keeps = voucher && self.one_in(3);
        let interest = instrument == Instrument::InterestSubsidy;
        let mut policy = Policy {
            eligibility: Eligibility {
                categories: self.maybe(8, |_| vec![Category::PrivateEnterprise, Category::University]),
                sizes: self.maybe(15, |_| vec![Size::Micro, Size::Small]),
                startup_only: self.maybe(15, |w| w.one_in(2)),
                regions: self.maybe(15, |_| vec![label("浦东")]),
                related_provider: self.pick(&[RelatedProvider::Refuse, RelatedProvider::Allow]),
                ..Eligibility::default()
            },
            caps: Caps {
                claim: self.maybe(3, |w| w.amount(5, 9)),
                annual: self.maybe(2, |w| AnnualCap {
                    amount: w.amount(5, 9),
                    counts: match w.rng.gen_range(0..4) {
                        0 => vec![Counts::Redemption],
                        1 => vec![Counts::Issue, Counts::Redemption],
                        _ => vec![Counts::Issue],
                    },
                    released: None,
                    year: None,
                }),
                lifetime: self.maybe(3, |w| w.amount(6, 10)),
                per: None,
                groups: None,
                minimum_base: self.maybe(6, |w| w.amount(3, 7)),
                minimum_base_per: None,
            },
            rounding: Rounding {
                mode: self.pick(&[RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::Down]),
                scope: self.pick(&[RoundingScope::Claim, RoundingScope::Line]),
                unit: self.pick(&[RoundingUnit::Fen, RoundingUnit::Fen, RoundingUnit::Yuan]),
            },
            shares: self.maybe(2, |w| w.shares()),
            stacking: self.stacking(),
            items: ratio.then(|| self.items()),
            base: if ratio {
                self.maybe(2, |w| w.pick(&[Base::TaxInclusive, Base::TaxExclusive]))
            } else {
                None
            },
            publicity_days: self.maybe(4, |w| w.rng.gen_range(0..4)),
            validity_months: voucher.then(|| self.rng.gen_range(1..5)),
            one_per_contract: if voucher { self.maybe(2, |w| w.one_in(3)) } else { None },
            points: interest.then(|| PointsRule {
                max: self.maybe(2, |_| Points::parse("1.5").expect("points")),
                share_of_contract_rate_percent: self.maybe(4, |_| percent("50")),
                share_of_reference: self
                    .maybe(3, |_| ShareOfReference { name: label("LPR5Y"), percent: percent("33.333333") }),
            }),
            day_count: if interest {
                self.maybe(2, |w| {
                    w.pick(&[
                        DayCount::Actual365,
                        DayCount::ActualActual,
                        DayCount::Thirty360,
                        DayCount::Icma,
                    ])
                })
            } else {
                None
            },
            rate_ceiling: if interest { self.maybe(3, Self::ceilings) } else { None },
            principal_cap: if interest { self.maybe(2, |w| w.amount(9, 11)) } else { None },
            payee: if interest { self.pick(&[Payee::Enterprise, Payee::Bank]) } else { Payee::Enterprise },
            ..Policy::default()
        };
        if !voucher && policy.caps.minimum_base.is_some() && self.one_in(2) {
            policy.caps.minimum_base_per = Some(MinimumBasePer::Year);
        }
        if let Some(annual) = policy.caps.annual.as_mut().filter(|cap| cap.counts.contains(&Counts::Issue)) {
            annual.released = voucher.then_some(if keeps { Released::Stays } else { Released::Frees });
        }
        self.dates(&mut policy, instrument);
        self.lists(&mut policy, instrument);
        if instrument == Instrument::Grant {
            policy.caps = Caps::default();
            policy.grant = (!self.one_in(12)).then(|| self.grant_rules());
        } else {
            self.bounds(&mut policy, instrument);
        }
        policy
    }

    fn shares(&mut self) -> Vec<Share> {
        let share = |level: &str, part: &str| Share { level: label(level), percent: percent(part) };
        match self.rng.gen_range(0..3) {
            0 => vec![share("city", "50"), share("district", "50")],
            1 => vec![
                share("central", "33.333333"),
                share("city", "33.333333"),
                share("district", "33.333334"),
            ],
            _ => vec![share("city", "100"), share("district", "0")],
        }
    }

    fn items(&mut self) -> Vec<ItemRatio> {
        let count = self.rng.gen_range(2..=ITEMS.len());
        let ratios = ["20", "30", "33.333333", "50", "60", "100", "0.1", "12.5"];
        ITEMS[..count]
            .iter()
            .map(|item| ItemRatio {
                item: label(item),
                ratio_percent: Some(percent(self.pick(&ratios))),
                startup_ratio_percent: self.maybe(3, |w| percent(w.pick(&ratios))),
                unit_price: None,
                unit: None,
            })
            .collect()
    }

    fn approve_rules(&mut self, book: &Book) -> Command {
        let proposed: Vec<_> = book
            .rules
            .iter()
            .filter(|(_, v)| v.status == ProposalStatus::Proposed)
            .map(|(key, _)| key)
            .collect();
        let key = match proposed.len() {
            0 => RulesKey { programme: self.programme(), number: self.rng.gen_range(1..4) },
            n => proposed[self.rng.gen_range(0..n)].clone(),
        };
        Command::ApproveRules(ApproveRules { programme: key.programme, number: key.number })
    }

    fn propose_budget_change(&mut self, today: Date) -> Command {
        let request = match self.rng.gen_range(0..10) {
            0..5 => BudgetRequest::Appropriation {
                amount: self.amount(6, 10),
                fiscal_year: year(2025 + self.rng.gen_range(0..2)),
                document: line("预算2号"),
                source: None,
                budget_codes: None,
                targets: Vec::new(),
                effective_date: self.maybe(3, |w| w.day(today)),
            },
            5..8 => {
                let sign = if self.one_in(2) { "-" } else { "" };
                let amount =
                    SignedAmount::parse(&format!("{sign}{}", self.amount(5, 10))).expect("an amount");
                BudgetRequest::Adjustment { amount, document: line("调整"), reason: self.hash() }
            }
            _ => BudgetRequest::Lapse {
                amount: self.maybe(2, |w| w.amount(4, 9)),
                fiscal_year: year(2025),
                reason: self.hash(),
            },
        };
        Command::ProposeBudgetChange(ProposeBudgetChange {
            id: BudgetChangeId::new(self.id()),
            programme: self.programme(),
            request,
        })
    }

    fn approve_budget_change(&mut self, book: &Book) -> Command {
        let known: Vec<_> = book.budget_changes.iter().map(|(_, c)| c).collect();
        let open: Vec<_> =
            known.iter().copied().filter(|c| c.status == BudgetChangeStatus::Proposed).collect();
        let from = if open.is_empty() || self.one_in(10) { &known } else { &open };
        let (id, of, its_kind) = match from.len() {
            0 => (BudgetChangeId::new(self.id()), self.programme(), BudgetChangeKind::Lapse),
            n => {
                let change = from[self.rng.gen_range(0..n)];
                (change.id, change.programme.clone(), change.kind)
            }
        };
        let programme = if self.one_in(20) { self.programme() } else { of };
        let kind = if self.one_in(20) { BudgetChangeKind::Adjustment } else { its_kind };
        Command::ApproveBudgetChange(ApproveBudgetChange { programme, kind, id })
    }

    fn rental(&mut self, today: Date) -> Command {
        let organisation_number = self.rng.gen_range(0..ORGANISATIONS + 1);
        let provider_number = ORGANISATIONS + self.rng.gen_range(0..PROVIDERS);
        let lines = (0..self.rng.gen_range(1..5))
            .map(|_| SettledLine {
                item: label(self.pick(&ITEMS)),
                amount: if self.one_in(12) { self.amount(0, 3) } else { self.amount(5, 10) },
                tax_percent: (!self.one_in(10)).then(|| percent(self.pick(&["6", "13", "0"]))),
                metered: None,
                quantity: self.quantity(),
                unit: self.maybe(2, |_| label("kWh")),
            })
            .collect();
        // most of them have months that are over, since only those can be claimed
        let begun = TimeDelta::days(self.rng.gen_range(0..120));
        let from = Date::from_naive(self.day(today).naive() - begun);
        let days = if self.one_in(20) { -1 } else { 90 };
        Command::RegisterRental(Box::new(RegisterRental {
            id: RentalId::new(self.id()),
            organisation: organisation(organisation_number),
            provider: organisation(provider_number),
            contract_no: line(&format!("合同{}", self.rng.gen_range(0..60))),
            signed_on: from,
            from,
            until: Date::from_naive(from.naive() + TimeDelta::days(days)),
            order_no: None,
            scenario: None,
            lines,
        }))
    }

    fn apply(&mut self, book: &Book) -> Command {
        let rentals: Vec<_> = book.rentals.iter().map(|(id, _)| *id).collect();
        let free: Vec<_> = rentals.iter().copied().filter(|id| book.uses.peek(id).is_none()).collect();
        let from = if free.is_empty() || self.one_in(2) { &rentals } else { &free };
        let rental = if from.is_empty() { RentalId::new(self.id()) } else { self.pick(from) };
        let voucher = VoucherId::new(self.id());
        Command::ApplyForVoucher(ApplyForVoucher {
            id: voucher,
            programme: programme(self.rng.gen_range(0..=LEASING)),
            rental,
            other_funding: self.other_funding(),
        })
    }

    /// A voucher, most times one in that state.
    fn voucher(&mut self, book: &Book, status: VoucherStatus) -> VoucherId {
        let found = self.found(&book.vouchers, 12, |voucher| voucher.status == status);
        found.unwrap_or_else(|| VoucherId::new(self.id()))
    }

    fn review(&mut self, book: &Book) -> Command {
        let decision = match self.rng.gen_range(0..8) {
            0 => ReviewDecision::Return,
            1 => ReviewDecision::Reject,
            _ => ReviewDecision::Pass,
        };
        let again = self.one_in(8);
        let id = self.voucher(book, if again { VoucherStatus::Reviewed } else { VoucherStatus::Submitted });
        Command::ReviewVoucher(ReviewVoucher {
            id,
            decision,
            reason: self.maybe(2, Self::hash),
            assessment: self.assessment(),
        })
    }

    fn issue(&mut self, book: &Book, today: Date) -> Command {
        let id = self.voucher(book, VoucherStatus::Reviewed);
        let filed = book.vouchers.peek(&id).map(|voucher| voucher.submitted_on);
        let effective_date = self.maybe(3, |w| w.dated_back(filed, today));
        Command::IssueVoucher(IssueVoucher { id, effective_date })
    }

    fn change(&mut self, book: &Book, status: VoucherStatus) -> ChangeVoucher {
        ChangeVoucher { id: self.voucher(book, status), reason: self.hash() }
    }

    /// What makes vouchers.
    fn first_half(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..65) {
            0..20 => self.rental(today),
            20..37 => self.apply(book),
            37..51 => self.review(book),
            _ => self.issue(book, today),
        }
    }

    /// What becomes of vouchers once they are issued.
    fn second_half(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..100) {
            0..6 if self.one_in(4) => self.confirm(book),
            0..6 => self.evidence(),
            6..25 => {
                let id = ClaimId::new(self.id());
                let request = match self.rng.gen_range(0..10) {
                    0..2 => self.lease(book, None),
                    2..5 => self.subsidy(book, None, today),
                    _ => self.redemption(book, None),
                };
                Command::DraftClaim(Box::new(self.backed(book, WriteClaim::new(id, request))))
            }
            25..30 => {
                let id = self.claim(book, &[ClaimStatus::Draft, ClaimStatus::Returned]);
                let known =
                    book.claims.peek(&id).map(|claim| claim.subject.clone()).filter(|_| !self.one_in(9));
                let request = match known.as_ref().map(|known| (known.rental(), known.loan())) {
                    Some((Some(rental), _)) => self.lease(book, Some(rental)),
                    Some((None, Some(_))) => {
                        let claim = book.claims.peek(&id).expect("it is known").clone();
                        self.subsidy(book, Some(&claim), today)
                    }
                    Some((None, None)) | None => {
                        self.redemption(book, known.and_then(|known| known.voucher()))
                    }
                };
                Command::RewriteClaim(Box::new(self.backed(book, WriteClaim::new(id, request))))
            }
            30..52 => Command::SubmitClaim(NameClaim {
                id: self.claim(book, &[ClaimStatus::Draft, ClaimStatus::Returned]),
            }),
            52..68 => Command::ReviewClaim(ReviewClaim {
                id: match self.rng.gen_range(0..8) {
                    0 => self.claim(book, &[ClaimStatus::Reviewed]),
                    _ => self.claim(book, &[ClaimStatus::Submitted]),
                },
                decision: self.pick(&[
                    ReviewDecision::Pass,
                    ReviewDecision::Pass,
                    ReviewDecision::Pass,
                    ReviewDecision::Return,
                    ReviewDecision::Reject,
                ]),
                reason: self.maybe(2, Self::hash),
                accept_incomplete_usage: self.one_in(2),
                assessment: self.assessment(),
            }),
            68..87 => {
                let id = self.claim(book, &[ClaimStatus::Reviewed]);
                let filed = book.claims.peek(&id).and_then(|claim| claim.submitted_on);
                let effective_date = self.maybe(4, |w| w.dated_back(filed, today));
                Command::ApproveClaim(ApproveClaim { id, effective_date })
            }
            87..90 => Command::RejectClaim(RejectClaim {
                id: self.claim(book, &[ClaimStatus::Reviewed]),
                reason: self.hash(),
            }),
            90..94 => {
                let open = [ClaimStatus::Submitted, ClaimStatus::Returned, ClaimStatus::Reviewed];
                Command::WithdrawClaim(NameClaim { id: self.claim(book, &open) })
            }
            94..96 => self.remind(book, today),
            _ => self.expire(book, today),
        }
    }

    fn remind(&mut self, book: &Book, today: Date) -> Command {
        let usable = self.fitting(&book.vouchers, 8, |v| v.valid_until >= Some(today) && has_left(v));
        let id = usable.unwrap_or_else(|| self.voucher(book, VoucherStatus::Expired));
        let days = self.pick(&[7, 30, 90, 366]);
        Command::RemindVoucher(RemindVoucher { id, as_of: self.maybe(6, |w| w.day(today)), days })
    }

    /// What becomes of claims once they are approved.
    fn payment(&mut self, book: &Book, today: Date) -> Command {
        match self.rng.gen_range(0..100) {
            0..35 => {
                let mut claims: Vec<ClaimId> = (0..self.rng.gen_range(1..4))
                    .map(|_| {
                        let is_free = |c: &Claim| c.status == ClaimStatus::Approved && c.batch.is_none();
                        let free = self.fitting(&book.claims, 0, is_free);
                        free.unwrap_or_else(|| self.claim(book, &[ClaimStatus::Approved]))
                    })
                    .collect();
                claims.sort();
                if !self.one_in(12) {
                    claims.dedup();
                }
                let claims = (!self.one_in(40)).then(|| ClaimIds::new(claims).expect("a few"));
                let id = PaymentBatchId::new(self.id());
                let name_max = if self.one_in(30) { 1 } else { NAME_MAX };
                Command::ProposePaymentBatch(Box::new(ProposePaymentBatch {
                    id,
                    claims,
                    name_max,
                    letters: None,
                }))
            }
            35..55 => Command::ApprovePaymentBatch(ApprovePaymentBatch {
                id: self.batch(book, BatchStatus::Proposed),
            }),
            55..60 => Command::RejectPaymentBatch(RejectPaymentBatch {
                id: self.batch(book, BatchStatus::Proposed),
                reason: self.hash(),
            }),
            60..68 => Command::ReadAccounts(ReadAccounts {
                batch: self.batch(book, BatchStatus::Approved),
                format: self.pick(&[FileFormat::Pain001, FileFormat::Xlsx, FileFormat::Csv]),
                execution_date: self.execution(book, today),
                sha256: self.hash(),
            }),
            68..76 => {
                let LineKey { batch, claim } = self.line(book, |line| line.proposed_result.is_some());
                if self.one_in(3) {
                    Command::RejectResult(RejectResult { batch, claim, reason: self.hash() })
                } else {
                    Command::ApproveResult(ApproveResult { batch, claim })
                }
            }
            _ => {
                let status = if self.one_in(4) { LineStatus::Paid } else { LineStatus::Open };
                let paid = self.line(book, |line| line.status == status);
                let returned = status == LineStatus::Paid || self.one_in(3);
                let of_line = book
                    .payment_lines
                    .peek(&paid)
                    .and_then(|line| Amount::parse(&line.amount.to_string()).ok());
                let amount = if self.one_in(20) { Some(self.amount(2, 5)) } else { of_line };
                Command::SettlePayment(SettlePayment {
                    batch: paid.batch,
                    claim: paid.claim,
                    outcome: if returned { PaymentResult::Returned } else { PaymentResult::Paid },
                    amount: amount.filter(|_| self.one_in(2)),
                    bank_reference: line(&format!("FT{}", self.rng.gen_range(0..100_000))),
                    date: if self.one_in(4) { self.day(today) } else { today },
                    reason: self.maybe(2, Self::hash),
                    statement: self.maybe(3, |world| ContentHash::new(world.rng.r#gen())),
                })
            }
        }
    }

    /// A recalculation of a claim that was deducted: approved where one waits, else proposed.
    fn recalculate_deducted(&mut self, book: &Book, claim: ClaimId, today: Date) -> Command {
        let waits = |r: &Recalculation| r.claim == claim && r.status == RecalculationStatus::Proposed;
        if book.recalculations.iter().any(|(_, one)| waits(one)) {
            let recovery = RecoveryId::new(self.id());
            return Command::ApproveRecalculation(ApproveRecalculation {
                claim,
                number: None,
                recovery,
                effective_date: None,
            });
        }
        let terms = book.claims.peek(&claim).and_then(|known| known.subject.interest());
        let changes = terms.map_or_else(ClaimChanges::default, |terms| self.known_better(terms, today));
        let reason = self.hash();
        Command::ProposeRecalculation(Box::new(ProposeRecalculation {
            claim,
            changes,
            reason,
            accept_incomplete_usage: false,
        }))
    }

    /// A line of a batch, most times one that fits.
    fn line(&mut self, book: &Book, fits: impl Fn(&PaymentLine) -> bool) -> LineKey {
        self.found(&book.payment_lines, 15, fits).unwrap_or_else(|| LineKey {
            batch: PaymentBatchId::new(self.id()),
            claim: ClaimId::new(self.id()),
        })
    }

    /// A posting undone: most times one that can be, a late one rather than an early one.
    fn reversal(&mut self, book: &Book) -> Command {
        let proposed = book.reversals.iter().filter(|(_, r)| r.status == ReversalStatus::Proposed);
        let proposed: Vec<_> = proposed.map(|(sequence, _)| *sequence).collect();
        if !proposed.is_empty() && self.one_in(2) {
            return Command::ApproveReversal(ApproveReversal { sequence: self.pick(&proposed) });
        }
        let mut fit: Vec<_> = book.reversible.iter().map(|(sequence, _)| *sequence).collect();
        if self.one_in(2) {
            fit = fit.split_off(fit.len().saturating_sub(5));
        }
        let any = Sequence::new(self.rng.gen_range(0..1_500));
        let sequence = if fit.is_empty() || self.one_in(12) { any } else { self.pick(&fit) };
        if self.one_in(15) {
            return Command::ApproveReversal(ApproveReversal { sequence });
        }
        Command::ProposeReversal(ProposeReversal { sequence, reason: self.hash() })
    }

    /// What is found out about claims, before their approval and after.
    fn further(&mut self, book: &Book, today: Date) -> Command {
        let day = self.maybe(4, |w| w.day(today));
        match self.rng.gen_range(0..20) {
            0..8 => {
                let deducted = book.claims.iter().filter(|(_, claim)| payable::prefunded(claim));
                let deducted: Vec<_> = deducted.map(|(id, _)| *id).collect();
                let claim = if deducted.is_empty() || !self.one_in(5) {
                    self.claim(book, &[ClaimStatus::Approved, ClaimStatus::Paid])
                } else {
                    self.pick(&deducted)
                };
                let asked = ClaimSubject::of(&self.redemption(book, None));
                let (mut settlement, closing) = (asked.settlement().to_vec(), asked.closing());
                if let Some(known) = book.claims.peek(&claim).filter(|_| self.one_in(2)) {
                    // often not far from what it was
                    settlement = known.subject.settlement().to_vec();
                    let factor = self.rng.gen_range(50..150);
                    for line in &mut settlement {
                        let fen = (line.amount.money().fen() / 100 * factor).max(1);
                        line.amount = Amount::parse(&Money::from_fen(fen).to_string()).expect("an amount");
                    }
                }
                let settlement = (!self.one_in(9)).then_some(settlement);
                let leased = book.claims.peek(&claim).is_some_and(|known| known.subject.rental().is_some());
                let usage = settlement.is_none() && (leased || self.one_in(12));
                let closing = if leased && !self.one_in(12) { None } else { self.maybe(5, |_| closing) };
                let changes = match book.claims.peek(&claim).and_then(|known| known.subject.interest()) {
                    Some(terms) if !self.one_in(12) => self.known_better(terms, today),
                    Some(_) | None => ClaimChanges { settlement, closing, usage, ..ClaimChanges::default() },
                };
                let reason = self.hash();
                let accept_incomplete_usage = !self.one_in(3);
                Command::ProposeRecalculation(Box::new(ProposeRecalculation {
                    claim,
                    changes,
                    reason,
                    accept_incomplete_usage,
                }))
            }
            8..15 => {
                let (claim, number) = self.recalculation(book);
                let (act, reason) = (self.rng.gen_range(0..6), self.hash());
                if act == 0 {
                    return Command::RejectRecalculation(RejectRecalculation { claim, number, reason });
                }
                let recovery = RecoveryId::new(self.id());
                Command::ApproveRecalculation(ApproveRecalculation {
                    claim,
                    number,
                    recovery,
                    effective_date: day,
                })
            }
            // what is open is settled first: chance rarely meets it while its claim still waits
            15..17 if book.objections.iter().all(|(_, o)| o.status != ObjectionStatus::Open) => {
                let open = self.fitting(&book.claims, 9, |c| {
                    let key = RulesKey { programme: c.programme.clone(), number: c.rules_version };
                    let rules = book.rules.peek(&key).filter(|_| c.status == ClaimStatus::Reviewed);
                    rules.is_some_and(|rules| rules.rules.publicity_days.is_some())
                });
                let claim = open.unwrap_or_else(|| self.claim(book, &[ClaimStatus::Reviewed]));
                let id = ObjectionId::new(self.id());
                Command::RaiseObjection(RaiseObjection { id, claim, text: self.hash() })
            }
            _ => {
                let open = book.objections.iter().filter(|(_, o)| o.status == ObjectionStatus::Open);
                let open: Vec<_> = open.map(|(id, o)| (*id, o.claim)).collect();
                let (id, claim) = if open.is_empty() {
                    (ObjectionId::new(self.id()), self.claim(book, &[ClaimStatus::Reviewed]))
                } else {
                    self.pick(&open)
                };
                let decision = if self.one_in(3) { Resolution::Upheld } else { Resolution::Dismissed };
                let reason = self.hash();
                Command::ResolveObjection(ResolveObjection { id, claim, decision, reason })
            }
        }
    }

    /// A recalculation that waits, most times; some name it, some do not.
    fn recalculation(&mut self, book: &Book) -> (ClaimId, Option<u32>) {
        match self.found(&book.recalculations, 12, |r| r.status == RecalculationStatus::Proposed) {
            Some(key) => (key.claim, (!self.one_in(3)).then_some(key.number)),
            None => (self.claim(book, &[ClaimStatus::Paid]), None),
        }
    }

    /// A recovery and a claim whose money can be kept for it, where there are such.
    fn offset(&mut self, book: &Book, today: Date) -> Command {
        let mut pairs = Vec::new();
        for (id, recovery) in book.recoveries.iter().filter(|(_, r)| r.status == RecoveryStatus::Approved) {
            let fit = book.claims.iter().filter(|(_, c)| {
                c.organisation == recovery.organisation
                    && (c.status, c.batch, c.pending) == (ClaimStatus::Approved, None, None)
                    && (c.programme == recovery.programme || self.rng.gen_range(0..9) == 0)
            });
            pairs.extend(fit.map(|(claim, _)| (*id, *claim)).collect::<Vec<_>>());
        }
        let (id, claim) = if pairs.is_empty() || self.one_in(12) {
            let any = self.fitting(&book.recoveries, 0, |_| true);
            let id = any.unwrap_or_else(|| RecoveryId::new(self.id()));
            (id, self.claim(book, &[ClaimStatus::Approved]))
        } else {
            self.pick(&pairs)
        };
        let amount = self.maybe(2, |w| w.amount(2, 5));
        let effective_date = self.maybe(9, |w| w.day(today));
        Command::OffsetRecovery(OffsetRecovery { id, claim, amount, effective_date })
    }

    /// An offset that the rules may well accept.
    fn fitting_offset(&mut self, book: &Book, today: Date) -> Option<Command> {
        if !book.recoveries.iter().any(|(_, recovery)| recovery.status == RecoveryStatus::Approved) {
            return None;
        }
        let offset = self.offset(book, today);
        let fits = matches!(&offset, Command::OffsetRecovery(c) if book.recoveries.peek(&c.id).is_some_and(|r| {
            r.status == RecoveryStatus::Approved
                && book.claims.peek(&c.claim).is_some_and(|claim| claim.programme == r.programme)
        }));
        fits.then_some(offset)
    }

    /// What is asked back of what was paid.
    fn recovery(&mut self, book: &Book, today: Date) -> Command {
        if self.one_in(40) {
            return self.offset(book, today);
        }
        let act = self.rng.gen_range(0..13);
        let status = if act < 8 { RecoveryStatus::Proposed } else { RecoveryStatus::Approved };
        let fit = self.fitting(&book.recoveries, 0, |recovery| recovery.status == status);
        let id = fit.unwrap_or_else(|| RecoveryId::new(self.id()));
        let date = if self.one_in(3) { self.day(today) } else { today };
        match act {
            0..4 => Command::ProposeRecovery(Box::new(ProposeRecovery {
                id: RecoveryId::new(self.id()),
                claim: self.claim(book, &[ClaimStatus::Paid]),
                amount: self.amount(2, 7),
                decision_no: line("追1"),
                reason: self.hash(),
                fraud: self.one_in(4),
                effective_date: self.maybe(3, |_| date),
            })),
            4..7 => Command::ApproveRecovery(ApproveRecovery { id }),
            7 => Command::RejectRecovery(RejectRecovery { id, reason: self.hash() }),
            8..12 => {
                let amount = self.amount(2, 5);
                let bank_reference = line(&format!("R{}", self.rng.gen_range(0..50)));
                Command::ReceiveRecovery(ReceiveRecovery { id, amount, date, bank_reference })
            }
            _ => Command::WriteOffRecovery(WriteOffRecovery { id, reason: self.hash() }),
        }
    }

    fn batch(&mut self, book: &Book, status: BatchStatus) -> PaymentBatchId {
        let found = self.found(&book.payment_batches, 12, |batch| batch.status == status);
        found.unwrap_or_else(|| PaymentBatchId::new(self.id()))
    }

    /// Days of a contract, most times whole months of it, settled or as they were metered.
    fn lease(&mut self, book: &Book, rental: Option<RentalId>) -> ClaimRequest {
        let rentals: Vec<_> = book.rentals.iter().map(|(id, _)| *id).collect();
        let metered: Vec<_> = book.rental_usage.iter().map(|(id, _)| *id).collect();
        let usage = self.one_in(3);
        let from = if usage && !metered.is_empty() { &metered } else { &rentals };
        let known = if from.is_empty() { RentalId::new(self.id()) } else { self.pick(from) };
        let rental = rental.unwrap_or(known);
        let asked = ClaimSubject::of(&self.redemption(book, None));
        ClaimRequest::RentalSubsidy {
            programme: if self.one_in(12) { self.programme() } else { programme(LEASING) },
            rental,
            period: self.period(book, rental),
            settlement: if usage { Vec::new() } else { asked.settlement().to_vec() },
            usage,
        }
    }

    fn period(&mut self, book: &Book, rental: RentalId) -> ClaimPeriod {
        let Some(rental) = book.rentals.peek(&rental).filter(|_| !self.one_in(15)) else {
            return ClaimPeriod { from: date("2025-10-01"), until: date("2025-10-02") };
        };
        let after = rental.until.plus_days(1).expect("a day");
        let months = Month::of(rental.from).next().through(Month::of(rental.until));
        let firsts = months.map(Month::first_day).filter(|day| *day < after);
        let mut days: Vec<_> = [rental.from].into_iter().chain(firsts).chain([after]).collect();
        days.dedup();
        let first = self.rng.gen_range(0..days.len());
        let last = (first + self.rng.gen_range(1..3)).min(days.len() - 1);
        let until = if self.one_in(12) { self.day(days[last]) } else { days[last] };
        ClaimPeriod { from: days[first], until }
    }

    fn redemption(&mut self, book: &Book, voucher: Option<VoucherId>) -> ClaimRequest {
        let usable =
            self.pick(&[VoucherStatus::Issued, VoucherStatus::Issued, VoucherStatus::PartlyRedeemed]);
        let voucher = voucher.unwrap_or_else(|| self.voucher(book, usable));
        let settlement = (0..self.rng.gen_range(1..4))
            .map(|_| SettledLine {
                item: label(self.pick(&ITEMS)),
                amount: if self.one_in(12) { self.amount(0, 3) } else { self.amount(4, 9) },
                tax_percent: (!self.one_in(12)).then(|| percent(self.pick(&["6", "13", "0"]))),
                metered: None,
                quantity: self.quantity(),
                unit: self.maybe(2, |_| label("kWh")),
            })
            .collect();
        ClaimRequest::VoucherRedemption { voucher, settlement, closing: self.one_in(5) }
    }

    /// A file of any organisation: most times an invoice, of a few that many claim with.
    fn evidence(&mut self) -> Command {
        let number = self.rng.gen_range(0..ORGANISATIONS);
        let invoice = (!self.one_in(8)).then(|| {
            // most times one that nobody else brings
            let own = number * 3 + self.rng.gen_range(0..3);
            let shared = if self.one_in(6) { self.rng.gen_range(0..40) } else { own };
            let written =
                |shared: u32| InvoiceNumber::parse(None, &format!("{shared:020}")).expect("a number");
            if self.one_in(12) {
                let amount = Some(Money::from_fen(-self.rng.gen_range(1..200_000_000)));
                let red = InvoiceFacts::of(written(1_000 + self.rng.gen_range(0..60)));
                return InvoiceFacts { amount, original: Some(written(shared)), ..red };
            }
            // who brings it mostly says the same of it
            let fen = if self.one_in(10) { 1 } else { 100_000_000 * (i64::from(shared) + 1) };
            let buyer =
                self.maybe(8, |w| Party::Organisation(organisation(w.rng.gen_range(0..ORGANISATIONS))));
            InvoiceFacts {
                amount: (!self.one_in(8)).then(|| Money::from_fen(fen)),
                buyer: if self.one_in(30) { Some(Party::Other) } else { buyer },
                einvoice: self.one_in(3),
                ..InvoiceFacts::of(written(shared))
            }
        });
        let reason = invoice.as_ref().and_then(|facts| facts.original.as_ref()).map(|_| self.hash());
        let corrects = invoice.is_some() && self.one_in(12);
        Command::RegisterEvidence(Box::new(RegisterEvidence {
            id: EvidenceId::new(self.id()),
            kind: if invoice.is_some() { EvidenceKind::Invoice } else { EvidenceKind::Delivery },
            organisation: organisation(number),
            sha256: ContentHash::new(self.rng.r#gen()),
            bytes: self.rng.gen_range(1..20_000_000),
            media_type: MediaType::Pdf,
            corrects,
            invoice,
            reason,
        }))
    }

    /// An officer's word for an invoice, or its end.
    fn confirm(&mut self, book: &Book) -> Command {
        let known = self.fitting(&book.evidence, 0, |_| true);
        let evidence = known.unwrap_or_else(|| EvidenceId::new(self.id()));
        Command::ConfirmInvoice(ConfirmInvoice { evidence, confirmed: !self.one_in(4) })
    }

    /// The claim with invoices and evidence behind it, mostly its organisation's own.
    fn backed(&mut self, book: &Book, claim: WriteClaim) -> WriteClaim {
        if self.one_in(3) {
            return claim;
        }
        let own = asking(book, &claim.request);
        let strangers = self.one_in(15);
        let fit = book.evidence.iter().filter(|(_, e)| strangers || Some(e.organisation) == own);
        let invoices_only = !self.one_in(15);
        let fit: Vec<_> =
            fit.filter(|(_, e)| !invoices_only || e.invoice.is_some()).map(|(id, _)| *id).collect();
        if fit.is_empty() {
            return claim;
        }
        let part = |w: &mut Self| InvoicePart { evidence_id: w.pick(&fit), amount: w.amount(5, 10) };
        let invoices = (0..self.rng.gen_range(1..3)).map(|_| part(self)).collect();
        let evidence = (0..self.rng.gen_range(0..2)).map(|_| self.pick(&fit)).collect();
        WriteClaim { invoices, evidence, other_funding: self.other_funding(), ..claim }
    }

    /// A claim, most times one in one of those states.
    fn claim(&mut self, book: &Book, states: &[ClaimStatus]) -> ClaimId {
        let found = self.found(&book.claims, 15, |claim| states.contains(&claim.status));
        found.unwrap_or_else(|| ClaimId::new(self.id()))
    }

    fn expire(&mut self, book: &Book, today: Date) -> Command {
        let is_over = |v: &Voucher| v.valid_until.is_some_and(|last| last < today) && has_left(v);
        let over = self.fitting(&book.vouchers, 8, is_over);
        let id = over.unwrap_or_else(|| self.voucher(book, VoucherStatus::Issued));
        Command::ExpireVoucher(ExpireVoucher { id, as_of: self.maybe(4, |w| w.day(today)) })
    }

    /// Who asks: people of the agency, and for applications and contracts often the organisation itself.
    fn actor(&mut self, book: &Book, command: &Command) -> Actor {
        if let Command::ConfirmInterest(c) = command {
            let lender = book.loans.peek(&c.id).map(|loan| loan.bank).filter(|_| !self.one_in(20));
            return lending::bank(lender.unwrap_or(organisation(ORGANISATIONS)));
        }
        if let Command::ScoreApplication(c) = command
            && let Some(expert) = granting::expert(book, c.id).filter(|_| !self.one_in(12))
        {
            return expert;
        }
        let own = match command {
            Command::DraftApplication(c) | Command::RewriteApplication(c) => Some(c.organisation),
            Command::SubmitApplication(c) | Command::WithdrawApplication(c) => {
                book.applications.peek(&c.id).map(|one| one.organisation)
            }
            Command::RegisterLoan(c) => Some(c.organisation),
            Command::RecordLoanEvents(c) => book.loans.peek(&c.id).map(|loan| loan.organisation),
            Command::RegisterRental(c) => Some(c.organisation),
            Command::RegisterEvidence(c) => Some(c.organisation),
            Command::ApplyForVoucher(c) => book.rentals.peek(&c.rental).map(|r| r.organisation),
            Command::DraftClaim(c) => asking(book, &c.request),
            Command::RewriteClaim(c) => book.claims.peek(&c.id).map(|claim| claim.organisation),
            Command::RaiseObjection(_) => Some(organisation(self.rng.gen_range(0..ORGANISATIONS))),
            Command::SubmitClaim(c) | Command::WithdrawClaim(c) => {
                book.claims.peek(&c.id).map(|claim| claim.organisation)
            }
            _ => None,
        };
        if let Some(own) = own
            && self.one_in(2)
        {
            let other = self.one_in(10);
            let code = if other { organisation(self.rng.gen_range(0..ORGANISATIONS)) } else { own };
            return enterprise(code);
        }
        if self.one_in(30) {
            return insider(organisation(self.rng.gen_range(0..ORGANISATIONS + PROVIDERS)));
        }
        officer(self.pick(&["officer-1", "officer-2", "officer-3", "approver-1", "approver-2", "approver-3"]))
    }
}

fn has_left(voucher: &Voucher) -> bool {
    voucher.balance.available().is_ok_and(Money::is_positive)
}

/// The version that the document of a command has.
fn version_of(book: &Book, command: &Command) -> Option<Sequence> {
    match command {
        Command::ReviewVoucher(c) => book.vouchers.peek(&c.id).map(|v| v.revision.version),
        Command::IssueVoucher(c) => book.vouchers.peek(&c.id).map(|v| v.revision.version),
        Command::CancelVoucher(c) => book.vouchers.peek(&c.id).map(|v| v.revision.version),
        Command::ApproveBudgetChange(c) => book.budget_changes.peek(&c.id).map(|b| b.revision.version),
        Command::RecordLoanEvents(c) => book.loans.peek(&c.id).map(|loan| loan.revision.version),
        Command::SubmitClaim(c) => book.claims.peek(&c.id).map(|claim| claim.revision.version),
        Command::ApproveClaim(c) => book.claims.peek(&c.id).map(|claim| claim.revision.version),
        Command::ProposeRecalculation(c) => book.claims.peek(&c.claim).map(|claim| claim.revision.version),
        Command::ResolveObjection(c) => book.objections.peek(&c.id).map(|o| o.revision.version),
        Command::ProposeRules(c) => book.programmes.peek(&c.programme).map(|p| p.revision.version),
        _ => None,
    }
}

pub fn by(subject: &str, command: Command) -> Envelope {
    Envelope { actor: officer(subject), if_match: None, command }
}

pub fn officer(subject: &str) -> Actor {
    let roles = Roles::from_iter([Role::Officer, Role::Approver]);
    Actor { subject: Subject::parse(subject).expect("a subject"), roles, organisation: None }
}

/// An officer and approver who acts for an organisation too.
fn insider(code: CreditCode) -> Actor {
    Actor { organisation: Some(code), ..officer(&format!("insider-{code}")) }
}

pub fn enterprise(code: CreditCode) -> Actor {
    Actor {
        subject: Subject::parse(&format!("enterprise-{code}")).expect("a subject"),
        roles: Role::Enterprise.into(),
        organisation: Some(code),
    }
}

/// Any number of valid credit codes.
pub fn organisation(number: u32) -> CreditCode {
    CreditCode::from_body(&format!("91310000MA{number:07}")).expect("a body")
}

/// Rules in force, as a sheet is computed from them.
pub fn version(rules: Policy) -> RulesVersion {
    RulesVersion {
        programme: programme(0),
        number: 1,
        effective_from: date("2025-01-01"),
        rules,
        sha256: "0".repeat(64),
        status: ProposalStatus::Approved,
        reason: None,
        created_by: "officer-1".parse().expect("a subject"),
        approved_by: None,
        approved_on: None,
        points_max: None,
        window_until: None,
        revision: Revision { created: Sequence::new(1), version: Sequence::new(1), updated_at: instant(0) },
    }
}

pub fn programme(number: u32) -> ProgrammeCode {
    ProgrammeCode::parse(&format!("programme-{number}")).expect("a code")
}

pub fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

pub fn label(text: &str) -> Label {
    Label::parse(text).expect("a label")
}

pub fn percent(text: &str) -> Percent {
    Percent::parse(text).expect("a percent")
}

pub fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

pub fn year(number: i32) -> FiscalYear {
    FiscalYear::new(number).expect("a year")
}

pub fn money(text: &str) -> Money {
    Money::parse_stored(text).expect("an amount")
}

/// The stamp of the next leaf. The first command of a log brings its own business date.
pub fn stamp(book: &Book, next: u64, recorded_at: Instant, command: &Command) -> Stamp {
    let business_date = match (&book.agency, command) {
        (Some(agency), _) => agency.business_date_at(recorded_at),
        (None, Command::CreateAgency(c)) => c.business_date.unwrap_or(recorded_at.date_in(c.zone.tz())),
        (None, _) => recorded_at.date_in(Zone::default().tz()),
    };
    Stamp { sequence: Sequence::new(next), recorded_at, business_date }
}

pub fn instant(micros: i64) -> Instant {
    Instant::new(DateTime::<Utc>::from_timestamp_micros(micros).expect("an instant"))
}

/// Keeps books of its own beside the book: sums every posting, line by line, and holds the book to them.
#[derive(Debug, Default)]
pub struct Auditor {
    sums: BTreeMap<BalanceKey, i128>,
    /// Debits and credits by month and book.
    months: BTreeMap<(Month, BookCode), [i64; 2]>,
    /// What each leaf posted.
    postings: Vec<Posting>,
    /// CNY of the sheet of each voucher and claim that a reviewer saw last.
    seen: BTreeMap<String, Money>,
    /// What the caps count, as it moved: from which day, by how many fen.
    moved: BTreeMap<CapUsageKey, Vec<(Date, i64)>>,
    /// What was promised under a cap: on which day, and its fen.
    promised: BTreeMap<CapUsageKey, Vec<(Date, i64)>>,
    /// The tier of each sheet.
    tiers: BTreeMap<(String, u32), Option<u32>>,
    pub issued: usize,
    pub tiered: usize,
    pub cuts: usize,
    pub allocated: usize,
    pub reversed: usize,
}

impl Auditor {
    /// Takes a decision that was applied, and checks all that must hold after it.
    pub fn check(&mut self, book: &Book, command: &Command, decision: &Decision) {
        self.check_seen(command, decision);
        self.check_days(book, command, decision);
        self.count(decision);
        let (posting, steps) = (&decision.effects.posting, &decision.effects.transitions);
        if !posting.lines().is_empty() && !steps.iter().any(|step| step.document == command.document()) {
            assert!(NO_STEP.contains(&command.kind()), "{} posts and is no step", command.kind());
        }
        self.check_periods(book, decision);
        self.check_sheets(decision);
        self.check_balances(book);
        check_vouchers(book);
        if let (Command::IssueVoucher(_), Outcome::Voucher { voucher, .. }) = (command, &decision.outcome) {
            self.issued += 1;
            check_issue_caps(book, voucher);
        }
        check_claims(book);
        bounds::check_groups(book);
        lending::check_loans(book);
        if let Outcome::Claim { claim, calculation: Some(_) } = &decision.outcome {
            lending::check_principal_cap(book, claim);
        }
        prefunding::check(book);
        granting::check(book);
        check_invoices(book);
        self.allocated += decision
            .effects
            .changes
            .iter()
            .filter(|change| matches!(change, book::Change::Invoice(invoice) if !invoice.allocated.is_zero()))
            .count();
        check_payments(book);
        if let (Command::ApproveClaim(_), Outcome::Claim { claim, .. }) = (command, &decision.outcome) {
            self.check_redemption_caps(book, claim);
        }
        if let (Command::ApproveRecalculation(_), Outcome::Recalculation { recalculation, .. }) =
            (command, &decision.outcome)
        {
            let claim = book.claims.peek(&recalculation.claim).expect("its claim");
            assert_eq!((claim.amount, claim.calculation), (recalculation.amount, recalculation.number));
            lending::check_principal_cap(book, claim);
            if recalculation.difference.is_positive() {
                self.check_redemption_caps(book, claim);
            }
        }
    }

    /// No approval pays more than the reviewer saw, and none counts from a day before the submission.
    fn check_seen(&mut self, command: &Command, decision: &Decision) {
        let approves = matches!(command, Command::IssueVoucher(_) | Command::ApproveClaim(_));
        for new in &decision.effects.sheets {
            if approves {
                let seen = self.seen.get(&new.document).expect("somebody saw a sheet");
                assert!(new.sheet.amount <= *seen, "{seen} was seen: {decision:?}");
            } else if !matches!(command, Command::ProposeRecalculation(_)) {
                self.seen.insert(new.document.clone(), new.sheet.amount);
            }
        }
        match (command, &decision.outcome) {
            (Command::IssueVoucher(_), Outcome::Voucher { voucher, .. }) => {
                assert!(voucher.valid_from >= Some(voucher.submitted_on), "{voucher:?}");
            }
            (Command::ApproveClaim(_), Outcome::Claim { claim, .. }) => {
                assert!(claim.approved_on >= claim.submitted_on, "{claim:?}");
                let over = claim.subject.period().map(|period| period.until);
                assert!(claim.approved_on >= over, "{claim:?}");
            }
            _ => {}
        }
    }

    /// On every day on which money was promised, what was promised up to that day and not given back up to it is within the
    /// cap, however the days were dated back. Rules may raise a cap: the highest that was promised under counts.
    fn check_days(&mut self, book: &Book, command: &Command, decision: &Decision) {
        let Some(day) = decision.effects.effective_date else { return };
        for change in &decision.effects.changes {
            let book::Change::Usage { key, used } = change else { continue };
            let moves = self.moved.entry(key.clone()).or_default();
            let by = used.amount.fen() - moves.iter().map(|(_, by)| by).sum::<i64>();
            moves.push((day, by));
            // a receipt that was none after all is counted again, whatever was promised meanwhile
            if matches!(command, Command::ApproveReversal(_)) && by > 0 {
                self.promised.entry(key.clone()).or_default().push((day, i64::MAX));
            }
        }
        let approves = matches!(command, Command::IssueVoucher(_) | Command::ApproveClaim(_));
        let of = match &decision.outcome {
            Outcome::Voucher { voucher, .. } => (voucher.organisation, Counts::Issue),
            Outcome::Claim { claim, .. } => (claim.organisation, Counts::Redemption),
            _ => return,
        };
        for sheet in decision.effects.sheets.iter().map(|new| &new.sheet).filter(|_| approves) {
            let year = match &decision.outcome {
                Outcome::Claim { claim, .. } => cap_year(book, claim),
                _ => Some(day.year()),
            };
            let pool = match &decision.outcome {
                Outcome::Claim { claim, .. } => bounds::pools_of_claim(book, claim).remove(0),
                Outcome::Voucher { voucher, .. } => bounds::pools_of_voucher(book, voucher).remove(0),
                _ => return,
            };
            for (year, cap) in [(year, &sheet.inputs.annual), (None, &sheet.inputs.lifetime)] {
                let (organisation, counts) = of;
                let key = CapUsageKey { pool: pool.clone(), organisation, year, counts };
                let promised = self.promised.entry(key.clone()).or_default();
                promised.push((day, cap.as_ref().map_or(i64::MAX, |cap| cap.cap.fen())));
                let moved = &self.moved[&key];
                for (on, _) in promised.iter() {
                    let most = promised.iter().filter(|(of, _)| of <= on).map(|(_, cap)| *cap).max();
                    let used: i64 = moved.iter().filter(|(of, _)| of <= on).map(|(_, by)| by).sum();
                    let later = book.usages.peek(&key);
                    assert!(Some(used) <= most, "{used} on {on} under {key:?}: {later:?} {command:?}");
                }
            }
        }
    }

    fn count(&mut self, decision: &Decision) {
        let mut books: BTreeMap<BookCode, i128> = BTreeMap::new();
        for line in decision.effects.posting.lines() {
            assert!(line.amount.is_positive(), "a line of {}", line.amount);
            let fen = i128::from(line.amount.fen());
            let debit = if line.side == Side::Debit { fen } else { -fen };
            *books.entry(line.account.book()).or_default() += debit;
            let own = if line.account.side() == Side::Debit { debit } else { -debit };
            let payee = line.organisation.filter(|_| line.account.per_payee());
            let key = BalanceKey { account: line.account, programme: line.programme.clone(), payee };
            *self.sums.entry(key).or_default() += own;
        }
        assert!(
            books.values().all(|difference| *difference == 0),
            "unbalanced: {:?}",
            decision.effects.posting
        );
        let dated = decision.effects.effective_date.is_some();
        assert_eq!(dated, !decision.effects.posting.is_empty(), "a posting has a day, and nothing else has");
    }

    /// Nothing is posted into a closed month; a month is closed with what was posted in it; a reversal is the opposite
    /// of what it reverses, once.
    fn check_periods(&mut self, book: &Book, decision: &Decision) {
        let posting = &decision.effects.posting;
        if let Some(day) = decision.effects.effective_date {
            let agency = book.agency.as_ref().expect("an agency");
            assert!(!agency.is_closed(Month::of(day)), "{day} is closed: {decision:?}");
            for line in posting.lines() {
                let sides = self.months.entry((Month::of(day), line.account.book())).or_default();
                sides[usize::from(line.side == Side::Credit)] += line.amount.fen();
            }
        }
        for change in &decision.effects.changes {
            let book::Change::Period(period) = change else { continue };
            if period.status != PeriodStatus::Closed {
                continue;
            }
            for code in BookCode::ALL {
                let [debit, credit] = self.months.get(&(period.month, code)).copied().unwrap_or_default();
                let kept = period.books.of_book(code);
                assert_eq!((kept.debit.fen(), kept.credit.fen()), (debit, credit), "{period:?}");
            }
        }
        if let Outcome::Reversal(reversal) = &decision.outcome
            && reversal.status == ReversalStatus::Approved
        {
            let original = &self.postings[usize::try_from(reversal.sequence.number()).expect("a place")];
            assert!(!original.is_empty());
            assert_eq!(&original.reversed(), posting, "{reversal:?}");
            self.reversed += 1;
        }
        self.postings.push(posting.clone());
    }

    fn check_sheets(&mut self, decision: &Decision) {
        for new in &decision.effects.sheets {
            let sheet = &new.sheet;
            self.tiers.insert((new.document.clone(), sheet.version), sheet.tier);
            self.tiered += usize::from(sheet.tier.is_some());
            assert!(sheet.amount.is_positive());
            let sum = |parts: Vec<Money>| Money::sum(parts).expect("a sum");
            let lines = sheet.lines.iter().map(|l| l.subsidy);
            let all = lines.chain(sheet.segments.iter().map(|s| s.subsidy)).collect();
            assert_eq!(sum(all), sheet.amount, "{sheet:?}");
            assert!(sheet.lines.is_empty() != sheet.segments.is_empty(), "{sheet:?}");
            if !sheet.shares.is_empty() {
                assert_eq!(sum(sheet.shares.iter().map(|s| s.amount).collect()), sheet.amount, "{sheet:?}");
            }
            let cut = sum(sheet.reductions.iter().map(|r| r.amount).collect());
            assert_eq!(sheet.amount.plus(cut), Ok(sheet.computed), "{sheet:?}");
            assert!(
                sheet.lines.iter().all(|l| l.subsidy >= Money::ZERO && (l.eligible || l.subsidy.is_zero()))
            );
            assert!(sheet.reductions.iter().all(|r| r.amount.is_positive()));
            self.cuts += sheet.reductions.len();
        }
    }

    fn check_redemption_caps(&self, book: &Book, claim: &Claim) {
        let (organisation, counts) = (claim.organisation, Counts::Redemption);
        let year = cap_year(book, claim);
        let tier = self.tiers.get(&(claim.id.to_string(), claim.calculation)).expect("its sheet");
        let rules = (&claim.programme, claim.rules_version, *tier);
        let pools = bounds::pools_of_claim(book, claim);
        check_caps(book, rules, (Counted { organisation, year, counts }, &pools), claim.amount);
    }

    fn check_balances(&self, book: &Book) {
        let kept: BTreeMap<BalanceKey, i128> =
            book.balances.iter().map(|(key, amount)| (key.clone(), i128::from(amount.fen()))).collect();
        assert_eq!(kept, self.sums, "balances are the sums of all postings");
        for (key, amount) in &kept {
            assert!(*amount >= 0 || !key.account.has_floor(), "{key:?} is {amount}");
        }
    }
}

/// Faces, their parts, what they commit of each budget, and what the counters say of them.
fn check_vouchers(book: &Book) {
    let mut committed: BTreeMap<ProgrammeCode, i64> = BTreeMap::new();
    let mut used: BTreeMap<CapUsageKey, i64> = BTreeMap::new();
    let mut numbers: BTreeMap<String, VoucherId> = BTreeMap::new();
    for (id, voucher) in book.vouchers.iter() {
        let balance = &voucher.balance;
        let available = balance.available().expect("available");
        let parts = [balance.redeemed, balance.held, balance.released, balance.expired, available];
        assert!(parts.iter().all(|part| *part >= Money::ZERO), "{voucher:?}");
        assert_eq!(Money::sum(parts), Ok(balance.face), "{voucher:?}");
        let live = balance.face.fen() - balance.released.fen() - balance.expired.fen();
        *committed.entry(voucher.programme.clone()).or_default() += live - balance.redeemed.fen();
        if let Some(number) = &voucher.number {
            assert!(numbers.insert(number.clone(), *id).is_none(), "{number} is given twice");
            assert!(voucher.fiscal_year.is_some() && voucher.issued_by.as_ref() != Some(&voucher.created_by));
            let unused = voucher.status == VoucherStatus::Cancelled && balance.redeemed.is_zero();
            let freed = if unused { balance.released.fen() } else { 0 };
            let in_year = if keeps_released(book, voucher) { balance.face.fen() - freed } else { live };
            for pool in bounds::own_pools(bounds::pools_of_voucher(book, voucher)) {
                for (year, counted) in [(voucher.fiscal_year, in_year), (None, live)] {
                    let (pool, organisation) = (pool.clone(), voucher.organisation);
                    let key = CapUsageKey { pool, organisation, year, counts: Counts::Issue };
                    *used.entry(key).or_default() += counted;
                }
            }
        }
    }
    let own = |key: &CapUsageKey| key.counts == Counts::Issue && !matches!(key.pool, CapPool::Group(_));
    let issue = book.usages.iter().filter(|(key, _)| own(key));
    let kept: BTreeMap<CapUsageKey, i64> =
        issue.map(|(key, used)| (key.clone(), used.amount.fen())).collect();
    assert_eq!(kept, used, "the counters count what is issued and not given back");
    for (code, committed) in committed {
        let of = |account| book.balance(&BalanceKey::of(account, &code)).expect("a balance").fen();
        assert_eq!(of(Account::B2003), committed, "{code}: what is committed is what vouchers promise");
        assert!(committed <= of(Account::B1001), "{code}: more is promised than was appropriated");
    }
}

/// Whether the rules of a voucher keep counted in its year what it gives back.
fn keeps_released(book: &Book, voucher: &Voucher) -> bool {
    let key = RulesKey { programme: voucher.programme.clone(), number: voucher.rules_version };
    let rules = book.rules.peek(&key).expect("its rules").rules.under(voucher.tier);
    rules.caps.annual.as_ref().is_some_and(AnnualCap::keeps_released)
}

/// After an issue or an approval: within the caps of the rules under which it was computed.
fn check_caps(
    book: &Book,
    (programme, number, tier): (&ProgrammeCode, u32, Option<u32>),
    (counted, pools): (Counted, &[CapPool]),
    amount: Money,
) {
    let key = RulesKey { programme: programme.clone(), number };
    let Counted { organisation, year, counts } = counted;
    let rules = book.rules.peek(&key).expect("its rules").rules.under(tier);
    let caps = &bounds::relaxed_of(book, (programme, organisation), rules).caps;
    let used_of = |pool: &CapPool, year| {
        let key = bounds::usage_key(pool, organisation, year, counts);
        book.usages.peek(&key).expect("counted").amount
    };
    let used = |year| used_of(&pools[0], year);
    for pool in pools {
        let CapPool::Group(code) = pool else { continue };
        let caps = book.cap_groups.peek(code).expect("its group").caps.expect("in force");
        for (year, cap) in [(year, caps.annual), (None, caps.lifetime)] {
            let within = cap.is_none_or(|cap| used_of(pool, year) <= cap.money());
            assert!(within, "{counted:?} is over {cap:?} of {code}");
        }
    }
    if let Some(annual) = caps.annual.as_ref().filter(|annual| annual.counts.contains(&counts)) {
        assert!(used(year) <= annual.amount.money(), "{counted:?} is over {annual:?}");
    }
    if let Some(lifetime) = caps.lifetime {
        assert!(used(None) <= lifetime.money(), "{counted:?} is over {lifetime}");
    }
    if let Some(claim) = caps.claim {
        assert!(amount <= claim.money(), "{amount} of {counted:?} is over {claim}");
    }
}

/// What counts against a cap.
#[derive(Debug, Clone, Copy)]
struct Counted {
    organisation: CreditCode,
    year: Option<FiscalYear>,
    counts: Counts,
}

fn check_issue_caps(book: &Book, voucher: &Voucher) {
    let (organisation, year, counts) = (voucher.organisation, voucher.fiscal_year, Counts::Issue);
    let rules = (&voucher.programme, voucher.rules_version, voucher.tier);
    let pools = bounds::pools_of_voucher(book, voucher);
    check_caps(book, rules, (Counted { organisation, year, counts }, &pools), voucher.balance.face);
}

/// What claims hold and take of their vouchers, what is owed for them, and what the counters say of them.
fn check_claims(book: &Book) {
    let mut drawn: BTreeMap<VoucherId, (i64, i64)> = BTreeMap::new();
    let mut used: BTreeMap<CapUsageKey, i64> = BTreeMap::new();
    let mut owed: BTreeMap<BalanceKey, i64> = BTreeMap::new();
    for (id, claim) in book.claims.iter() {
        let sum = Money::sum(claim.parts.iter().map(|part| part.amount));
        assert_eq!(sum, Ok(claim.amount), "{claim:?}");
        assert!(claim.amount.is_positive());
        let mut none = (0, 0);
        let (held, redeemed) = match claim.subject.voucher() {
            Some(voucher) => drawn.entry(voucher).or_default(),
            None => &mut none,
        };
        *held += claim.held.fen();
        if claim.approved_on.is_none() {
            continue;
        }
        let drawn = claim.amount.fen() + claim.corrected.fen();
        *redeemed += drawn - claim.redrawn.fen();
        let people = [Some(&claim.created_by), claim.submitted_by.as_ref(), claim.reviewed_by.as_ref()];
        assert!(!people.contains(&claim.approved_by.as_ref()), "{id} was approved by one of its own");
        for pool in bounds::own_pools(bounds::pools_of_claim(book, claim)) {
            for year in [cap_year(book, claim), None] {
                let (pool, organisation) = (pool.clone(), claim.organisation);
                let key = CapUsageKey { pool, organisation, year, counts: Counts::Redemption };
                *used.entry(key).or_default() += drawn - claim.freed.fen();
            }
        }
        let [paid, due, received] = [
            payable::paid(claim).expect("a sum").plus(payable::offset(claim).expect("a sum")).expect("a sum"),
            payable::payable(claim).expect("a sum"),
            payable::received(claim).expect("a sum"),
        ];
        assert_eq!((paid, due.is_zero()), (received, claim.status == ClaimStatus::Paid), "{claim:?}");
        assert!(
            due >= Money::ZERO && paid.fen() + due.fen() == drawn,
            "more is paid than approved: {claim:?}"
        );
        assert!(claim.recovered >= claim.corrected && claim.recovered <= received, "{claim:?}");
        if claim.status == ClaimStatus::Approved {
            let payee = Some(claim.payee);
            let key = BalanceKey { payee, ..BalanceKey::of(Account::F2302, &claim.programme) };
            *owed.entry(key).or_default() += due.fen();
        }
    }
    for (id, voucher) in book.vouchers.iter() {
        let (held, redeemed) = drawn.get(id).copied().unwrap_or_default();
        let kept = (voucher.balance.held.fen(), voucher.balance.redeemed.fen());
        assert_eq!(kept, (held, redeemed), "{voucher:?}");
    }
    // what was approved and undone is counted as nothing, as what never was
    used.retain(|_, used| *used != 0);
    let counted = book.usages.iter().filter(|(key, used)| {
        let base = matches!(key.pool, CapPool::Base(..));
        key.counts == Counts::Redemption && !used.amount.is_zero() && !base
    });
    let kept: BTreeMap<CapUsageKey, i64> =
        counted.map(|(key, used)| (key.clone(), used.amount.fen())).collect();
    assert_eq!(kept, used, "the counters count what was approved");
    bounds::check_bases(book);
    let payable = book.balances.iter().filter(|(key, _)| key.account == Account::F2302);
    let payable: BTreeMap<BalanceKey, i64> =
        payable.filter(|(_, owed)| !owed.is_zero()).map(|(key, owed)| (key.clone(), owed.fen())).collect();
    assert_eq!(payable, owed, "what is owed to a payee is what was approved and not paid");
}

/// What is taken of each statement is what claims that were filed and not dropped take of it, and never more than it says.
/// What red invoices took back of it is the sum of them.
fn check_invoices(book: &Book) {
    use ClaimStatus::{Draft, Rejected, Withdrawn};
    let mut taken: BTreeMap<InvoiceKey, i64> = BTreeMap::new();
    let key = |organisation, number: &InvoiceNumber| InvoiceKey { organisation, number: number.clone() };
    for (_, claim) in book.claims.iter().filter(|(_, c)| ![Draft, Rejected, Withdrawn].contains(&c.status)) {
        for part in &claim.invoices {
            *taken.entry(key(claim.organisation, &part.invoice)).or_default() += part.amount.fen();
        }
    }
    let mut reversed: BTreeMap<InvoiceKey, i64> = BTreeMap::new();
    for (_, invoice) in book.invoices.iter() {
        if let Some(original) = &invoice.facts.original {
            let amount = invoice.facts.amount.expect("a red one has an amount");
            *reversed.entry(key(invoice.organisation, original)).or_default() -= amount.fen();
        }
    }
    for (key, invoice) in book.invoices.iter() {
        assert_eq!(invoice.allocated.fen(), taken.get(key).copied().unwrap_or(0), "{invoice:?}");
        assert_eq!(invoice.holds.iter().map(|hold| hold.amount.fen()).sum::<i64>(), invoice.allocated.fen());
        assert!(
            invoice.allocated <= invoice.facts.amount.unwrap_or_default().max(Money::ZERO),
            "{invoice:?}"
        );
        assert_eq!(invoice.reversed.fen(), reversed.get(key).copied().unwrap_or(0), "{invoice:?}");
    }
    assert!(taken.keys().all(|key| book.invoices.peek(key).is_some()));
}

/// A claim stands in one open batch and is paid what its lines say; batches count and sum their lines; what is expended is
/// what was paid, what is expensed is what was approved and not asked back.
fn check_payments(book: &Book) {
    let mut lines: BTreeMap<PaymentBatchId, (u32, u32, i64)> = BTreeMap::new();
    let mut open_lines: BTreeMap<ClaimId, &PaymentLine> = BTreeMap::new();
    let mut paid_lines: BTreeMap<ClaimId, i64> = BTreeMap::new();
    for (key, line) in book.payment_lines.iter() {
        let (count, open, total) = lines.entry(key.batch).or_default();
        (*count, *total) = (*count + 1, *total + line.amount.fen());
        *open += u32::from(line.status == LineStatus::Open);
        match line.status {
            LineStatus::Open => {
                assert!(open_lines.insert(line.claim, line).is_none(), "{line:?} stands in two batches");
            }
            LineStatus::Paid => *paid_lines.entry(line.claim).or_default() += line.amount.fen(),
            LineStatus::Returned | LineStatus::Dropped => {}
        }
    }
    let mut references: BTreeMap<&ReferenceKey, &PaymentLine> = BTreeMap::new();
    let mut waiting: BTreeMap<PaymentBatchId, u32> = BTreeMap::new();
    for (key, line) in book.payment_lines.iter() {
        if let Some(other) = line.reference_key.as_ref().and_then(|used| references.insert(used, line)) {
            panic!("{line:?} and {other:?} are called the same");
        }
        assert_eq!(line.paid_in.is_some(), line.status == LineStatus::Paid, "{line:?}");
        if let Some(result) = &line.proposed_result {
            let fits = match line.status {
                LineStatus::Open => result.statement.is_some(),
                status => status == LineStatus::Paid && result.outcome == PaymentResult::Returned,
            };
            assert!(fits && line.recorded_by.contains(&result.proposed_by), "{line:?}");
            *waiting.entry(key.batch).or_default() += 1;
        }
    }
    for (id, batch) in book.payment_batches.iter() {
        assert_eq!(batch.waiting, waiting.get(id).copied().unwrap_or_default(), "{batch:?}");
        let kept = (batch.count, batch.open, batch.total.fen());
        assert_eq!(Some(&kept), lines.get(id), "{batch:?}");
        assert_ne!(batch.approved_by.as_ref(), Some(&batch.created_by), "{batch:?}");
    }
    let mut paid: BTreeMap<BalanceKey, i64> = BTreeMap::new();
    let mut expense: BTreeMap<BalanceKey, i64> = BTreeMap::new();
    for (id, claim) in book.claims.iter() {
        let open = open_lines.get(id).map(|line| (line.batch, line.amount));
        let waiting = claim.batch.filter(|_| claim.status == ClaimStatus::Approved);
        let due = payable::payable(claim).expect("a sum");
        assert_eq!(waiting.map(|batch| (batch, due)), open, "{claim:?}");
        let deducted = payable::deducted(claim).expect("a sum").fen();
        let by_bank = payable::paid(claim).expect("a sum").fen() - deducted;
        assert_eq!(by_bank, paid_lines.get(id).copied().unwrap_or_default(), "{claim:?}");
        *paid.entry(BalanceKey::of(Account::B2008, &claim.programme)).or_default() += by_bank;
        if claim.approved_on.is_some() {
            let drawn = claim.amount.fen() + claim.corrected.fen();
            *expense.entry(BalanceKey::of(claim.class.expense(), &claim.programme)).or_default() += drawn;
        }
    }
    for (key, year) in book.prefund_years.iter() {
        *paid.entry(BalanceKey::of(Account::B2008, &key.programme)).or_default() +=
            year.paid.fen() - year.returned.fen();
    }
    let mut receivable: BTreeMap<ProgrammeCode, i64> = BTreeMap::new();
    for (_, recovery) in book.recoveries.iter() {
        let owed = subsidy_core::recoveries::rules::outstanding(recovery).expect("a sum").fen();
        let gone = recovery.received.fen() + recovery.written_off.fen() + recovery.cancelled.fen();
        let asked = if recovery.status == RecoveryStatus::Rejected { 0 } else { recovery.amount.fen() };
        assert_eq!(owed + gone, asked);
        if recovery.decided_on.is_some() {
            *receivable.entry(recovery.programme.clone()).or_default() += owed;
            let credited = subsidy_core::recoveries::rules::credited(recovery);
            *expense.entry(BalanceKey::of(credited, &recovery.programme)).or_default() -=
                recovery.amount.fen() - recovery.written_off.fen() - recovery.cancelled.fen();
        }
        let standing = recovery.receipts.iter().filter(|r| !r.reversed);
        for receipt in standing.filter(|r| r.date.year() == recovery.paid_on.year()) {
            *paid.entry(BalanceKey::of(Account::B2008, &recovery.programme)).or_default() -=
                receipt.amount.fen();
        }
    }
    for (programme, owed) in receivable {
        assert_eq!(book.balance(&BalanceKey::of(Account::F1212, &programme)).expect("known").fen(), owed);
    }
    same_balances(book, Account::B2008, paid, "what is expended is what was paid");
    for account in [Account::F500101, Account::F500103] {
        let mut expense = expense.clone();
        expense.retain(|key, _| key.account == account);
        same_balances(book, account, expense, "what is expensed is what was approved and not asked back");
    }
}

/// The balances of an account, those of 0.00 left out.
fn same_balances(book: &Book, account: Account, mut expected: BTreeMap<BalanceKey, i64>, what: &str) {
    expected.retain(|_, sum| *sum != 0);
    let kept = book.balances.iter().filter(|(key, sum)| key.account == account && !sum.is_zero());
    let kept: BTreeMap<BalanceKey, i64> = kept.map(|(key, sum)| (key.clone(), sum.fen())).collect();
    assert_eq!(kept, expected, "{what}");
}

/// Whose claim it would be.
fn asking(book: &Book, request: &ClaimRequest) -> Option<CreditCode> {
    match request {
        ClaimRequest::VoucherRedemption { voucher, .. } => {
            book.vouchers.peek(voucher).map(|v| v.organisation)
        }
        ClaimRequest::RentalSubsidy { rental, .. } => book.rentals.peek(rental).map(|r| r.organisation),
        ClaimRequest::GrantTranche { award, .. } => book.awards.peek(award).map(|a| a.organisation),
        ClaimRequest::InterestSubsidy { loan, .. } => book.loans.peek(loan).map(|l| l.organisation),
    }
}
