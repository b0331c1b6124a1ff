//! Every column of every table: a superuser changes one value past all triggers and conditions, and `verify` names it, also
//! where a value of each of many tables is changed at once. Then one row of each table goes. What the catalogue says is left
//! as it was.

use std::fmt::Write as _;

use subsidy_core::audit::UNCHECKED;
use subsidy_ledger::cli::verify::{Beside, VerifyArgs, run_with};
use subsidy_store::db::pool::Database;
use tokio_postgres::Client;

use super::story::story;
use super::support::{TestDatabase, keys_in};
use super::written::{Folder, connected};

/// A column as the catalogue has it.
struct Column {
    schema: String,
    table: String,
    name: String,
    kind: String,
    generated: bool,
}

impl Column {
    /// As verification names the table.
    fn named(&self) -> String {
        if self.schema == "public" { format!("public.{}", self.table) } else { self.table.clone() }
    }

    /// Another value than the one that is there.
    fn other(&self) -> Result<String, String> {
        let v = format!("t.\"{}\"", self.name);
        Ok(match self.kind.as_str() {
            "boolean" => format!("NOT coalesce({v}, false)"),
            "smallint" | "integer" | "bigint" => format!("coalesce({v}, 0) + 1000"),
            "numeric" => format!("coalesce({v}, 0) + 0.01"),
            "text" | "character varying" => format!("coalesce({v}, '') || 'x'"),
            "character" => format!("translate({v}, 'DC', 'CD')"),
            "uuid" => "gen_random_uuid()".to_owned(),
            // a day after all others: the next one may be another row's, where the day is part of the key
            "date" => {
                let (schema, table, name) = (&self.schema, &self.table, &self.name);
                format!("coalesce((SELECT max(\"{name}\") FROM {schema}.{table}), '2026-01-01') + 1")
            }
            "timestamp with time zone" => format!("coalesce({v}, now()) + interval '1 microsecond'"),
            "timestamp without time zone" => format!("coalesce({v}, now()) + interval '1 microsecond'"),
            "bytea" => format!(
                "CASE WHEN length({v}) > 0 THEN set_byte({v}, 0, get_byte({v}, 0) # 1) ELSE '\\x00' END"
            ),
            "jsonb" => format!(
                "CASE jsonb_typeof({v}) WHEN 'array' THEN {v} || '[\"x\"]' WHEN 'object' THEN {v} || '{{\"x\": \"x\"}}' \
                 ELSE '\"x\"' END"
            ),
            other => return Err(format!("{}.{}: nobody knows another {other}", self.named(), self.name)),
        })
    }
}

async fn columns(client: &Client) -> Vec<Column> {
    let sql = "SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL), a.attgenerated <> '' \
          FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_attribute AS a ON a.attrelid = c.oid \
         WHERE n.nspname IN ('public', 'agency_test') AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped \
         ORDER BY n.nspname, c.relname, a.attnum";
    let rows = client.query(sql, &[]).await.expect("the catalogue");
    rows.iter()
        .map(|row| Column {
            schema: row.get(0),
            table: row.get(1),
            name: row.get(2),
            kind: row.get(3),
            generated: row.get(4),
        })
        .collect()
}

/// Runs a statement on a table as if it had neither triggers nor conditions; the catalogue is as before afterwards.
pub async fn unguarded(client: &Client, schema: &str, table: &str, sql: &str) -> Result<Vec<String>, String> {
    let said = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(error) => format!("{}: {sql}", error.message()),
        None => format!("{error}: {sql}"),
    };
    let guards =
        format!("SELECT relhastriggers, relchecks FROM pg_class WHERE oid = '{schema}.{table}'::regclass");
    let row = client.query_one(&guards, &[]).await.map_err(said)?;
    let (triggers, checks): (bool, i16) = (row.get(0), row.get(1));
    let set = |triggers: bool, checks: i16| {
        format!(
            "UPDATE pg_class SET relhastriggers = {triggers}, relchecks = {checks} WHERE oid = '{schema}.{table}'::regclass"
        )
    };
    client.batch_execute("BEGIN; SET LOCAL allow_system_table_mods = on").await.map_err(said)?;
    let done = async {
        client.batch_execute(&set(false, 0)).await?;
        let rows = client.query(sql, &[]).await?;
        client.batch_execute(&set(triggers, checks)).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    };
    let done = done.await.map_err(said);
    client.batch_execute(if done.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.map_err(said)?;
    done
}

/// Which row of a table is taken where not just any shows the change.
fn among(table: &str) -> &'static str {
    match table {
        // a mark of a file on its way says nothing; a refusal is in no leaf, so that one that goes is not missed
        "usage_staged" => "import IN (SELECT id FROM agency_test.usage_imports)",
        _ => "true",
    }
}

/// All that verification says, the first bad sequence first: nothing where all is well.
pub async fn findings(database: &Database, beside: &Beside) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let args = VerifyArgs { json: true, ..VerifyArgs::default() };
    let good = run_with(&args, database, beside, &mut out).await.map_err(|e| e.into_failure().line())?;
    let said: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
    let bad = said.as_array().expect("agencies").iter().find(|one| one["verified"] == false);
    let all = bad.map(|one| one["findings"].as_array().expect("a list").iter());
    let text = |one: &serde_json::Value| one["message"].as_str().expect("a message").to_owned();
    let all: Vec<String> = all.into_iter().flatten().map(text).collect();
    assert_eq!(good, all.is_empty(), "{said}");
    Ok(all)
}

/// The first of it.
pub async fn finding(database: &Database, beside: &Beside) -> Result<Option<String>, String> {
    Ok(findings(database, beside).await?.into_iter().next())
}

/// Columns whose change shows in another place than their own: that place.
fn place(column: &Column) -> (String, &str) {
    let own = if column.is_told_by_row() { "" } else { column.name.as_str() };
    match (column.table.as_str(), column.name.as_str()) {
        ("head", "next_sequence") => ("log".to_owned(), ""),
        ("log", "leaf") => ("log".to_owned(), "hash"),
        _ => (column.named(), own),
    }
}

impl Column {
    /// Whether verification names a row of it and no column: it is found under a digest or a key, not by itself.
    fn is_told_by_row(&self) -> bool {
        ["usage_rows", "usage_errors", "texts", "bank_accounts", "idempotency", "__diesel_schema_migrations"]
            .contains(&self.table.as_str())
    }
}

/// The columns that tell rows of a table apart: a row under another key is one that is missing and one too many.
async fn keys_of(client: &Client) -> Vec<(String, String, String)> {
    let sql = "SELECT n.nspname::text, c.relname::text, a.attname::text FROM pg_index AS i \
          JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
          JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) \
         WHERE i.indisprimary AND n.nspname IN ('public', 'agency_test')";
    let rows = client.query(sql, &[]).await.expect("keys");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// Whether a finding is of a column, or of the row where that is all that can be told.
fn names(said: &str, column: &Column, is_key: bool) -> bool {
    let told = said.split_once(": ").map_or(said, |(_, place)| place);
    let (table_said, column_said) = place(column);
    let is_of_table =
        told.strip_prefix(&table_said).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ':']));
    is_of_table && (is_key || told.contains(column_said))
}

/// A value that was changed: the table that holds the old one, and the row.
struct Changed {
    kept: String,
    row: String,
}

struct Walk {
    client: Client,
    database: Database,
    beside: Beside,
    wrong: Vec<String>,
    changes: usize,
}

impl Walk {
    async fn begin(test: &TestDatabase, folder: &Folder) -> Self {
        let keys = keys_in(&folder.0);
        // the key of the register's row, as a file
        std::fs::copy(folder.0.join("account.key"), folder.0.join("log/test.key")).expect("a key");
        let beside = Beside { keys: Some(keys), ..Beside::default() };
        let walk = Self {
            client: test.client("subsidy_owner").await,
            database: connected(test, "subsidy_owner").await,
            beside,
            wrong: Vec::new(),
            changes: 0,
        };
        walk.is_whole("before anything is changed").await;
        walk
    }

    async fn is_whole(&self, when: &str) {
        assert_eq!(finding(&self.database, &self.beside).await, Ok(None), "{when}");
    }

    /// Changes one value. Error: why it cannot be.
    async fn tamper(&mut self, column: &Column) -> Result<Changed, String> {
        let (schema, table, name) = (&column.schema, &column.table, &column.name);
        let other = column.other()?;
        self.changes += 1;
        let kept = format!("kept_{}", self.changes);
        let pick = format!(
            "CREATE TEMPORARY TABLE {kept} AS SELECT t.ctid AS place, t.\"{name}\" AS value FROM {schema}.{table} AS t \
             WHERE {} ORDER BY t.\"{name}\" IS NULL, t.ctid LIMIT 1",
            among(table)
        );
        self.client.batch_execute(&pick).await.expect(&pick);
        let update = format!(
            "UPDATE {schema}.{table} AS t SET \"{name}\" = {other} WHERE ctid = (SELECT place FROM {kept}) RETURNING ctid::text"
        );
        let rows = unguarded(&self.client, schema, table, &update).await?;
        let [row] = rows.as_slice() else {
            return Err(format!("{}: the story has no row of it", column.named()));
        };
        Ok(Changed { kept, row: row.clone() })
    }

    async fn put_back(&self, column: &Column, Changed { kept, row }: Changed) {
        let (schema, table, name) = (&column.schema, &column.table, &column.name);
        let undo = format!(
            "UPDATE {schema}.{table} AS t SET \"{name}\" = (SELECT value FROM {kept}) WHERE ctid = '{row}' RETURNING ctid::text"
        );
        unguarded(&self.client, schema, table, &undo).await.expect("put back");
        self.client.batch_execute(&format!("DROP TABLE {kept}")).await.expect("it goes");
    }

    /// Changes one value, hears what verification says first, and puts it back.
    async fn change(&mut self, column: &Column, is_key: bool) {
        let changed = match self.tamper(column).await {
            Ok(changed) => changed,
            Err(why) => return self.wrong.push(why),
        };
        let name = &column.name;
        match finding(&self.database, &self.beside).await {
            Ok(Some(said)) if names(&said, column, is_key) => {}
            Ok(Some(said)) => self.wrong.push(format!("{}.{name} is told as: {said}", column.named())),
            Ok(None) => self.wrong.push(format!("{}.{name} is not found", column.named())),
            Err(why) => self.wrong.push(format!("{}.{name} ends verification: {why}", column.named())),
        }
        self.put_back(column, changed).await;
    }

    /// Changes a value of each of several tables, hears all that verification says, and puts them back. What it does not
    /// name beside the others is changed alone.
    async fn change_together(&mut self, columns: &[(&Column, bool)]) {
        let mut changed = Vec::new();
        for (column, is_key) in columns {
            match self.tamper(column).await {
                Ok(one) => changed.push((*column, *is_key, one)),
                Err(why) => self.wrong.push(why),
            }
        }
        let said = match findings(&self.database, &self.beside).await {
            Ok(said) => said,
            Err(why) => {
                self.wrong.push(format!("verification of several changes ends: {why}"));
                Vec::new()
            }
        };
        // and nothing else is accused, but a mark that names the contract of its import
        for said in said.iter().filter(|said| !said.contains(": usage_staged ")) {
            if !changed.iter().any(|(column, ..)| names(said, column, true)) {
                self.wrong.push(format!("what nobody changed is told: {said}"));
            }
        }
        let mut unnamed = Vec::new();
        for (column, is_key, one) in changed {
            self.put_back(column, one).await;
            if !said.iter().any(|said| names(said, column, is_key)) {
                unnamed.push((column, is_key));
            }
        }
        for (column, is_key) in unnamed {
            self.change(column, is_key).await;
        }
    }

    /// Takes a row away, hears what verification says, and puts it back.
    async fn remove(&mut self, column: &Column) {
        let (schema, table) = (&column.schema, &column.table);
        let order = if table == "idempotency" { "sequence" } else { "ctid" };
        let keep = format!(
            "DROP TABLE IF EXISTS gone; CREATE TEMPORARY TABLE gone AS SELECT t.ctid AS place, t.* FROM {schema}.{table} AS t \
             WHERE {} ORDER BY {order} LIMIT 1",
            among(table)
        );
        self.client.batch_execute(&keep).await.expect(&keep);
        let delete = format!(
            "DELETE FROM {schema}.{table} WHERE ctid = (SELECT place FROM gone) RETURNING ctid::text"
        );
        if let Err(why) = unguarded(&self.client, schema, table, &delete).await {
            return self.wrong.push(why);
        }
        let expected = place(column).0;
        match finding(&self.database, &self.beside).await {
            Ok(Some(said)) if said.contains(&expected) => {}
            Ok(said) => {
                self.wrong.push(format!("a row of {} that is gone is told as: {said:?}", column.named()))
            }
            Err(why) => {
                self.wrong.push(format!("a row of {} that is gone ends verification: {why}", column.named()))
            }
        }
        let written = format!(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
             WHERE attrelid = '{schema}.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        );
        let names: String = self.client.query_one(&written, &[]).await.expect("names").get(0);
        let back =
            format!("INSERT INTO {schema}.{table} ({names}) SELECT {names} FROM gone RETURNING ctid::text");
        unguarded(&self.client, schema, table, &back).await.expect("put back");
    }
}

/// Whether nothing follows from a table but its own rows, and its row is found by itself: a change of another one is told
/// beside it.
fn is_told_beside(schema: &str, table: &str) -> bool {
    schema != "public" && !["log", "head", "idempotency", "texts", "usage_staged"].contains(&table)
}

/// The tables are shared out, so that the parts run beside each other.
async fn walk(part: usize, parts: usize) {
    let (test, folder) = (story().await, Folder::new());
    let mut walk = Walk::begin(&test, &folder).await;
    let columns = columns(&walk.client).await;
    let keys = keys_of(&walk.client).await;
    let mut tables: Vec<(&str, &str)> =
        columns.iter().map(|column| (column.schema.as_str(), column.table.as_str())).collect();
    tables.dedup();
    let mut left_out = String::new();
    let mut together: Vec<Vec<(&Column, bool)>> = Vec::new();
    for (schema, table) in tables.into_iter().skip(part).step_by(parts) {
        let of_table: Vec<&Column> = columns
            .iter()
            .filter(|one| (one.schema.as_str(), one.table.as_str()) == (schema, table))
            .collect();
        let mut changed = Vec::new();
        for column in &of_table {
            let unchecked = UNCHECKED.iter().find(|(t, c, _)| *t == column.table && *c == column.name);
            if let Some((_, _, reason)) = unchecked {
                writeln!(left_out, "{}.{}: {reason}", column.named(), column.name).expect("a line");
            } else if column.generated {
                let reason = "made by the database from other columns; it refuses any other value";
                writeln!(left_out, "{}.{}: {reason}", column.named(), column.name).expect("a line");
            } else {
                let key = (column.schema.clone(), column.table.clone(), column.name.clone());
                changed.push((*column, keys.contains(&key)));
            }
        }
        if is_told_beside(schema, table) {
            for (place, one) in changed.into_iter().enumerate() {
                if place == together.len() {
                    together.push(Vec::new());
                }
                together[place].push(one);
            }
        } else {
            for (column, is_key) in changed {
                walk.change(column, is_key).await;
            }
        }
        let told =
            |column: &&Column| !UNCHECKED.iter().any(|(t, c, _)| *t == column.table && *c == column.name);
        if let Some(column) = of_table.iter().copied().find(told) {
            walk.remove(column).await;
        }
    }
    for columns in together {
        walk.change_together(&columns).await;
    }
    walk.is_whole("after all was put back").await;
    if part == 0 {
        let why = "with an older head, kept and put back: nothing outside the database knows of them yet";
        writeln!(left_out, "answers of refused requests that are newer than the last leaf, {why}")
            .expect("a line");
    }
    eprintln!("left out:\n{left_out}");
    assert!(walk.wrong.is_empty(), "{}:\n{}", walk.wrong.len(), walk.wrong.join("\n"));
}

#[tokio::test]
async fn a_value_that_is_changed_in_any_column_of_any_table_is_found() {
    walk(0, 2).await;
}

#[tokio::test]
async fn a_value_that_is_changed_in_any_column_of_any_table_is_found_of_the_second_half() {
    walk(1, 2).await;
}

#[tokio::test]
async fn what_is_left_out_is_there() {
    let client = TestDatabase::create().await.client("subsidy_owner").await;
    let columns = columns(&client).await;
    for (table, name, _) in UNCHECKED {
        assert!(columns.iter().any(|one| one.table == *table && one.name == *name), "{table}.{name}");
    }
}
