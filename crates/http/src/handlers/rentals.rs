//! `/rentals`: record and read contracts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handler::{Parsed, ReadRequest, Reply, WriteRequest};
use crate::handlers::programmes::views::NewLine;
use crate::problem::Problem;
use crate::view::{self, View};
use subsidy_core::book::Command;
use subsidy_core::domain::{
    Actor, Code, CreditCode, Date, Instant, Label, Line, Money, Quantity, RentalId, Role, Sequence, Subject,
};
use subsidy_core::programmes::SettledLine;
use subsidy_core::rentals::{RegisterRental, Rental};
use subsidy_reports::related::Related;

/// Most lines of a contract.
const LINES_MAX: usize = 200;

/// A new contract.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRental {
    /// The parties' number for it.
    contract_no: Line,
    provider: CreditCode,
    /// Who rents: an officer names it, an enterprise is it.
    organisation: Option<CreditCode>,
    signed_on: Date,
    /// The first day of service.
    from: Date,
    /// The last day of service.
    until: Date,
    /// A scheduling platform's number.
    order_no: Option<Line>,
    /// 应用场景
    scenario: Option<Label>,
    #[schema(min_items = 1, max_items = 200)]
    lines: Vec<NewLine>,
}

/// A contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct RentalView {
    id: RentalId,
    organisation: CreditCode,
    provider: CreditCode,
    contract_no: Line,
    signed_on: Date,
    from: Date,
    until: Date,
    /// The same as `until`, which is counted; that of a claim's period is not.
    last_day: Date,
    order_no: Option<Line>,
    scenario: Option<Label>,
    lines: Vec<LineView>,
    /// The lines' sum.
    total: Money,
    created_by: Subject,
    /// The version for `If-Match`.
    revision: Sequence,
    updated_at: Instant,
}

/// A line of a contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineView {
    item: Label,
    amount: Money,
    tax_percent: Option<subsidy_core::domain::Percent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<Quantity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Label>,
}

impl View for RentalView {
    type Document = Rental;

    fn of(rental: &Rental, _: &Related) -> Self {
        let line = |line: &SettledLine| LineView {
            item: line.item.clone(),
            amount: line.amount.money(),
            tax_percent: line.tax_percent,
            quantity: line.quantity,
            unit: line.unit.clone(),
        };
        Self {
            id: rental.id,
            organisation: rental.organisation,
            provider: rental.provider,
            contract_no: rental.contract_no.clone(),
            signed_on: rental.signed_on,
            from: rental.from,
            until: rental.until,
            last_day: rental.until,
            order_no: rental.order_no.clone(),
            scenario: rental.scenario.clone(),
            lines: rental.lines.iter().map(line).collect(),
            total: rental.total,
            created_by: rental.created_by.clone(),
            revision: rental.revision.version,
            updated_at: rental.revision.updated_at,
        }
    }
}

/// For whom a contract or a loan is recorded: an officer names the organisation, an enterprise acts for its own.
/// Who is both counts as an officer where an organisation is named.
pub fn applicant(actor: &Actor, named: Option<CreditCode>) -> Result<CreditCode, Problem> {
    let own = actor.organisation.filter(|_| actor.has(Role::Enterprise));
    match (named, own) {
        (Some(named), _) if actor.has(Role::Officer) || own == Some(named) => Ok(named),
        (Some(_), _) => Err(Problem::new(Code::NotFound).at("/organisation")),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(Problem::new(Code::MissingField).at("/organisation")),
    }
}

/// `POST /rentals`
pub fn register(request: &WriteRequest<'_>) -> Result<Parsed, Problem> {
    let body: NewRental = request.body()?;
    let organisation = applicant(request.actor, body.organisation)?;
    if !(1..=LINES_MAX).contains(&body.lines.len()) {
        return Err(Problem::new(Code::InvalidValue).at("/lines"));
    }
    Ok(Parsed::new(Command::RegisterRental(Box::new(RegisterRental {
        id: RentalId::new(request.new_id()),
        organisation,
        provider: body.provider,
        contract_no: body.contract_no,
        signed_on: body.signed_on,
        from: body.from,
        until: body.until,
        order_no: body.order_no,
        scenario: body.scenario,
        lines: NewLine::all(body.lines),
    }))))
}

/// `GET /rentals`
pub async fn list(request: ReadRequest) -> Result<Reply, Problem> {
    view::list::<RentalView>(&request, &request.list::<()>()?).await
}

/// `GET /rentals/{id}`
pub async fn get(request: ReadRequest) -> Result<Reply, Problem> {
    let visibility = request.visibility();
    view::show::<RentalView>(&request, &request.path.value("id")?, |rental| {
        visibility.can_see(rental.organisation, rental.provider)
    })
    .await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use subsidy_core::domain::Roles;

    #[test]
    fn who_rents_follows_from_role_and_name() {
        let own = CreditCode::parse("91310000MA1FL0000N").unwrap();
        let other = CreditCode::parse("91110108MA01A2B3CF").unwrap();
        let actor = |roles: &[Role]| Actor {
            subject: Subject::parse("u").unwrap(),
            roles: roles.iter().copied().collect::<Roles>(),
            organisation: Some(own),
        };
        let asks = |roles: &[Role], named| applicant(&actor(roles), named).map_err(|p| p.code());
        assert_eq!(asks(&[Role::Enterprise], None), Ok(own));
        assert_eq!(asks(&[Role::Enterprise], Some(own)), Ok(own));
        assert_eq!(asks(&[Role::Enterprise], Some(other)), Err(Code::NotFound));
        assert_eq!(asks(&[Role::Officer], None), Err(Code::MissingField));
        assert_eq!(asks(&[Role::Officer], Some(other)), Ok(other));
        assert_eq!(asks(&[Role::Officer, Role::Enterprise], None), Ok(own));
        assert_eq!(asks(&[Role::Officer, Role::Enterprise], Some(other)), Ok(other));
    }
}
