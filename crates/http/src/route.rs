//! What a route is: where it stands, who may call it, what it takes and gives, and which handler answers.

use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaFormat, Type};

use super::handler::{Ask, Parse, ParseGroup, Read, Upload};
use super::json::Json;
use super::problem::Problem;
use subsidy_auth::token::Identity;
use subsidy_core::domain::{Actor, Code, Role};
use subsidy_core::schema::{Member, One, Schemas};
use subsidy_store::engine::submission::Run;

/// As HTTP writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "UPPERCASE", const_into_str)]
pub enum Method {
    Get,
    Post,
    Put,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Anyone with a token.
    SignedIn,
    /// Whoever holds one of these.
    Roles(&'static [Role]),
}

impl Permission {
    /// Whether an actor may.
    pub fn allows(self, actor: &Actor) -> bool {
        match self {
            Self::SignedIn => true,
            Self::Roles(roles) => roles.iter().any(|role| actor.has(*role)),
        }
    }

    /// Error: `role_not_granted` where the caller says one of the roles that may and nobody granted it; else `forbidden`.
    pub fn admit(self, identity: &Identity) -> Result<(), Problem> {
        let Self::Roles(roles) = self else { return Ok(()) };
        let missing = roles.iter().filter(|role| identity.ungranted.contains(**role));
        let missing: Vec<&str> = missing.map(|role| role.into_str()).collect();
        if self.allows(&identity.actor) || missing.is_empty() {
            return self.check(&identity.actor);
        }
        let allowed: Vec<&str> = roles.iter().map(|role| role.into_str()).collect();
        Err(Problem::new(Code::RoleNotGranted).with("roles", missing).with("allowed", allowed))
    }

    /// Error: `forbidden`, naming the roles that may and those that the caller has.
    pub fn check(self, actor: &Actor) -> Result<(), Problem> {
        let Self::Roles(roles) = self else { return Ok(()) };
        if self.allows(actor) {
            return Ok(());
        }
        let names = |held: fn(&Actor, Role) -> bool, of: &[Role]| -> Vec<&'static str> {
            of.iter().filter(|role| held(actor, **role)).map(|role| role.into_str()).collect()
        };
        let (allowed, own) = (names(|_, _| true, roles), names(Actor::has, Role::ALL));
        Err(Problem::new(Code::RoleMissing).with("allowed", allowed).with("roles", own))
    }

    /// Whether a role alone may.
    pub fn allows_role(self, role: Role) -> bool {
        match self {
            Self::SignedIn => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Param {
    pub name: &'static str,
    pub about: &'static str,
    pub schema: Shape,
}

/// What a body is: how its schema is written and which named schemas it needs.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub schema: fn() -> RefOr<Schema>,
    pub named: fn(&mut Schemas),
    pub media_type: &'static str,
    /// Others that it may be of instead.
    pub or_else: &'static [&'static str],
}

impl Shape {
    pub const fn of<T: ToSchema>() -> Self {
        Self {
            schema: One::<T>::member,
            named: One::<T>::named,
            media_type: "application/json",
            or_else: &[],
        }
    }

    /// A type, or a file of the same.
    pub const fn or_file<T: ToSchema>(or_else: &'static [&'static str]) -> Self {
        Self { or_else, ..Self::of::<T>() }
    }

    /// A page of a list of a type.
    pub const fn page<T: ToSchema>() -> Self {
        Self {
            schema: page_schema::<T>,
            named: One::<T>::named,
            media_type: "application/json",
            or_else: &[],
        }
    }

    /// A page of a list of a type, or all of it as a file.
    pub const fn page_or_file<T: ToSchema>(or_else: &'static [&'static str]) -> Self {
        Self { or_else, ..Self::page::<T>() }
    }

    /// An object of JSON whose members are written down elsewhere.
    pub const fn object() -> Self {
        let schema = || ObjectBuilder::new().schema_type(Type::Object).into();
        Self { schema, named: |_| (), media_type: "application/json", or_else: &[] }
    }

    /// Bytes.
    pub const fn bytes() -> Self {
        let schema = || {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::Custom("binary".to_owned())))
                .into()
        };
        Self { schema, named: |_| (), media_type: "application/octet-stream", or_else: &[] }
    }

    /// A file that is of one of these media types.
    pub const fn file(media_type: &'static str, or_else: &'static [&'static str]) -> Self {
        Self { media_type, or_else, ..Self::bytes() }
    }

    pub const fn text() -> Self {
        Self {
            schema: <String as utoipa::PartialSchema>::schema,
            named: |_| (),
            media_type: "text/plain",
            or_else: &[],
        }
    }
}

/// A part of a route's path, between slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'path> {
    Literal(&'path str),
    /// `{name}`: any one segment.
    One(&'path str),
    /// `{*name}`, the last: all that is left, at least a character, slashes and all.
    Tail(&'path str),
}

impl<'path> Segment<'path> {
    /// The parts of a path.
    pub fn all(path: &'path str) -> impl Iterator<Item = Self> {
        path.split('/').map(|text| match text.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => Self::Literal(text),
            Some(name) => name.strip_prefix('*').map_or(Self::One(name), Self::Tail),
        })
    }

    /// The name of its parameter.
    pub const fn parameter(self) -> Option<&'path str> {
        match self {
            Self::Literal(_) => None,
            Self::One(name) | Self::Tail(name) => Some(name),
        }
    }
}

/// A path with its tail parameter written as somebody else wants it.
pub fn with_tail(path: &str, tail: impl Fn(&str) -> String) -> String {
    let part = |segment| match segment {
        Segment::Literal(text) => text.to_owned(),
        Segment::One(name) => format!("{{{name}}}"),
        Segment::Tail(name) => tail(name),
    };
    Segment::all(path).map(part).collect::<Vec<_>>().join("/")
}

fn page_schema<T: ToSchema>() -> RefOr<Schema> {
    let cursor = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::SchemaType::from_iter([Type::String, Type::Null]))
        .description(Some("Where the next page begins; null on the last."));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("data", ArrayBuilder::new().items(One::<T>::member()))
        .required("data")
        .property("next_cursor", cursor)
        .required("next_cursor")
        .into()
}

#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// A command for the engine.
    Write(Parse),
    Read(Read),
    /// A query that shows what is kept secret: the log says who asked.
    Disclose(Read),
    /// A query that takes a body.
    Ask(Ask),
    /// Work that goes on after the answer and changes nothing in the ledger.
    Start(Read),
    /// One request on many documents.
    Group(ParseGroup),
    /// A file for the store, then a command for the engine.
    Upload(Upload),
    /// A billing file, then a command for the engine.
    Import,
    /// A file of the bank, then a group for the engine.
    BankFile,
    /// Many writes in one request.
    Batch,
    /// A run over vouchers that nobody names, in groups.
    Run(fn(&Json) -> Result<Run, Problem>),
}

#[derive(Debug, Clone, Copy)]
pub struct Route {
    pub method: Method,
    /// Its path, with parameters in braces: [`Segment`] says which there are.
    pub path: &'static str,
    /// Who may call it.
    pub permission: Permission,
    /// What it is for, in Chinese and in English.
    pub summary: [&'static str; 2],
    pub query: &'static [Param],
    pub takes: Option<Shape>,
    pub gives: Shape,
    /// Whether it makes a document: 201, else 200.
    pub creates: bool,
    pub handler: Handler,
}

impl Route {
    /// Whether it changes anything.
    pub const fn writes(&self) -> bool {
        !matches!(self.handler, Handler::Read(_) | Handler::Ask(_) | Handler::Start(_) | Handler::Disclose(_))
    }

    /// Whether it begins work that goes on after the answer.
    pub const fn starts(&self) -> bool {
        matches!(self.handler, Handler::Start(_))
    }

    /// Whether it reads what is kept secret.
    pub const fn discloses(&self) -> bool {
        matches!(self.handler, Handler::Disclose(_))
    }

    /// Whether it cannot do without a query parameter.
    pub fn requires(&self, parameter: &str) -> bool {
        match self.handler {
            Handler::Upload(upload) => upload.requires.contains(&parameter),
            Handler::Read(_) if self.path == "/v1/loans/interest-run" => {
                matches!(parameter, "programme" | "from" | "until")
            }
            Handler::Read(_) => matches!(parameter, "seed" | "interval"),
            Handler::Write(_)
            | Handler::Disclose(_)
            | Handler::Ask(_)
            | Handler::Start(_)
            | Handler::Group(_)
            | Handler::Import
            | Handler::BankFile
            | Handler::Batch
            | Handler::Run(_) => false,
        }
    }

    /// The status of its success.
    pub const fn success(&self) -> u16 {
        match self.handler {
            Handler::Start(_) => 202,
            _ if self.creates => 201,
            _ => 200,
        }
    }

    /// The query parameters that it knows.
    pub fn parameters(&self) -> Vec<&'static str> {
        let own = self.query.iter().map(|param| param.name);
        own.chain(self.writes().then_some("dry_run")).collect()
    }
}

pub(super) const fn get(
    path: &'static str,
    permission: Permission,
    summary: [&'static str; 2],
    handler: Handler,
    gives: Shape,
) -> Route {
    Route {
        method: Method::Get,
        path,
        permission,
        summary,
        query: &[],
        takes: None,
        gives,
        creates: false,
        handler,
    }
}

/// What is put with POST and no command parses: a question, a group, a file, a run.
pub(super) const fn asks(
    path: &'static str,
    permission: Permission,
    summary: [&'static str; 2],
    handler: Handler,
    gives: Shape,
) -> Route {
    Route { method: Method::Post, ..get(path, permission, summary, handler, gives) }
}

pub(super) const fn post(
    path: &'static str,
    permission: Permission,
    summary: [&'static str; 2],
    parse: Parse,
    bodies: [Shape; 2],
) -> Route {
    let [takes, gives] = bodies;
    let handler = Handler::Write(parse);
    Route {
        method: Method::Post,
        path,
        permission,
        summary,
        query: &[],
        takes: Some(takes),
        gives,
        creates: false,
        handler,
    }
}

impl Route {
    pub(super) const fn creating(mut self) -> Self {
        self.creates = true;
        self
    }

    pub(super) const fn taking(mut self, body: Shape) -> Self {
        self.takes = Some(body);
        self
    }

    pub(super) const fn with(mut self, query: &'static [Param]) -> Self {
        self.query = query;
        self
    }
}

pub(super) const fn of<T: utoipa::ToSchema>() -> Shape {
    Shape::of::<T>()
}

pub(super) const fn page<T: utoipa::ToSchema>() -> Shape {
    Shape::page::<T>()
}
