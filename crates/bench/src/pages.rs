//! How long the console's pages take over a year's ledger: an auditor and an officer sign in as with a browser and open every
//! page that they find by its links, some addresses of each, from the request to the last byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;

use super::load::connect;
use subsidy_ledger::cli::Failure;
use subsidy_ledger::console::PAGES;
use subsidy_ledger::http::batches::matched;

/// How long an address is read again; a page of a long ledger may take seconds.
const PATIENCE: Duration = Duration::from_secs(4);
/// Addresses of one page that are read.
const ADDRESSES: usize = 2;
/// A link with one of these is the same page in another form.
const OTHER_FORMS: [&str; 3] = ["lang=", "large=", "format="];

/// An address, and how long it took: each reading, the shortest first.
#[derive(Debug)]
pub(super) struct OpenedPage {
    pub address: String,
    pub bytes: usize,
    pub took: Vec<Duration>,
}

/// The duration that so many of a hundred are not longer than; of none, none at all.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// What a page answered.
struct Answer {
    status: u16,
    location: String,
    is_html: bool,
    text: String,
    bytes: usize,
    cookie: Option<String>,
}

/// A browser as far as pages need one: a cookie and links.
struct Browser {
    address: String,
    cookie: String,
    connection: SendRequest<Full<Bytes>>,
}

impl Browser {
    /// Signs in with a token of the API.
    async fn sign_in(address: &str, token: &str) -> Result<Self, Failure> {
        let connection = connect(address).await.map_err(Failure::Failed)?;
        let mut browser = Self { address: address.to_owned(), cookie: String::new(), connection };
        let form = browser.get("/sign-in").await?.text;
        let csrf = form.split_once("name=\".csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let csrf = csrf.ok_or_else(|| Failure::new("the sign-in page has no form"))?;
        let body = format!(".csrf={csrf}&.token={token}&.next=");
        let asked = hyper::Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", format!("http://{address}"));
        let answer = browser.send(asked, body).await?;
        if answer.status == 303 {
            Ok(browser)
        } else {
            Err(Failure::new(format!("sign-in: {}", answer.text)))
        }
    }

    async fn get(&mut self, path: &str) -> Result<Answer, Failure> {
        self.send(hyper::Request::get(path), String::new()).await
    }

    async fn send(&mut self, asked: hyper::http::request::Builder, body: String) -> Result<Answer, Failure> {
        let asked = asked.header("host", &self.address).header("cookie", &self.cookie);
        let asked = asked.body(Full::from(body)).map_err(|error| Failure::new(error.to_string()))?;
        let failed = |error: hyper::Error| Failure::new(error.to_string());
        self.connection.ready().await.map_err(failed)?;
        let answer = self.connection.send_request(asked).await.map_err(failed)?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let (location, kind) = (header("location"), header("content-type"));
        let (location, is_html) =
            (location.unwrap_or_default().to_owned(), kind.is_some_and(|kind| kind.starts_with("text/html")));
        let cookie = header("set-cookie").and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(failed)?.to_bytes();
        let answer = Answer {
            status,
            location,
            is_html,
            bytes: body.len(),
            text: String::from_utf8_lossy(&body).into_owned(),
            cookie,
        };
        if let Some(cookie) = &answer.cookie {
            self.cookie.clone_from(cookie);
        }
        Ok(answer)
    }
}

/// The page that an address opens, each report by itself; none for a file.
fn page_of(address: &str) -> Option<&str> {
    let path = address.split('?').next().unwrap_or_default();
    let found = PAGES.iter().filter(|page| matched(page.path, path).is_some());
    // a page that is named whole goes before one with a part to be filled in
    let found = found.min_by_key(|page| page.path.matches('{').count()).filter(|page| !page.raw);
    found.map(|page| if page.path.starts_with("/reports/") { path } else { page.path })
}

/// The links of a page to others of the console, as they are written.
fn links(html: &str) -> impl Iterator<Item = String> {
    let hrefs = html.split("href=\"").skip(1).filter_map(|rest| rest.split(['"', '#']).next());
    let own =
        hrefs.filter(|href| href.starts_with('/') && !OTHER_FORMS.iter().any(|form| href.contains(form)));
    own.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"))
}

/// Opens whatever the owner of a token can find and nobody opened before, each address so often.
pub(super) async fn measure(
    (address, token): (&str, &str),
    times: usize,
    readings: &mut Vec<OpenedPage>,
) -> Result<(), Failure> {
    let mut browser = Browser::sign_in(address, token).await?;
    let home = browser.get("/").await?.location;
    let (mut todo, mut seen) = (VecDeque::from([home]), BTreeSet::new());
    let mut opened = BTreeMap::<String, usize>::new();
    let known: BTreeSet<String> =
        readings.iter().filter_map(|reading| page_of(&reading.address).map(str::to_owned)).collect();
    while let Some(address) = todo.pop_front() {
        let Some(page) = page_of(&address).filter(|_| seen.insert(address.clone())) else { continue };
        let opened = opened.entry(page.to_owned()).or_default();
        if *opened >= ADDRESSES {
            continue;
        }
        let began = Instant::now();
        let first = browser.get(&address).await?;
        let mut took = vec![began.elapsed()];
        if first.status >= 500 {
            return Err(Failure::new(format!("{address}: {}: {}", first.status, first.text)));
        }
        if first.status != 200 || !first.is_html {
            continue;
        }
        *opened += 1;
        todo.extend(links(&first.text));
        if known.contains(page) {
            continue;
        }
        let patience = began + PATIENCE;
        while took.len() < times && Instant::now() < patience {
            let began = Instant::now();
            let again = browser.get(&address).await?;
            if again.status != 200 {
                return Err(Failure::new(format!("{address}: {}: {}", again.status, again.text)));
            }
            took.push(began.elapsed());
        }
        took.sort_unstable();
        readings.push(OpenedPage { address, bytes: first.bytes, took });
    }
    Ok(())
}
