//! A loan for computing equipment, what its bank says was paid, and the claims for its interest.

use uuid::Uuid;

use super::cases::{BANK, FIRM, LENDING};
use super::seed::{City, actor, of, unexpected};
use crate::cli::Failure;
use subsidy_core::book::{Command, Outcome};
use subsidy_core::claims::{
    ApproveClaim, ClaimPeriod, ClaimRequest, InterestTerms, NameClaim, ReviewClaim, WriteClaim,
};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    ClaimId, CreditCode, Date, Label, Line, LoanId, Money, Percent, ProgrammeCode, Role,
};
use subsidy_core::loans::{Change, ConfirmInterest, InterestPeriod, LoanEvent, Project, RegisterLoan};
use subsidy_core::reference_rates::LoadReferenceRate;
use subsidy_core::vouchers::ReviewDecision;

/// A quarter's days, and the ordinary interest that was paid for them.
const QUARTERS: [(&str, &str, &str); 2] =
    [("2024-09-21", "2024-12-21", "821527.78"), ("2024-12-21", "2025-03-21", "812500.00")];

impl City<'_> {
    /// All of it: of the first quarter a claim that is to be paid, of the second a draft.
    pub(super) async fn lend(&self) -> Result<(), Failure> {
        let rate = LoadReferenceRate {
            name: Label::parse("LPR5Y")?,
            date: Date::parse("2024-02-20")?,
            percent: Percent::parse("3.95")?,
        };
        self.step("rate LPR5Y", actor(Role::Officer)?, Command::LoadReferenceRate(rate)).await?;
        let loan = self.borrow().await?;
        for (from, until, paid) in QUARTERS {
            let (from, until, paid) = (Date::parse(from)?, Date::parse(until)?, Money::parse(paid)?);
            let confirm = ConfirmInterest {
                id: loan,
                period: InterestPeriod { from, until },
                interest_paid: paid,
                penalty_interest: Money::ZERO,
            };
            let step = format!("interest {from}");
            self.step(&step, of(Role::Bank, BANK)?, Command::ConfirmInterest(confirm)).await?;
        }
        let [first, second] = QUARTERS;
        let claim = self.interest(loan, first).await?;
        self.grant(claim).await?;
        self.interest(loan, second).await?;
        Ok(())
    }

    async fn borrow(&self) -> Result<LoanId, Failure> {
        let drawn = Change::Drawdown(Amount::parse("100000000.00")?);
        let register = RegisterLoan {
            id: LoanId::new(Uuid::now_v7()),
            organisation: CreditCode::parse(FIRM)?,
            bank: CreditCode::parse(BANK)?,
            loan_no: Line::parse("DEMO-LOAN-2024-001")?,
            annual_rate_percent: Percent::parse("3.25")?,
            signed_on: Date::parse("2024-06-20")?,
            matures_on: Date::parse("2034-06-20")?,
            project: Project {
                code: Label::parse("DEMO-P1")?,
                name: Line::parse("示例智算中心一期")?,
                investment: Some(Amount::parse("180000000.00")?),
            },
            events: vec![LoanEvent { date: Date::parse("2024-06-21")?, change: drawn }],
        };
        let register = Command::RegisterLoan(Box::new(register));
        match self.step("loan", of(Role::Enterprise, FIRM)?, register).await? {
            Outcome::Loan(loan) => Ok(loan.id),
            _ => Err(unexpected("loan")),
        }
    }

    async fn interest(
        &self,
        loan: LoanId,
        (from, until, paid): (&str, &str, &str),
    ) -> Result<ClaimId, Failure> {
        let terms = InterestTerms {
            period: ClaimPeriod { from: Date::parse(from)?, until: Date::parse(until)? },
            interest_paid: Money::parse(paid)?,
            penalty_interest: Money::ZERO,
            other_points: None,
        };
        let programme = ProgrammeCode::parse(LENDING)?;
        let request = ClaimRequest::InterestSubsidy { programme, loan, terms };
        let draft = Command::DraftClaim(Box::new(WriteClaim::new(ClaimId::new(Uuid::now_v7()), request)));
        let step = format!("claim interest {from}");
        match self.step(&step, of(Role::Enterprise, FIRM)?, draft).await? {
            Outcome::Claim { claim, .. } => Ok(claim.id),
            _ => Err(unexpected(&step)),
        }
    }

    async fn grant(&self, id: ClaimId) -> Result<(), Failure> {
        let submit = Command::SubmitClaim(NameClaim { id });
        self.step("submit interest", of(Role::Enterprise, FIRM)?, submit).await?;
        let (decision, accept_incomplete_usage) = (ReviewDecision::Pass, false);
        let review = ReviewClaim { id, decision, reason: None, accept_incomplete_usage, assessment: None };
        let review = Command::ReviewClaim(review);
        self.step("review interest", actor(Role::Officer)?, review).await?;
        let approve = Command::ApproveClaim(ApproveClaim { id, effective_date: None });
        self.step("approve interest", actor(Role::Approver)?, approve).await?;
        Ok(())
    }
}
