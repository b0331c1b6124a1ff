//! Chengdu: a call for key projects whose experts rank two applications, the better one paid ahead and accepted, the other to
//! be accepted later; the next year's call, with what waits for somebody; and the data partners of a year, named without money.

use std::path::Path;

use uuid::Uuid;

use super::cases::{Firm, GRANTEES, GRANTING, RANKING, with_terms};
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
use subsidy_core::grants::awards::{AcceptanceDecision, NameAward, ProposeAcceptance, ProposeExtension};
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

/// What data partners sold: CNY, and how many times.
const SALES: [[&str; 2]; 10] = [
    ["5200000", "310"],
    ["4100000", "420"],
    ["900000", "80"],
    ["3350000", "265"],
    ["2780000", "198"],
    ["1420000", "377"],
    ["760000", "52"],
    ["6015000", "143"],
    ["480000", "29"],
    ["1995000", "220"],
];

/// The projects of the first call: who, what, CNY of its budget.
const APPLICATIONS: [(usize, &str, &str); 2] =
    [(0, "西部智算中心国产大模型训练平台", "3000000.00"), (1, "川渝算力调度示范应用", "1200000.00")];
/// Those of the next: one is written, one filed, and one with its experts.
const WAITING: [(usize, &str, &str); 3] = [
    (0, "低空智能体训练数据集", "1500000.00"),
    (1, "蜀道多模态医疗模型", "2400000.00"),
    (2, "工业质检小模型工厂", "900000.00"),
];

/// A project that is applied for: by whom, and CNY of its budget.
#[derive(Clone, Copy)]
pub(super) struct FirmProject<'a> {
    pub(super) firm: &'a Firm,
    pub(super) project: &'a str,
    pub(super) budget: &'a str,
}

impl FirmProject<'_> {
    pub(super) fn applicant(&self) -> Result<Actor, Failure> {
        of(Role::Enterprise, self.firm.code)
    }

    fn of<'a>((firm, project, budget): (usize, &'a str, &'a str)) -> Result<FirmProject<'a>, Failure> {
        let firm = GRANTEES.get(firm).ok_or_else(|| unexpected(project))?;
        Ok(FirmProject { firm, project, budget })
    }
}

impl City<'_> {
    pub(super) async fn grant_projects(&self) -> Result<(), Failure> {
        let granting = with_terms(GRANTING.1);
        for (file, text) in [(GRANTING.0, granting.as_str()), RANKING] {
            let file = ProgrammeFile::parse(text, Path::new(file))?;
            let people = (&subject(Role::Officer)?, Some(&subject(Role::Approver)?));
            bring(self.engine, &self.agency, &file, people).await?;
        }
        self.appropriate(programme(GRANTING), "10000000.00").await?;
        for firm in &GRANTEES {
            self.register(firm).await?;
        }
        self.on("2025-03-03").await?;
        let call = self.call("2025 年度", ["2025-03-10", "2025-03-31"], 2).await?;
        self.on("2025-03-20").await?;
        for (place, project) in APPLICATIONS.iter().enumerate() {
            let step = format!("application {place}");
            let asked = FirmProject::of(*project)?;
            let id = self.drafted((call, "2025-04-01"), asked, &step).await?;
            self.passed(id, asked, &step).await?;
            for (expert, scores) in SCORES {
                let score = scores.get(place).copied().unwrap_or_default();
                self.scored(id, expert, score, &step).await?;
            }
        }
        self.on("2025-04-03").await?;
        let awards = self.awarded(call, "awards").await?;
        let [(award, firm), (later, _)] = awards.as_slice() else { return Err(unexpected("awards")) };
        let (award, later) = (*award, *later);
        self.on("2025-04-15").await?;
        let claim = self.tranche(award, firm, "首款", "首款").await?;
        self.paid(claim, "2025-04-18", "tranche 1").await?;
        if self.whole_year {
            self.second_call().await?;
        }
        self.on("2026-03-16").await?;
        self.accepted(award).await?;
        let last = self.tranche(award, firm, "尾款", "尾款").await?;
        self.paid(last, "2026-03-20", "tranche 2").await?;
        self.extended(later).await?;
        self.ranked("2025").await?;
        self.wait().await
    }

    /// A call that takes applications, and what of them waits for whom.
    async fn wait(&self) -> Result<(), Failure> {
        let call = self.call("2026 年度", ["2026-03-16", "2026-04-15"], 1).await?;
        for (place, project) in WAITING.iter().enumerate() {
            let step = format!("waiting application {place}");
            let asked = FirmProject::of(*project)?;
            let id = self.drafted((call, "2026-05-01"), asked, &step).await?;
            match place {
                0 => {}
                1 => self.submitted(id, asked, &step).await?,
                _ => {
                    self.passed(id, asked, &step).await?;
                    self.scored(id, "demo-expert-2", "82", &step).await?;
                }
            }
        }
        Ok(())
    }

    /// A later deadline that waits for its approval.
    async fn extended(&self, award: AwardId) -> Result<(), Failure> {
        let (until, document) = (Date::parse("2026-10-01")?, Line::parse("演示延期〔2026〕1 号")?);
        let propose = ProposeExtension { id: award, until, document };
        self.step("extension", actor(Role::Officer)?, Command::ProposeExtension(propose)).await?;
        Ok(())
    }

    /// The data partners of a year: the first two of three, named and published.
    async fn ranked(&self, year: &str) -> Result<(), Failure> {
        self.ranked_as(year, &GRANTEES, 2).await
    }

    pub(super) async fn ranked_as(&self, year: &str, firms: &[Firm], top: u32) -> Result<(), Failure> {
        let metric =
            |name| Ok::<_, Failure>(Metric { name: Label::parse(name)?, weight: Score::parse("1")? });
        let entries = firms.iter().zip(SALES);
        let entries = entries.map(|(firm, values)| {
            let values = values.into_iter().map(Score::parse).collect::<Result<_, _>>()?;
            Ok(Entry { organisation: CreditCode::parse(firm.code)?, values, evidence: Vec::new() })
        });
        let propose = ProposeRanking {
            id: RankingId::new(Uuid::now_v7()),
            programme: ProgrammeCode::parse(programme(RANKING))?,
            year: Date::parse(&format!("{year}-12-31"))?.year(),
            metrics: vec![metric("销售额")?, metric("销售量")?],
            entries: entries.collect::<Result<_, Failure>>()?,
            top,
        };
        let propose = Command::ProposeRanking(Box::new(propose));
        let Outcome::Ranking(ranking) =
            self.step(&format!("ranking {year}"), actor(Role::Officer)?, propose).await?
        else {
            return Err(unexpected("ranking"));
        };
        let approve = Command::ApproveRanking(ApproveRanking { id: ranking.id });
        self.step(&format!("approve ranking {year}"), actor(Role::Approver)?, approve).await?;
        Ok(())
    }

    pub(super) async fn call(
        &self,
        year: &str,
        [from, until]: [&str; 2],
        count: u32,
    ) -> Result<CallId, Failure> {
        let propose = ProposeCall {
            id: CallId::new(Uuid::now_v7()),
            programme: ProgrammeCode::parse(programme(GRANTING))?,
            title: Title {
                zh: Line::parse(&format!("{year}算力重点项目申报通知"))?,
                en: Line::parse(&format!(
                    "Key compute projects of {}",
                    year.replace(" 年度", "").replace("第二批", ", second call")
                ))?,
            },
            filing: Window { from: Date::parse(from)?, until: Date::parse(until)? },
            quota: Quota { count: Some(count), amount: None },
        };
        let propose = Command::ProposeCall(Box::new(propose));
        let Outcome::Call(call) = self.step(&format!("call {year}"), actor(Role::Officer)?, propose).await?
        else {
            return Err(unexpected("call"));
        };
        let approve = Command::ApproveCall(NameCall { id: call.id });
        self.step(&format!("approve call {year}"), actor(Role::Approver)?, approve).await?;
        Ok(call.id)
    }

    pub(super) async fn drafted(
        &self,
        (call, from): (CallId, &str),
        asked: FirmProject<'_>,
        step: &str,
    ) -> Result<ApplicationId, Failure> {
        let FirmProject { firm, project, budget } = asked;
        let write = WriteApplication {
            id: ApplicationId::new(Uuid::now_v7()),
            call,
            organisation: CreditCode::parse(firm.code)?,
            project: Project {
                name: Line::parse(project)?,
                from: Date::parse(from)?,
                months: 12,
                budget: vec![SettledLine::new(Label::parse("研发与算力")?, Amount::parse(budget)?, None)],
            },
            evidence: Vec::new(),
        };
        let (applicant, draft) = (asked.applicant()?, Command::DraftApplication(Box::new(write)));
        let Outcome::Application { application, .. } = self.step(step, applicant, draft).await? else {
            return Err(unexpected(step));
        };
        Ok(application.id)
    }

    pub(super) async fn submitted(
        &self,
        id: ApplicationId,
        asked: FirmProject<'_>,
        step: &str,
    ) -> Result<(), Failure> {
        let submit = Command::SubmitApplication(NameApplication { id });
        self.step(&format!("submit {step}"), asked.applicant()?, submit).await?;
        Ok(())
    }

    /// An application filed, and passed on to its experts.
    pub(super) async fn passed(
        &self,
        id: ApplicationId,
        asked: FirmProject<'_>,
        step: &str,
    ) -> Result<(), Failure> {
        self.submitted(id, asked, step).await?;
        let review = ReviewApplication { id, decision: ReviewDecision::Pass, reason: None };
        let review = Command::ReviewApplication(review);
        self.step(&format!("review {step}"), actor(Role::Officer)?, review).await?;
        let experts = SCORES
            .iter()
            .map(|(subject, _)| Ok(Expert { subject: commands::subject(subject)?, organisation: None }));
        let experts = experts.collect::<Result<_, Failure>>()?;
        let name = Command::NameExperts(NameExperts { id, experts, excused: Vec::new() });
        self.step(&format!("experts {step}"), actor(Role::Officer)?, name).await?;
        Ok(())
    }

    pub(super) async fn scored(
        &self,
        id: ApplicationId,
        expert: &str,
        score: &str,
        step: &str,
    ) -> Result<(), Failure> {
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

    /// The list of the call, approved; its awards, with whose they are.
    pub(super) async fn awarded(
        &self,
        call: CallId,
        step: &str,
    ) -> Result<Vec<(AwardId, &'static Firm)>, Failure> {
        let propose = Command::ProposeAwards(ProposeAwards { id: call, awards: Vec::new() });
        self.step(step, actor(Role::Officer)?, propose).await?;
        let approve = Command::ApproveAwards(NameCall { id: call });
        let decided = self.step(&format!("approve {step}"), actor(Role::Approver)?, approve).await?;
        let Outcome::Call(call) = decided else { return Err(unexpected(step)) };
        let firms = || GRANTEES.iter().chain(&super::year::CHENGDU);
        let firm = |code: CreditCode| firms().find(|firm| firm.code == code.as_str());
        call.list
            .iter()
            .map(|listed| Ok((listed.award, firm(listed.organisation).ok_or_else(|| unexpected(step))?)))
            .collect()
    }

    /// A tranche claimed, reviewed and approved.
    pub(super) async fn tranche(
        &self,
        award: AwardId,
        firm: &Firm,
        name: &str,
        step: &str,
    ) -> Result<ClaimId, Failure> {
        let (of, request) = (
            of(Role::Enterprise, firm.code)?,
            ClaimRequest::GrantTranche { award, tranche: Label::parse(name)? },
        );
        let draft = Command::DraftClaim(Box::new(WriteClaim::new(ClaimId::new(Uuid::now_v7()), request)));
        let Outcome::Claim { claim, .. } = self.step(&format!("tranche {step}"), of.clone(), draft).await?
        else {
            return Err(unexpected(name));
        };
        let id = claim.id;
        self.step(&format!("submit tranche {step}"), of, Command::SubmitClaim(NameClaim { id })).await?;
        let (decision, accept_incomplete_usage) = (ReviewDecision::Pass, false);
        let review = Command::ReviewClaim(ReviewClaim {
            id,
            decision,
            reason: None,
            accept_incomplete_usage,
            assessment: None,
        });
        self.step(&format!("review tranche {step}"), actor(Role::Officer)?, review).await?;
        let approve = Command::ApproveClaim(ApproveClaim { id, effective_date: None });
        self.step(&format!("approve tranche {step}"), actor(Role::Approver)?, approve).await?;
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
