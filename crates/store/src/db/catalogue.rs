//! The catalogue of a schema as the release's migrations make it, and as a database has it.
//!
//! A table, a trigger that is enabled, a right that nobody was granted: the service rests on them as it rests on its
//! rows, and no row says that one of them changed. `migrations/catalogue.txt` lists them, one a line, made from the
//! migrations by a test and part of the binary.

use std::collections::BTreeMap;
use std::fmt;

use diesel::result::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::{rows, statement};

const RELEASED: &str = include_str!("../../../../migrations/catalogue.txt");

/// What stands between an object's name and its facts.
const BETWEEN: &str = " = ";

rows! {
    struct Fact { name: String, facts: String }
}

statement! {
    fn facts(schema: &str) -> Vec<Fact> = include_str!("catalogue.sql");
}

/// Objects by name (`trigger log.log_change`), each with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<String, String>);

/// An object that is not as the release makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its kind and name.
    pub object: String,
    /// What the release makes; none where it makes no such thing.
    pub expected: Option<String>,
    /// What there is; none where there is no such thing.
    pub found: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, expected, found } = self;
        match (expected, found) {
            (Some(_), None) => write!(out, "{object} is missing"),
            (None, Some(found)) => write!(out, "{object} is none of this release's: {found}"),
            (Some(expected), Some(found)) => {
                write!(out, "{object} is not as this release makes it: it says `{found}`, not `{expected}`")
            }
            (None, None) => out.write_str(object),
        }
    }
}

impl Catalogue {
    /// What this release makes in `public`, or in an agency's schema.
    pub fn released(schema: &str) -> Self {
        let section = if schema == "public" { "public" } else { "agency" };
        let mut lines = RELEASED.lines().skip_while(|line| line.strip_prefix("# ") != Some(section));
        lines.next();
        let objects = lines.take_while(|line| !line.starts_with('#'));
        Self(
            objects
                .filter_map(|line| line.split_once(BETWEEN))
                .map(|(name, facts)| (name.into(), facts.into()))
                .collect(),
        )
    }

    /// What a database has in a schema. Any role may ask.
    pub async fn read(conn: &AsyncPgConnection, schema: &str) -> QueryResult<Self> {
        let mut objects = BTreeMap::<String, String>::new();
        for fact in facts(conn, schema).await? {
            // several of one name: partitions of a name among kinds that share it
            let said = objects.entry(fact.name).or_default();
            if !said.is_empty() {
                said.push_str("; ");
            }
            said.push_str(&fact.facts);
        }
        Ok(Self(objects))
    }

    /// In what `found` differs, in the order of the names.
    pub fn differences(&self, found: &Self) -> Vec<Difference> {
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(found.0.keys()).collect();
        let pairs = names.into_iter().map(|name| Difference {
            object: name.clone(),
            expected: self.0.get(name).cloned(),
            found: found.0.get(name).cloned(),
        });
        pairs.filter(|pair| pair.expected != pair.found).collect()
    }

    /// Its objects and what is said of them.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, facts)| (name.as_str(), facts.as_str()))
    }
}

/// As the golden file has it.
impl fmt::Display for Catalogue {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, facts)| writeln!(out, "{name}{BETWEEN}{facts}"))
    }
}

/// In what `public` and an agency's schema are not as this release makes them: the first that the names come to.
pub async fn differences(conn: &AsyncPgConnection, schema: &str) -> QueryResult<Vec<Difference>> {
    let mut all = Vec::new();
    for schema in ["public", schema] {
        all.extend(Catalogue::released(schema).differences(&Catalogue::read(conn, schema).await?));
    }
    Ok(all)
}
