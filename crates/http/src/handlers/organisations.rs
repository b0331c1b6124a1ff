//! `/organisations`: register, read, block and unblock.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest, decode_all};
use crate::handlers::programmes::Nothing;
use crate::problem::Problem;
use crate::text::{AccountNumber, Reason};
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{Code, CreditCode, Instant, Label, Line, Sequence, Subject};
use subsidy_core::organisations::{
    ApproveBankAccount, BankAccount, BankCode, Category, ChangeStanding, Organisation, ProposeBankAccount,
    RegisterOrganisation, Size, Standing,
};
use subsidy_reports::related::{Related, RelatedKeys};
use subsidy_store::db::list::ListRow;
use subsidy_store::documents::Stored;
use subsidy_store::engine::submission::NewBankAccount as SealedAccount;
use subsidy_store::organisations::queries;

/// Most organisations that one may declare itself related to.
const RELATED_MAX: usize = 100;

/// Where an organisation is paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBankAccount {
    /// 户名; equals the organisation's name.
    name: Line,
    /// 联行号
    bank_code: BankCode,
    /// 账号
    account_number: AccountNumber,
}

impl NewBankAccount {
    /// The account as the ledger knows it, and its number sealed.
    fn sealed(
        self,
        organisation: CreditCode,
        request: &WriteRequest<'_>,
    ) -> Result<(BankAccount, SealedAccount), Problem> {
        let sealed = self.account_number.sealed(organisation, request.vault)?;
        let (masked, mac) = (self.account_number.masked(), sealed.mac);
        Ok((BankAccount { name: self.name, bank_code: self.bank_code, masked, mac }, sealed))
    }
}

/// A new organisation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// 统一社会信用代码
    credit_code: CreditCode,
    name: Line,
    category: Category,
    size: Option<Size>,
    /// 初创企业
    startup: Option<bool>,
    /// 所在区
    region: Option<Label>,
    /// 实际控制人
    controller: Option<Line>,
    /// Organisations it is related to; they need not be registered.
    related: Option<Vec<CreditCode>>,
    bank_account: Option<NewBankAccount>,
}

/// Why a standing or a state changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithReason {
    /// 1 to 2,000 characters.
    pub reason: Reason,
}

/// A bank account; its number is not shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankAccountView {
    name: Line,
    bank_code: BankCode,
    /// The last four characters.
    #[schema(example = "****1234")]
    account_number: String,
}

impl BankAccountView {
    fn of(account: &BankAccount) -> Self {
        Self {
            name: account.name.clone(),
            bank_code: account.bank_code.clone(),
            account_number: account.masked.clone(),
        }
    }
}

/// An account that waits for approval.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountChangeView {
    account: BankAccountView,
    proposed_by: Subject,
}

/// An organisation.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganisationView {
    credit_code: CreditCode,
    name: Line,
    category: Category,
    size: Option<Size>,
    /// Whether it is a startup, which some rules treat otherwise.
    startup: bool,
    region: Option<Label>,
    controller: Option<Line>,
    related: Vec<CreditCode>,
    bank_account: Option<BankAccountView>,
    /// An account that waits for another person's approval.
    bank_account_change: Option<AccountChangeView>,
    status: Standing,
    /// Why it was last blocked or unblocked, or an account refused; null where the text was erased.
    reason: Option<String>,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

impl View for OrganisationView {
    type Document = Organisation;

    fn related_keys(organisation: &Organisation, wanted: &mut RelatedKeys) {
        wanted.text(organisation.reason);
    }

    fn of(organisation: &Organisation, attached: &Related) -> Self {
        Self {
            credit_code: organisation.credit_code,
            name: organisation.name.clone(),
            category: organisation.category,
            size: organisation.size,
            startup: organisation.startup,
            region: organisation.region.clone(),
            controller: organisation.controller.clone(),
            related: organisation.related.clone(),
            bank_account: organisation.bank_account.as_ref().map(BankAccountView::of),
            bank_account_change: organisation.account_change.as_ref().map(|change| AccountChangeView {
                account: BankAccountView::of(&change.account),
                proposed_by: change.proposed_by.clone(),
            }),
            status: organisation.status,
            reason: attached.text(organisation.reason),
            created_by: organisation.created_by.clone(),
            revision: organisation.revision.version,
            updated_at: organisation.revision.updated_at,
        }
    }
}

/// `POST /organisations`
pub fn register(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewOrganisation = request.body()?;
    let related = body.related.unwrap_or_default();
    if related.len() > RELATED_MAX {
        return Err(Problem::new(Code::InvalidValue).at("/related"));
    }
    let account = body.bank_account.map(|account| account.sealed(body.credit_code, request)).transpose()?;
    let (bank_account, sealed) = account.unzip();
    let command = Command::RegisterOrganisation(Box::new(RegisterOrganisation {
        credit_code: body.credit_code,
        name: body.name,
        category: body.category,
        size: body.size,
        startup: body.startup.unwrap_or(false),
        region: body.region,
        controller: body.controller,
        related,
        bank_account,
    }));
    Ok(Parsed { command, texts: Vec::new(), accounts: sealed.into_iter().collect() })
}

/// `PUT /organisations/{credit_code}/bank-account`
pub fn propose_account(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let credit_code = request.path.value("credit_code")?;
    let body: NewBankAccount = request.body()?;
    let (account, sealed) = body.sealed(credit_code, request)?;
    let command = Command::ProposeBankAccount(Box::new(ProposeBankAccount { credit_code, account }));
    Ok(Parsed { command, texts: Vec::new(), accounts: vec![sealed] })
}

/// `POST /organisations/{credit_code}/bank-account/approve`
pub fn approve_account(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let Nothing {} = request.body()?;
    let credit_code = request.path.value("credit_code")?;
    Ok(Parsed::new(Command::ApproveBankAccount(ApproveBankAccount { credit_code })))
}

/// `POST /organisations/{credit_code}/bank-account/reject`
pub fn reject_account(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    standing(request, Command::RejectBankAccount)
}

/// `POST /organisations/{credit_code}/block`
pub fn block(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    standing(request, Command::BlockOrganisation)
}

/// `POST /organisations/{credit_code}/unblock`
pub fn unblock(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    standing(request, Command::UnblockOrganisation)
}

fn standing(request: &WriteRequest<'_>, command: fn(ChangeStanding) -> Command) -> Result<Parsed, Problem> {
    let credit_code = request.path.value("credit_code")?;
    let body: WithReason = request.body()?;
    Ok(Parsed::reasoned(body.reason, |reason| command(ChangeStanding { credit_code, reason })))
}

/// Organisations that a list can be asked for by their codes.
const NAMED_MAX: usize = 200;

/// `GET /organisations`: an outsider's list holds its own organisation.
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    let mut list = request.list::<Standing>()?;
    let refused = || Problem::new(Code::InvalidQuery).with("parameter", "credit_code");
    let named =
        request.query.text("credit_code").map(|text| text.split(',').map(CreditCode::parse).collect());
    let mut codes: Option<Vec<CreditCode>> = named.transpose().map_err(|_| refused())?;
    if codes.as_ref().is_some_and(|codes| codes.len() > NAMED_MAX) {
        return Err(refused());
    }
    if !request.visibility().all {
        let own = request.actor.organisation;
        let seen = own.filter(|own| codes.as_ref().is_none_or(|codes| codes.contains(own)));
        let Some(own) = seen else { return Reply::list::<OrganisationView>((Vec::new(), None)) };
        codes = Some(vec![own]);
    }
    list.query.name_part = request.query.text("name").map(|part| part.trim().to_owned());
    list.query.credit_codes = codes.map(|codes| codes.iter().map(CreditCode::to_string).collect());
    view::list::<OrganisationView>(&request, &list).await
}

/// Whom a contract can name as its provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderView {
    credit_code: CreditCode,
    name: Line,
}

/// `GET /providers`: an enterprise looks up here whose credit code its contract needs.
pub async fn providers(request: ReadRequest) -> Result<Reply, Problem> {
    let page = request.page()?;
    let conn = request.reader().await?;
    let rows = queries::providers(&conn, page.query()).await?;
    let (rows, next) = page.cut(rows, ListRow::created);
    let found = decode_all(&rows, Organisation::from_row)?;
    let shown = found.into_iter().map(|one| ProviderView { credit_code: one.credit_code, name: one.name });
    Reply::list((shown.collect(), next))
}

/// `GET /organisations/{credit_code}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let code: CreditCode = request.path.value("credit_code")?;
    let can_see = request.visibility().all || request.actor.organisation == Some(code);
    view::show::<OrganisationView>(&request, &code, |_| can_see).await
}
