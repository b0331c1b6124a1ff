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
    /// Opens a cursor over all rows in the order of their keys, texts by their bytes.
    pub walk: String,
    pub walk_on: String,
}

/// How many rows a cursor hands out at once.
const WALKED: u16 = 2_000;

impl SqlText {
    /// `texts` says which of the keys are texts; `fixed` are those of the other columns that no update sets.
    pub fn new(table: &str, (keys, texts): (&[&str], &[bool]), others: &[&str], fixed: &[&str]) -> Self {
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
        let cursor = format!("walk_{}", table.replace('.', "_"));
        // the database may order texts by a language
        let by_bytes = each(keys, ", ", |place, name| match texts.get(place) {
            Some(true) => format!("\"{name}\" COLLATE \"C\""),
            _ => format!("\"{name}\""),
        });
        Self {
            walk: format!(
                "DECLARE {cursor} NO SCROLL CURSOR FOR SELECT {columns} FROM {table} ORDER BY {by_bytes}"
            ),
            walk_on: format!("FETCH {WALKED} FROM {cursor}"),
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
