//! Rentals from three clouds through one platform: a contract and a billing file of each, and a claim from what was
//! metered.
//!
//! The files are invented, in the form of FOCUS 1.0, 1.2 and 1.3: a correction, three kinds of service, US dollars. Of
//! June's usage nobody claims anything yet.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::cases::{CLOUDS, Claimed, Cloud, FIRM, RENTING, TODAY};
use super::seed::{City, actor, of, unexpected};
use crate::cli::Failure;
use subsidy_core::book::{Command, Outcome};
use subsidy_core::claims::{ApproveClaim, ClaimPeriod, ClaimRequest, NameClaim, ReviewClaim, WriteClaim};
use subsidy_core::domain::money::Amount;
use subsidy_core::domain::{
    ClaimId, ContentHash, CreditCode, Date, Label, Line, Percent, ProgrammeCode, RentalId, Role,
    UsageImportId,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::reference_rates::LoadReferenceRate;
use subsidy_core::rentals::RegisterRental;
use subsidy_core::usage::Mode;
use subsidy_core::vouchers::ReviewDecision;
use subsidy_files::billing_files::file::Billing;
use subsidy_files::billing_files::intake::stage;
use subsidy_files::billing_files::rows::ImportRequest;
use subsidy_store::usage::RentalUsageRow;

impl City<'_> {
    pub(super) async fn rent_from_clouds(&self) -> Result<(), Failure> {
        let rate = LoadReferenceRate {
            name: Label::parse("USD/CNY")?,
            date: Date::parse("2025-05-30")?,
            percent: Percent::parse("7.1848")?,
        };
        self.step("rate USD/CNY", actor(Role::Officer)?, Command::LoadReferenceRate(rate)).await?;
        for cloud in &CLOUDS {
            let rental = self.contract(cloud).await?;
            if self.bills(rental).await? == 0 {
                self.meter(&format!("usage {}", cloud.contract_no), (rental, cloud.provider), cloud.bill)
                    .await?;
            }
            self.claim_usage(cloud, rental).await?;
        }
        Ok(())
    }

    async fn contract(&self, cloud: &Cloud) -> Result<RentalId, Failure> {
        let (item, tax_percent) = (Label::parse("compute")?, Some(Percent::parse("6")?));
        let line = SettledLine::new(item, Amount::parse(cloud.contracted)?, tax_percent);
        let register = RegisterRental {
            id: RentalId::new(Uuid::now_v7()),
            organisation: CreditCode::parse(FIRM)?,
            provider: CreditCode::parse(cloud.provider)?,
            contract_no: Line::parse(cloud.contract_no)?,
            signed_on: Date::parse("2025-04-25")?,
            from: Date::parse("2025-05-01")?,
            until: Date::parse("2025-10-31")?,
            order_no: Some(Line::parse("多云平台订单 DEMO-2025-0425")?),
            scenario: None,
            lines: vec![line],
        };
        let step = format!("rental {}", cloud.contract_no);
        let register = Command::RegisterRental(Box::new(register));
        match self.step(&step, of(Role::Enterprise, FIRM)?, register).await? {
            Outcome::Rental(rental) => Ok(rental.id),
            _ => Err(unexpected(&step)),
        }
    }

    /// How many billing files a contract has.
    pub(super) async fn bills(&self, rental: RentalId) -> Result<u32, Failure> {
        let reading = "cannot read the ledger";
        let conn = self.engine.reader(&self.agency).await.map_err(Failure::doing(reading))?;
        let known = RentalUsageRow::by_keys(&conn, &[rental.uuid()]).await;
        let known = known.map_err(Failure::doing(reading))?;
        Ok(known.first().map(RentalUsageRow::read).transpose()?.map_or(0, |usage| usage.imports))
    }

    /// A billing file, brought by its provider.
    pub(super) async fn meter(
        &self,
        step: &str,
        (rental, provider): (RentalId, &str),
        bill: &str,
    ) -> Result<(), Failure> {
        let wanted = ImportRequest {
            agency: self.agency.clone(),
            id: UsageImportId::new(Uuid::now_v7()),
            rental,
            mode: Mode::Strict,
            replaces: Vec::new(),
            adds: false,
            sha256: ContentHash::new(Sha256::digest(bill).into()),
            dry_run: false,
            errors_max: 1,
        };
        let file = Billing::csv(std::io::Cursor::new(bill.to_owned()));
        let importing = format!("cannot import the usage of {step}");
        let staged = stage(self.engine.database(), &wanted, file, |_| ()).await;
        let staged = staged.map_err(Failure::doing(importing.clone()))?;
        let import = Command::ImportUsage(Box::new(staged.command.clone()));
        let said = self.step(step, of(Role::Provider, provider)?, import).await;
        let own = matches!(&said, Ok(Outcome::UsageImport(import)) if import.id == wanted.id);
        staged.settle(own).await.map_err(Failure::doing(importing))?;
        said.map(|_| ())
    }

    /// A claim for May, from what was metered.
    async fn claim_usage(&self, cloud: &Cloud, rental: RentalId) -> Result<(), Failure> {
        let of_contract = cloud.contract_no;
        let request = ClaimRequest::RentalSubsidy {
            programme: ProgrammeCode::parse(RENTING)?,
            rental,
            period: ClaimPeriod { from: Date::parse("2025-05-01")?, until: Date::parse("2025-06-01")? },
            settlement: Vec::new(),
            usage: true,
        };
        let draft = Command::DraftClaim(Box::new(WriteClaim::new(ClaimId::new(Uuid::now_v7()), request)));
        let (step, firm) = (format!("claim {of_contract}"), of(Role::Enterprise, FIRM)?);
        let Outcome::Claim { claim, .. } = self.step(&step, firm.clone(), draft).await? else {
            return Err(unexpected(&step));
        };
        let id = claim.id;
        let submit = Command::SubmitClaim(NameClaim { id });
        self.step(&format!("submit {of_contract}"), firm, submit).await?;
        if cloud.claimed == Claimed::Submitted {
            return Ok(());
        }
        let (decision, accept_incomplete_usage) = (ReviewDecision::Pass, false);
        let review = ReviewClaim { id, decision, reason: None, accept_incomplete_usage, assessment: None };
        let review = Command::ReviewClaim(review);
        self.step(&format!("review claim {of_contract}"), actor(Role::Officer)?, review).await?;
        let approve = ApproveClaim { id, effective_date: None };
        let step = format!("approve claim {of_contract}");
        self.step(&step, actor(Role::Approver)?, Command::ApproveClaim(approve)).await?;
        if cloud.claimed == Claimed::Paid { self.paid(id, TODAY, of_contract).await } else { Ok(()) }
    }
}
