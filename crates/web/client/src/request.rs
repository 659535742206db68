use std::io::{self, Read};

use bytes::Bytes;
use wirelab_http::url::{InvalidUrl, Scheme, Url};
use wirelab_http::{Fields, InvalidField, Method, Request};

use crate::body::Body;
use crate::{Config, Error};

/// A request that is being put together. Mistakes in it come out of [`Client::send`](crate::Client::send).
///
/// ```
/// use wirelab_client::RequestBuilder;
/// use wirelab_http::Method;
///
/// let request = RequestBuilder::new(Method::Post, "http://127.0.0.1:8080/notes")
///     .field("Content-Type", "text/plain")
///     .content("buy milk")
///     .expect_continue();
/// ```
#[derive(Debug)]
pub struct RequestBuilder {
    method: Method,
    url: Result<Url, (String, InvalidUrl)>,
    fields: Fields,
    invalid_field: Option<InvalidField>,
    body: Body,
    expect_continue: bool,
}

impl RequestBuilder {
    /// A request for the resource at `url`.
    pub fn new(method: Method, url: &str) -> Self {
        RequestBuilder {
            method,
            url: Url::parse(url).map_err(|problem| (url.to_owned(), problem)),
            fields: Fields::new(),
            invalid_field: None,
            body: Body::Empty,
            expect_continue: false,
        }
    }

    /// With one more field. A Host, User-Agent, Content-Length or Transfer-Encoding given here replaces the client's own.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        if let Err(invalid) = self.fields.push(name, value) {
            self.invalid_field.get_or_insert(invalid);
        }
        self
    }

    /// With this content; Content-Length says how long it is.
    #[must_use]
    pub fn content(mut self, content: impl Into<Bytes>) -> Self {
        self.body = Body::Whole(content.into());
        self
    }

    /// With what the reader gives as content, chunk by chunk, up to its end. It can be sent once: such a request is not
    /// repeated when a connection is lost, and follows no redirect that keeps the content.
    #[must_use]
    pub fn content_from(mut self, reader: impl Read + Send + 'static) -> Self {
        self.body = Body::from_reader(reader);
        self
    }

    /// With these pieces as content, each of them a chunk that is sent at once. Otherwise as
    /// [`content_from`](Self::content_from).
    #[must_use]
    pub fn content_pieces<I>(mut self, pieces: I) -> Self
    where
        I: IntoIterator<Item = io::Result<Bytes>>,
        I::IntoIter: Send + 'static,
    {
        self.body = Body::from_pieces(pieces.into_iter());
        self
    }

    /// Sends the content only when the server has said `100 Continue`, or nothing for
    /// [`Config::continue_timeout`](crate::Config::continue_timeout) (RFC 9110 §10.1.1). Without content it means nothing.
    #[must_use]
    pub fn expect_continue(mut self) -> Self {
        self.expect_continue = true;
        self
    }

    pub(crate) fn finish(self) -> Result<Outgoing, Error> {
        if let Some(invalid) = self.invalid_field {
            return Err(Error::Field(invalid));
        }
        let url = self.url.map_err(|(url, problem)| Error::Url { url, problem })?;
        Ok(Outgoing {
            method: self.method,
            url,
            fields: self.fields,
            body: self.body,
            expect_continue: self.expect_continue,
        })
    }
}

/// A request in which nothing is wrong, as far as it can be seen from here. Redirects change it.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) fields: Fields,
    pub(crate) body: Body,
    pub(crate) expect_continue: bool,
}

impl Outgoing {
    /// The head, with the fields that the client is responsible for in front.
    pub(crate) fn head(&self, config: &Config) -> Result<Request, Error> {
        if self.url.scheme() == Scheme::Https {
            return Err(Error::Https { url: self.url.clone() });
        }
        let mut head = Request::new(self.method.clone(), self.url.target());
        let given = &self.fields;
        if !given.contains("Host") {
            head.fields.push("Host", self.url.authority())?;
        }
        if !given.contains("User-Agent") && !config.user_agent.is_empty() {
            head.fields.push("User-Agent", &config.user_agent)?;
        }
        for (name, value) in given.iter() {
            head.fields.push(name, value)?;
        }
        if !given.contains("Content-Length") && !given.contains("Transfer-Encoding") {
            self.push_framing(&mut head.fields)?;
        }
        if self.waits_for_continue() && !given.has_member("Expect", "100-continue") {
            head.fields.push("Expect", "100-continue")?;
        }
        Ok(head)
    }

    pub(crate) fn waits_for_continue(&self) -> bool {
        let asked = self.expect_continue || self.fields.has_member("Expect", "100-continue");
        let has_content = match &self.body {
            Body::Empty => false,
            Body::Whole(bytes) => !bytes.is_empty(),
            Body::Pieces { .. } => true,
        };
        asked && has_content
    }

    fn push_framing(&self, fields: &mut Fields) -> Result<(), InvalidField> {
        match &self.body {
            Body::Whole(bytes) => fields.push("Content-Length", bytes.len().to_string()),
            Body::Pieces { .. } => fields.push("Transfer-Encoding", "chunked"),
            // RFC 9110 §8.6: where content has a meaning, its absence is said.
            Body::Empty if matches!(self.method, Method::Post | Method::Put | Method::Patch) => {
                fields.push("Content-Length", "0")
            }
            Body::Empty => Ok(()),
        }
    }

    /// Whether it may be sent once more after the connection was lost (RFC 9110 §9.2.2).
    pub(crate) fn may_be_repeated(&self) -> bool {
        self.method.is_idempotent() && self.body.is_complete()
    }
}
