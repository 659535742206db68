//! The heads that are parsed: files, so that they can be looked at and exchanged.

/// The head of one message.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// What it is called in the tables.
    pub name: &'static str,
    /// Which of the two grammars it follows.
    pub kind: Kind,
    /// All of it, with the empty line at its end.
    pub bytes: &'static [u8],
}

/// Which message a head begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It begins with a request line.
    Request,
    /// It begins with a status line.
    Response,
}

/// What a command-line client sends: three fields.
pub const SMALL: Input = request("small", include_bytes!("../inputs/small.http"));

/// What a browser sends for a page's first file.
pub const BROWSER: Input = request("browser", include_bytes!("../inputs/browser.http"));

/// What a browser sends to a site that has been visited before: half of it is one Cookie field.
pub const COOKIES: Input = request("cookies", include_bytes!("../inputs/cookies.http"));

/// What a site answers.
pub const RESPONSE: Input =
    Input { name: "response", kind: Kind::Response, bytes: include_bytes!("../inputs/response.http") };

/// All of them.
pub const ALL: [Input; 4] = [SMALL, BROWSER, COOKIES, RESPONSE];

const fn request(name: &'static str, bytes: &'static [u8]) -> Input {
    Input { name, kind: Kind::Request, bytes }
}
