//! Makes the demonstration, by the commands that people would send. Every step has an idempotency key of its own: a
//! start that was cut short goes on, a second one changes nothing.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::cases::{
    APPROPRIATIONS, BEIJING, BEIJING_NAME, CASES, CHENGDU, CHENGDU_FIRST_DAY, CHENGDU_NAME, Case, FIRMS,
    FIRST_DAY, Firm, INDUSTRY, INDUSTRY_LIST, LATELY, PROGRAMME, PROGRAMMES, PROVIDER, Reached, STORY_DAY,
    TODAY, with_terms,
};
use super::redemptions::REDEMPTIONS;
use super::year::{self, Year};
use crate::cli::Failure;
use crate::cli::agency::{Create, create};
use crate::cli::commands::{self, Ask, EngineReply, salted, unanswered};
use crate::cli::opened::Opened;
use crate::cli::programme::{ProgrammeFile, bring};
use crate::cli::stop::Stop;
use subsidy_core::agencies::{CreateAgency, MoveBusinessDate};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::domain::dates::Zone;
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    Actor, AgencyCode, BudgetChangeId, ContentHash, CreditCode, Date, Label, Line, ProgrammeCode, RentalId,
    Role, Roles, Subject, TagImportId, TextHash, VoucherId,
};
use subsidy_core::organisations::{BankAccount, BankCode, RegisterOrganisation};
use subsidy_core::programmes::SettledLine;
use subsidy_core::programmes::{ApproveBudgetChange, BudgetRequest, ProposeBudgetChange};
use subsidy_core::rentals::RegisterRental;
use subsidy_core::tags::{
    ApproveTagImport, ProposeTagImport, TagEntries, TagEntry, TagName, TagSubject, TagSubjectKind,
};
use subsidy_core::vouchers::{ApplyForVoucher, ChangeVoucher, IssueVoucher, ReviewDecision, ReviewVoucher};
use subsidy_files::objects::Objects;
use subsidy_store::engine::{Engine, NewBankAccount, NewText};
use subsidy_store::keys::accounts::{AccountVault, Sealed, masked};

pub(super) async fn agencies(opened: &Opened<'_>, engine: &Engine) -> Result<(), Failure> {
    for (code, name, today) in
        [(BEIJING, BEIJING_NAME, Some(FIRST_DAY)), (CHENGDU, CHENGDU_NAME, Some(CHENGDU_FIRST_DAY))]
    {
        let command = CreateAgency {
            code: AgencyCode::parse(code)?,
            name: Line::parse(name)?,
            zone: Zone::default(),
            sandbox: true,
            business_date: today.map(Date::parse).transpose()?,
        };
        create(opened, engine, Create { command, subject: subject(Role::Operator)? }).await?;
    }
    Ok(())
}

/// What is in the first of them, of which the year is a part or not.
pub(super) async fn beijing(
    engine: &Engine,
    objects: &Objects,
    stop: &Stop,
    small: bool,
) -> Result<(), Failure> {
    let year = if small { Year::default() } else { year::beijing()? };
    let city = City::new(BEIJING, (engine, objects, stop), (year, small))?;
    if city.was_told().await? {
        return Ok(());
    }
    for (file, text) in PROGRAMMES {
        let file = ProgrammeFile::parse(&with_terms(text), Path::new(file))?;
        bring(engine, &city.agency, &file, (&subject(Role::Officer)?, Some(&subject(Role::Approver)?)))
            .await?;
    }
    for firm in &FIRMS {
        city.register(firm).await?;
    }
    city.list_industry().await?;
    city.on(STORY_DAY).await?;
    for (programme, amount) in APPROPRIATIONS {
        city.appropriate(programme, amount).await?;
    }
    let (mut vouchers, mut redemptions) = (Vec::new(), REDEMPTIONS.iter().peekable());
    for case in &CASES {
        while let Some(earlier) = redemptions.next_if(|redemption| redemption.day() < case.day()) {
            city.redeem(earlier, &vouchers).await?;
        }
        city.on(case.day()).await?;
        vouchers.push((case.contract_no, city.play(case).await?));
    }
    for redemption in redemptions {
        city.redeem(redemption, &vouchers).await?;
    }
    city.on(LATELY).await?;
    city.lend().await?;
    city.on(TODAY).await?;
    city.rent_from_clouds().await?;
    city.grant_roles().await?;
    city.told(TODAY).await
}

/// What is in the other: grants, and organisations ranked.
pub(super) async fn chengdu(
    engine: &Engine,
    objects: &Objects,
    stop: &Stop,
    small: bool,
) -> Result<(), Failure> {
    let year = if small { Year::default() } else { year::chengdu()? };
    let city = City::new(CHENGDU, (engine, objects, stop), (year, small))?;
    if city.was_told().await? {
        return Ok(());
    }
    city.grant_projects().await?;
    city.told(year::CHENGDU_LAST_DAY).await
}

/// Who acts in a role in the demonstration, and whom the printed token of the role names.
pub(super) fn subject(role: Role) -> Result<Subject, Failure> {
    Ok(commands::subject(&format!("demo-{role}"))?)
}

pub(super) fn actor(role: Role) -> Result<Actor, Failure> {
    Ok(Actor { subject: subject(role)?, roles: Roles::from(role), organisation: None })
}

/// Another approver, for what the first had a hand in; an officer once, for which an auditor should ask.
pub(super) fn deputy(role: Role) -> Result<Actor, Failure> {
    Ok(Actor { subject: commands::subject("demo-approver-2")?, ..actor(role)? })
}

/// Who acts for an organisation.
pub(super) fn of(role: Role, organisation: &str) -> Result<Actor, Failure> {
    Ok(Actor { organisation: Some(CreditCode::parse(organisation)?), ..actor(role)? })
}

pub(super) struct City<'a> {
    pub(super) engine: &'a Engine,
    pub(super) agency: AgencyCode,
    pub(super) objects: &'a Objects,
    pub(super) stop: &'a Stop,
    /// Whether the year is told beside the story, and what is left of it.
    pub(super) whole_year: bool,
    pub(super) year: Mutex<Year>,
}

impl<'a> City<'a> {
    fn new(
        agency: &str,
        (engine, objects, stop): (&'a Engine, &'a Objects, &'a Stop),
        (year, small): (Year, bool),
    ) -> Result<Self, Failure> {
        let (agency, year) = (AgencyCode::parse(agency)?, Mutex::new(year));
        Ok(Self { engine, agency, objects, stop, whole_year: !small, year })
    }
}

impl City<'_> {
    /// Moves the agency's business date on to the day on which the story goes on.
    pub(super) async fn on(&self, day: &str) -> Result<(), Failure> {
        let date = Date::parse(day)?;
        self.go_on(date).await?;
        let command = Command::MoveBusinessDate(MoveBusinessDate { date });
        self.step(&format!("day {day}"), actor(Role::Officer)?, command).await.map(|_| ())
    }

    /// The command of a step, or what it was answered when it was first done.
    pub(super) async fn step(&self, step: &str, actor: Actor, command: Command) -> Result<Outcome, Failure> {
        self.explained_step(step, actor, command, None).await
    }

    pub(super) async fn explained_step(
        &self,
        step: &str,
        actor: Actor,
        command: Command,
        text: Option<NewText>,
    ) -> Result<Outcome, Failure> {
        let mut ask = Ask::new(actor, format!("demo {step}"), command);
        ask.texts.extend(text);
        self.asked(step, ask).await
    }

    async fn asked(&self, step: &str, ask: Ask) -> Result<Outcome, Failure> {
        self.stop.check()?;
        match ask.of(self.engine, &self.agency, step).await.map_err(unanswered(&self.agency))? {
            EngineReply::Accepted(outcome) => Ok(*outcome),
            EngineReply::Refused { line, .. } => {
                Err(Failure::new(format!("the demonstration's step {step}: {line}")))
            }
        }
    }

    /// The firms of the industry that vouchers are for, as a list that another person approves.
    async fn list_industry(&self) -> Result<(), Failure> {
        let from = Date::parse(FIRST_DAY)?;
        let mut entries = Vec::new();
        for firm in INDUSTRY {
            entries.push(TagEntry::new(&TagSubject::Organisation(CreditCode::parse(firm)?), from, None));
        }
        let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
        let propose = ProposeTagImport {
            id: TagImportId::new(Uuid::now_v7()),
            tag: TagName::parse("software_it")?,
            kind: TagSubjectKind::Organisation,
            document: Line::parse(INDUSTRY_LIST)?,
            sha256: ContentHash::new(Sha256::digest(lines.join("\n")).into()),
            entries: TagEntries::new(entries)?,
        };
        let propose = Command::ProposeTagImport(Box::new(propose));
        let Outcome::TagImport(list) = self.step("list", actor(Role::Officer)?, propose).await? else {
            return Err(unexpected("list"));
        };
        let approve = Command::ApproveTagImport(ApproveTagImport { id: list.id });
        self.step("approve list", actor(Role::Approver)?, approve).await?;
        Ok(())
    }

    pub(super) async fn appropriate(&self, programme: &str, amount: &str) -> Result<(), Failure> {
        let (code, today) = (ProgrammeCode::parse(programme)?, Date::parse(STORY_DAY)?);
        let propose = ProposeBudgetChange {
            id: BudgetChangeId::new(Uuid::now_v7()),
            programme: code.clone(),
            request: BudgetRequest::Appropriation {
                amount: Amount::parse(amount)?,
                fiscal_year: today.year(),
                document: Line::parse("演示预算下达第 1 号")?,
                source: None,
                budget_codes: None,
                targets: Vec::new(),
                effective_date: Some(today),
            },
        };
        let step = format!("appropriation {programme}");
        let outcome = self.step(&step, actor(Role::Officer)?, Command::ProposeBudgetChange(propose)).await?;
        let Outcome::BudgetChange(change) = outcome else { return Err(unexpected(&step)) };
        let approve = ApproveBudgetChange { programme: code, kind: change.kind, id: change.id };
        let approve = Command::ApproveBudgetChange(approve);
        self.step(&format!("{step} approve"), actor(Role::Approver)?, approve).await?;
        Ok(())
    }

    pub(super) async fn register(&self, firm: &Firm) -> Result<(), Failure> {
        let (command, account) = self.registering(firm)?;
        let step = format!("organisation {}", firm.code);
        let mut ask = Ask::new(actor(Role::Officer)?, format!("demo {step}"), command);
        ask.accounts.extend(account);
        self.asked(&step, ask).await?;
        Ok(())
    }

    /// What registers a firm, and the number of its account as it is kept.
    pub(super) fn registering(&self, firm: &Firm) -> Result<(Command, Option<NewBankAccount>), Failure> {
        let (account, sealed) = self.account(firm)?.unzip();
        let command = RegisterOrganisation {
            credit_code: CreditCode::parse(firm.code)?,
            name: Line::parse(firm.name)?,
            category: firm.category,
            size: Some(firm.size),
            startup: firm.startup,
            region: Some(Label::parse(firm.region)?),
            controller: firm.controller.map(Line::parse).transpose()?,
            related: Vec::new(),
            bank_account: account,
        };
        Ok((Command::RegisterOrganisation(Box::new(command)), sealed))
    }

    /// A firm's account, and its number sealed.
    fn account(&self, firm: &Firm) -> Result<Option<(BankAccount, NewBankAccount)>, Failure> {
        let Some(number) = firm.account else { return Ok(None) };
        let vault = AccountVault::new(self.engine.keys().account_key());
        let organisation = CreditCode::parse(firm.code)?;
        let sealed = vault.of(&self.agency).seal(organisation, number);
        let Sealed { mac, bytes } = sealed.map_err(|error| Failure::new(error.to_string()))?;
        let account = BankAccount {
            name: Line::parse(firm.name)?,
            bank_code: BankCode::parse("102100099996")?,
            masked: masked(number),
            mac,
        };
        Ok(Some((account, NewBankAccount { organisation, mac, sealed: bytes })))
    }

    /// A contract and its voucher, as far as it has come.
    async fn play(&self, case: &Case) -> Result<VoucherId, Failure> {
        let rental = self.rent(case).await?;
        let voucher = self.apply(case, rental).await?;
        match case.reached {
            Reached::Submitted => {}
            Reached::Returned => {
                self.review(case, voucher, Some("合同缺少服务起止时间的盖章页，请补正后重新申请")).await?;
            }
            Reached::Reviewed => self.review(case, voucher, None).await?,
            Reached::Issued(_) => self.issue(case, voucher).await?,
            Reached::Suspended(_) => {
                self.issue(case, voucher).await?;
                let change = |reason| Command::SuspendVoucher(ChangeVoucher { id: voucher, reason });
                self.change(case, "合同履行存疑，核查期间暂停使用", change).await?;
            }
            Reached::Cancelled(_) => {
                self.issue(case, voucher).await?;
                let change = |reason| Command::CancelVoucher(ChangeVoucher { id: voucher, reason });
                self.change(case, "合同双方协商解除，券予以作废", change).await?;
            }
        }
        Ok(voucher)
    }

    async fn rent(&self, case: &Case) -> Result<RentalId, Failure> {
        let signed_on = Date::parse(case.signed_on)?;
        let lines = case
            .lines
            .iter()
            .map(|(item, amount)| Ok(SettledLine::new(Label::parse(item)?, Amount::parse(amount)?, None)));
        let command = RegisterRental {
            id: RentalId::new(Uuid::now_v7()),
            organisation: CreditCode::parse(case.firm)?,
            provider: CreditCode::parse(PROVIDER)?,
            contract_no: Line::parse(case.contract_no)?,
            signed_on,
            from: signed_on,
            until: signed_on.plus_months(12).unwrap_or(signed_on),
            order_no: None,
            scenario: None,
            lines: lines.collect::<Result<_, Failure>>()?,
        };
        let step = format!("rental {}", case.contract_no);
        let outcome = self.step(&step, firm(case)?, Command::RegisterRental(Box::new(command))).await?;
        let Outcome::Rental(rental) = outcome else { return Err(unexpected(&step)) };
        Ok(rental.id)
    }

    async fn apply(&self, case: &Case, rental: RentalId) -> Result<VoucherId, Failure> {
        let id = VoucherId::new(Uuid::now_v7());
        let command =
            ApplyForVoucher { id, programme: ProgrammeCode::parse(PROGRAMME)?, rental, other_funding: None };
        let step = format!("voucher {}", case.contract_no);
        let outcome = self.step(&step, firm(case)?, Command::ApplyForVoucher(command)).await?;
        let Outcome::Voucher { voucher, .. } = outcome else { return Err(unexpected(&step)) };
        Ok(voucher.id)
    }

    /// Passes it, or returns it for a reason.
    async fn review(&self, case: &Case, id: VoucherId, why_not: Option<&str>) -> Result<(), Failure> {
        let text = why_not.map(salted);
        let decision = if text.is_some() { ReviewDecision::Return } else { ReviewDecision::Pass };
        let reason = text.as_ref().map(|text| text.hash);
        let command = Command::ReviewVoucher(ReviewVoucher { id, decision, reason, assessment: None });
        let step = format!("review {}", case.contract_no);
        self.explained_step(&step, actor(Role::Officer)?, command, text).await?;
        Ok(())
    }

    async fn issue(&self, case: &Case, id: VoucherId) -> Result<(), Failure> {
        self.review(case, id, None).await?;
        let command = Command::IssueVoucher(IssueVoucher { id, effective_date: None });
        self.step(&format!("issue {}", case.contract_no), actor(Role::Approver)?, command).await?;
        Ok(())
    }

    async fn change(
        &self,
        case: &Case,
        reason: &str,
        command: impl FnOnce(TextHash) -> Command,
    ) -> Result<(), Failure> {
        let text = salted(reason);
        let (step, command) = (format!("change {}", case.contract_no), command(text.hash));
        self.explained_step(&step, actor(Role::Approver)?, command, Some(text)).await?;
        Ok(())
    }
}

/// The organisation itself, which applies.
pub(super) fn firm(case: &Case) -> Result<Actor, Failure> {
    of(Role::Enterprise, case.firm)
}

pub(super) fn unexpected(step: &str) -> Failure {
    Failure::new(format!("the demonstration's step {step} was answered with another kind of document"))
}
