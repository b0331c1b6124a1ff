//! Chengdu's second call of the year: who applied, whom the experts ranked, and how their projects went on.

use super::super::cases::Firm;
use super::super::granting::FirmProject;
use super::super::seed::{City, actor, of};
use super::firms::{CHENGDU, CHENGDU_CENTRES};
use crate::cli::Failure;
use crate::cli::commands::salted;
use subsidy_core::book::Command;
use subsidy_core::claims::objection::Resolution;
use subsidy_core::domain::Date;
use subsidy_core::domain::money::AmountOrZero;
use subsidy_core::domain::{ApplicationId, AwardId, Line, Role, TextHash};
use subsidy_core::grants::awards::{
    AcceptanceDecision, NameAward, ProposeAcceptance, ProposeExtension, RaiseAwardObjection, RejectAward,
    ResolveAwardObjection,
};
use subsidy_core::grants::{NameApplication, ReviewApplication};
use subsidy_core::vouchers::ReviewDecision;

/// The last day of Chengdu's story.
pub(in crate::cli::demo) const LAST_DAY: &str = "2026-03-20";

/// Projects, CNY of their budgets, and what each expert gives: none where they never saw it.
const PROJECTS: [(&str, &str, Option<[&str; 3]>); 12] = [
    ("西南多模态医学影像大模型", "3600000.00", Some(["92", "89.5", "90"])),
    ("川剧数字人实时渲染平台", "1150000.00", Some(["78", "81", "74.5"])),
    ("岷江流域洪水推演智能体", "2400000.00", Some(["88", "90", "86"])),
    ("低轨遥感星座在轨推理验证", "3200000.00", Some(["84", "82.5", "87"])),
    ("方言语音识别开放数据集", "860000.00", Some(["69", "72", "75"])),
    ("数控机床故障预测小模型", "1480000.00", Some(["80", "79", "83"])),
    ("蜀锦纹样生成式设计工具", "640000.00", Some(["58", "61", "55.5"])),
    ("山地物流无人车调度算法", "1930000.00", Some(["76", "70", "78"])),
    ("中药方剂知识图谱", "1270000.00", None),
    ("大熊猫生境声纹监测", "520000.00", None),
    ("芯片版图智能检查工具", "2080000.00", None),
    ("城市内涝数字孪生底座", "1760000.00", None),
];

impl City<'_> {
    /// All of it, between the story's first payment and the year after.
    pub(in crate::cli::demo) async fn second_call(&self) -> Result<(), Failure> {
        self.on("2025-05-12").await?;
        let call = self.call("2025 年度第二批", ["2025-05-19", "2025-06-20"], 5).await?;
        self.on("2025-06-05").await?;
        for (place, (project, budget, scores)) in PROJECTS.iter().enumerate() {
            let firm: &Firm = CHENGDU.get(place).ok_or_else(|| Failure::new("too few firms"))?;
            let (asked, step) =
                (FirmProject { firm, project, budget }, format!("second application {place}"));
            let id = self.drafted((call, "2025-08-01"), asked, &step).await?;
            match scores {
                Some(scores) => {
                    self.passed(id, asked, &step).await?;
                    for (expert, score) in
                        ["demo-expert", "demo-expert-2", "demo-expert-3"].into_iter().zip(scores)
                    {
                        self.scored(id, expert, score, &step).await?;
                    }
                }
                None => self.left((id, place), asked, &step).await?,
            }
        }
        self.on("2025-07-14").await?;
        let awards = self.awarded(call, "second awards").await?;
        self.on("2025-07-16").await?;
        let [first, second, third, fourth, fifth] = awards.as_slice() else {
            return Err(Failure::new("the second call has other than five awards"));
        };
        self.objected(*second).await?;
        self.on("2025-07-28").await?;
        for (number, (award, firm)) in [first, second, third, fourth].into_iter().enumerate() {
            let claim = self.tranche(*award, firm, "首款", &format!("second {number}")).await?;
            self.paid(claim, "2025-08-04", &format!("second tranche {number}")).await?;
        }
        self.given_up(fifth.0).await?;
        self.settled([first, second, third]).await?;
        self.on("2026-03-02").await?;
        let (until, document) = (Date::parse("2027-02-01")?, Line::parse("成经信延〔2026〕4 号")?);
        let extend = Command::ProposeExtension(ProposeExtension { id: fourth.0, until, document });
        self.step("second extension", actor(Role::Officer)?, extend).await?;
        let approve = Command::ApproveExtension(NameAward { id: fourth.0 });
        self.step("approve second extension", actor(Role::Approver)?, approve).await?;
        let (firms, _) = CHENGDU.split_at(10);
        self.ranked_as("2024", firms, 5).await
    }

    /// Applications that come to no expert: a draft, one returned, one refused, one taken back.
    async fn left(
        &self,
        (id, place): (ApplicationId, usize),
        asked: FirmProject<'_>,
        step: &str,
    ) -> Result<(), Failure> {
        if place == 8 {
            return Ok(());
        }
        self.submitted(id, asked, step).await?;
        if place == 11 {
            let withdraw = Command::WithdrawApplication(NameApplication { id });
            self.step(&format!("withdraw {step}"), asked.applicant()?, withdraw).await?;
            return Ok(());
        }
        let (decision, why) = if place == 9 {
            (ReviewDecision::Return, "预算表缺少设备询价依据，请补充")
        } else {
            (ReviewDecision::Reject, "项目已获省级同类资金支持，不予受理")
        };
        let why = salted(why);
        let review = ReviewApplication { id, decision, reason: Some(why.hash) };
        let review = Command::ReviewApplication(review);
        self.explained_step(&format!("review {step}"), actor(Role::Officer)?, review, Some(why)).await?;
        Ok(())
    }

    /// An objection to an award, dismissed.
    async fn objected(&self, (id, _): (AwardId, &Firm)) -> Result<(), Failure> {
        let text = salted("申报单位同名项目已在其他区验收，请核实");
        let raise = Command::RaiseAwardObjection(RaiseAwardObjection { id, text: text.hash });
        let by = of(Role::Enterprise, CHENGDU_CENTRES[1].code)?;
        self.explained_step("award objection", by, raise, Some(text)).await?;
        let why = salted("经核实为不同建设内容，异议不成立");
        let (number, decision, reason) = (1, Resolution::Dismissed, why.hash);
        let resolve = Command::ResolveAwardObjection(ResolveAwardObjection { id, number, decision, reason });
        self.explained_step("resolve award objection", actor(Role::Officer)?, resolve, Some(why)).await?;
        Ok(())
    }

    async fn given_up(&self, id: AwardId) -> Result<(), Failure> {
        let why = salted("单位书面放弃，项目不再实施");
        let cancel = Command::CancelAward(RejectAward { id, reason: why.hash });
        self.explained_step("cancel award", actor(Role::Approver)?, cancel, Some(why)).await?;
        Ok(())
    }

    /// Projects accepted whole and in part, and one whose acceptance waits.
    async fn settled(&self, awards: [&(AwardId, &'static Firm); 3]) -> Result<(), Failure> {
        self.on("2026-02-09").await?;
        let found = [
            ("1600000.00", AcceptanceDecision::Passed, "指标全部完成，按评审金额扣除未执行部分"),
            ("430000.00", AcceptanceDecision::Partly, "演示场景少于任务书约定，核减"),
            ("1000000.00", AcceptanceDecision::Passed, "指标完成，待审计报告"),
        ];
        for (number, ((award, firm), (amount, decision, why))) in awards.into_iter().zip(found).enumerate() {
            let step = format!("second acceptance {number}");
            let accept = |reason: TextHash| {
                Ok::<_, Failure>(Command::ProposeAcceptance(ProposeAcceptance {
                    id: *award,
                    entitlement: AmountOrZero::parse(amount)?,
                    document: Line::parse(&format!("成经信验〔2026〕{} 号", 12 + number))?,
                    decision,
                    reason,
                }))
            };
            let why = salted(why);
            self.explained_step(&step, actor(Role::Officer)?, accept(why.hash)?, Some(why)).await?;
            if number < 2 {
                let approve = Command::ApproveAcceptance(NameAward { id: *award });
                self.step(&format!("approve {step}"), actor(Role::Approver)?, approve).await?;
            }
            if number == 0 {
                let claim = self.tranche(*award, firm, "尾款", "second last").await?;
                self.paid(claim, "2026-02-24", "second last tranche").await?;
            }
        }
        Ok(())
    }
}
