//! A browser as far as the tests need one: a cookie, links, forms; no script.

use std::collections::BTreeMap;
use std::time::Duration;

/// What came of a request.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: String,
    pub kind: String,
    /// After how many seconds the browser is to look again; empty for never.
    pub refresh: String,
    pub html: String,
    /// The same as it came.
    pub bytes: Vec<u8>,
}

/// The page says that a sign-in is refused, and why.
#[track_caller]
pub fn refused(page: &Page, status: u16, cause: &str) {
    assert_eq!(page.status, status, "{}", page.html);
    let said = page.html.split("id=\"trouble\"").nth(1).unwrap_or_default();
    assert!(said.split("</div>").next().is_some_and(|said| said.contains(cause)), "{cause}: {said}");
}

impl Page {
    /// The value of the first attribute after a mark: `after("name=\".csrf\"", "value")`.
    pub fn after(&self, mark: &str, attribute: &str) -> String {
        let (_, rest) = self.html.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {}", self.html));
        let (_, rest) = rest.split_once(&format!("{attribute}=\"")).expect("the attribute");
        unescaped(rest.split('"').next().expect("its end"))
    }

    /// What stands after a tag that follows a mark, until the next tag.
    pub fn after_text(&self, mark: &str, tag: &str) -> String {
        let (_, rest) = self.html.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {}", self.html));
        let (_, rest) = rest.split_once(tag).expect("the tag");
        unescaped(rest.split('<').next().expect("its end"))
    }

    /// Every link within the console.
    pub fn links(&self) -> Vec<String> {
        let hrefs = self.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        hrefs.map(unescaped).filter(|href| href.starts_with('/')).collect()
    }

    /// The hidden fields of the form whose write ends so.
    pub fn form(&self, write: &str) -> BTreeMap<String, String> {
        let forms = self.html.split("<form").skip(1);
        let form = forms.map(|form| form.split("</form>").next().unwrap_or_default()).find(|form| {
            form.split("name=\".write\" value=\"")
                .nth(1)
                .is_some_and(|rest| rest.split('"').next().is_some_and(|value| value.ends_with(write)))
        });
        let form = form.unwrap_or_else(|| panic!("no form for {write} in {}", self.html));
        let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
        inputs
            .map(|input| {
                let mut parts = input.split('"');
                let name = unescaped(parts.next().unwrap_or_default());
                (name, unescaped(parts.nth(1).unwrap_or_default()))
            })
            .collect()
    }

    /// The values of the first fields of a name: choices of a select, boxes to tick.
    pub fn values(&self, name: &str) -> Vec<String> {
        let Some((_, rest)) = self.html.split_once(&format!("name=\"{name}\"")) else { return Vec::new() };
        let options = rest.split("</select>").next().unwrap_or_default();
        let values = options.split("value=\"").skip(1).filter_map(|rest| rest.split('"').next());
        values.map(unescaped).filter(|value| !value.is_empty()).collect()
    }

    pub fn has_form(&self, write: &str) -> bool {
        self.html.contains(&format!("{write}\">"))
    }
}

pub fn unescaped(text: &str) -> String {
    let numbers = [("&#38;", "&"), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">")];
    numbers.iter().fold(text.replace("&amp;", "&"), |text, (code, c)| text.replace(code, c))
}

pub struct Browser {
    base: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), cookies: BTreeMap::new() }
    }

    /// Signs in as the person of the demonstration whose name is so; the page that it leads to.
    pub fn signed_in(base: &str, name: &str) -> Self {
        let mut browser = Self::new(base);
        let door = browser.get("/sign-in");
        let place = door.html.split("name=\".person\" value=\"").skip(1).find(|rest| rest.contains(name));
        let place = place.and_then(|rest| rest.split('"').next()).expect("a person of that name");
        Self::signed_in_at(base, place.parse().expect("a place"))
    }

    /// Signs in as the person who stands at a place of the sign-in page.
    pub fn signed_in_at(base: &str, place: usize) -> Self {
        let (mut browser, place) = (Self::new(base), place.to_string());
        let door = browser.get("/sign-in");
        let csrf = door.after("name=\".csrf\"", "value");
        let page = browser.post("/sign-in", &[(".csrf", &csrf), (".person", &place), (".next", "")]);
        assert_eq!(page.status, 303, "{}", page.html);
        browser
    }

    /// Signs in with a token of the API.
    pub fn with_token(base: &str, token: &str) -> Self {
        let mut browser = Self::new(base);
        let csrf = browser.get("/sign-in").after("name=\".csrf\"", "value");
        let page = browser.post("/sign-in", &[(".csrf", &csrf), (".token", token), (".next", "")]);
        assert_eq!(page.status, 303, "{}", page.html);
        browser
    }

    pub fn get(&mut self, path: &str) -> Page {
        self.send(path, None)
    }

    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        self.send(path, Some(("application/x-www-form-urlencoded", pairs.join("&"))))
    }

    /// Fills in a form and presses a button.
    pub fn submit(&mut self, path: &str, form: &BTreeMap<String, String>, more: &[(&str, &str)]) -> Page {
        let hidden = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain(more.iter().copied()).collect();
        self.post(path, &fields)
    }

    /// The same with a file after the fields, as a browser sends it.
    pub fn upload(
        &mut self,
        path: &str,
        form: &BTreeMap<String, String>,
        more: &[(&str, &str)],
        (name, kind, bytes): (&str, &str, &str),
    ) -> Page {
        let hidden = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut body = String::new();
        for (name, value) in hidden.chain(more.iter().copied()) {
            body.push_str(&format!(
                "--b0undary\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str(&format!(
            "--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{bytes}\r\n--b0undary--\r\n"
        ));
        self.send(path, Some(("multipart/form-data; boundary=b0undary", body)))
    }

    fn send(&mut self, path: &str, body: Option<(&str, String)>) -> Page {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let method = if body.is_some() { "POST" } else { "GET" };
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Accept", "text/html")
            .header("Cookie", cookies.join("; "));
        let mut answer = match body {
            Some((kind, body)) => {
                let request = request.header("Content-Type", kind);
                agent.run(request.body(body).expect("a request"))
            }
            None => agent.run(request.body(()).expect("a request")),
        }
        .expect("an answer");
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let [location, kind, refresh] = ["location", "content-type", "refresh"].map(header);
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("a cookie").split(';').next().expect("a pair").to_owned();
            let (name, value) = pair.split_once('=').expect("a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let bytes = answer.body_mut().read_to_vec().expect("a body");
        let html = String::from_utf8_lossy(&bytes).into_owned();
        Page { status: answer.status().as_u16(), location, kind, refresh, html, bytes }
    }
}

pub fn escaped(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
