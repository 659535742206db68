//! Two ends in memory, and the certificates that they show.

// Each test uses a part of it.
#![allow(dead_code, reason = "a test that includes this module does not use all of it")]

use std::sync::Arc;

use bytes::BytesMut;
use ring::rand::SystemRandom;
use wirelab_sansio::StreamProtocol;
use wirelab_tls::{
    ClientConfig, Connection, Entropy, Error, Event, Identities, Identity, ServerConfig, UnixMillis,
};
use wirelab_x509::{Authority, KeyKind, Profile, RootStore, ServerName, Time, Verifier};

pub(crate) const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

/// An authority with an intermediate.
pub(crate) struct World {
    pub(crate) root: Authority,
    pub(crate) intermediate: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::under("Test root")
    }

    /// Under a root of this name.
    pub(crate) fn under(root: &str) -> Self {
        Self::now(root, NOW)
    }

    /// The same at another time.
    pub(crate) fn now(root: &str, now: UnixMillis) -> Self {
        let (rng, now) = (SystemRandom::new(), Time(now.seconds()));
        let root = Authority::root(root, KeyKind::P256, now, &rng).unwrap();
        let intermediate = root.intermediate("Test intermediate", KeyKind::P256, now, &rng).unwrap();
        World { root, intermediate }
    }

    pub(crate) fn verifier(&self) -> Verifier {
        let mut roots = RootStore::new();
        roots.add_der(self.root.certificate()).unwrap();
        Verifier::new(Arc::new(roots))
    }

    /// A certificate by this profile, with a key of this kind.
    pub(crate) fn identity(&self, profile: Profile, key: KeyKind) -> Identity {
        let issued = self.intermediate.leaf(&Profile { key, ..profile }, &SystemRandom::new()).unwrap();
        Identity::from_pem(&issued.chain_pem(), &issued.key_pem()).unwrap()
    }

    pub(crate) fn server(&self, key: KeyKind) -> ServerConfig {
        let profile = Profile::server(&["localhost"], Time(NOW.seconds()));
        ServerConfig::new(Arc::new(Identities::of(self.identity(profile, key))))
    }

    pub(crate) fn client(&self) -> ClientConfig {
        ClientConfig::new(Arc::new(self.verifier()))
    }
}

pub(crate) fn entropy() -> Entropy {
    Entropy::new(SystemRandom::new())
}

pub(crate) fn client(config: &ClientConfig, now: UnixMillis) -> Connection {
    let name = ServerName::parse("localhost").unwrap();
    Connection::client(Arc::new(config.clone()), name, now, entropy()).unwrap()
}

pub(crate) fn server(config: &ServerConfig, now: UnixMillis) -> Connection {
    Connection::server(Arc::new(config.clone()), now, entropy())
}

/// What happened at the two ends, and with what error it ended, if it did.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) client: Vec<Event>,
    pub(crate) server: Vec<Event>,
    pub(crate) client_error: Option<Error>,
    pub(crate) server_error: Option<Error>,
}

/// Carries bytes from one to the other until both are silent.
pub(crate) fn converse(client: &mut Connection, server: &mut Connection) -> Heard {
    let mut heard = Heard::default();
    let mut wire = BytesMut::new();
    loop {
        let mut moved = client.poll_transmit(&mut wire);
        server.input().extend_from_slice(&wire.split());
        moved += drain(server, &mut heard.server, &mut heard.server_error);
        moved += server.poll_transmit(&mut wire);
        client.input().extend_from_slice(&wire.split());
        moved += drain(client, &mut heard.client, &mut heard.client_error);
        if moved == 0 {
            return heard;
        }
    }
}

fn drain(end: &mut Connection, events: &mut Vec<Event>, error: &mut Option<Error>) -> usize {
    let before = events.len();
    if error.is_some() {
        return 0;
    }
    loop {
        match end.poll_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return events.len() - before,
            Err(end) => {
                *error = Some(end);
                return 1;
            }
        }
    }
}

/// The data among the events.
pub(crate) fn data(events: &[Event]) -> Vec<u8> {
    let pieces = events.iter().filter_map(|event| match event {
        Event::Data(data) | Event::EarlyData(data) => Some(&data[..]),
        _ => None,
    });
    pieces.collect::<Vec<_>>().concat()
}

/// Shakes hands, or shows what happened instead.
#[track_caller]
pub(crate) fn shake_hands(client: &mut Connection, server: &mut Connection) -> Heard {
    let heard = converse(client, server);
    assert!(client.is_handshake_complete() && server.is_handshake_complete(), "{heard:#?}");
    heard
}
