//! A small curl that can explain itself: every byte of the heads and chunks of an HTTP/1.1 conversation, as a tree.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use lexopt::prelude::*;
use wirelab::client::{Client, Config, RequestBuilder, Response, Seen};
use wirelab::http::url::Url;
use wirelab::http::{Method, StatusCode};
use wirelab::http1::Tapped;
use wirelab::server::DemoSite;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Recording, Site, Traffic};

const HELP: &str = "Fetches over HTTP/1.1; several addresses share a connection where they can.

Usage: fetch [OPTIONS] URL...      for example: fetch --explain http://127.0.0.1:8080/

  -X, --request METHOD   another method than GET (or POST, with -d)
  -H, --header 'N: V'    one more field; may be repeated
  -d, --data DATA        sends this as content, or a file's in chunks: -d @file
  -i, --include          prints the head of the response, too
  -I, --head             asks for the head only
  -L, --location         follows up to 10 redirects
  -f, --fail             ends with 22 if the status is an error (400 or more)
  -o, --output FILE      writes the content there
      --explain          shows what each byte of heads and chunks is, instead of the content
      --raw              shows the bytes as they travel, instead of the content
      --pcap FILE        writes the packets of the URLs' ports into FILE, for Wireshark (needs CAP_NET_RAW)
      --timings          says how long each step took, and over which connection
";

/// What the command line says: names of options, each with its value.
struct Options(Vec<(&'static str, String)>);

fn main() -> ExitCode {
    let outcome = Options::read().map_err(Into::into).and_then(|options| run(&options));
    outcome.unwrap_or_else(|error: Box<dyn Error>| {
        eprintln!("fetch: {error}");
        ExitCode::FAILURE
    })
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        let (mut parser, mut given) = (lexopt::Parser::from_env(), Vec::new());
        while let Some(argument) = parser.next()? {
            given.push(match argument {
                Value(url) => ("url", url.string()?),
                Short('X') | Long("request") => ("request", parser.value()?.string()?),
                Short('H') | Long("header") => ("header", parser.value()?.string()?),
                Short('d') | Long("data") => ("data", parser.value()?.string()?),
                Short('o') | Long("output") => ("output", parser.value()?.string()?),
                Short('i') | Long("include") => ("include", String::new()),
                Short('I') | Long("head") => ("head", String::new()),
                Short('L') | Long("location") => ("location", String::new()),
                Short('f') | Long("fail") => ("fail", String::new()),
                Long("explain") => ("explain", String::new()),
                Long("raw") => ("raw", String::new()),
                Long("pcap") => ("pcap", parser.value()?.string()?),
                Long("timings") => ("timings", String::new()),
                Short('h') | Long("help") => ("help", String::new()),
                other => return Err(other.unexpected()),
            });
        }
        Ok(Options(given))
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    fn recording(&self) -> Result<Option<Recording>, Box<dyn Error>> {
        let Some(file) = self.all("pcap").last() else { return Ok(None) };
        let ports = self.all("url").map(|url| Ok(Url::parse(url)?.port()));
        let ports = ports.collect::<Result<Vec<u16>, Box<dyn Error>>>()?;
        let traffic = if ports.is_empty() { Traffic::Own } else { Traffic::Ports(&ports) };
        Ok(Some(Recording::start(file, traffic)?))
    }

    fn request(&self, url: &str) -> Result<RequestBuilder, Box<dyn Error>> {
        let data = self.all("data").last();
        let usual = if self.has("head") { "HEAD" } else { data.map_or("GET", |_| "POST") };
        let method = Method::from_bytes(self.all("request").last().unwrap_or(usual).as_bytes());
        let mut request = RequestBuilder::new(method.ok_or("a method is one word")?, url);
        for field in self.all("header") {
            let (name, value) = field.split_once(':').ok_or("a header is `Name: value`")?;
            request = request.field(name, value);
        }
        Ok(match data.map(|data| data.strip_prefix('@').ok_or(data)) {
            Some(Ok(path)) => request.content_from(File::open(path)?),
            Some(Err(data)) => request.content(data.to_owned()),
            None => request,
        })
    }
}

fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let _recording = options.recording()?;
    let client = Client::new(Config {
        max_redirects: if options.has("location") { 10 } else { 0 },
        ..Config::default()
    });
    if options.has("help") || !options.has("url") {
        io::stdout().write_all(HELP.as_bytes())?;
    }
    if !options.has("help") && !options.has("url") {
        writeln!(io::stdout(), "\nNo URL was given. This is a talk with a server inside of this program:\n")?;
        let site = Site::start(DemoSite::new())?;
        fetch(&client.watched_by(explain), options, &format!("http://{}/headers", site.address))?;
        return Ok(ExitCode::SUCCESS);
    }
    let client = match (options.has("explain"), options.has("raw")) {
        (true, _) => client.watched_by(explain),
        (_, true) => client.watched_by(show_raw),
        _ => client,
    };
    let mut worst = StatusCode::OK;
    for url in options.all("url") {
        worst = worst.max(fetch(&client, options, url)?);
    }
    Ok(if options.has("fail") && worst.is_error() { ExitCode::from(22) } else { ExitCode::SUCCESS })
}

fn fetch(client: &Client, options: &Options, url: &str) -> Result<StatusCode, Box<dyn Error>> {
    let begun = Instant::now();
    let mut response = client.send(options.request(url)?)?;
    let mut out: Box<dyn Write> = match options.all("output").last() {
        Some(path) => Box::new(File::create(path)?),
        None if options.has("explain") || options.has("raw") || !options.has("url") => Box::new(io::sink()),
        None => Box::new(io::stdout().lock()),
    };
    if options.has("include") || options.has("head") {
        out.write_all(response.head.fields.received_text().map_or(&[], |text| text))?;
    }
    while let Some(data) = response.read()? {
        out.write_all(&data)?;
    }
    out.flush()?;
    if options.has("timings") {
        let Response { url, local_addr, peer_addr, timings, .. } = &response;
        let (lookup, connect, head, all) = (timings.lookup, timings.connect, timings.head, begun.elapsed());
        eprintln!("{url} over {local_addr} -> {peer_addr}");
        eprintln!("lookup {lookup:.1?}, connect {connect:.1?}, request to head {head:.1?}, all {all:.1?}");
    }
    Ok(response.head.status)
}

fn explain(seen: Seen<'_>) {
    let Seen::Explained(Tapped { sent, explanation }) = seen else { return };
    let (who, len) = (if *sent { "sent" } else { "received" }, explanation.root.byte_range().len());
    // A pipe that nobody reads any more is no reason to stop fetching.
    let _ = match explanation.root.name {
        "content" => writeln!(io::stdout(), "{who}: {len} bytes of content\n"),
        _ => writeln!(io::stdout(), "{who}:\n{}", terminal(explanation, Style::detect())),
    };
}

/// A line of text for each line of bytes; what cannot be printed is escaped.
fn show_raw(seen: Seen<'_>) {
    let (direction, bytes) = match seen {
        Seen::Sent(bytes) => ('>', bytes),
        Seen::Received(bytes) => ('<', bytes),
        Seen::Explained(_) => return,
    };
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let _ = writeln!(io::stdout(), "{direction} {}", line.escape_ascii());
    }
}
