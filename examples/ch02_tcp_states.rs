//! Section 2.1: the eleven states of a TCP connection, from the table that our TCP obeys: as a table, as a picture, and walked through
//! from one CLOSED to the other.

use wirelab::tcpip::tcp::{Cause, State, TRANSITIONS, diagram_svg, diagram_text};
use wirelab_examples::{Args, Checks, Outcome, Table};

const ABOUT: &str = "The states of a TCP connection, and what leads from one to another (section 2.1).
Look for the ways out of ESTABLISHED, and for the one state that only the clock ends.";

/// What happens to one end of a connection, and the states that it passes through.
const LIVES: [(&str, &[Cause]); 6] = [
    (
        "a client that closes first",
        &[Cause::ActiveOpen, Cause::SynAck, Cause::Close, Cause::AckOfFin, Cause::Fin, Cause::TimeWaitOver],
    ),
    (
        "its server",
        &[Cause::PassiveOpen, Cause::Syn, Cause::AckOfSyn, Cause::Fin, Cause::Close, Cause::AckOfFin],
    ),
    (
        "both close at once",
        &[Cause::ActiveOpen, Cause::SynAck, Cause::Close, Cause::Fin, Cause::AckOfFin, Cause::TimeWaitOver],
    ),
    ("both connect at once", &[Cause::ActiveOpen, Cause::Syn, Cause::AckOfSyn]),
    ("nobody listens there", &[Cause::ActiveOpen, Cause::Reset]),
    ("the application gives up", &[Cause::ActiveOpen, Cause::SynAck, Cause::Abort]),
];

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[("--svg FILE", "draws the diagram into FILE")]);
    println!("The table: at which state what leads where, and what is sent with it.\n\n{}", table());
    println!("The same as a picture:\n\n{}", diagram_text());
    println!("Six lives, from CLOSED on:\n");
    let mut checks = Checks::default();
    let lives = LIVES.map(|(name, causes)| (name, live(causes)));
    for (name, passed) in &lives {
        println!("{name}:\n{}", passed.as_deref().unwrap_or("    a step is not in the table\n"));
    }
    checks.check(
        "every step of the six lives is in the table",
        lives.iter().all(|(_, passed)| passed.is_some()),
    );
    checks.check("every state can be reached from CLOSED", reachable().len() == State::ALL.len());
    checks.check("the only way on from TIME-WAIT by itself is the clock's", only_the_clock_ends_time_wait());
    checks.check("whoever closes first passes through FIN-WAIT-1", closing_leads_to(State::FinWait1));
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, diagram_svg())?;
    }
    Ok(checks.exit_code())
}

fn table() -> Table {
    let mut table = Table::new(["state", "on", "next", "sends", "specified in"]);
    for row in TRANSITIONS {
        let names = [row.from.to_string(), row.on.to_string(), row.to.to_string()];
        table = table.row(names.into_iter().chain([row.sends, row.section].map(String::from)));
    }
    table
}

/// The states of a life, three to a line, if all of its steps are in the table.
fn live(causes: &[Cause]) -> Option<String> {
    let mut state = State::Closed;
    let mut passed = format!("    {state}");
    for (index, &cause) in causes.iter().enumerate() {
        state = state.on(cause)?.to;
        let fold = if index > 0 && index % 3 == 0 { "\n       " } else { "" };
        passed.push_str(&format!("{fold} ─{cause}→ {state}"));
    }
    Some(passed + "\n")
}

/// The states to which the table leads from CLOSED.
fn reachable() -> Vec<State> {
    let mut reached = vec![State::Closed];
    let mut next = 0;
    while let Some(&from) = reached.get(next) {
        for row in TRANSITIONS.iter().filter(|row| row.from == from) {
            if !reached.contains(&row.to) {
                reached.push(row.to);
            }
        }
        next += 1;
    }
    reached
}

/// Aside from what ends a connection by force.
fn only_the_clock_ends_time_wait() -> bool {
    let forced = [Cause::Abort, Cause::Reset];
    let ways = TRANSITIONS.iter().filter(|row| row.from == State::TimeWait && !forced.contains(&row.on));
    ways.map(|row| row.on).eq([Cause::TimeWaitOver])
}

fn closing_leads_to(state: State) -> bool {
    State::Established.on(Cause::Close).is_some_and(|row| row.to == state)
}
