//! The year as it is played: its steps go to the engine in their order, many at a time.

use std::collections::{BTreeMap, VecDeque};

use super::super::seed::{City, actor};
use super::plan::{Bill, Settling, Step, Work};
use crate::cli::Failure;
use crate::cli::commands::{Ask, EngineReply, salted, unanswered};
use subsidy_core::agencies::MoveBusinessDate;
use subsidy_core::book::Command;
use subsidy_core::domain::{Date, Role, Sequence};
use subsidy_core::prefunds::rules::left;
use subsidy_core::prefunds::true_up::{ProposeTrueUp, Statement};
use subsidy_core::prefunds::{PrefundYear, PrefundYearKey};
use subsidy_core::reversals::{ApproveReversal, ProposeReversal};
use subsidy_store::prefunds::{PrefundYearRow, year_columns};

/// How many steps wait for the engine together.
const TOGETHER: usize = 256;

/// What is left of a year.
#[derive(Default)]
pub(in crate::cli::demo) struct Year {
    steps: VecDeque<Step>,
    /// The day that it has come to.
    day: Option<Date>,
    /// The leaves of what may be reversed later.
    leaves: BTreeMap<String, Sequence>,
}

impl Year {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self { steps: steps.into(), ..Self::default() }
    }
}

impl City<'_> {
    /// What of the year happens up to a day.
    pub(in crate::cli::demo) async fn go_on(&self, until: Date) -> Result<(), Failure> {
        let mut year = self.year.lock().await;
        let mut waiting = Vec::new();
        while let Some(step) = year.steps.pop_front_if(|step| step.day <= until) {
            if year.day != Some(step.day) {
                year.day = Some(step.day);
                let date = Command::MoveBusinessDate(MoveBusinessDate { date: step.day });
                let key = format!("year day {}", step.day);
                waiting.push((key.clone(), Ask::new(actor(Role::Officer)?, format!("demo {key}"), date)));
            }
            let Step { key, actor, work, text, .. } = step;
            let ask = |command| Ask {
                texts: text.into_iter().collect(),
                ..Ask::new(actor, format!("demo year {key}"), command)
            };
            match work {
                Work::Command(command) => waiting.push((key.clone(), ask(*command))),
                Work::Register(firm) => {
                    let (command, account) = self.registering(firm)?;
                    let mut ask = ask(command);
                    ask.accounts.extend(account);
                    waiting.push((key.clone(), ask));
                }
                Work::Paper(register, file) => {
                    let arrived = self.objects.incoming().await?.take(file).await?.finish().await?;
                    self.objects.keep(&arrived).await?;
                    waiting.push((key.clone(), ask(Command::RegisterEvidence(register))));
                }
                Work::Bill(bill) => {
                    self.together(std::mem::take(&mut waiting), &mut year.leaves).await?;
                    self.bill(&key, &bill).await?;
                }
                Work::Reverse(of) => {
                    self.together(std::mem::take(&mut waiting), &mut year.leaves).await?;
                    self.reverse(&key, year.leaves.get(&of).copied()).await?;
                }
                Work::Settle(settling) => {
                    self.together(std::mem::take(&mut waiting), &mut year.leaves).await?;
                    let propose = self.settling(*settling).await?;
                    waiting.push((key.clone(), ask(propose)));
                }
            }
            if waiting.len() >= TOGETHER {
                self.together(std::mem::take(&mut waiting), &mut year.leaves).await?;
            }
        }
        self.together(waiting, &mut year.leaves).await
    }
}

impl City<'_> {
    /// Steps that follow each other without waiting for the answers.
    async fn together(
        &self,
        steps: Vec<(String, Ask)>,
        leaves: &mut BTreeMap<String, Sequence>,
    ) -> Result<(), Failure> {
        self.stop.check()?;
        let (keys, asks): (Vec<_>, Vec<_>) = steps.into_iter().unzip();
        let asks =
            asks.into_iter().zip(&keys).map(|(ask, key): (Ask, &String)| ask.submission(&self.agency, key));
        let answers = self.engine.submit_each(asks.collect()).await;
        for (key, answer) in keys.into_iter().zip(answers) {
            match EngineReply::of(answer.map_err(unanswered(&self.agency))?) {
                (EngineReply::Accepted(_), sequence) => {
                    leaves.extend(sequence.map(|sequence| (key, sequence)))
                }
                (EngineReply::Refused { line, .. }, _) => {
                    return Err(Failure::new(format!("the demonstration's step {key}: {line}")));
                }
            }
        }
        Ok(())
    }

    /// A billing file, unless the contract has so many already.
    async fn bill(&self, key: &str, bill: &Bill) -> Result<(), Failure> {
        if self.bills(bill.rental).await? < bill.number {
            self.meter(&format!("year {key}"), (bill.rental, bill.provider), &bill.file).await?;
        }
        Ok(())
    }

    /// A posting that an officer asks to take back, and an approver does.
    async fn reverse(&self, key: &str, leaf: Option<Sequence>) -> Result<(), Failure> {
        let sequence = leaf.ok_or_else(|| {
            Failure::new(format!("the demonstration's step {key} has no posting to reverse"))
        })?;
        let why = salted("银行回单登记有误，冲正后按实际到账重新登记");
        let propose = Command::ProposeReversal(ProposeReversal { sequence, reason: why.hash });
        self.explained_step(&format!("year {key}"), actor(Role::Officer)?, propose, Some(why)).await?;
        let approve = Command::ApproveReversal(ApproveReversal { sequence });
        self.step(&format!("year approve {key}"), actor(Role::Approver)?, approve).await?;
        Ok(())
    }

    /// What proposes a true-up: the bank states what the ledger has.
    async fn settling(&self, settling: Settling) -> Result<Command, Failure> {
        let Settling { id, year, action, document } = settling;
        let reading = "cannot read the ledger";
        let conn = self.engine.reader(&self.agency).await.map_err(Failure::doing(reading))?;
        let known = PrefundYearRow::by_keys(&conn, &[year_columns(&year)]).await;
        let known = known.map_err(Failure::doing(reading))?.first().map(PrefundYearRow::read).transpose()?;
        let none = || Failure::new("the demonstration settles a year without prefunds");
        let known: PrefundYear = known.ok_or_else(none)?;
        let statement = Statement { deducted: known.deducted, left: Some(left(&known)?) };
        let PrefundYearKey { programme, bank, year: fiscal_year } = year;
        Ok(Command::ProposeTrueUp(Box::new(ProposeTrueUp {
            id,
            programme,
            bank,
            fiscal_year,
            action,
            statement,
            document,
            reason: None,
        })))
    }
}
