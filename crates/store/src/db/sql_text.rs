//! The SQL of a table's verbs, made once from its columns' names.

/// The texts of a table's statements, made once.
#[derive(Debug)]
pub struct SqlText {
    pub insert: String,
    pub update: String,
    pub update_version: String,
    pub by_keys: String,
    pub first_page: String,
    pub next_page: String,
    pub count: String,
}

impl SqlText {
    /// `fixed` are those of the other columns that no update sets.
    pub fn new(table: &str, keys: &[&str], others: &[&str], fixed: &[&str]) -> Self {
        let all: Vec<&str> = keys.iter().chain(others).copied().collect();
        let list = |names: &[&str]| each(names, ", ", |_, name| format!("\"{name}\""));
        let dollars = |count: usize| each(&vec![""; count], ", ", |place, _| format!("${}", place + 1));
        let matches = each(keys, " AND ", |_, name| format!("t.\"{name}\" = u.\"{name}\""));
        let moving: Vec<&str> = others.iter().filter(|name| !fixed.contains(name)).copied().collect();
        let changes = each(&moving, ", ", |_, name| format!("\"{name}\" = u.\"{name}\""));
        let (columns, count) = (list(&all), all.len());
        let page = |only: &str, limit: usize| {
            format!("SELECT {columns} FROM {table} {only}ORDER BY {} LIMIT ${limit}", list(keys))
        };
        let after = each(keys, ", ", |place, _| format!("(${})[1]", place + 1));
        Self {
            first_page: page("", 1),
            next_page: page(&format!("WHERE ({}) > ({after}) ", list(keys)), keys.len() + 1),
            count: format!("SELECT count(*) AS count FROM {table}"),
            insert: format!("INSERT INTO {table} ({columns}) SELECT * FROM unnest({})", dollars(count)),
            update: format!(
                "UPDATE {table} AS t SET {changes} FROM unnest({}) AS u({columns}) WHERE {matches}",
                dollars(count)
            ),
            update_version: format!(
                "UPDATE {table} AS t SET {changes} FROM unnest({}) AS u({columns}, old_version) \
                 WHERE {matches} AND t.version = u.old_version",
                dollars(count + 1)
            ),
            by_keys: format!(
                "SELECT {} FROM unnest({}) AS u({}) JOIN {table} AS t ON {matches}",
                each(&all, ", ", |_, name| format!("t.\"{name}\"")),
                dollars(keys.len()),
                list(keys)
            ),
        }
    }
}

fn each(names: &[&str], between: &str, text: impl Fn(usize, &str) -> String) -> String {
    let texts: Vec<String> = names.iter().enumerate().map(|(place, name)| text(place, name)).collect();
    texts.join(between)
}
