//! The diagram of the states, drawn from [`TRANSITIONS`]: what is not in the table is not in the picture, and the other way
//! round.
//!
//! `layout.rs` says where the states stand and how the arrows go; `text.rs` and `svg.rs` draw both in their way.

mod layout;
mod svg;
mod text;

use super::state::{TRANSITIONS, Transition};
use layout::{Route, route};

/// How wide the lines below the diagram become.
const WIDTH: usize = 75;

/// The diagram for a terminal, 75 columns wide.
///
/// At an arrow stands what sets it off, and behind a stroke what is sent. Time runs down, and so CLOSED stands at both
/// ends. Arrows that lead to CLOSED from nearly everywhere (abort, RST, giving up) are listed below.
///
/// ```
/// assert!(wirelab_tcpip::tcp::diagram_text().contains("│  ESTABLISHED  │"));
/// ```
pub fn diagram_text() -> String {
    text::draw()
}

/// The diagram as SVG, without scripts, for light and dark pages. What the application does, what arrives and what the clock
/// does have a colour each. The same table gives the same bytes.
///
/// ```
/// assert!(wirelab_tcpip::tcp::diagram_svg().starts_with("<svg"));
/// ```
pub fn diagram_svg() -> String {
    svg::draw()
}

/// The transitions that are drawn, each with its way.
fn drawn() -> impl Iterator<Item = (&'static Transition, &'static Route)> {
    TRANSITIONS.iter().filter_map(|transition| Some((transition, route(transition)?)))
}

/// The transitions that have no way in the picture, one line (or more, if it gets long) for those that differ only in where
/// they begin.
fn listed() -> Vec<String> {
    let mut groups: Vec<(&Transition, Vec<String>)> = Vec::new();
    for transition in TRANSITIONS.iter().filter(|transition| route(transition).is_none()) {
        let alike = |(first, _): &&mut (&Transition, Vec<String>)| {
            (first.on, first.sends, first.to) == (transition.on, transition.sends, transition.to)
        };
        match groups.iter_mut().find(alike) {
            Some((_, states)) => states.push(transition.from.to_string()),
            None => groups.push((transition, vec![transition.from.to_string()])),
        }
    }
    groups.sort_by_key(|(first, _)| first.to_string());
    groups.iter().flat_map(|(first, states)| line(first, states)).collect()
}

/// `abort / RST ▶ CLOSED  from ESTABLISHED, …`, broken where it gets too wide.
fn line(first: &Transition, states: &[String]) -> Vec<String> {
    let mut lines = vec![format!("{first:<11} ▶ {}  from", first.to)];
    let indent = lines.iter().map(|head| head.chars().count()).sum::<usize>();
    for (index, state) in states.iter().enumerate() {
        let comma = if index + 1 < states.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if line.chars().count() + state.len() + 2 <= WIDTH => {
                line.push_str(&format!(" {state}{comma}"));
            }
            _ => lines.push(format!("{:indent$} {state}{comma}", "")),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::layout::{PLACES, ROUTES};
    use super::*;
    use crate::tcp::State;

    #[test]
    fn every_transition_is_drawn_or_listed() {
        let listed = listed().join(" ");
        for transition in TRANSITIONS {
            let label = transition.to_string();
            if route(transition).is_some() {
                let counted = drawn().filter(|(drawn, _)| drawn.to_string() == label).count();
                let xml = format!(">{label}</text>");
                assert_eq!(diagram_svg().matches(&xml).count(), counted, "{transition:?}");
                assert!(diagram_text().matches(&label).count() >= counted, "{transition:?}");
            } else {
                let group = listed.split(" ▶ ").zip(listed.split(" ▶ ").skip(1));
                let mut own = group.filter(|(head, _)| head.trim_end().ends_with(&label));
                assert!(
                    own.any(|(_, states)| states.contains(&transition.from.to_string())),
                    "{transition:?}"
                );
                assert!(diagram_text().contains(&label) && diagram_svg().contains(&label), "{transition:?}");
            }
        }
    }

    #[test]
    fn only_ways_out_of_the_ordinary_are_listed_and_they_lead_to_closed() {
        for transition in TRANSITIONS.iter().filter(|transition| route(transition).is_none()) {
            assert_eq!(transition.to, State::Closed, "{transition:?} has no arrow");
        }
    }

    #[test]
    fn every_way_belongs_to_a_transition_and_joins_its_states() {
        for way in ROUTES {
            let found = TRANSITIONS.iter().find(|row| (row.from, row.on) == (way.from, way.on));
            let to = found.unwrap_or_else(|| panic!("{way:?} is no transition")).to;
            let at = |state: State, point: (usize, usize)| {
                PLACES.iter().any(|place| place.state == state && place.has_on_its_edge(point))
            };
            assert!(at(way.from, way.points[0]), "{way:?} begins elsewhere");
            assert!(at(to, way.points[way.points.len() - 1]), "{way:?} ends elsewhere");
            for leg in way.points.windows(2) {
                assert!(leg[0].0 == leg[1].0 || leg[0].1 == leg[1].1, "{way:?} is not level or upright");
            }
        }
    }

    #[test]
    fn nothing_is_drawn_over_anything() {
        assert_eq!(text::overlaps(), Vec::new());
    }
}
