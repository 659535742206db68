//! Sections 3.3 and 3.5: two sides agree on a secret that is never sent. First with numbers that one can follow, then with
//! those of TLS: a prime of 2048 bits, and an elliptic curve.

use std::time::{Duration, Instant};

use ring::agreement::{self, Algorithm, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{SHA384, digest};
use ring::error::Unspecified;
use ring::rand::SystemRandom;
use wirelab_examples::discrete_log::{SMALL, one_by_one, power, with_a_table};
use wirelab_examples::{Args, Big, Checks, Failure, FiniteField, Outcome, Table};

const ABOUT: &str =
    "Diffie-Hellman: G^X mod N by hand, in the groups of TLS, and on a curve (sections 3.3, 3.5).
Look at what the eavesdropper has, and at how her work grows with each bit of N.";

/// A safe prime: 1019 = 2·509 + 1. The powers of 2 reach every number from 1 to 1018.
const N: u64 = 1019;
const G: u64 = 2;
const X: u64 = 377;
const Y: u64 = 629;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--by-hand", "only what is the same in every run: nothing is measured"),
            ("--long", "the eavesdropper tries for longer: up to 28 bits one by one, 48 bits with a table"),
        ],
    );
    let mut checks = Checks::default();
    by_hand(&mut checks);
    let groups = [FiniteField::ffdhe2048(), FiniteField::ffdhe3072()];
    for group in groups.iter().flatten() {
        in_tls(group, &mut checks);
    }
    if !args.has("--by-hand") {
        eavesdropper(args.has("--long"), &mut checks);
        sizes_and_times(groups.iter().flatten(), &mut checks)?;
    }
    Ok(checks.exit_code())
}

// ANCHOR: by_hand
/// base^exponent mod n, with a row for each bit of the exponent. All numbers are below 2^32, so that products fit.
fn square_and_multiply(base: u64, exponent: u64, n: u64) -> (u64, Table) {
    let mut power = 1;
    let mut table = Table::new(["exponent so far", "bit", "squared", "times the base"]);
    for place in (0..=exponent.ilog2()).rev() {
        let bit = exponent >> place & 1;
        let squared = power * power % n;
        power = if bit == 1 { squared * base % n } else { squared };
        let times = if bit == 1 { power.to_string() } else { "–".into() };
        table = table.cells(&[&(exponent >> place), &bit, &squared, &times]);
    }
    (power, table)
}
// ANCHOR_END: by_hand

fn by_hand(checks: &mut Checks) {
    let (a, table) = square_and_multiply(G, X, N);
    let (b, _) = square_and_multiply(G, Y, N);
    println!(
        "Both know N = {N} and G = {G}. The client chose X = {X} = {X:b} (binary), the server Y = {Y}.\n"
    );
    println!("The client's G^X mod N, from the highest bit of X on:\n\n{table}");
    let (client, server) = (power(b, X, N), power(a, Y, N));
    println!("client → server   G^X mod N = {a}\nserver → client   G^Y mod N = {b}\n");
    println!("client            {b}^X mod N = {client}\nserver            {a}^Y mod N = {server}\n");
    println!("The eavesdropper has N, G, {a} and {b}. What she can make of these without X and Y:");
    let product = a * b % N;
    println!("  {a}·{b} mod N = {product}, which is G^(X+Y), and nobody's secret\n");
    checks.check("both have the same number", client == server);
    checks.check(
        "it was never sent, and the product of what was sent is another",
        ![a, b, product].contains(&client),
    );
    in_the_middle(a, b, checks);
}

/// Somebody who can replace messages has a secret with each side.
fn in_the_middle(a: u64, b: u64, checks: &mut Checks) {
    let z = 100;
    let own = power(G, z, N);
    let (client, server) = (power(own, X, N), power(own, Y, N));
    println!("\nMallory does not listen, he replaces: both get G^{z} mod N = {own} in place of {a} and {b}.");
    println!("client and Mallory: {client}   Mallory and server: {server}\n");
    checks.check(
        "he has the client's secret and the server's",
        (client, server) == (power(a, z, N), power(b, z, N)),
    );
}

/// A secret that is the same in every run: nobody's secret.
fn seeded(label: &str) -> Big {
    Big::from_bytes(digest(&SHA384, label.as_bytes()).as_ref())
}

fn in_tls(group: &FiniteField, checks: &mut Checks) {
    let (x, y) = (seeded("the client's X"), seeded("the server's Y"));
    let (a, b) = (group.public(&x), group.public(&y));
    println!("\n{} (RFC 7919): N has {} bits, G = 2", group.name, group.modulus.number().bits());
    println!("  N          {}", group.modulus.number());
    println!("  X          {x}   {} bits, of which the RFC wants at least {}", x.bits(), group.least_secret);
    println!("  G^X mod N  {a}   {} squarings, {} multiplications", x.bits() - 1, x.ones() - 1);
    println!("  G^Y mod N  {b}");
    let (client, server) = (group.shared(&x, &b), group.shared(&y, &a));
    println!("  shared     {}\n", client.as_ref().map_or("–".into(), Big::to_string));
    checks.check("both have the same number", client.is_some() && client == server);
    checks.check("0, 1 and N−1 are refused (RFC 7919 §5.1)", {
        let last = group.modulus.number().less_one();
        [Big::from(0), Big::from(1), last].iter().all(|bad| group.shared(&x, bad).is_none())
    });
}

/// Measured up to where patience ends, and reckoned on from there.
fn eavesdropper(long: bool, checks: &mut Checks) {
    let (last, last_table) = if long { (28, 48) } else { (24, 40) };
    let mut table = Table::new(["bits of N", "way", "X found", "steps", "seconds"]);
    let (mut rate, mut table_rate, mut found) = (0.0, 0.0, true);
    println!("\nThe eavesdropper, on this machine, as this program was built:\n");
    for n in SMALL {
        let bits = n.ilog2() + 1;
        let x = 1 + (n - 2) / 16 * 15 + u64::from(bits);
        let public = power(G, x, n);
        type Way = fn(u64, u64, u64) -> Option<u64>;
        let ways: [(&str, Way, u32, u64); 2] =
            [("one by one", one_by_one, last, x), ("with a table", with_a_table, last_table, 2 * n.isqrt())];
        for (way, search, limit, steps) in ways.into_iter().filter(|(_, _, limit, _)| bits <= *limit) {
            eprintln!("  {bits} bits, {way}: up to {steps} steps");
            let begin = Instant::now();
            let answer = search(G, public, n);
            let took = begin.elapsed().as_secs_f64();
            found &= answer == Some(x);
            *if limit == last { &mut rate } else { &mut table_rate } = steps as f64 / took;
            table = table.cells(&[&bits, &way, &(answer == Some(x)), &steps, &format!("{took:.3}")]);
        }
    }
    println!(
        "{table}\n{:.1} million steps a second one by one, {:.1} with a table. So it would take:\n",
        rate / 1e6,
        table_rate / 1e6
    );
    println!("{}", reckoned(rate, table_rate));
    checks.check("each X was found", found);
}

/// The time for sizes that nobody waits for, as powers of ten in years, from the steps per second.
fn reckoned(rate: f64, table_rate: f64) -> Table {
    let years = |bits: f64, rate: f64| {
        let exponent = bits * 2f64.log10() - (rate * 31_557_600.0).log10();
        if exponent.abs() < 3.0 {
            format!("{:.1}", 10f64.powf(exponent))
        } else {
            format!("10^{exponent:.0}")
        }
    };
    let mut table =
        Table::new(["years", "one by one", "with a table", "entries in it", "the best way known"]);
    for (bits, best) in [(64.0, None), (128.0, None), (2048.0, Some(103.0)), (3072.0, Some(125.0))] {
        let way = best.map_or("–".into(), |strength| format!("{}, by 2^{strength}", years(strength, rate)));
        let root = bits / 2.0;
        table = table.cells(&[
            &format!("{bits} bits"),
            &years(bits, rate),
            &years(root + 1.0, table_rate),
            &format!("2^{root}"),
            &way,
        ]);
    }
    table
}

/// How long `work` takes: the fastest of several times, as the others were disturbed.
fn fastest<T>(times: usize, mut work: impl FnMut() -> T) -> Duration {
    let once = |_| {
        let begin = Instant::now();
        std::hint::black_box(work());
        begin.elapsed()
    };
    (0..times).map(once).min().unwrap_or_default()
}

// ANCHOR: curve
/// Both sides' work on a curve, by `ring`: a secret and what is sent, then the other's and the shared secret.
fn on_a_curve(curve: &'static Algorithm) -> Result<(usize, Duration, Duration, bool), Unspecified> {
    let random = SystemRandom::new();
    let pair = || -> Result<_, Unspecified> {
        let secret = EphemeralPrivateKey::generate(curve, &random)?;
        let public = secret.compute_public_key()?;
        Ok((secret, UnparsedPublicKey::new(curve, public)))
    };
    let ((x, a), (y, b)) = (pair()?, pair()?);
    let length = a.bytes().as_ref().len();
    let client = agree_ephemeral(x, &b, |secret| secret.to_vec())?;
    let server = agree_ephemeral(y, &a, |secret| secret.to_vec())?;
    // An ephemeral secret is used up by its use: each agreement is measured with a new one.
    let mut agree = Vec::new();
    for _ in 0..20 {
        let (x, _) = pair()?;
        let begin = Instant::now();
        agree_ephemeral(x, &b, |secret| secret.to_vec())?;
        agree.push(begin.elapsed());
    }
    Ok((length, fastest(20, pair), agree.into_iter().min().unwrap_or_default(), client == server))
}
// ANCHOR_END: curve

fn sizes_and_times<'a>(
    groups: impl Iterator<Item = &'a FiniteField>,
    checks: &mut Checks,
) -> Result<(), Failure> {
    let microseconds = |time: Duration| format!("{:.0}", time.as_secs_f64() * 1e6);
    let mut table =
        Table::new(["group", "sent (bytes)", "as hard as a key of", "own share (µs)", "shared secret (µs)"]);
    let (mut sent, mut same) = (Vec::new(), true);
    for group in groups {
        let (x, y) = (seeded("the client's X"), seeded("the server's Y"));
        let b = group.public(&y);
        let (own, agree) = (fastest(3, || group.public(&x)), fastest(3, || group.shared(&x, &b)));
        table = table.cells(&[
            &group.name,
            &group.length(),
            &format!("{} bits", group.strength),
            &microseconds(own),
            &microseconds(agree),
        ]);
        sent.push(group.length());
    }
    // RFC 7748 §5 and RFC 8446 §4.2.8.2: 32 bytes, and for the NIST curves a 4 and both coordinates.
    for (name, curve, strength) in [
        ("X25519", &agreement::X25519, 128),
        ("secp256r1", &agreement::ECDH_P256, 128),
        ("secp384r1", &agreement::ECDH_P384, 192),
    ] {
        let (length, own, agree, equal) = on_a_curve(curve).map_err(|_| "ring has no secret for us")?;
        table = table.cells(&[
            &name,
            &length,
            &format!("{strength} bits"),
            &microseconds(own),
            &microseconds(agree),
        ]);
        sent.push(length);
        same &= equal;
    }
    println!("\nThe finite fields by this program's arithmetic, the curves by ring:\n\n{table}");
    checks.check("on each curve both have the same secret", same);
    checks.check(
        "X25519 sends a twelfth of what ffdhe3072 sends",
        sent.get(1) == Some(&384) && sent.get(2) == Some(&32),
    );
    Ok(())
}
