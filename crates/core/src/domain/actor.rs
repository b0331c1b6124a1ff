//! Who acts: a subject with roles, and for enterprises, providers and banks their organisation.
//!
//! An [`Actor`] is written into every leaf of the audit log: its subject is an opaque id, never a name, and
//! all its values are strings. The order of [`Roles`] is fixed, so equal actors have equal bytes.

use std::fmt;
use std::str::FromStr;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

use super::credit_code::CreditCode;
use super::letters::is_refused;

/// What a subject may do; the table of permissions is the service's, not the role's.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[derive(strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case", const_into_str)]
pub enum Role {
    /// 经办: registers, proposes, reviews.
    Officer,
    /// 复核: approves, issues, closes periods, blocks.
    Approver,
    /// 申报单位: its own organisation's rentals, loans, vouchers, claims, evidence.
    Enterprise,
    /// 服务商: its own rentals' usage.
    Provider,
    /// 银行: its own loans.
    Bank,
    /// 审计: reads everything.
    Auditor,
    /// 运维: agencies, keys, health; no business data.
    Operator,
    /// 专家: scores the applications that it was named for.
    Expert,
    /// 安全: approves who may have which role; no business data.
    Security,
}

impl Role {
    /// All roles, in the order in which [`Roles`] iterates.
    pub const ALL: &'static [Role] = <Role as strum::VariantArray>::VARIANTS;

    /// The Chinese name, as people read it.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Role::Officer => "经办",
            Role::Approver => "复核",
            Role::Enterprise => "申报单位",
            Role::Provider => "服务商",
            Role::Bank => "银行",
            Role::Auditor => "审计",
            Role::Operator => "运维",
            Role::Expert => "专家",
            Role::Security => "安全",
        }
    }

    /// Whether the role is held on behalf of an organisation, without which it means nothing.
    #[must_use]
    pub const fn needs_organisation(self) -> bool {
        match self {
            Role::Enterprise | Role::Provider | Role::Bank => true,
            Role::Officer
            | Role::Approver
            | Role::Auditor
            | Role::Operator
            | Role::Expert
            | Role::Security => false,
        }
    }

    const fn bit(self) -> u16 {
        match self {
            Role::Officer => 1,
            Role::Approver => 1 << 1,
            Role::Enterprise => 1 << 2,
            Role::Provider => 1 << 3,
            Role::Bank => 1 << 4,
            Role::Auditor => 1 << 5,
            Role::Operator => 1 << 6,
            Role::Expert => 1 << 7,
            Role::Security => 1 << 8,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Roles(u16);

impl Roles {
    /// No role at all.
    pub const NONE: Roles = Roles(0);

    /// This set and one role more.
    #[must_use]
    pub const fn with(self, role: Role) -> Roles {
        Roles(self.0 | role.bit())
    }

    /// Whether the role is in the set.
    #[must_use]
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether the sets have a role in common.
    #[must_use]
    pub const fn intersects(self, other: Roles) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles of either set.
    #[must_use]
    pub const fn union(self, other: Roles) -> Roles {
        Roles(self.0 | other.0)
    }

    /// The roles that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Roles) -> Roles {
        Roles(self.0 & other.0)
    }

    /// The roles of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Roles) -> Roles {
        Roles(self.0 & !other.0)
    }

    /// Whether there is no role in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The roles in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> + Clone {
        Role::ALL.iter().copied().filter(move |role| self.contains(*role))
    }
}

impl From<Role> for Roles {
    fn from(role: Role) -> Roles {
        Roles::NONE.with(role)
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Roles {
        roles.into_iter().fold(Roles::NONE, Roles::with)
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Roles, D::Error> {
        struct ListVisitor;

        impl<'de> Visitor<'de> for ListVisitor {
            type Value = Roles;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of roles")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Roles, A::Error> {
                let mut roles = Roles::NONE;
                while let Some(role) = list.next_element::<Role>()? {
                    roles = roles.with(role);
                }
                Ok(roles)
            }
        }

        deserializer.deserialize_seq(ListVisitor)
    }
}

/// Most bytes of a subject: an issuer and its id for a person.
pub const SUBJECT_BYTES_MAX: usize = 640;

/// The opaque id of a person or a machine, never a name: `issuer#sub`. The same `sub` of two issuers is two subjects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Subject(String);

/// The text is not a subject; the message is the stable error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("subject")]
pub struct SubjectError;

impl Subject {
    /// Takes 1 to 640 bytes of letters, digits and signs of any script.
    ///
    /// # Errors
    /// [`SubjectError`] for anything else: blanks, and what nobody sees.
    pub fn parse(text: &str) -> Result<Subject, SubjectError> {
        Subject::try_from(text.to_owned())
    }

    /// What an issuer calls somebody.
    ///
    /// # Errors
    /// [`SubjectError`] if that is no subject, or the issuer has a `#`: the first one ends it.
    pub fn of(issuer: &str, sub: &str) -> Result<Subject, SubjectError> {
        if issuer.is_empty() || sub.is_empty() || issuer.contains('#') {
            return Err(SubjectError);
        }
        Subject::parse(&format!("{issuer}#{sub}"))
    }

    /// What this issuer calls them; none where it is another's.
    #[must_use]
    pub fn sub_of(&self, issuer: &str) -> Option<&str> {
        self.0.strip_prefix(issuer)?.strip_prefix('#')
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By what it is compared with others: letters that differ in case, width or composition alone are one.
    #[must_use]
    pub fn folded(&self) -> FoldedSubject {
        let fold = |text: &str| -> String {
            let compatible: String = text.nfkc().collect();
            caseless::default_case_fold_str(&compatible).nfkc().collect()
        };
        // what a fold gives may fold further
        FoldedSubject(fold(&fold(&self.0)))
    }
}

/// A subject as it is compared. It is never shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedSubject(String);

impl FoldedSubject {
    #[must_use]
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Blanks and what nobody sees.
fn is_hidden(letter: char) -> bool {
    letter.is_whitespace() || is_refused(letter)
}

impl TryFrom<String> for Subject {
    type Error = SubjectError;

    fn try_from(text: String) -> Result<Subject, SubjectError> {
        let well_formed = (1..=SUBJECT_BYTES_MAX).contains(&text.len()) && !text.chars().any(is_hidden);
        if well_formed { Ok(Subject(text)) } else { Err(SubjectError) }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        subject.0
    }
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Subject, SubjectError> {
        Subject::parse(text)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// Who asks for a change, as it stands in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The opaque id; four eyes compare this.
    pub subject: Subject,
    /// What the subject may do.
    pub roles: Roles,
    /// The organisation for which an enterprise, a provider or a bank acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CreditCode>,
}

impl Actor {
    /// Whether the actor holds the role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(role)
    }

    /// Whether a role that is held for an organisation comes without one.
    #[must_use]
    pub fn lacks_organisation(&self) -> bool {
        self.organisation.is_none() && self.roles.iter().any(Role::needs_organisation)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_roles_are_read_as_they_are_written() {
        for &role in Role::ALL {
            assert_eq!(role.into_str().parse::<Role>(), Ok(role));
            assert_eq!(json!(role), json!(role.into_str()));
            assert!(!role.name_zh().is_empty());
        }
        for text in ["", "Officer", "officer ", "admin", "officer,approver"] {
            assert!(text.parse::<Role>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_leaf_shows_an_actor_with_string_values_only_and_without_nulls() {
        let roles = Roles::from_iter([Role::Approver, Role::Officer, Role::Officer]);
        let actor = Actor { subject: Subject::parse("u-17").unwrap(), roles, organisation: None };
        assert_eq!(
            serde_json::to_string(&actor).unwrap(),
            r#"{"subject":"u-17","roles":["officer","approver"]}"#
        );
        let organisation = Some(CreditCode::parse("91310000MA1FL0000N").unwrap());
        let actor = Actor { roles: Role::Enterprise.into(), organisation, ..actor };
        let text = serde_json::to_string(&actor).unwrap();
        assert_eq!(text, r#"{"subject":"u-17","roles":["enterprise"],"organisation":"91310000MA1FL0000N"}"#);
        assert_eq!(serde_json::from_str::<Actor>(&text).unwrap(), actor);
        assert!(actor.has(Role::Enterprise) && !actor.has(Role::Officer));
    }

    #[test]
    fn roles_held_for_an_organisation_lack_something_without_one() {
        for &role in Role::ALL {
            let actor =
                Actor { subject: Subject::parse("x").unwrap(), roles: role.into(), organisation: None };
            let expected = matches!(role, Role::Enterprise | Role::Provider | Role::Bank);
            assert_eq!(actor.lacks_organisation(), expected, "{role}");
        }
    }

    #[test]
    fn unknown_roles_and_unknown_members_are_refused() {
        assert!(serde_json::from_value::<Roles>(json!(["officer", "root"])).is_err());
        assert!(serde_json::from_value::<Roles>(json!("officer")).is_err());
        assert!(serde_json::from_value::<Actor>(json!({"subject": "a", "roles": [], "x": "y"})).is_err());
    }

    #[test]
    fn a_subject_is_visible_and_bounded() {
        assert!(Subject::parse(&"a".repeat(640)).is_ok());
        for text in ["auth0|5f7c8e:alice@example", "https://id.example/realms/沪#张三", "ｗａｎｇ"] {
            assert!(Subject::parse(text).is_ok(), "{text}");
        }
        let long = "a".repeat(641);
        for text in [
            "",
            " ",
            "a b",
            "a\n",
            "a\u{7f}",
            "a\u{200b}",
            "a\u{ad}",
            "a\u{202e}b",
            "a\u{3000}b",
            "a\u{e000}",
            "a\u{fffd}",
            "a\u{fe0f}",
            "\u{3164}",
            "a\u{ffff}",
            long.as_str(),
        ] {
            assert_eq!(Subject::parse(text), Err(SubjectError), "{text:?}");
        }
    }

    #[test]
    fn the_same_id_of_two_issuers_is_two_subjects() {
        let of = |issuer, sub| Subject::of(issuer, sub);
        assert_eq!(of("https://a", "lin").unwrap().as_str(), "https://a#lin");
        assert_ne!(of("https://a", "lin"), of("https://b", "lin"));
        assert_eq!(of("https://a", "x#y").unwrap().sub_of("https://a"), Some("x#y"));
        assert_eq!(of("https://a", "lin").unwrap().sub_of("https://b"), None);
        for (issuer, sub) in [("", "lin"), ("https://a", ""), ("https://a#", "lin"), ("https://a", "l in")] {
            assert_eq!(of(issuer, sub), Err(SubjectError), "{issuer} {sub}");
        }
    }

    #[test]
    fn case_width_and_composition_tell_nobody_apart() {
        let folded = |text| Subject::parse(text).unwrap().folded();
        for variant in ["I#Wang", "i#WANG", "i#ｗａｎｇ", "Ｉ＃wang"] {
            assert_eq!(folded("i#wang"), folded(variant), "{variant}");
        }
        assert_eq!(folded("i#é"), folded("i#e\u{301}"));
        assert_eq!(folded("i#straße"), folded("i#STRASSE"));
        assert_ne!(folded("i#wang"), folded("i#wan"));
        assert_ne!(folded("i#a1"), folded("i#al"));
    }

    proptest! {
        #[test]
        fn a_set_of_roles_is_the_same_in_any_order(
            picked in proptest::collection::vec(proptest::sample::select(Role::ALL), 0..12),
        ) {
            let forward = Roles::from_iter(picked.iter().copied());
            let backward = Roles::from_iter(picked.iter().rev().copied());
            prop_assert_eq!(forward, backward);
            for &role in Role::ALL {
                prop_assert_eq!(forward.contains(role), picked.contains(&role));
            }
            let others = Roles::from_iter(picked.iter().copied().take(3));
            let (both, rest) = (forward.intersection(others), forward.without(others));
            prop_assert_eq!(both, others);
            prop_assert!(!both.intersects(rest));
            prop_assert_eq!(both.iter().chain(rest.iter()).collect::<Roles>(), forward);
            let listed: Vec<Role> = forward.iter().collect();
            prop_assert!(listed.is_sorted());
            prop_assert_eq!(serde_json::from_value::<Roles>(json!(forward)).unwrap(), forward);
        }
    }
}
