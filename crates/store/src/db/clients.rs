//! PostgreSQL's own programs, `pg_dump` and `pg_restore`, on the database that a URL names.

use std::process::Command;

use super::cluster;
use super::error::DatabaseError;
use super::target::percent_decoded;

/// A program on a database. The newest that is installed, else the one that PATH names. The password goes through the
/// environment: everybody on a machine may read the arguments of its processes.
pub fn command(program: &str, url: &str) -> Result<Command, DatabaseError> {
    let path = cluster::tools().map(|folder| folder.join(program)).ok().filter(|path| path.is_file());
    let mut command = Command::new(path.unwrap_or_else(|| program.into()));
    let (url, password) = without_password(url)?;
    command
        .arg("--dbname")
        .arg(url)
        .env_remove("PGOPTIONS")
        .envs(password.map(|password| ("PGPASSWORD", password)));
    Ok(command)
}

/// `postgresql://user@host/db` and the password that stood behind the user.
fn without_password(url: &str) -> Result<(String, Option<String>), DatabaseError> {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (user, host) = authority.rsplit_once('@')?;
        let (user, password) = user.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}{path}"), password))
    });
    match parts {
        Some((url, password)) => Ok((url, Some(percent_decoded(password)?))),
        None => Ok((url.to_owned(), None)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_password_is_no_argument() {
        for (url, left, password) in [
            ("postgresql://a:b%40c@h1:5,h2/d?x=y:z@", "postgresql://a@h1:5,h2/d?x=y:z@", Some("b@c")),
            ("postgresql://a@h/d", "postgresql://a@h/d", None),
            ("postgresql:///d?host=/run/a:b@", "postgresql:///d?host=/run/a:b@", None),
        ] {
            assert_eq!(
                without_password(url).unwrap(),
                (left.to_owned(), password.map(str::to_owned)),
                "{url}"
            );
        }
        assert!(without_password("postgresql://a:%4@h/d").is_err());
    }
}
