//! Chengdu: a call for key projects whose experts rank two applications, the better one paid ahead and accepted; and the
//! data partners of a year, named without money.

use std::path::Path;

use uuid::Uuid;

use super::cases::{GRANTEES, GRANTING, RANKING};
use super::seed::{City, actor, of, subject, unexpected};
use crate::cli::Failure;
use crate::cli::commands::{self, salted};
use crate::cli::programme::{ProgrammeFile, bring};
use subsidy_core::book::{Command, Outcome};
use subsidy_core::claims::{ApproveClaim, ClaimRequest, NameClaim, ReviewClaim, WriteClaim};
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::money::{Amount, AmountOrZero};
use subsidy_core::domain::{
    Actor, ApplicationId, AwardId, CallId, ClaimId, CreditCode, Date, Label, Line, ProgrammeCode, RankingId,
    Role, Roles, Score,
};
use subsidy_core::grants::awards::{AcceptanceDecision, NameAward, ProposeAcceptance};
use subsidy_core::grants::{
    Criterion, Expert, NameApplication, NameCall, NameExperts, Project, ProposeAwards, ProposeCall,
    ReviewApplication, ScoreApplication, WriteApplication,
};
use subsidy_core::programmes::grants::Quota;
use subsidy_core::programmes::{SettledLine, Title};
use subsidy_core::rankings::{ApproveRanking, Entry, Metric, ProposeRanking};
use subsidy_core::vouchers::ReviewDecision;

/// Who scores, and what each gives the two projects.
const SCORES: [(&str, [&str; 2]); 3] =
    [("demo-expert", ["88", "71"]), ("demo-expert-2", ["91.5", "69"]), ("demo-expert-3", ["84", "75"])];

/// The projects: who, what, CNY of its budget.
const APPLICATIONS: [(usize, &str, &str); 2] =
    [(0, "西部智算中心国产大模型训练平台", "3000000.00"), (1, "川渝算力调度示范应用", "1200000.00")];

impl City<'_> {
    /// All of it.
    pub(super) async fn grant_projects(&self) -> Result<(), Failure> {
        for (file, text) in [GRANTING, RANKING] {
            let file = ProgrammeFile::parse(text, Path::new(file))?;
            let people = (&subject(Role::Officer)?, Some(&subject(Role::Approver)?));
            bring(self.engine, &self.agency, &file, people).await?;
        }
        self.appropriate(programme(GRANTING), "10000000.00").await?;
        for firm in &GRANTEES {
            self.register(firm).await?;
        }
        self.on("2025-03-03").await?;
        let call = self.call().await?;
        self.on("2025-03-20").await?;
        let mut applications = Vec::new();
        for (place, project) in APPLICATIONS.iter().enumerate() {
            applications.push(self.applied(call, place, *project).await?);
        }
        let award = self.awarded(call, &applications).await?;
        self.on("2025-04-15").await?;
        let claim = self.tranche(award, "首款").await?;
        self.paid(claim, "2025-04-18", "tranche 1").await?;
        self.on("2026-03-16").await?;
        self.accepted(award).await?;
        let last = self.tranche(award, "尾款").await?;
        self.paid(last, "2026-03-20", "tranche 2").await?;
        self.ranked().await
    }

    /// The data partners of a year: the first two of three, named and published.
    async fn ranked(&self) -> Result<(), Failure> {
        let metric =
            |name| Ok::<_, Failure>(Metric { name: Label::parse(name)?, weight: Score::parse("1")? });
        let entries = GRANTEES.iter().zip([["5200000", "310"], ["4100000", "420"], ["900000", "80"]]);
        let entries = entries.map(|(firm, values)| {
            let values = values.into_iter().map(Score::parse).collect::<Result<_, _>>()?;
            Ok(Entry { organisation: CreditCode::parse(firm.code)?, values, evidence: Vec::new() })
        });
        let propose = ProposeRanking {
            id: RankingId::new(Uuid::now_v7()),
            programme: ProgrammeCode::parse(programme(RANKING))?,
            year: Date::parse("2025-12-31")?.year(),
            metrics: vec![metric("销售额")?, metric("销售量")?],
            entries: entries.collect::<Result<_, Failure>>()?,
            top: 2,
        };
        let propose = Command::ProposeRanking(Box::new(propose));
        let Outcome::Ranking(ranking) = self.step("ranking", actor(Role::Officer)?, propose).await? else {
            return Err(unexpected("ranking"));
        };
        let approve = Command::ApproveRanking(ApproveRanking { id: ranking.id });
        self.step("approve ranking", actor(Role::Approver)?, approve).await?;
        Ok(())
    }

    async fn call(&self) -> Result<CallId, Failure> {
        let propose = ProposeCall {
            id: CallId::new(Uuid::now_v7()),
            programme: ProgrammeCode::parse(programme(GRANTING))?,
            title: Title {
                zh: Line::parse("2025 年度算力重点项目申报通知")?,
                en: Line::parse("Key compute projects of 2025")?,
            },
            filing: Window { from: Date::parse("2025-03-10")?, until: Date::parse("2025-03-31")? },
            quota: Quota { count: Some(1), amount: None },
        };
        let propose = Command::ProposeCall(Box::new(propose));
        let Outcome::Call(call) = self.step("call", actor(Role::Officer)?, propose).await? else {
            return Err(unexpected("call"));
        };
        let approve = Command::ApproveCall(NameCall { id: call.id });
        self.step("approve call", actor(Role::Approver)?, approve).await?;
        Ok(call.id)
    }

    /// An application filed, passed on and scored.
    async fn applied(
        &self,
        call: CallId,
        place: usize,
        (firm, project, budget): (usize, &str, &str),
    ) -> Result<ApplicationId, Failure> {
        let firm = GRANTEES.get(firm).ok_or_else(|| unexpected(project))?;
        let write = WriteApplication {
            id: ApplicationId::new(Uuid::now_v7()),
            call,
            organisation: CreditCode::parse(firm.code)?,
            project: Project {
                name: Line::parse(project)?,
                from: Date::parse("2025-04-01")?,
                months: 12,
                budget: vec![SettledLine::new(Label::parse("研发与算力")?, Amount::parse(budget)?, None)],
            },
            evidence: Vec::new(),
        };
        let (step, applicant) = (format!("application {place}"), of(Role::Enterprise, firm.code)?);
        let draft = Command::DraftApplication(Box::new(write));
        let Outcome::Application { application, .. } = self.step(&step, applicant.clone(), draft).await?
        else {
            return Err(unexpected(&step));
        };
        let id = application.id;
        let submit = Command::SubmitApplication(NameApplication { id });
        self.step(&format!("submit {step}"), applicant, submit).await?;
        let review = ReviewApplication { id, decision: ReviewDecision::Pass, reason: None };
        let review = Command::ReviewApplication(review);
        self.step(&format!("review {step}"), actor(Role::Officer)?, review).await?;
        let experts = SCORES
            .iter()
            .map(|(subject, _)| Ok(Expert { subject: commands::subject(subject)?, organisation: None }));
        let experts = experts.collect::<Result<_, Failure>>()?;
        let name = Command::NameExperts(NameExperts { id, experts });
        self.step(&format!("experts {step}"), actor(Role::Officer)?, name).await?;
        for (expert, scores) in SCORES {
            let score = scores.get(place).copied().unwrap_or_default();
            self.scored(id, expert, score, &step).await?;
        }
        Ok(id)
    }

    async fn scored(&self, id: ApplicationId, expert: &str, score: &str, step: &str) -> Result<(), Failure> {
        let comment = salted("技术路线清晰，预算合理");
        let criterion = Criterion { name: Label::parse("综合")?, score: Score::parse(score)? };
        let command = Command::ScoreApplication(ScoreApplication {
            id,
            organisation: None,
            criteria: vec![criterion],
            comment: comment.hash,
        });
        let actor = Actor {
            subject: commands::subject(expert)?,
            roles: Roles::from(Role::Expert),
            organisation: None,
        };
        self.explained_step(&format!("score {step} {expert}"), actor, command, Some(comment)).await?;
        Ok(())
    }

    /// The list of the call, approved; its first award.
    async fn awarded(&self, call: CallId, applications: &[ApplicationId]) -> Result<AwardId, Failure> {
        self.on("2025-04-03").await?;
        let propose = Command::ProposeAwards(ProposeAwards { id: call, awards: Vec::new() });
        self.step("awards", actor(Role::Officer)?, propose).await?;
        let approve = Command::ApproveAwards(NameCall { id: call });
        let decided = self.step("approve awards", actor(Role::Approver)?, approve).await?;
        let Outcome::Call(call) = decided else { return Err(unexpected("awards")) };
        let first = call.list.first().filter(|one| applications.first() == Some(&one.application));
        first.map(|one| one.award).ok_or_else(|| unexpected("awards"))
    }

    /// A tranche claimed, reviewed and approved.
    async fn tranche(&self, award: AwardId, name: &str) -> Result<ClaimId, Failure> {
        let firm = GRANTEES.first().ok_or_else(|| unexpected(name))?;
        let (of, request) = (
            of(Role::Enterprise, firm.code)?,
            ClaimRequest::GrantTranche { award, tranche: Label::parse(name)? },
        );
        let draft = Command::DraftClaim(Box::new(WriteClaim::new(ClaimId::new(Uuid::now_v7()), request)));
        let Outcome::Claim { claim, .. } = self.step(&format!("tranche {name}"), of.clone(), draft).await?
        else {
            return Err(unexpected(name));
        };
        let id = claim.id;
        self.step(&format!("submit tranche {name}"), of, Command::SubmitClaim(NameClaim { id })).await?;
        let (decision, accept_incomplete_usage) = (ReviewDecision::Pass, false);
        let review =
            Command::ReviewClaim(ReviewClaim { id, decision, reason: None, accept_incomplete_usage });
        self.step(&format!("review tranche {name}"), actor(Role::Officer)?, review).await?;
        let approve = Command::ApproveClaim(ApproveClaim { id, effective_date: None });
        self.step(&format!("approve tranche {name}"), actor(Role::Approver)?, approve).await?;
        Ok(id)
    }

    async fn accepted(&self, award: AwardId) -> Result<(), Failure> {
        let reason = salted("专项审计核减未执行的设备费");
        let command = Command::ProposeAcceptance(ProposeAcceptance {
            id: award,
            entitlement: AmountOrZero::parse("1380000.00")?,
            document: Line::parse("演示验收〔2026〕1 号")?,
            decision: AcceptanceDecision::Passed,
            reason: reason.hash,
        });
        self.explained_step("acceptance", actor(Role::Officer)?, command, Some(reason)).await?;
        let approve = Command::ApproveAcceptance(NameAward { id: award });
        self.step("approve acceptance", actor(Role::Approver)?, approve).await?;
        Ok(())
    }
}

/// The code of a programme file: what it is called without its ending.
fn programme((file, _): (&'static str, &str)) -> &'static str {
    file.trim_end_matches(".toml")
}
