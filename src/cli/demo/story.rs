//! What became of the vouchers: claims drafted, filed, approved, paid, one that the bank sent back, one recovered.

use uuid::Uuid;

use super::cases::{CASES, Case, LATELY};
use super::redemptions::{Reached, Redemption};
use super::seed::{City, actor, firm, unexpected};
use crate::cli::Failure;
use crate::cli::commands::salted;
use subsidy_core::book::{Command, Outcome};
use subsidy_core::claims::{ApproveClaim, ClaimRequest, NameClaim, ReviewClaim, WriteClaim};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{ClaimId, Date, Label, Line, PaymentBatchId, RecoveryId, Role, VoucherId};
use subsidy_core::payments::{
    ApprovePaymentBatch, ClaimIds, NAME_MAX, PaymentResult, ProposePaymentBatch, SettlePayment,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::recoveries::{ApproveRecovery, ProposeRecovery, ReceiveRecovery};
use subsidy_core::vouchers::ReviewDecision;

impl Redemption {
    /// The day on which it is filed and approved: an approval counts from no day before the claim was filed.
    pub(super) const fn day(&self) -> &'static str {
        match self.reached {
            Reached::Draft | Reached::Submitted | Reached::Reviewed => LATELY,
            Reached::Approved(day)
            | Reached::Returned(day, _)
            | Reached::Paid(day, _)
            | Reached::Recovered(day) => day,
        }
    }
}

impl City<'_> {
    /// A claim on one of the contracts' vouchers.
    pub(super) async fn redeem(
        &self,
        redemption: &Redemption,
        vouchers: &[(&'static str, VoucherId)],
    ) -> Result<(), Failure> {
        let case = CASES.iter().find(|case| case.contract_no == redemption.contract_no);
        let voucher = vouchers.iter().find(|(contract_no, _)| *contract_no == redemption.contract_no);
        let Some((case, (_, voucher))) = case.zip(voucher) else {
            return Err(unexpected(redemption.contract_no));
        };
        self.on(redemption.day()).await?;
        self.claim(case, *voucher, redemption).await
    }

    async fn claim(&self, case: &Case, voucher: VoucherId, this: &Redemption) -> Result<(), Failure> {
        let of = format!("{} {}", this.contract_no, this.number);
        let id = self.draft(case, voucher, this, &of).await?;
        if this.reached == Reached::Draft {
            return Ok(());
        }
        self.step(&format!("submit {of}"), firm(case)?, Command::SubmitClaim(NameClaim { id })).await?;
        if this.reached == Reached::Submitted {
            return Ok(());
        }
        let review = ReviewClaim {
            id,
            decision: ReviewDecision::Pass,
            reason: None,
            accept_incomplete_usage: false,
            assessment: None,
        };
        self.step(&format!("review claim {of}"), actor(Role::Officer)?, Command::ReviewClaim(review)).await?;
        match this.reached {
            Reached::Draft | Reached::Submitted | Reached::Reviewed => Ok(()),
            Reached::Approved(_) => self.approve(id, &of).await,
            Reached::Returned(_, sent) => {
                self.approve(id, &of).await?;
                self.pay(id, PaymentResult::Returned, sent, &of).await
            }
            Reached::Paid(_, paid) => {
                self.approve(id, &of).await?;
                self.pay(id, PaymentResult::Paid, paid, &of).await
            }
            Reached::Recovered(day) => {
                self.approve(id, &of).await?;
                self.pay(id, PaymentResult::Paid, day, &of).await?;
                self.recover(id, &of).await
            }
        }
    }

    async fn draft(
        &self,
        case: &Case,
        voucher: VoucherId,
        this: &Redemption,
        of: &str,
    ) -> Result<ClaimId, Failure> {
        let amount = Amount::parse(this.settled)?;
        let line = SettledLine::new(Label::parse("compute")?, amount, None);
        let request = ClaimRequest::VoucherRedemption { voucher, settlement: vec![line], closing: false };
        let draft = WriteClaim::new(ClaimId::new(Uuid::now_v7()), request);
        let step = format!("claim {of}");
        match self.step(&step, firm(case)?, Command::DraftClaim(Box::new(draft))).await? {
            Outcome::Claim { claim, .. } => Ok(claim.id),
            _ => Err(unexpected(&step)),
        }
    }

    async fn approve(&self, id: ClaimId, of: &str) -> Result<(), Failure> {
        let approve = ApproveClaim { id, effective_date: None };
        let step = format!("approve claim {of}");
        self.step(&step, actor(Role::Approver)?, Command::ApproveClaim(approve)).await?;
        Ok(())
    }

    /// A claim paid by a batch of its own.
    pub(super) async fn paid(&self, claim: ClaimId, day: &str, of: &str) -> Result<(), Failure> {
        self.pay(claim, PaymentResult::Paid, day, of).await
    }

    /// A payment batch of one claim, and what the bank says of it.
    async fn pay(&self, claim: ClaimId, outcome: PaymentResult, day: &str, of: &str) -> Result<(), Failure> {
        let propose = ProposePaymentBatch {
            id: PaymentBatchId::new(Uuid::now_v7()),
            claims: Some(ClaimIds::new(vec![claim])?),
            name_max: NAME_MAX,
            letters: None,
        };
        let step = format!("payment {of}");
        let propose = Command::ProposePaymentBatch(Box::new(propose));
        let Outcome::PaymentBatch(batch) = self.step(&step, actor(Role::Officer)?, propose).await? else {
            return Err(unexpected(&step));
        };
        let approve = Command::ApprovePaymentBatch(ApprovePaymentBatch { id: batch.id });
        self.step(&format!("approve payment {of}"), actor(Role::Approver)?, approve).await?;
        self.on(day).await?;
        let reason = (outcome == PaymentResult::Returned).then(|| salted("收款账号与户名不符，银行退回"));
        let result = SettlePayment {
            batch: batch.id,
            claim,
            outcome,
            amount: None,
            bank_reference: Line::parse(&format!("演示回单 {of}"))?,
            date: Date::parse(day)?,
            reason: reason.as_ref().map(|text| text.hash),
            statement: None,
        };
        let result = Command::SettlePayment(result);
        self.explained_step(&format!("result {of}"), actor(Role::Officer)?, result, reason).await?;
        Ok(())
    }

    async fn recover(&self, claim: ClaimId, of: &str) -> Result<(), Failure> {
        self.on("2025-06-10").await?;
        let why = salted("审计发现结算单重复列支，追回多付部分");
        let propose = ProposeRecovery {
            id: RecoveryId::new(Uuid::now_v7()),
            claim,
            amount: Amount::parse("60000.00")?,
            decision_no: Line::parse("演示追缴〔2025〕1 号")?,
            reason: why.hash,
            fraud: false,
            effective_date: None,
        };
        let step = format!("recovery {of}");
        let propose = Command::ProposeRecovery(Box::new(propose));
        let decided = self.explained_step(&step, actor(Role::Officer)?, propose, Some(why)).await?;
        let Outcome::Recovery(recovery) = decided else { return Err(unexpected(&step)) };
        let approve = Command::ApproveRecovery(ApproveRecovery { id: recovery.id });
        self.step(&format!("approve recovery {of}"), actor(Role::Approver)?, approve).await?;
        self.on(LATELY).await?;
        let receive = ReceiveRecovery {
            id: recovery.id,
            amount: Amount::parse("40000.00")?,
            date: Date::parse(LATELY)?,
            bank_reference: Line::parse("演示缴款回单 1")?,
        };
        let receive = Command::ReceiveRecovery(receive);
        self.step(&format!("receipt {of}"), actor(Role::Officer)?, receive).await?;
        Ok(())
    }
}
