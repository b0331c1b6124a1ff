//! How long the console's pages take over a year's ledger: an auditor and an officer sign in as with a browser and open every
//! page that they find by its links, some addresses of each, from the request to the last byte.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::http::request::Builder;
use hyper::{Request, Response, StatusCode};

use super::load::{connect, send};
use subsidy_console::PAGES;
use subsidy_http::batches::matched;
use subsidy_ledger::cli::Failure;

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
        let form = browser.get("/sign-in").await?;
        let form = String::from_utf8_lossy(form.body());
        let csrf = form.split_once("name=\".csrf\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let csrf = csrf.ok_or_else(|| Failure::new("the sign-in page has no form"))?;
        let body = format!(".csrf={csrf}&.token={token}&.next=");
        let asked = Request::post("/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", format!("http://{address}"));
        let answer = browser.send(asked, body).await?;
        if answer.status() == StatusCode::SEE_OTHER { Ok(browser) } else { Err(refused("/sign-in", &answer)) }
    }

    async fn get(&mut self, path: &str) -> Result<Response<Bytes>, Failure> {
        self.send(Request::get(path), String::new()).await
    }

    async fn send(&mut self, asked: Builder, body: String) -> Result<Response<Bytes>, Failure> {
        let asked = asked.header("host", &self.address).header("cookie", &self.cookie);
        let asked = asked.body(Full::from(body)).map_err(|error| Failure::Failed(error.into()))?;
        let answer = send(&mut self.connection, asked).await.map_err(Failure::Failed)?;
        if let Some(cookie) =
            header(&answer, "set-cookie").split(';').next().filter(|cookie| !cookie.is_empty())
        {
            cookie.clone_into(&mut self.cookie);
        }
        Ok(answer)
    }
}

/// A header; empty where there is none.
fn header<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// What was answered instead of the page that was asked for.
fn refused(address: &str, answer: &Response<Bytes>) -> Failure {
    Failure::new(format!("{address}: {}: {}", answer.status(), String::from_utf8_lossy(answer.body())))
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
    let hrefs = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let hrefs = hrefs.map(|href| href.replace("&#38;", "&").replace("&amp;", "&"));
    // what stands after a number sign is a place on the page
    let pages = hrefs.map(|href| href.split('#').next().unwrap_or_default().to_owned());
    pages.filter(|href| href.starts_with('/') && !OTHER_FORMS.iter().any(|form| href.contains(form)))
}

/// Opens whatever the owner of a token can find and nobody opened before, each address so often.
pub(super) async fn measure(
    (address, token): (&str, &str),
    times: usize,
    readings: &mut Vec<OpenedPage>,
) -> Result<(), Failure> {
    let mut browser = Browser::sign_in(address, token).await?;
    let home = header(&browser.get("/").await?, "location").to_owned();
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
        if first.status().is_server_error() {
            return Err(refused(&address, &first));
        }
        if first.status() != StatusCode::OK || !header(&first, "content-type").starts_with("text/html") {
            continue;
        }
        *opened += 1;
        todo.extend(links(&String::from_utf8_lossy(first.body())));
        if known.contains(page) {
            continue;
        }
        let patience = began + PATIENCE;
        while took.len() < times && Instant::now() < patience {
            let began = Instant::now();
            let again = browser.get(&address).await?;
            if again.status() != StatusCode::OK {
                return Err(refused(&address, &again));
            }
            took.push(began.elapsed());
        }
        took.sort_unstable();
        readings.push(OpenedPage { address, bytes: first.body().len(), took });
    }
    Ok(())
}
