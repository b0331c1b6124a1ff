//! Settings, read once: a flag, else its environment variable, else the configuration file, else the default.
//!
//! Unknown keys of the file are refused. `DATABASE_URL` may hold a password, so it is neither a flag (every user of
//! the machine sees those) nor a key of the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Failure;
use super::language::say;
use super::logs::LogFormat;
use subsidy_auth::claims::OneOrMore;
use subsidy_auth::sign_in::{ClientSecret, ConsoleClient, KeySource, OwnTokens, SignIn};
use subsidy_core::domain::AgencyCode;
use subsidy_files::bank_files::profile::BankProfile;
use subsidy_files::objects::{ObjectError, Objects, Place};
use subsidy_http::granted::RoleSource;
use subsidy_http::peer::Network;
use subsidy_reports::payment_file::Debtor;
use subsidy_store::db::pool::DatabaseConfig;
use subsidy_store::db::session::Plans;

const DEFAULT_DATA: &str = "./data";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Flags that every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GlobalArgs {
    /// The data folder: keys, and the private database cluster [default: ./data]
    #[arg(long, global = true, env = "SUBSIDY_LEDGER_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// A configuration file (TOML)
    #[arg(long, global = true, env = "SUBSIDY_LEDGER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where files of evidence are kept: a folder, or s3://BUCKET[/PREFIX] with the usual AWS_* variables
    /// [default: evidence/objects in the data folder]
    #[arg(long, global = true, env = "SUBSIDY_LEDGER_EVIDENCE", value_name = "PLACE")]
    pub evidence_store: Option<String>,
}

/// Flags of the commands that serve.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ListenArgs {
    /// Where to listen; port 0 takes any that is free [default: 127.0.0.1:8080]
    #[arg(long, env = "SUBSIDY_LEDGER_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// How to log [default: text on a terminal, else json]
    #[arg(long, env = "SUBSIDY_LEDGER_LOG_FORMAT", value_name = "FORMAT")]
    pub log: Option<LogFormat>,
}

/// What every command finds out once, at its start.
#[derive(Debug, Clone)]
pub struct Settings {
    pub data: PathBuf,
    /// A server elsewhere; without one the private cluster in the data folder is used.
    pub database_url: Option<String>,
    /// Where files of evidence are kept; none for a folder in the data folder.
    pub evidence: Option<Place>,
    pub listen: String,
    /// Where people reach the service, where that is not where it listens.
    pub public_url: Option<String>,
    /// The font of papers as PDF, where it is not one of those that are found.
    pub font: Option<PathBuf>,
    /// How to log; none where the terminal decides.
    pub log: Option<LogFormat>,
    /// The OpenID Connect provider whose tokens serve.
    pub sign_in: Option<SignIn>,
    /// Where roles come from.
    pub roles: RoleSource,
    /// Whose word for a caller's address counts.
    pub trusted_proxies: Vec<Network>,
    /// From where agencies pay.
    pub debtors: BTreeMap<AgencyCode, Debtor>,
    database: DatabaseSection,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    data: Option<PathBuf>,
    evidence: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    font: Option<PathBuf>,
    log: Option<LogFormat>,
    database: DatabaseSection,
    roles: Option<RoleSource>,
    server: ServerSection,
    sign_in: Option<SignIn>,
    debtors: BTreeMap<AgencyCode, Debtor>,
    banks: BTreeMap<String, BankProfile>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DatabaseSection {
    connections_max: Option<usize>,
    writers_max: Option<usize>,
    plans: Plans,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerSection {
    trusted_proxies: Vec<Network>,
}

impl Settings {
    /// Reads what is set.
    pub fn read(global: &GlobalArgs, listen: &ListenArgs) -> Result<Self, Failure> {
        Self::from(global, listen, |name| std::env::var(name).ok())
    }

    fn from(
        global: &GlobalArgs,
        listen: &ListenArgs,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        let file = global.config.as_deref().map(File::read).transpose()?.unwrap_or_default();
        Ok(Self {
            data: global.data.clone().or(file.data).unwrap_or_else(|| DEFAULT_DATA.into()),
            database_url: database_url(variable("DATABASE_URL"))?,
            evidence: evidence(global.evidence_store.clone().or(file.evidence))?,
            listen: listen.listen.clone().or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.to_owned()),
            public_url: public_url(variable("SUBSIDY_LEDGER_PUBLIC_URL").or(file.public_url))?,
            font: variable("SUBSIDY_LEDGER_FONT").map(PathBuf::from).or(file.font),
            log: listen.log.or(file.log),
            sign_in: sign_in(file.sign_in, &variable)?,
            roles: roles(variable("SUBSIDY_LEDGER_ROLES").as_deref())?.or(file.roles).unwrap_or_default(),
            trusted_proxies: file.server.trusted_proxies,
            debtors: described(file.debtors, &file.banks)?,
            database: file.database,
        })
    }

    /// The same settings on the private cluster of another data folder. What it shows it shows with tokens of its own.
    pub fn private_in(&self, data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            database_url: None,
            evidence: None,
            sign_in: None,
            roles: RoleSource::Token,
            ..self.clone()
        }
    }

    /// Where files of evidence are kept.
    pub fn evidence_place(&self) -> Place {
        self.evidence.clone().unwrap_or_else(|| Place::Folder(self.data.join("evidence").join("objects")))
    }

    /// The files of evidence. A runtime has to run.
    pub fn objects(&self) -> Result<Objects, ObjectError> {
        let incoming = self.data.join("evidence").join("incoming");
        Objects::open(&self.evidence_place(), incoming, &tokio::runtime::Handle::current())
    }

    /// The same for whoever only reads them: a folder that is not there is not made.
    pub fn objects_to_read(&self) -> Result<Objects, Failure> {
        match self.evidence_place() {
            Place::Folder(folder) if !folder.is_dir() => {
                let folder = folder.display();
                Err(Failure::new(say!("{folder} 中没有证明材料", "there is no evidence in {folder}")))
            }
            _ => Ok(self.objects()?),
        }
    }

    /// Whether browsers reach the service behind TLS: the console's cookie is for such connections alone then.
    pub fn is_public_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    pub fn keys_folder(&self) -> PathBuf {
        self.data.join("keys")
    }

    /// How to use the database at a URL.
    pub fn database_config(&self, url: &str) -> DatabaseConfig {
        let mut config = DatabaseConfig::new(url);
        config.connections_max = self.database.connections_max.unwrap_or(config.connections_max);
        config.writers_max = self.database.writers_max.unwrap_or(config.writers_max);
        config.plans = self.database.plans;
        config
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(Failure::doing(format!("cannot read the configuration file {}", path.display())))?;
        super::toml_file::parse(&text, path)
    }
}

/// From where agencies pay, with what the file says of their banks.
fn described(
    mut debtors: BTreeMap<AgencyCode, Debtor>,
    banks: &BTreeMap<String, BankProfile>,
) -> Result<BTreeMap<AgencyCode, Debtor>, Failure> {
    for (agency, debtor) in &mut debtors {
        let Some(bank) = &debtor.bank else { continue };
        let unknown = || {
            Failure::Usage(say!(
                "debtors.{agency} 所写的银行是 {bank}：没有 [banks.{bank}]",
                "debtors.{agency} names the bank {bank}: there is no [banks.{bank}]"
            ))
        };
        debtor.profile = banks.get(bank).ok_or_else(unknown)?.clone();
    }
    Ok(debtors)
}

/// Set but empty is a mistake that would quietly lead to another, empty ledger.
fn database_url(value: Option<String>) -> Result<Option<String>, Failure> {
    match value {
        Some(url) if url.trim().is_empty() => Err(Failure::Usage(say!(
            "DATABASE_URL 为空：使用自用的数据库时请不要设置它",
            "DATABASE_URL is empty: unset it to use the private cluster"
        ))),
        url => Ok(url),
    }
}

/// `https://ledger.example.gov.cn`, or `http://…` on a machine of its own.
fn public_url(value: Option<String>) -> Result<Option<String>, Failure> {
    let fits = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    match value {
        Some(url) if !fits(&url) => Err(Failure::Usage(say!(
            "SUBSIDY_LEDGER_PUBLIC_URL 须以 https:// 或 http:// 开头",
            "SUBSIDY_LEDGER_PUBLIC_URL begins with https:// or http://"
        ))),
        url => Ok(url),
    }
}

fn evidence(place: Option<String>) -> Result<Option<Place>, Failure> {
    place.map(|text| Place::parse(&text).map_err(|error| Failure::Usage(error.to_string()))).transpose()
}

/// The provider of the file, with what its environment says otherwise: the address of one is another in each place.
fn sign_in(
    section: Option<SignIn>,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<SignIn>, Failure> {
    let names =
        ["SUBSIDY_LEDGER_SIGN_IN_ISSUER", "SUBSIDY_LEDGER_SIGN_IN_AUDIENCE", "SUBSIDY_LEDGER_SIGN_IN_KEYS"];
    let [issuer, audience, keys] = names.map(variable);
    let is_said = issuer.is_some() || audience.is_some() || keys.is_some();
    let audience =
        audience.map(|words| OneOrMore(words.split(',').map(|word| word.trim().to_owned()).collect()));
    let mut sign_in = match (section, issuer.clone(), audience.clone()) {
        (Some(section), _, _) => section,
        (None, Some(issuer), Some(audience)) => SignIn::of(issuer, audience),
        (None, _, _) if is_said => {
            return Err(Failure::Usage(say!(
                "{0} 与 {1} 须一同设置：请两项都设，或在文件中写 [sign_in]",
                "{0} and {1} belong together: set both, or [sign_in] in the file",
                names[0],
                names[1]
            )));
        }
        (None, _, _) => return Ok(None),
    };
    sign_in.issuer = issuer.unwrap_or(sign_in.issuer);
    sign_in.audience = audience.unwrap_or(sign_in.audience);
    sign_in.keys = keys.map_or(sign_in.keys, KeySource::from);
    let own_tokens = own_tokens(variable("SUBSIDY_LEDGER_OWN_TOKENS").as_deref())?;
    sign_in.own_tokens = own_tokens.unwrap_or(sign_in.own_tokens);
    let client_id = variable("SUBSIDY_LEDGER_SIGN_IN_CLIENT_ID");
    sign_in.console = match (sign_in.console, client_id) {
        (Some(console), Some(client_id)) => Some(ConsoleClient { client_id, ..console }),
        (console, client_id) => console.or_else(|| client_id.map(ConsoleClient::of)),
    };
    if let Some(console) = &mut sign_in.console {
        console.secret = variable("SUBSIDY_LEDGER_SIGN_IN_CLIENT_SECRET").map(ClientSecret);
    }
    Ok(Some(sign_in))
}

/// Where roles come from: tokens and accounts, or those of them that were granted.
fn roles(value: Option<&str>) -> Result<Option<RoleSource>, Failure> {
    let refused = |_| {
        Failure::Usage(say!(
            "SUBSIDY_LEDGER_ROLES 只能是 token 或 granted",
            "SUBSIDY_LEDGER_ROLES takes token or granted"
        ))
    };
    value.map(str::parse).transpose().map_err(refused)
}

/// Whose own tokens serve beside a provider's.
fn own_tokens(value: Option<&str>) -> Result<Option<OwnTokens>, Failure> {
    match value {
        None => Ok(None),
        Some("off") => Ok(Some(OwnTokens::Off)),
        Some("on") => Ok(Some(OwnTokens::On)),
        Some(_) => Err(Failure::Usage(say!(
            "SUBSIDY_LEDGER_OWN_TOKENS 只能是 on 或 off；机器写在配置文件中：own_tokens = [\"erp-1\"]",
            "SUBSIDY_LEDGER_OWN_TOKENS takes on or off; machines are named in the configuration file: \
             own_tokens = [\"erp-1\"]"
        ))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn settings(variables: &[(&str, &str)], file: Option<&str>) -> Result<Settings, Failure> {
        let path = std::env::temp_dir().join(format!("subsidy-ledger-{:016x}.toml", rand::random::<u64>()));
        let global = match file {
            Some(text) => {
                std::fs::write(&path, text).unwrap();
                GlobalArgs { config: Some(path.clone()), ..GlobalArgs::default() }
            }
            None => GlobalArgs::default(),
        };
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        let settings = Settings::from(&global, &ListenArgs::default(), find);
        std::fs::remove_file(&path).ok();
        settings
    }

    #[test]
    fn without_anything_set_the_service_is_local_and_private() {
        let settings = settings(&[], None).unwrap();
        assert_eq!((settings.data, settings.listen.as_str()), ("./data".into(), "127.0.0.1:8080"));
        assert!(settings.database_url.is_none() && settings.sign_in.is_none());
    }

    #[test]
    fn a_file_is_read_and_a_key_that_it_should_not_have_is_named_with_its_line() {
        let text = "listen = \"[::]:80\"\n[database]\nconnections_max = 8\nplans = \"server\"\n[sign_in]\nkeys = \"k\"\nissuer = \"i\"\naudience = \"a\"\n";
        let read = settings(&[], Some(text)).unwrap();
        assert_eq!((read.listen.as_str(), read.database_config("u").connections_max), ("[::]:80", 8));
        assert_eq!(read.database_config("u").plans, Plans::Server);
        let read = read.sign_in.unwrap();
        assert_eq!((read.issuer.as_str(), &read.own_tokens), ("i", &OwnTokens::Off));
        assert_eq!(read.keys, KeySource::File("k".into()));
        let named =
            settings(&[], Some(&format!("{text}own_tokens = [\"erp-1\"]\n"))).unwrap().sign_in.unwrap();
        assert!(named.own_tokens.serve("erp-1") && !named.own_tokens.serve("wang"));
        let switched = |value| settings(&[("SUBSIDY_LEDGER_OWN_TOKENS", value)], Some(text));
        assert_eq!(switched("on").unwrap().sign_in.unwrap().own_tokens, OwnTokens::On);
        assert_eq!(switched("yes").unwrap_err().exit_code(), 2);
        let error = settings(&[], Some("listen = \"a:1\"\nlitsen = \"b:2\"\n")).unwrap_err().line();
        assert!(error.contains("line 2") && error.contains("litsen"), "{error}");
    }

    #[test]
    fn where_roles_come_from_and_which_proxies_are_trusted_is_read() {
        assert_eq!(settings(&[], None).unwrap().roles, RoleSource::Token);
        let text = "roles = \"granted\"\n[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n";
        let read = settings(&[], Some(text)).unwrap();
        assert_eq!((read.roles, read.trusted_proxies.len()), (RoleSource::Granted, 2));
        let said = |value| settings(&[("SUBSIDY_LEDGER_ROLES", value)], Some(text));
        assert_eq!(said("token").unwrap().roles, RoleSource::Token);
        assert_eq!(said("both").unwrap_err().exit_code(), 2);
        for wrong in ["roles = \"both\"", "[server]\ntrusted_proxies = [\"10.0.0.1/8\"]"] {
            assert!(settings(&[], Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn evidence_is_kept_in_the_data_folder_unless_a_place_is_named() {
        let place = |file: Option<&str>| settings(&[], file).map(|settings| settings.evidence_place());
        assert_eq!(place(None).unwrap(), Place::Folder("./data/evidence/objects".into()));
        let bucket = Place::Bucket { url: "s3://b".to_owned(), prefix: "x".to_owned() };
        assert_eq!(place(Some("evidence = \"s3://b/x\"")).unwrap(), bucket);
        assert_eq!(place(Some("evidence = \"ftp://b\"")).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn an_empty_database_url_is_refused_and_so_is_half_a_provider() {
        assert_eq!(settings(&[("DATABASE_URL", "")], None).unwrap_err().exit_code(), 2);
        let half = [("SUBSIDY_LEDGER_SIGN_IN_ISSUER", "https://id.example")];
        assert_eq!(settings(&half, None).unwrap_err().exit_code(), 2);
        let whole = [half[0], ("SUBSIDY_LEDGER_SIGN_IN_AUDIENCE", "ledger, console")];
        let sign_in = settings(&whole, None).unwrap().sign_in.unwrap();
        assert_eq!(sign_in.audience, OneOrMore(vec!["ledger".to_owned(), "console".to_owned()]));
        assert_eq!(sign_in.keys, KeySource::Discovery);
    }

    #[test]
    fn what_the_console_is_to_the_provider_is_read_and_its_secret_is_not_printed() {
        let text = "[sign_in]\nissuer = \"i\"\naudience = \"a\"\n";
        let console = |variables: &[(&str, &str)], more: &str| {
            let read = settings(variables, Some(&format!("{text}{more}"))).unwrap().sign_in.unwrap();
            (read.wrong(), read.console)
        };
        assert_eq!(console(&[], "").1, None);
        let client = "[sign_in.console]\nclient_id = \"c\"\nsecret_file = \"s\"\n";
        let read = console(&[], client).1.unwrap();
        assert_eq!((read.client_id.as_str(), read.scope.as_str()), ("c", "openid"));
        let variables =
            [("SUBSIDY_LEDGER_SIGN_IN_CLIENT_ID", "d"), ("SUBSIDY_LEDGER_SIGN_IN_CLIENT_SECRET", "hidden")];
        for more in ["", client] {
            let read = console(&variables, more).1.unwrap();
            assert_eq!(read.client_id, "d");
            assert!(read.secret.is_some() && !format!("{read:?}").contains("hidden"));
        }
        let wrong = |more: &str| console(&[], &format!("[sign_in.console]\n{more}")).0.unwrap();
        assert!(wrong("client_id = \"\"").contains("client_id"));
        assert!(wrong("client_id = \"c\"\nscope = \"profile\"").contains("openid"));
    }

    #[test]
    fn where_an_agency_pays_from_is_read_and_its_number_is_not_printed() {
        let text = |code: &str, number: &str| {
            format!("[debtors.bj]\nbank_code = \"{code}\"\naccount_number = \"{number}\"\n")
        };
        let read = settings(&[], Some(&text("011100000003", "0200001009000012345"))).unwrap();
        let debtor = read.debtors.values().next().unwrap();
        assert_eq!((read.debtors.len(), debtor.bank_code.to_string()), (1, "011100000003".to_owned()));
        assert!(!format!("{read:?}").contains("0200001009000012345"));
        for (code, number) in [("01110000000", "0200001009000012345"), ("011100000003", "02-1")] {
            assert!(settings(&[], Some(&text(code, number))).is_err(), "{code} {number}");
        }
    }
}
