//! `/eligibility`: which programmes would let an organisation of some kind in, and why others would not. Nobody is named, and
//! nothing is written.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules_of;
use crate::handler::{ReadRequest, Reply, decode_all};
use crate::handlers::agencies::today;
use crate::json::Json;
use crate::problem::Problem;
use subsidy_core::domain::dates::Window;
use subsidy_core::domain::{Date, Label, ProgrammeCode};
use subsidy_core::organisations::{Category, Size};
use subsidy_core::programmes::eligibility::Traits;
use subsidy_core::programmes::explained::{Sentence, explain};
use subsidy_core::programmes::rules::in_force;
use subsidy_core::programmes::{Instrument, Policy, Programme, RulesVersion, Title};
use subsidy_core::tags::TagName;
use subsidy_store::programmes::ProgrammeRow;
use subsidy_store::programmes::queries::active;

/// The most programmes that are looked at.
const PROGRAMMES_MAX: i64 = 500;
/// The most lists that somebody says to be on.
const TAGS_MAX: usize = 100;

/// What an organisation is, as it says itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEligibilityQuestion {
    category: Option<Category>,
    size: Option<Size>,
    /// Whether it was founded so lately that the rules call it a start-up.
    #[serde(default)]
    startup: bool,
    region: Option<Label>,
    /// The lists that it is on.
    #[serde(default)]
    #[schema(max_items = 100)]
    tags: Vec<TagName>,
}

/// What stands against an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnmetCondition {
    Category,
    Size,
    StartupOnly,
    Region,
    /// It is on none of the lists that let in, or on one that shuts out.
    Tags,
    /// It is in none of the tiers, one of which the rules ask for.
    Tier,
    /// Nothing can be filed today.
    Window,
}

/// What else is looked at, case by case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FurtherCondition {
    Provider,
    Bank,
    Project,
}

/// What a programme's rules of today make of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgrammeEligibility {
    programme: ProgrammeCode,
    title: Title,
    instrument: Instrument,
    /// The version of the rules that is in force today, from 1.
    rules_version: u32,
    /// Whether it would be let in today, as far as what it is decides that.
    eligible: bool,
    /// Every condition that does not hold.
    unmet: Vec<UnmetCondition>,
    /// The number of its tier, from 1; none where the rules' own apply, or it is in none.
    tier: Option<u32>,
    /// Who or what else has to meet conditions.
    further: Vec<FurtherCondition>,
    /// From when until when the programme takes filings.
    window: Window,
    /// What the rules say of who is let in.
    sentences: Vec<Sentence>,
}

/// An answer, programme by programme.
#[derive(Debug, Serialize, ToSchema)]
pub struct EligibilityView {
    /// The day of which it holds.
    on: Date,
    programmes: Vec<ProgrammeEligibility>,
    /// The lists that rules of these programmes name.
    lists: BTreeSet<TagName>,
}

/// `POST /eligibility`
pub async fn ask(request: ReadRequest, body: Json) -> Result<Reply, Problem> {
    let question: NewEligibilityQuestion = body.read()?;
    if question.tags.len() > TAGS_MAX {
        return Err(Problem::too_large(TAGS_MAX, "tags").at("/tags"));
    }
    let conn = request.reader().await?;
    let on = today(&conn, &request.agency).await?.business_date;
    let programmes = decode_all(&active(&conn, PROGRAMMES_MAX).await?, ProgrammeRow::read)?;
    let codes: Vec<String> = programmes.iter().map(|programme| programme.code.to_string()).collect();
    let versions = rules_of(&conn, &codes).await?;
    let (mut found, mut lists) = (Vec::new(), BTreeSet::new());
    for programme in &programmes {
        let own = versions.iter().filter(|version| version.programme == programme.code);
        let Some(version) = in_force(own, on.max(programme.window.from)) else { continue };
        lists.extend(version.rules.lists_of_organisations().cloned());
        found.push(held(programme, version, &question, on)?);
    }
    Reply::json(&EligibilityView { on, programmes: found, lists })
}

fn held(
    programme: &Programme,
    version: &RulesVersion,
    question: &NewEligibilityQuestion,
    on: Date,
) -> Result<ProgrammeEligibility, Problem> {
    let policy = &version.rules;
    let traits = Traits {
        category: question.category,
        size: question.size,
        startup: question.startup,
        region: question.region.as_ref(),
        tags: question.tags.iter().collect(),
        project_tags: Vec::new(),
        base: None,
    };
    let mut unmet: Vec<_> =
        policy.eligibility.unmet(&traits, &traits.tags).into_iter().map(condition).collect();
    let tier = policy.tier_of(&traits);
    // a tier that goes by the project or the amount is known of a case alone
    if policy.in_a_tier(tier).is_err() && !policy.has_tiers_of_cases() {
        unmet.push(UnmetCondition::Tier);
    }
    if !takes_filing(programme, policy, on) {
        unmet.push(UnmetCondition::Window);
    }
    let says_who = |sentence: &Sentence| {
        sentence.parameters.iter().any(|at| at.starts_with("/eligibility/") || at.contains("/when/"))
    };
    let mut sentences = explain(policy).map_err(|error| Problem::fault(&error))?;
    sentences.retain(says_who);
    let rules = &policy.eligibility;
    let further = [
        (FurtherCondition::Provider, rules.provider.is_some()),
        (FurtherCondition::Bank, rules.bank.is_some()),
        (FurtherCondition::Project, rules.project.is_some()),
    ];
    Ok(ProgrammeEligibility {
        programme: programme.code.clone(),
        title: programme.title.clone(),
        instrument: programme.instrument,
        rules_version: version.number,
        eligible: unmet.is_empty(),
        unmet,
        tier,
        further: further.into_iter().filter(|(_, asks)| *asks).map(|(what, _)| what).collect(),
        window: programme.window,
        sentences,
    })
}

fn condition(reason: &'static str) -> UnmetCondition {
    match reason {
        "category" => UnmetCondition::Category,
        "size" => UnmetCondition::Size,
        "startup_only" => UnmetCondition::StartupOnly,
        "region" => UnmetCondition::Region,
        _ => UnmetCondition::Tags,
    }
}

/// Whether something can be filed on a day. Interest is claimed after the programme's window as well.
fn takes_filing(programme: &Programme, policy: &Policy, on: Date) -> bool {
    let window = programme.window;
    policy.takes_filing(on).unwrap_or(match programme.instrument {
        Instrument::InterestSubsidy => window.from <= on,
        Instrument::Voucher | Instrument::RentalSubsidy | Instrument::Grant => window.contains(on),
    })
}
