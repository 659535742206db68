use std::collections::BTreeMap;

use super::layout::{Anchor, HALF_HEIGHT, HALF_WIDTH, PLACES, Place, Route, SIZE};
use super::{drawn, listed};

/// The characters that are not blank, by line and column.
#[derive(Default)]
struct Canvas {
    cells: BTreeMap<(usize, usize), char>,
    /// Where something was drawn over something else.
    overlaps: Vec<(usize, usize)>,
}

pub(super) fn draw() -> String {
    let canvas = canvas();
    let mut out = String::new();
    for y in 0..SIZE.1 {
        let line: String = (0..SIZE.0).map(|x| canvas.cells.get(&(y, x)).copied().unwrap_or(' ')).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push('\n');
    for line in listed() {
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[cfg(test)]
pub(super) fn overlaps() -> Vec<(usize, usize)> {
    canvas().overlaps
}

fn canvas() -> Canvas {
    let mut canvas = Canvas::default();
    for place in PLACES {
        canvas.draw_box(place);
    }
    for (transition, route) in drawn() {
        canvas.draw_way(route);
        canvas.write(&transition.to_string(), route.label, route.anchor);
    }
    canvas
}

impl Canvas {
    fn put(&mut self, (x, y): (usize, usize), mark: char) {
        if self.cells.insert((y, x), mark).is_some() {
            self.overlaps.push((x, y));
        }
    }

    fn write(&mut self, text: &str, (x, y): (usize, usize), anchor: Anchor) {
        let length = text.chars().count();
        let start = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x.saturating_sub(length / 2),
            Anchor::End => (x + 1).saturating_sub(length),
        };
        text.chars().enumerate().for_each(|(index, mark)| self.put((start + index, y), mark));
    }

    fn draw_box(&mut self, place: &Place) {
        let (left, right) = (place.x - HALF_WIDTH, place.x + HALF_WIDTH);
        let bar = "─".repeat(2 * HALF_WIDTH - 1);
        self.write(&format!("┌{bar}┐"), (left, place.y - HALF_HEIGHT), Anchor::Start);
        self.write(&format!("└{bar}┘"), (left, place.y + HALF_HEIGHT), Anchor::Start);
        self.put((left, place.y), '│');
        self.put((right, place.y), '│');
        let name = place.state.to_string();
        self.write(&name, (place.x, place.y), Anchor::Middle);
    }

    /// A line from the edge of a box to an arrow head before the edge of another.
    fn draw_way(&mut self, route: &Route) {
        let mut before = None;
        let legs = route.points.iter().zip(route.points.iter().skip(1));
        for (&from, &to) in legs {
            let heading = heading(from, to);
            match before {
                // The edge of the box is opened there, which is meant.
                None => drop(self.cells.insert((from.1, from.0), heading.branch())),
                Some(before) => self.put(from, corner(before, heading)),
            }
            between(from, to).for_each(|point| self.put(point, heading.line()));
            before = Some(heading);
        }
        if let (Some(heading), Some(&(x, y))) = (before, route.points.last()) {
            let (at, mark) = match heading {
                Heading::Up => ((x, y + 1), '▲'),
                Heading::Down => ((x, y - 1), '▼'),
                Heading::Left => ((x + 1, y), '◀'),
                Heading::Right => ((x - 1, y), '▶'),
            };
            self.cells.insert((at.1, at.0), mark); // in place of the end of the line
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    Up,
    Down,
    Left,
    Right,
}

impl Heading {
    fn line(self) -> char {
        if matches!(self, Heading::Up | Heading::Down) { '│' } else { '─' }
    }

    /// The edge of a box where a line leaves it.
    fn branch(self) -> char {
        match self {
            Heading::Up => '┴',
            Heading::Down => '┬',
            Heading::Left => '┤',
            Heading::Right => '├',
        }
    }
}

fn heading(from: (usize, usize), to: (usize, usize)) -> Heading {
    if to.0 > from.0 {
        Heading::Right
    } else if to.0 < from.0 {
        Heading::Left
    } else if to.1 > from.1 {
        Heading::Down
    } else {
        Heading::Up
    }
}

fn corner(from: Heading, to: Heading) -> char {
    match (from, to) {
        (Heading::Up, Heading::Right) | (Heading::Left, Heading::Down) => '┌',
        (Heading::Up, Heading::Left) | (Heading::Right, Heading::Down) => '┐',
        (Heading::Down, Heading::Right) | (Heading::Left, Heading::Up) => '└',
        (Heading::Down, Heading::Left) | (Heading::Right, Heading::Up) => '┘',
        _ => to.line(),
    }
}

/// The points of a level or upright line without its ends.
fn between(from: (usize, usize), to: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let (left, right) = (from.0.min(to.0), from.0.max(to.0));
    let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
    let all = (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)));
    all.filter(move |point| *point != from && *point != to)
}
