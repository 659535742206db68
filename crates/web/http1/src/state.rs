//! Where one side of a connection is in its message, and what takes it further.

/// Where one side of the connection is in its current message. Each end keeps two of these: one for what it sends, one
/// for what it receives.
///
/// ```text
///          head            end           next
///   Idle ────────▶ Content ────▶ Complete ────▶ Idle
///   ↺ interim      ↺ data
///
///   Idle, Complete ── switch ──▶ Tunnel
///   all but Tunnel ── close ───▶ Closed
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Between messages: a head may come.
    Idle,
    /// Behind a head: content may come, and an end must.
    Content,
    /// Behind the end, while the other side is not as far.
    Complete,
    /// Nothing more comes on this side.
    Closed,
    /// The bytes on this side belong to another protocol now.
    Tunnel,
}

/// What takes one side from state to state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The head of a response with a 1xx status.
    Interim,
    /// The head of a request, or of a final response.
    Head,
    /// A piece of the content.
    Data,
    /// The end of the content.
    End,
    /// This side may go on with another message: the connection persists (RFC 9112 §9.3).
    Next,
    /// Nothing more is to come: the connection does not persist, or the stream ended. A message that is not complete is
    /// given up.
    Close,
    /// Both sides have agreed on another protocol (RFC 9110 §7.8, §9.3.6).
    Switch,
}

impl State {
    /// All states, in the order in which a connection sees them.
    pub const ALL: [State; 5] = [State::Idle, State::Content, State::Complete, State::Closed, State::Tunnel];

    /// The state behind `step`, or `None` if it is not legal here. This function is the transition table.
    pub const fn after(self, step: Step) -> Option<State> {
        match (self, step) {
            (State::Idle, Step::Interim) => Some(State::Idle),
            (State::Idle, Step::Head) => Some(State::Content),
            (State::Content, Step::Data) => Some(State::Content),
            (State::Content, Step::End) => Some(State::Complete),
            (State::Complete, Step::Next) => Some(State::Idle),
            (State::Idle | State::Content | State::Complete | State::Closed, Step::Close) => {
                Some(State::Closed)
            }
            (State::Idle | State::Complete, Step::Switch) => Some(State::Tunnel),
            _ => None,
        }
    }

    /// Goes on to the state behind `step`; where the step is not legal, nothing changes.
    pub(crate) fn advance(&mut self, step: Step) {
        *self = self.after(step).unwrap_or(*self);
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            State::Idle => "idle",
            State::Content => "content",
            State::Complete => "complete",
            State::Closed => "closed",
            State::Tunnel => "tunnel",
        }
    }
}

impl Step {
    /// All steps.
    pub const ALL: [Step; 7] =
        [Step::Interim, Step::Head, Step::Data, Step::End, Step::Next, Step::Close, Step::Switch];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Interim => "interim",
            Step::Head => "head",
            Step::Data => "data",
            Step::End => "end",
            Step::Next => "next",
            Step::Close => "close",
            Step::Switch => "switch",
        }
    }
}

/// The transition table as text: a row a state, a column a step. It is asked from [`State::after`], so it cannot be
/// out of date.
///
/// ```
/// let table = wirelab_http1::state::table();
/// assert!(table.lines().nth(1).unwrap().starts_with("idle      idle     content"));
/// ```
pub fn table() -> String {
    let row = |first: &str, cells: [&str; 7]| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<9}")).collect();
        format!("{first:<10}{cells}").trim_end().to_string() + "\n"
    };
    let mut table = row("", Step::ALL.map(Step::name));
    for state in State::ALL {
        table += &row(state.name(), Step::ALL.map(|step| state.after(step).map_or("-", State::name)));
    }
    table
}
