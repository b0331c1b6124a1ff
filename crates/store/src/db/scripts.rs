//! The migrations' texts, in the order in which they run, and their run: a statement at a time, since a PostgreSQL whose
//! schemas lie on several servers passes on the text that it was sent, and would pass on all of several.

use std::fmt;

use diesel::migration::{
    Migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion, Result,
};
use diesel::pg::Pg;

/// A folder of `migrations/`.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

macro_rules! scripts {
    ($folder:literal: $($name:literal),+ $(,)?) => {
        &[$(Script {
            name: $name,
            up: include_str!(concat!("../../../../migrations/", $folder, "/", $name, "/up.sql")),
            down: include_str!(concat!("../../../../migrations/", $folder, "/", $name, "/down.sql")),
        }),+]
    };
}

pub const PUBLIC: &[Script] =
    scripts!("public": "0001_agencies", "0002_sessions", "0003_sign_ins", "0004_accounts");

/// Of every agency's schema.
pub const AGENCY: &[Script] = scripts!(
    "agency":
    "0001_ledger",
    "0002_organisations",
    "0003_rentals",
    "0004_loans",
    "0005_vouchers",
    "0006_payments",
    "0007_evidence",
    "0008_periods",
    "0009_refusals",
    "0010_grants",
    "0011_tags",
    "0012_awards",
    "0013_rankings",
    "0014_audit_notes",
    "0015_reminders",
    "0016_role_grants",
);

/// The statements of a text. Each ends with a line that ends with a semicolon, outside of what stands between `$$`.
fn statements(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut end, mut quoted) = (Vec::new(), 0, 0, false);
    for line in text.split_inclusive('\n') {
        end += line.len();
        quoted ^= line.matches("$$").count() % 2 == 1;
        let code = line.trim_end();
        if !quoted && code.ends_with(';') && !code.trim_start().starts_with("--") {
            found.extend(text.get(start..end).map(str::trim));
            start = end;
        }
    }
    found
}

impl Script {
    /// The digits that its name begins with.
    pub fn number(&self) -> &'static str {
        self.name.split_once('_').map_or(self.name, |(number, _)| number)
    }
}

impl fmt::Display for Script {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl MigrationName for Script {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(self.number())
    }
}

impl MigrationMetadata for Script {
    /// All scripts of a walk run in the one transaction of their schema.
    fn run_in_transaction(&self) -> bool {
        false
    }
}

type Connection<'a> = &'a mut dyn diesel::connection::BoxableConnection<Pg>;

fn run(text: &str, conn: Connection<'_>) -> Result<()> {
    for statement in statements(text) {
        conn.batch_execute(statement)?;
    }
    Ok(())
}

impl Migration<Pg> for Script {
    fn run(&self, conn: Connection<'_>) -> Result<()> {
        run(self.up, conn)
    }

    fn revert(&self, conn: Connection<'_>) -> Result<()> {
        run(self.down, conn)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

/// Scripts as diesel asks for them.
#[derive(Debug, Clone, Copy)]
pub struct Scripts(pub &'static [Script]);

impl MigrationSource<Pg> for Scripts {
    fn migrations(&self) -> Result<Vec<Box<dyn Migration<Pg>>>> {
        Ok(self.0.iter().map(|script| -> Box<dyn Migration<Pg>> { Box::new(*script) }).collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test says what it expects")]
mod tests {
    use super::{AGENCY, PUBLIC, Script, statements};

    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_file_is_its_statements_and_each_is_one() {
        let texts = PUBLIC.iter().chain(AGENCY).flat_map(|script| [script.up, script.down]);
        for text in texts {
            let parts = statements(text);
            assert_eq!(words(&parts.join("\n")), words(text), "something stands behind the last statement");
            for part in parts {
                let code: Vec<&str> = part
                    .lines()
                    .map(str::trim)
                    .filter(|line| !line.is_empty() && !line.starts_with("--"))
                    .collect();
                let code = code.join("\n");
                assert!(code.contains("$$") || code.matches(";\n").count() == 0, "{code}");
                assert!(code.ends_with(';') && code.matches("$$").count().is_multiple_of(2), "{code}");
            }
        }
    }

    /// What a distributed PostgreSQL does not take, or takes otherwise than it reads.
    #[test]
    fn a_statement_is_of_one_table_and_its_constraints_have_names() {
        for script in AGENCY {
            for part in statements(script.up) {
                let code: Vec<&str> =
                    part.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
                let code = words(&code.join("\n"));
                let several = code.starts_with("ALTER TABLE") && code.contains(", ");
                assert!(!several, "an ALTER with several subcommands: {code}");
                let many = (code.starts_with("GRANT") || code.starts_with("REVOKE"))
                    && code
                        .split_once(" ON ")
                        .is_some_and(|(_, on)| on.contains(", ") && !on.contains("FROM"));
                assert!(!many, "several tables: {code}");
                if code.starts_with("CREATE TABLE") {
                    for word in [" CHECK (", " PRIMARY KEY", " UNIQUE", " REFERENCES"] {
                        for (place, _) in code.match_indices(word) {
                            let before: Vec<&str> = code.get(..place).unwrap().rsplit(' ').take(2).collect();
                            assert_eq!(before.get(1), Some(&"CONSTRAINT"), "no name for{word} in {code}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_folder_is_in_the_list() {
        for (folder, scripts) in [("public", PUBLIC), ("agency", AGENCY)] {
            let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations").to_owned() + "/" + folder;
            let entries = std::fs::read_dir(place).unwrap();
            let mut folders: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            folders.sort();
            let listed: Vec<String> = scripts.iter().map(Script::to_string).collect();
            assert_eq!(listed, folders);
        }
    }
}
