use std::fmt::Write;

use super::layout::{Anchor, HALF_HEIGHT, HALF_WIDTH, PLACES, Place, Route, SIZE};
use super::{drawn, listed};
use crate::tcp::state::{Cause, Transition};

/// Pixels of a unit, and the margin.
const ACROSS: f64 = 9.6;
const DOWN: f64 = 17.0;
const MARGIN: f64 = 14.0;
/// The height of a line of text below the picture.
const LINE: f64 = 18.0;
/// How round a corner is, and how long an arrow head.
const ROUND: f64 = 9.0;
const HEAD: f64 = 9.0;

/// It names only its class, so that several pictures can stand in one page, and follows the reader's choice of light or dark.
const STYLE: &str = ".tcp-states { max-width: 100%; height: auto; color: #1d2330; --paper: #ffffff; --box: #f2f4f8; --open: #e3f1e8; }
.tcp-states text { font: 12px ui-monospace, monospace; fill: currentColor; }
.tcp-states .state { font-size: 13px; font-weight: 600; }
.tcp-states .box { fill: var(--box); stroke: currentColor; stroke-width: 1.2; }
.tcp-states .open { fill: var(--open); }
.tcp-states .list { font-size: 11px; opacity: .85; white-space: pre; }
.tcp-states path { fill: none; stroke-width: 1.6; }
.tcp-states .application { --ink: #2368b8; }
.tcp-states .segment { --ink: #a85b10; }
.tcp-states .clock { --ink: #7a44c0; }
.tcp-states g path { stroke: var(--ink); }
.tcp-states g .head { fill: var(--ink); stroke: none; }
.tcp-states g text { fill: var(--ink); }
@media (prefers-color-scheme: dark) {
.tcp-states { color: #dfe3ea; --paper: #15181e; --box: #222733; --open: #1d3a2a; }
.tcp-states .application { --ink: #7fb4f0; }
.tcp-states .segment { --ink: #f0a860; }
.tcp-states .clock { --ink: #bf9bf2; }
}";

pub(super) fn draw() -> String {
    let listed = listed();
    let (width, bottom) = (x(SIZE.0 - 1) + MARGIN, y(SIZE.1 - 1));
    let height = bottom + 36.0 + LINE * (listed.len() as f64 + 1.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tcp-states\" role=\"img\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\">\n<title>The states of a TCP connection</title>\n<desc>{}</desc>\n\
         <style>\n{STYLE}\n</style>\n<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"var(--paper)\"/>\n",
        description(),
    );
    for (transition, route) in drawn() {
        draw_way(&mut out, transition, route);
    }
    for place in PLACES {
        draw_box(&mut out, place);
    }
    draw_legend(&mut out, bottom + 30.0);
    for (line, y) in listed.iter().zip(1_u8..) {
        let y = bottom + 36.0 + LINE * f64::from(y);
        let _ = writeln!(out, "<text class=\"list\" x=\"{MARGIN}\" y=\"{y:.0}\">{line}</text>");
    }
    out.push_str("</svg>\n");
    out
}

/// For those who do not see the picture: its arrows.
fn description() -> String {
    let arrow = |(transition, _): (&Transition, &Route)| {
        format!("{} to {} on {transition}.", transition.from, transition.to)
    };
    drawn().map(arrow).collect::<Vec<_>>().join(" ")
}

fn x(units: usize) -> f64 {
    MARGIN + ACROSS * units as f64
}

fn y(units: usize) -> f64 {
    MARGIN + DOWN * units as f64
}

/// Who sets it off.
fn class(on: Cause) -> &'static str {
    match on {
        Cause::ActiveOpen | Cause::PassiveOpen | Cause::Close | Cause::Abort => "application",
        Cause::Syn | Cause::SynAck | Cause::AckOfSyn | Cause::Fin | Cause::AckOfFin | Cause::Reset => {
            "segment"
        }
        Cause::GaveUp | Cause::TimeWaitOver => "clock",
    }
}

fn draw_box(out: &mut String, place: &Place) {
    let (left, top) = (x(place.x - HALF_WIDTH), y(place.y - HALF_HEIGHT));
    let (width, height) = (ACROSS * 2.0 * HALF_WIDTH as f64, DOWN * 2.0 * HALF_HEIGHT as f64);
    let open = if place.state.may_send() || place.state.may_receive() { " open" } else { "" };
    let _ = writeln!(
        out,
        "<rect class=\"box{open}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/>\
         <text class=\"state\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        x(place.x),
        y(place.y) + 4.5,
        place.state,
    );
}

fn draw_way(out: &mut String, transition: &Transition, route: &Route) {
    let points: Vec<(f64, f64)> = route.points.iter().map(|&(across, down)| (x(across), y(down))).collect();
    let (line, head) = (way(&points), head(&points));
    // Beside an upright line a unit and a half is too far.
    let (anchor, nearer) = match route.anchor {
        Anchor::Start => ("", -0.9 * ACROSS),
        Anchor::Middle => (" text-anchor=\"middle\"", 0.0),
        Anchor::End => (" text-anchor=\"end\"", 0.9 * ACROSS),
    };
    let (label_x, label_y) = (x(route.label.0) + nearer, y(route.label.1) + label_drop(route));
    let _ = writeln!(
        out,
        "<g class=\"{}\"><path d=\"{line}\"/><path class=\"head\" d=\"{head}\"/>\
         <text x=\"{label_x:.1}\" y=\"{label_y:.1}\"{anchor}>{transition}</text></g>",
        class(transition.on),
    );
}

/// A label in the middle stands above its line, one at the side stands beside it.
fn label_drop(route: &Route) -> f64 {
    if route.anchor == Anchor::Middle { DOWN - 6.0 } else { 4.0 }
}

/// A path with round corners.
fn way(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, &point) in points.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| points.get(index));
        let _ = match (before, points.get(index + 1)) {
            (None, _) => write!(path, "M{:.1},{:.1}", point.0, point.1),
            (Some(&before), None) => {
                let (x, y) = towards(point, before, HEAD - 1.0);
                write!(path, " L{x:.1},{y:.1}")
            }
            (Some(&before), Some(&after)) => {
                let (from, to) = (towards(point, before, ROUND), towards(point, after, ROUND));
                write!(
                    path,
                    " L{:.1},{:.1} Q{:.1},{:.1} {:.1},{:.1}",
                    from.0, from.1, point.0, point.1, to.0, to.1
                )
            }
        };
    }
    path
}

/// A triangle whose tip is the last point.
fn head(points: &[(f64, f64)]) -> String {
    let [.., before, tip] = points else { return String::new() };
    let (x, y) = towards(*tip, *before, HEAD);
    let (dx, dy) = ((tip.1 - y).abs() * 0.5, (tip.0 - x).abs() * 0.5);
    format!("M{:.1},{:.1} L{:.1},{:.1} L{:.1},{:.1} z", tip.0, tip.1, x - dx, y - dy, x + dx, y + dy)
}

/// The point so far from one in the direction of another that is level with it or upright above it.
fn towards(from: (f64, f64), to: (f64, f64), length: f64) -> (f64, f64) {
    let step = |from: f64, to: f64| {
        if to > from {
            length
        } else if to < from {
            -length
        } else {
            0.0
        }
    };
    (from.0 + step(from.0, to.0), from.1 + step(from.1, to.1))
}

fn draw_legend(out: &mut String, y: f64) {
    let entries =
        [("application", "the application"), ("segment", "a segment arrives"), ("clock", "the clock")];
    let mut x = MARGIN;
    for (class, name) in entries {
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><path d=\"M{x:.0},{:.0} h22\"/><text x=\"{:.0}\" y=\"{y:.0}\">{name}</text></g>",
            y - 4.0,
            x + 28.0,
        );
        x += 28.0 + 7.3 * name.len() as f64 + 20.0;
    }
    let _ = writeln!(
        out,
        "<rect class=\"box open\" x=\"{x:.0}\" y=\"{:.0}\" width=\"22\" height=\"13\" rx=\"3\"/>\
         <text x=\"{:.0}\" y=\"{y:.0}\">data may be sent or received</text>",
        y - 11.0,
        x + 28.0,
    );
}
