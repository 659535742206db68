//! Against OpenSSL's own client and server, over a socket.

mod ends;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use wirelab_sansio::StreamProtocol;
use wirelab_tls::{
    CipherSuite, ClientAuth, ClientConfig, Connection, Event, Identities, Identity, MemorySessions,
    NamedGroup, ServerConfig, Tickets, UnixMillis,
};
use wirelab_x509::{KeyKind, Profile, Time};

use ends::World;

/// OpenSSL looks at the clock.
fn now() -> UnixMillis {
    UnixMillis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64)
}

/// A folder with the files that OpenSSL is given: the root, a leaf's chain and its key.
struct Files {
    world: World,
    folder: std::path::PathBuf,
    identity: (String, String),
}

impl Files {
    fn new(name: &str, key: KeyKind) -> Self {
        let world = World::now("OpenSSL's root", now());
        let profile = Profile { key, ..Profile::server(&["localhost"], Time(now().seconds())) };
        let issued = world.intermediate.leaf(&profile, &ring::rand::SystemRandom::new()).unwrap();
        let identity = (issued.chain_pem(), issued.key_pem().to_string());
        let folder = std::env::temp_dir().join(format!("wirelab-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("root.pem"), world.root.root_pem()).unwrap();
        std::fs::write(folder.join("chain.pem"), &identity.0).unwrap();
        std::fs::write(folder.join("key.pem"), &identity.1).unwrap();
        Files { world, folder, identity }
    }

    fn identity(&self) -> Identity {
        Identity::from_pem(&self.identity.0, &self.identity.1).unwrap()
    }

    fn openssl(&self, arguments: &[&str]) -> Child {
        let mut openssl = Command::new("openssl");
        openssl.args(arguments).current_dir(&self.folder);
        openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a connection over a socket until `done`, or its end, and returns what it said.
fn drive(
    tls: &mut Connection,
    stream: &mut TcpStream,
    mut done: impl FnMut(&mut Connection, &Event) -> bool,
) -> Vec<Event> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (mut events, mut out, mut room) = (Vec::new(), BytesMut::new(), [0; 4096]);
    loop {
        let mut over = false;
        while let Some(event) = tls.poll_event().unwrap_or_else(|error| panic!("{error}, after {events:#?}"))
        {
            over |= done(tls, &event);
            events.push(event);
        }
        tls.poll_transmit(&mut out);
        stream.write_all(&out.split()).unwrap();
        if over {
            return events;
        }
        match stream.read(&mut room).unwrap() {
            0 => tls.receive_eof(),
            read => tls.input().extend_from_slice(&room[..read]),
        }
    }
}

/// Our client asks `openssl s_server -www` for its page.
fn fetch(files: &Files, config: &ClientConfig, server: &[&str]) -> (Connection, Vec<Event>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let port = address.port().to_string();
    let fixed = [
        "s_server",
        "-accept",
        &port,
        "-cert",
        "chain.pem",
        "-cert_chain",
        "chain.pem",
        "-key",
        "key.pem",
        "-www",
    ];
    let mut openssl = files.openssl(&[&fixed[..], server].concat());
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => assert!(openssl.try_wait().unwrap().is_none(), "openssl has ended"),
        }
    };
    let mut tls = ends::client(config, now());
    let events = drive(&mut tls, &mut stream, |tls, event| {
        if matches!(event, Event::HandshakeComplete(_)) {
            tls.write(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        }
        *event == Event::Closed
    });
    openssl.kill().unwrap();
    openssl.wait().unwrap();
    (tls, events)
}

#[test]
#[ignore = "needs openssl"]
fn our_client_fetches_from_s_server_with_each_suite_group_and_kind_of_key() {
    for key in [KeyKind::P256, KeyKind::Ed25519] {
        let files = Files::new("client", key);
        for suite in CipherSuite::ALL {
            for (group, named) in [
                (NamedGroup::X25519, "X25519"),
                (NamedGroup::SECP256R1, "P-256"),
                (NamedGroup::SECP384R1, "P-384"),
            ] {
                let mut config = files.world.client();
                config.suites = vec![suite];
                let (tls, events) = fetch(&files, &config, &["-groups", named]);
                let page = String::from_utf8_lossy(&ends::data(&events)).into_owned();
                assert!(page.contains(&suite.to_string()), "{page}");
                let summary = tls.summary().unwrap();
                // The first hello has a share of X25519 alone.
                assert_eq!((summary.group, summary.hello_retry), (Some(group), group != NamedGroup::X25519));
                println!("s_server  {key:?} {suite} {named}: {} bytes of page", page.len());
            }
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn our_client_shows_its_certificate_to_s_server() {
    let files = Files::new("identified", KeyKind::P256);
    let mut config = files.world.client();
    let profile = Profile::client("a client", Time(now().seconds()));
    config.identity = Some(Arc::new(files.world.identity(profile, KeyKind::P256)));
    let (_, events) =
        fetch(&files, &config, &["-Verify", "4", "-verify_return_error", "-CAfile", "root.pem"]);
    let page = String::from_utf8_lossy(&ends::data(&events)).into_owned();
    assert!(page.contains("a client"), "{page}");
}

/// Our server answers each of `connections` of `openssl s_client` with what it says in upper case.
fn serve(files: &Files, config: &ServerConfig, client: &[&str]) -> (String, Vec<Connection>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let fixed = [
        "s_client",
        "-connect",
        &address,
        "-servername",
        "localhost",
        "-CAfile",
        "root.pem",
        "-verify_return_error",
    ];
    let mut openssl = files.openssl(&[&fixed[..], client].concat());
    let mut input: ChildStdin = openssl.stdin.take().unwrap();
    input.write_all(b"hello from openssl\n").unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    let mut tls = ends::server(config, now());
    drive(&mut tls, &mut stream, |tls, event| {
        let Event::Data(data) = event else { return false };
        tls.write(&data.to_ascii_uppercase()).unwrap();
        tls.close();
        true
    });
    drop(stream);
    let mut said = String::new();
    openssl.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    drop(input);
    openssl.wait().unwrap();
    (said, vec![tls])
}

#[test]
#[ignore = "needs openssl"]
fn our_server_answers_s_client_with_each_suite_group_and_kind_of_key() {
    for key in [KeyKind::P256, KeyKind::Ed25519] {
        let files = Files::new("server", key);
        let mut config = ServerConfig::new(Arc::new(Identities::of(files.identity())));
        for suite in CipherSuite::ALL {
            for (group, named) in [
                (NamedGroup::X25519, "X25519"),
                (NamedGroup::SECP256R1, "P-256"),
                (NamedGroup::SECP384R1, "P-384"),
            ] {
                config.groups = vec![group];
                let arguments = ["-ciphersuites", &suite.to_string(), "-groups", "X25519:P-256:P-384"];
                let (said, ends) = serve(&files, &config, &arguments);
                assert!(said.contains("HELLO FROM OPENSSL"), "{said}");
                assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
                assert_eq!(ends[0].summary().unwrap().group, Some(group));
                println!("s_client  {key:?} {suite} {named}");
            }
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn our_server_asks_s_client_for_its_certificate() {
    let files = Files::new("asks", KeyKind::P256);
    let issued = files
        .world
        .intermediate
        .leaf(&Profile::client("s_client", Time(now().seconds())), &ring::rand::SystemRandom::new())
        .unwrap();
    std::fs::write(files.folder.join("client.pem"), issued.chain_pem()).unwrap();
    std::fs::write(files.folder.join("client.key"), issued.key_pem().as_bytes()).unwrap();
    let mut config = ServerConfig::new(Arc::new(Identities::of(files.identity())));
    config.client_auth = ClientAuth::Required(Arc::new(files.world.verifier()));
    let (said, ends) =
        serve(&files, &config, &["-cert", "client.pem", "-cert_chain", "client.pem", "-key", "client.key"]);
    assert!(said.contains("HELLO FROM OPENSSL"), "{said}");
    assert!(!ends[0].summary().unwrap().peer_certificates.is_empty());
}

#[test]
#[ignore = "needs openssl"]
fn s_client_resumes_a_session_with_our_ticket() {
    let files = Files::new("tickets", KeyKind::P256);
    let mut config = ServerConfig::new(Arc::new(Identities::of(files.identity())));
    config.tickets = Some(Arc::new(Tickets::new(Duration::from_secs(600))));
    let (said, ends) = serve(&files, &config, &["-sess_out", "session"]);
    assert!(!ends[0].summary().unwrap().resumed, "{said}");
    let (said, ends) = serve(&files, &config, &["-sess_in", "session"]);
    assert!(said.contains("Reused, TLSv1.3"), "{said}");
    assert!(ends[0].summary().unwrap().resumed);
}

#[test]
#[ignore = "needs openssl"]
fn our_client_keeps_the_tickets_of_s_server() {
    let files = Files::new("kept", KeyKind::P256);
    let sessions = Arc::new(MemorySessions::default());
    let mut config = files.world.client();
    config.sessions = Some(sessions.clone());
    fetch(&files, &config, &[]);
    assert!(!sessions.is_empty());
}
