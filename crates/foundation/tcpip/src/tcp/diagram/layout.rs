use crate::tcp::state::{Cause, State, Transition};

/// A box of the picture, by its middle. A unit across is a character, a unit down is a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) state: State,
    pub(super) x: usize,
    pub(super) y: usize,
}

/// How far a box reaches to either side, up and down.
pub(super) const HALF_WIDTH: usize = 8;
pub(super) const HALF_HEIGHT: usize = 1;

/// How many units the picture is wide and high.
pub(super) const SIZE: (usize, usize) = (75, 35);

const fn place(state: State, x: usize, y: usize) -> Place {
    Place { state, x, y }
}

impl Place {
    #[cfg(test)]
    pub(super) fn has_on_its_edge(&self, (x, y): (usize, usize)) -> bool {
        let (dx, dy) = (x.abs_diff(self.x), y.abs_diff(self.y));
        (dx == HALF_WIDTH && dy == 0) || (dy == HALF_HEIGHT && dx < HALF_WIDTH)
    }
}

/// The states. CLOSED is there twice: before the connection and after it.
pub(super) const PLACES: &[Place] = &[
    place(State::Closed, 38, 1),
    place(State::Listen, 10, 6),
    place(State::SynSent, 66, 6),
    place(State::SynReceived, 10, 12),
    place(State::Established, 38, 17),
    place(State::FinWait1, 10, 22),
    place(State::CloseWait, 66, 22),
    place(State::FinWait2, 10, 28),
    place(State::Closing, 38, 28),
    place(State::LastAck, 66, 28),
    place(State::TimeWait, 38, 33),
    place(State::Closed, 66, 33),
];

/// How the arrow of a transition goes, from the edge of one box to the edge of another, and where its label stands.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) from: State,
    pub(super) on: Cause,
    pub(super) points: &'static [(usize, usize)],
    pub(super) label: (usize, usize),
    pub(super) anchor: Anchor,
}

/// Which part of the label stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

const fn way(
    from: State,
    on: Cause,
    points: &'static [(usize, usize)],
    label: (usize, usize),
    anchor: Anchor,
) -> Route {
    Route { from, on, points, label, anchor }
}

/// The ways. A transition that is not here is listed below the picture.
pub(super) const ROUTES: &[Route] = {
    use Anchor::{End, Middle, Start};
    use Cause as On;
    use State as S;
    &[
        way(S::Closed, On::PassiveOpen, &[(30, 1), (10, 1), (10, 5)], (20, 0), Middle),
        way(S::Closed, On::ActiveOpen, &[(46, 1), (66, 1), (66, 5)], (56, 0), Middle),
        way(S::Listen, On::Close, &[(18, 6), (34, 6), (34, 2)], (26, 5), Middle),
        way(S::SynSent, On::Close, &[(58, 6), (42, 6), (42, 2)], (50, 5), Middle),
        way(S::Listen, On::Syn, &[(10, 7), (10, 11)], (12, 9), Start),
        way(S::SynSent, On::Syn, &[(62, 7), (62, 12), (18, 12)], (40, 11), Middle),
        way(S::SynSent, On::SynAck, &[(70, 7), (70, 17), (46, 17)], (58, 16), Middle),
        way(S::SynReceived, On::AckOfSyn, &[(14, 13), (14, 17), (30, 17)], (22, 16), Middle),
        way(S::SynReceived, On::Close, &[(6, 13), (6, 21)], (8, 19), Start),
        way(S::Established, On::Close, &[(34, 18), (34, 22), (18, 22)], (26, 21), Middle),
        way(S::Established, On::Fin, &[(42, 18), (42, 22), (58, 22)], (50, 21), Middle),
        way(S::FinWait1, On::AckOfFin, &[(3, 23), (3, 27)], (5, 25), Start),
        way(S::FinWait1, On::Fin, &[(16, 23), (16, 25), (38, 25), (38, 27)], (27, 24), Middle),
        way(S::FinWait2, On::Fin, &[(10, 29), (10, 33), (30, 33)], (20, 32), Middle),
        way(S::Closing, On::AckOfFin, &[(38, 29), (38, 32)], (40, 30), Start),
        way(S::CloseWait, On::Close, &[(66, 23), (66, 27)], (64, 25), End),
        way(S::LastAck, On::AckOfFin, &[(66, 29), (66, 32)], (64, 30), End),
        way(S::TimeWait, On::TimeWaitOver, &[(46, 33), (58, 33)], (52, 32), Middle),
    ]
};

/// The way of a transition, if it has one.
pub(super) fn route(transition: &Transition) -> Option<&'static Route> {
    ROUTES.iter().find(|way| (way.from, way.on) == (transition.from, transition.on))
}
